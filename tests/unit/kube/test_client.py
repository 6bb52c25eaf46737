from __future__ import annotations

import asyncio
import dataclasses
import socket
import traceback

import pytest
from aiohttp import web

from agent_kube.client import TOO_LARGE, KubeClient
from agent_kube.credentials import TOKEN_SECONDS, Token, in_cluster
from agent_kube.errors import Away, Gone, Refused, Throttled
from tests.unit.kube.played import LIMITS, PATH, SHORT, PlayedApi, Refusal, client_of, serving

SECRET = "an-opaque-token-0123456789"


def answering(handle):
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", handle)
    return app


HANGS = 60.0
"""Seconds for which nothing is answered."""


async def hang(_):
    await asyncio.sleep(HANGS)


async def drip(request):
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("handle", [hang, drip])
async def test_a_call_has_a_deadline_as_a_whole(handle):
    async with client_of(answering(handle), SHORT) as client, asyncio.timeout(HANGS / 2):
        with pytest.raises(Away, match="does not answer"):
            await client.request("GET", "/x")


async def test_a_refused_connection_is_away():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        client = KubeClient(f"http://127.0.0.1:{probe.getsockname()[1]}", limits=LIMITS)
        with pytest.raises(Away, match="does not answer"):
            await client.request("GET", "/x")
        with pytest.raises(Away, match="was not answered"):
            async with client.watch("/x"):
                pass
        await client.close()


async def test_a_connection_that_is_cut_is_away():
    async def cut(request):
        request.transport.close()
        await asyncio.sleep(60)

    async with client_of(answering(cut)) as client:
        with pytest.raises(Away):
            await client.request("GET", "/x")


async def test_an_answer_has_a_bound_and_a_page_a_larger_one():
    async def large(_):
        return web.json_response({"x": "y" * 2000})

    limits = dataclasses.replace(LIMITS, answer=1000, page=3000)
    async with client_of(answering(large), limits) as client:
        with pytest.raises(Refused) as caught:
            await client.request("GET", "/x")
        assert caught.value.reason == TOO_LARGE
        assert len(await client.page("/x")) > 2000


async def test_a_pause_that_is_asked_for_is_told():
    async def busy(_):
        return Refusal(429, headers={"Retry-After": "9"}).answer()

    async with client_of(answering(busy)) as client:
        with pytest.raises(Throttled) as caught:
            await client.request("POST", "/x", body={})
        assert caught.value.after == 9


async def test_a_call_sends_what_it_is_given():
    async def echo(request):
        return web.json_response({
            "method": request.method, "type": request.headers["Content-Type"], "body": await request.json(),
            "query": dict(request.query),
        })  # fmt: skip

    async with client_of(answering(echo)) as client:
        found = await client.request("PATCH", "/x", body={"a": 1}, params={"p": "q"}, content_type="application/y")
    assert found == {"method": "PATCH", "type": "application/y", "body": {"a": 1}, "query": {"p": "q"}}


async def test_a_redirect_is_not_followed_with_the_token():
    seen = []

    async def elsewhere(request):
        seen.append(request.headers.get("Authorization"))
        return web.json_response({})

    async with serving(answering(elsewhere)) as other:

        async def redirect(_):
            raise web.HTTPFound(other + "/x")

        async with client_of(answering(redirect), token=Token(SECRET)) as client:
            with pytest.raises(Away):
                await client.request("GET", "/x")
    assert seen == []


async def test_no_error_holds_the_token():
    async def parrot(request):
        message = f"you said {request.headers['Authorization']}, so {SECRET}"
        if "watch" in request.query:
            answer = web.StreamResponse()
            await answer.prepare(request)
            event = {"type": "ERROR", "object": Refusal(400, message=message).status_object()}
            await answer.write(web.json_response(event).body + b"\n")
            return answer
        return Refusal(400, message=message).answer()

    async with client_of(answering(parrot), token=Token(SECRET)) as client:
        with pytest.raises(Refused, match="you said") as call:
            await client.request("GET", "/x")
        with pytest.raises(Refused, match="you said") as watch:
            async with client.watch("/x") as events:
                await anext(events)
    client = KubeClient("http://127.0.0.1:1", token=Token(SECRET), limits=LIMITS)
    with pytest.raises(Away) as away:
        await client.request("GET", f"/{SECRET}")
    await client.close()
    for caught in (call, watch, away):
        assert SECRET not in "".join(traceback.format_exception(caught.value))


