"""Usage is true: counted or estimated whatever happens to a call, and written before its end is told."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import ClientPayloadError, web

from agent_gateway.models.meter import Refused, Reservation
from agent_simulators.model import create_app as create_model
from agent_simulators.model.server import MODEL
from tests.support.eventually import eventually
from tests.support.models import KEY, call, chat, holding, serving, upstream, usage

pytestmark = pytest.mark.postgres

WORD = b'data: {"choices":[{"delta":{"content":"some words of an answer"}}]}\n\n'
USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":50}}\n\n'
DONE = b"data: [DONE]\n\n"


class RecordingMeter:
    """Remembers what is reserved and settled."""

    def __init__(self):
        self.reserved = []
        self.spent = []
        self.refused = None
        self.settling = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def reserve(self, call):
        self.reserved.append(call)
        return self.refused or Reservation(1, call, call.max_output or 100)

    async def settle(self, reservation, spent):
        self.settling = True
        await self.gate.wait()
        self.spent.append(spent)


@pytest.fixture
def meter():
    return RecordingMeter()


def streaming(*parts, kind="text/event-stream", then=None):
    async def provider(request):
        response = web.StreamResponse(headers={"Content-Type": kind})
        await response.prepare(request)
        for part in parts:
            await response.write(part)
        if then is not None:
            await then(request)
        return response

    return provider


async def hang_up(request):
    request.transport.abort()


async def test_a_stream_that_does_not_ask_is_counted_and_not_told(store, meter):
    app = create_model(KEY)
    async with serving(app) as url, holding(store, url, key=KEY, meter=meter) as port:
        body = {"model": "scripted", "messages": chat("hello")["messages"], "stream": True}
        async with call(port, body) as answer:
            text = await answer.text()
        spent = (await eventually(lambda: meter.spent))[0]
    assert "usage" not in text
    assert text.endswith("data: [DONE]\n\n")
    assert app[MODEL].requests[-1]["body"]["stream_options"] == {"include_usage": True}
    assert (spent.input > 0, spent.output > 0, spent.estimated) == (True, True, False)


async def test_what_is_reserved_is_what_goes_out(store, meter):
    async with serving(create_model(KEY)) as url, holding(store, url, key=KEY, meter=meter) as port:
        async with call(port, chat("hello", max_tokens=77)) as answer:
            await answer.read()
        asked = meter.reserved[0]
        assert (asked.provider, asked.model, asked.max_output, asked.turn_id) == ("zai", "scripted", 77, port.turn_id)
        assert 0 < asked.input_bytes < 500


async def test_a_call_that_no_budget_bears_goes_nowhere(store, meter):
    meter.refused = Refused("budget_turn", 402, "The budget of this turn is spent.")

    async def never(_request):
        raise AssertionError

    async with upstream(never) as url, holding(store, url, meter=meter) as port, call(port, chat("hi")) as answer:
        assert (answer.status, json.loads(await answer.text())["error"]["type"]) == (402, "budget_turn")
    assert meter.spent == []


@pytest.mark.parametrize("parts", [(WORD, USAGE + DONE), (WORD + USAGE, DONE), (WORD + USAGE + DONE,)])
async def test_what_was_used_is_written_before_the_end_is_told(store, meter, parts):
    meter.gate.clear()
    async with (
        upstream(streaming(*parts)) as url,
        holding(store, url, meter=meter) as port,
        call(port, chat("hi")) as answer,
    ):
        read = asyncio.create_task(answer.read())
        await eventually(lambda: meter.settling)
        assert not read.done()
        meter.gate.set()
        assert (await read).endswith(DONE)
        assert (meter.spent[0].input, meter.spent[0].output) == (30, 50)


async def test_an_answer_in_one_piece_is_written_before_it_is_told(store, meter):
    async def provider(_request):
        return web.json_response({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}})

    async with upstream(provider) as url, holding(store, url, meter=meter) as port:
        async with call(port, chat("hi", stream=False)) as answer:
            await answer.read()
        assert (meter.spent[0].input, meter.spent[0].output) == (3, 5)


async def test_an_answer_that_the_provider_cuts_is_estimated(store, meter):
    async with upstream(streaming(WORD * 20, then=hang_up)) as url, holding(store, url, meter=meter) as port:
        with pytest.raises(ClientPayloadError):
            async with call(port, chat("hi" * 400)) as answer:
                await answer.read()
        spent = (await eventually(lambda: meter.spent))[0]
    assert spent.estimated
    assert 266 <= spent.input <= 500
    assert 140 <= spent.output <= 200


@pytest.mark.parametrize("parts", [(), (WORD * 20,)])
async def test_an_answer_that_the_pod_cuts_is_estimated(store, meter, parts):
    begun = asyncio.Event()

    async def wait(_request):
        begun.set()
        await asyncio.sleep(60)

    async with upstream(streaming(*parts, then=wait)) as url, holding(store, url, meter=meter) as port:
        answer = await call(port, chat("hi" * 400))
        if parts:
            await answer.content.readany()
        await begun.wait()
        answer.close()
        spent = (await eventually(lambda: meter.spent))[0]
    assert spent.estimated
    assert spent.input >= 200
    assert spent.output >= (100 if parts else 0)


async def test_a_call_that_the_pod_gives_up_before_it_is_answered_is_estimated(store, meter):
    begun = asyncio.Event()

    async def provider(_request):
        begun.set()
        await asyncio.sleep(60)

    async with upstream(provider) as url, holding(store, url, meter=meter) as port:
        task = asyncio.create_task(call(port, chat("hi" * 400))._coro)
        await begun.wait()
        task.cancel()
        spent = (await eventually(lambda: meter.spent))[0]
    assert (spent.status, spent.estimated, spent.input >= 200) == (499, True, True)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream"])
async def test_a_stream_under_a_wrong_name_is_counted(store, meter, kind):
    async with upstream(streaming(WORD, USAGE, DONE, kind=kind)) as url, holding(store, url, meter=meter) as port:
        async with call(port, chat("hi")) as answer:
            assert await answer.read() == WORD + USAGE + DONE
        assert (meter.spent[0].input, meter.spent[0].output) == (30, 50)


async def test_a_large_answer_that_is_not_streamed_is_counted(store, meter):
    async def provider(_request):
        content = "x" * (9 << 20)
        return web.json_response(
            {"choices": [{"message": {"content": content}}], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}
        )

    async with upstream(provider) as url, holding(store, url, meter=meter) as port:
        async with call(port, chat("hi", stream=False)) as answer:
            assert len(await answer.read()) > 9 << 20
        assert (meter.spent[0].input, meter.spent[0].output, meter.spent[0].estimated) == (3, 5, False)


async def test_an_error_costs_nothing(store, meter):
    async with serving(create_model(KEY)) as url, holding(store, url, key=KEY, meter=meter) as port:
        async with call(port, chat("err 503 9 overloaded")) as answer:
            assert answer.status == 503
        await eventually(lambda: meter.spent)
        assert [(one.status, one.input, one.output, one.estimated) for one in meter.spent] == [(503, 0, 0, False)]


async def test_a_key_in_pieces_never_gets_to_the_pod(store):
    key = KEY.encode()

    async def slowly(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Request-Id": KEY, "X-Key": KEY})
        await response.prepare(request)
        for at in range(0, len(key), 5):
            await response.write(key[at : at + 5])
            await asyncio.sleep(0.02)
        await response.write(b" end\n\n")
        return response

    async with upstream(slowly) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        told = await answer.read()
        assert KEY not in str(answer.headers)
    assert told == b"*" * len(key) + b" end\n\n"


async def test_the_beginning_of_a_key_at_the_end_of_an_error_never_gets_to_the_pod(store):
    async def provider(_request):
        return web.Response(status=500, body=b"x" * 100 + KEY.encode()[:-1])

    async with upstream(provider) as url, holding(store, url, key=KEY) as port, call(port, chat("hi")) as answer:
        assert await answer.read() == b"x" * 100


async def test_usage_is_kept_where_the_pod_does_not_ask(store):
    async with serving(create_model(KEY)) as url, holding(store, url, key=KEY) as port:
        async with call(port, {"model": "scripted", "messages": chat("hi")["messages"], "stream": True}) as answer:
            await answer.read()
        row = (await usage(port))[0]
    assert row["input"] > 0
    assert row["output"] > 0
