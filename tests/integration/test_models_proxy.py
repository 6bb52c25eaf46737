"""Model calls through the real port, to the scripted model and to misbehaving providers."""

from __future__ import annotations

import asyncio
import io
import json
import logging

import pytest
from aiohttp import web
from yarl import URL

from agent_contract import names
from agent_gateway.models.meter import MAX_OUTPUT
from agent_simulators.model import create_app as create_model
from tests.support.eventually import eventually
from tests.support.models import KEY, call, chat, error_of, holding, serving, upstream, usage
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres


@pytest.fixture
async def model():
    async with serving(create_model(KEY)) as url:
        yield url


@pytest.fixture
async def port(store, model):
    async with holding(store, f"{model}/v1", key=KEY) as port:
        yield port


async def test_an_answer_streams_through_and_is_metered(port, model):
    async with call(port, chat("hello there")) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        text = await answer.text()
    assert "Echo" in text
    assert text.endswith("data: [DONE]\n\n")
    row = (await eventually(lambda: usage(port)))[0]
    assert (row["provider"], row["model"], row["status"], row["run"]) == ("zai", "scripted", 200, 1)
    assert row["input"] > 0
    assert row["output"] > 0
    async with port.session.get(f"{model}/sim/requests") as answer:
        seen = (await answer.json())[-1]
    assert seen["key_right"]
    assert seen["path"] == "/v1/chat/completions"
    assert seen["body"] == chat("hello there") | {"max_tokens": MAX_OUTPUT}
    assert "token-1" not in json.dumps(seen)


async def test_the_pods_credentials_stop_here(store):
    seen = {}

    async def provider(request):
        seen.update(request.headers)
        return web.json_response({"ok": True}, headers={"Set-Cookie": "a=b", "X-Odd": KEY, "X-Request-Id": KEY})

    async with upstream(provider) as url, holding(store, url, key=KEY) as port:
        extra = {"X-Api-Key": "token-1", "api-key": "x", "Cookie": "c=d", "X-Forwarded-For": "10.0.0.1", "X-Mine": "1"}
        async with call(port, chat("hi"), headers=extra) as answer:
            assert answer.status == 200
            assert not {"Set-Cookie", "X-Odd"} & set(answer.headers)
            assert KEY not in str(answer.headers)
    assert seen["Authorization"] == f"Bearer {KEY}"
    assert seen["Accept-Encoding"] == "identity"
    assert not {"X-Api-Key", "api-key", "Cookie", "X-Forwarded-For", "X-Mine"} & set(seen)
    assert "token-1" not in str(seen)


