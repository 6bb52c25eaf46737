"""Model calls through the real port that budgets bear, or not."""

from __future__ import annotations

import asyncio
import json

import pytest
from aiohttp import web

from agent_gateway.models.ledger import Ledger
from agent_gateway.models.prices import PriceList, build_prices
from agent_simulators.model import create_app as create_model
from tests.support.eventually import eventually
from tests.support.models import KEY, call, chat, error_of, holding, serving, upstream, usage
from tests.support.spending import account, set_budget

pytestmark = pytest.mark.postgres
PRICES = PriceList({("zai", "scripted"): build_prices({"input": 1, "output": 2})})


def holding_priced(store, url):
    return holding(store, url, key=KEY, meter=Ledger(store, PRICES, "UTC", wait=0.2))


@pytest.fixture
async def port(store):
    async with serving(create_model(KEY)) as model, holding_priced(store, f"{model}/v1") as port:
        yield port


async def test_an_answer_is_paid_before_its_end_is_told(port, store):
    async with call(port, chat("hello there")) as answer:
        await answer.read()
    row = (await usage(port))[0]
    assert row["money"] == row["input"] + 2 * row["output"] > 0
    assert (await account(store, "turn", port.turn_id))["money"] == row["money"]
    assert not row["estimated"]


async def test_a_spent_budget_is_an_end_in_words_and_nothing_goes_out(store):
    asked = []

    async def provider(request):
        asked.append(request.path)
        return web.json_response({})

    async with upstream(provider) as url, holding_priced(store, url) as port:
        await set_budget(store, "turn", money=10)
        async with call(port, chat("hello", max_tokens=1000)) as answer:
            assert answer.status == 402
            body = json.loads(await answer.text())["error"]
        assert (body["type"], "turn_budget" in body["message"]) == ("turn_budget", True)
        assert asked == []


async def test_the_answer_may_have_no_more_than_is_reserved(store):
    seen = []

    async def provider(request):
        seen.append(await request.json())
        return web.json_response({"usage": {"prompt_tokens": 1, "completion_tokens": 1}})

    async with upstream(provider) as url, holding_priced(store, url) as port:
        for fields in ({}, {"max_tokens": 10**6}, {"max_tokens": 5}):
            async with call(port, chat("hello", **fields)) as answer:
                assert answer.status == 200
        assert [body["max_tokens"] for body in seen] == [32768, 32768, 5]


async def test_an_answer_that_its_caller_cuts_is_paid_as_an_estimate(store):
    begun = asyncio.Event()

    async def provider(request):
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        delta = json.dumps({"choices": [{"delta": {"content": "word " * 100}}]})
        await response.write(f"data: {delta}\n\n".encode())
        begun.set()
        await asyncio.sleep(30)
        return response

    async with upstream(provider) as url, holding_priced(store, url) as port:
        answer = await call(port, chat("hello"))
        await begun.wait()
        assert await answer.content.readany()
        answer.close()
        [row] = await eventually(lambda: usage(port))
        assert row["estimated"]
        assert row["output"] >= 100
        found = await account(store, "turn", port.turn_id)
        assert (found["estimated_tokens"], found["reserved_tokens"]) == (row["input"] + row["output"], 0)


async def test_a_refused_call_costs_nothing(port, store):
    async with call(port, chat("err 500 9 broken")) as answer:
        assert answer.status == 500
        assert "broken" in await error_of(answer)
    await eventually(lambda: usage(port))
    found = await account(store, "turn", port.turn_id)
    assert (found["money"], found["reserved_money"], found["calls"]) == (0, 0, 1)


async def test_without_a_database_nothing_goes_out(port, store):
    await store.pool.execute("ALTER TABLE reservations RENAME TO reservations_gone")
    async with call(port, chat("hello")) as answer:
        assert answer.status == 503
    await store.pool.execute("ALTER TABLE reservations_gone RENAME TO reservations")
    async with call(port, chat("hello")) as answer:
        assert answer.status == 200