async def test_a_token_is_read_again_after_a_while_and_after_a_401(tmp_path):
    file, now, seen = tmp_path / "token", [0.0], []
    status = [200]

    async def handle(request):
        seen.append(request.headers["Authorization"])
        return web.json_response({}, status=status[0])

    file.write_text("one\n")
    async with client_of(answering(handle), token=Token(file=file, clock=lambda: now[0])) as client:
        await client.request("GET", "/x")
        file.write_text("two")
        await client.request("GET", "/x")
        now[0] += TOKEN_SECONDS
        await client.request("GET", "/x")
        file.write_text("three")
        status[0] = 401
        with pytest.raises(Away):
            await client.request("GET", "/x")
        status[0] = 200
        await client.request("GET", "/x")
        file.unlink()
        now[0] += TOKEN_SECONDS
        await client.request("GET", "/x")
    assert [said.removeprefix("Bearer ") for said in seen] == ["one", "one", "two", "two", "three", "three"]


async def test_a_token_that_never_was_is_told(tmp_path):
    client = KubeClient("http://127.0.0.1:1", token=Token(file=tmp_path / "none"))
    with pytest.raises(Away, match="token cannot be read"):
        await client.request("GET", "/x")
    await client.close()


def test_a_process_outside_of_a_cluster_is_told_so(tmp_path, monkeypatch):
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(Refused, match="no pod of a cluster"):
        in_cluster(tmp_path)


async def test_the_servers_date_is_kept():
    async def old(_):
        return web.json_response({}, headers={"Date": "Thu, 01 Jan 2026 00:00:00 GMT"})

    async with client_of(answering(old)) as client:
        await client.request("GET", "/x")
        assert (client.now().year, client.now().month, client.now().day) == (2026, 1, 1)


async def test_a_watch_gives_events_until_it_ends():
    api = PlayedApi()
    async with client_of(api.app()) as client:
        api.put("a")
        api.watch_end = 0.1
        async with client.watch(PATH, {"resourceVersion": "10", "timeoutSeconds": "5"}) as events:
            assert [event["type"] async for event in events] == ["ADDED"]


async def test_a_watch_that_is_refused_is_not_entered():
    api = PlayedApi()
    api.refuse_watch = Refusal(410)
    async with client_of(api.app()) as client:
        with pytest.raises(Gone):
            async with client.watch(PATH):
                pytest.fail("entered")


async def first_event(client):
    async with client.watch("/x") as events:
        return await anext(events)


@pytest.mark.parametrize(
    ("handle", "words"),
    [(hang, "was not answered"), (drip, "larger than"), (None, "broke")],
    ids=["hangs", "drips", "breaks"],
)
async def test_a_watch_that_hangs_floods_or_falls_silent_is_ended(handle, words):
    async def silent(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(b" ")
        await asyncio.sleep(60)

    # what drips is not silent, however long this process stands still between two drops
    silence = HANGS if handle is drip else SHORT.silence
    limits = dataclasses.replace(SHORT, silence=silence, answer=5)
    async with client_of(answering(handle or silent), limits) as client, asyncio.timeout(HANGS / 2):
        with pytest.raises((Away, Refused), match=words):
            await first_event(client)


@pytest.mark.parametrize("line", [b"nonsense\n", b"[]\n", b'{"type": "ADDED"}\n', b'{"type": "ADDED", "object": 3}\n'])
async def test_a_watch_that_sends_no_events_is_away(line):
    async def handle(request):
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write(line)
        return answer

    async with client_of(answering(handle)) as client:
        with pytest.raises(Away, match="no event"):
            async with client.watch("/x") as events:
                await anext(events)