async def test_text_passes_while_it_is_written(store):
    gate = asyncio.Event()

    async def provider(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: one\n\n")
        await gate.wait()
        await response.write(b"data: two\n\n")
        return response

    async with upstream(provider) as url, holding(store, url) as port, call(port, chat("hi")) as answer:
        assert await answer.content.readany() == b"data: one\n\n"
        gate.set()
        assert await answer.content.read() == b"data: two\n\n"


async def test_headers_pass_before_the_first_token(store):
    gate = asyncio.Event()

    async def provider(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        writer = await response.prepare(request)
        writer.send_headers()
        await gate.wait()
        return response

    async with (
        upstream(provider) as url,
        holding(store, url) as port,
        asyncio.timeout(60),
        call(port, chat("hi")) as answer,
    ):
        assert answer.status == 200
        gate.set()


async def test_a_client_that_hangs_up_ends_the_call_upstream(store):
    state = {}
    begun = asyncio.Event()

    async def provider(request):
        begun.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            state["cancelled"] = True
            raise

    async with upstream(provider) as url, holding(store, url) as port:
        task = asyncio.create_task(call(port, chat("hi"))._coro)
        await begun.wait()
        task.cancel()
        await eventually(lambda: state.get("cancelled"))
        row = (await eventually(lambda: usage(port)))[0]
        assert row["status"] == 499


async def test_a_provider_that_cuts_the_answer_cuts_it_here_too(port):
    with pytest.raises(Exception, match=r"(?i)payload|not completed|disconnect|reset"):
        async with call(port, chat("cut 1 times")) as answer:
            await answer.read()
    assert (await eventually(lambda: usage(port)))[0]["status"] == 200


async def test_a_stream_under_a_wrong_name_passes_while_it_is_written(store):
    go_on = asyncio.Event()

    async def provider(request):
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'data: {"choices": []}\n\n')
        await go_on.wait()
        await response.write(b"data: [DONE]\n\n")
        return response

    async with upstream(provider) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        assert await answer.content.readline() == b'data: {"choices": []}\n'
        go_on.set()
        assert (await answer.read()).endswith(b"[DONE]\n\n")


async def test_an_answer_that_is_not_streamed_passes_whole(store):
    content = "x" * 300_000

    async def provider(request):
        usage = {"prompt_tokens": 3, "completion_tokens": 5}
        return web.json_response({"id": "a", "choices": [{"message": {"content": content}}], "usage": usage})

    async with upstream(provider) as url, holding(store, url, key=KEY) as port:
        async with call(port, chat("hi", stream=False)) as answer:
            assert (await answer.json())["choices"][0]["message"]["content"] == content
        row = (await eventually(lambda: usage(port)))[0]
        assert (row["status"], row["input"], row["output"]) == (200, 3, 5)


async def test_only_known_paths_and_methods_pass(port):
    base = f"{port.url}{names.PATH_LLM}/zai/"
    for rest in (
        "files",
        "chat/completions/../../files",
        "chat/%2e%2e/files",
        "chat%2fcompletions",
        "//chat/completions",
    ):
        target = URL(base + rest, encoded=True)
        async with port.session.post(target, json={}, headers=bearer("token-1")) as answer:
            assert answer.status == 404, rest
    async with call(port, None, rest="models", method="GET") as answer:
        assert answer.status == 404
    async with call(port, None, rest="chat/completions", method="DELETE") as answer:
        assert answer.status == 405


async def test_a_request_above_the_cap_is_refused(store):
    async def provider(request):
        await request.read()
        return web.json_response({})

    async with upstream(provider) as url, holding(store, url) as port:
        target = f"{port.url}{names.PATH_LLM}/zai/chat/completions"
        announced = bearer("token-1") | {"Content-Length": str(17 << 20)}
        async with port.session.post(target, data=io.BytesIO(b"x" * (17 << 20)), headers=announced) as answer:
            assert answer.status == 413

        async def endless():
            for _ in range(17):
                yield b"x" * (1 << 20)

        async with port.session.post(target, data=endless(), headers=bearer("token-1")) as answer:
            assert answer.status == 413


async def test_connections_to_the_provider_are_kept(store):
    peers = set()

    async def provider(request):
        peers.add(request.transport.get_extra_info("peername"))
        return web.json_response({})

    async with upstream(provider) as url, holding(store, url) as port:
        for _ in range(5):
            async with call(port, chat("hi")) as answer:
                assert answer.status == 200
    assert len(peers) <= 2, "one, or the one beside it that the runner's coming made ready meanwhile"


async def test_a_runner_that_comes_makes_the_connection_ready(store):
    seen = []

    async def provider(request):
        seen.append((request.method, request.headers.get("Authorization")))
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider)
    async with serving(app) as url, holding(store, url):
        await eventually(lambda: seen)
    assert seen == [("HEAD", None)]


async def test_logs_tell_the_call_but_nothing_of_it(port, caplog):
    caplog.set_level(logging.DEBUG)
    async with call(port, chat("a very private prompt")) as answer:
        await answer.read()
    async with call(port, chat("err 500 9 private failure")) as answer:
        await answer.read()
    steps = [r for r in caplog.records if getattr(r, "step", "") == "model_request"]
    assert [(r.agent_thread, r.run) for r in steps] == [("tg-42", 1)] * 2
    assert all(isinstance(r.t, int) for r in steps)
    everything = " ".join(str(vars(r)) for r in caplog.records if r.name.startswith("agent_gateway"))
    assert "private" not in everything
    assert KEY not in everything
    assert "token-1" not in everything


async def test_a_pod_without_a_run_calls_no_model(port):
    thread = await port.make_thread(43, "tg-43")
    await port.make_run(thread, 1, pod="pod-other", token="token-other")
    url = f"{port.url}{names.PATH_LLM}/zai/chat/completions"
    async with port.session.post(url, json=chat("hi"), headers=bearer("token-other")) as answer:
        assert answer.status == 403
        assert "not held" in await error_of(answer)


async def test_a_turns_usage_is_filed_under_it(port):
    async with call(port, chat("hi")) as answer:
        await answer.read()
    assert (await eventually(lambda: usage(port)))[0]["turn_id"] == port.turn_id


async def test_the_database_away_costs_no_answer(port, caplog):
    await port.store.pool.execute("ALTER TABLE usage RENAME TO usage_gone")
    async with call(port, chat("hello")) as answer:
        assert answer.status == 200
        assert "Echo" in await answer.text()
    await eventually(lambda: any(r.message == "settlement_waits" for r in caplog.records))
