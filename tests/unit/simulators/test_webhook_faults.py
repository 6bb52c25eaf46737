"""Faults of what the simulated Bot API sends to a webhook."""

from __future__ import annotations

import asyncio

import pytest

from agent_simulators.telegram import create_app
from tests.support.eventually import eventually
from tests.unit.simulators.hooks import (
    OTHER,
    PERSON,
    TOKEN,
    Receiver,
    all_settled,
    call,
    info,
    post,
    say,
    serving,
    updates,
)


@pytest.fixture
async def client(serve):
    return await serve(create_app(TOKEN))


@pytest.fixture
async def hook(client):
    async with serving(Receiver()) as receiver:
        yield receiver
        await call(client, "deleteWebhook")
        for event in receiver.held.values():
            event.set()


async def test_a_delivery_that_is_cut_is_half_a_request_and_comes_again(client, hook):
    await post(client, "faults", method="webhook", kind="cut")
    await call(client, "setWebhook", url=hook.url)
    await say(client, "hello")
    await eventually(lambda: all_settled(client))
    assert (hook.texts, hook.broken) == (["hello"], 1)
    assert (await updates(client))[0]["given"] == 2


async def test_a_delivery_whose_answer_is_lost_comes_again(client, hook):
    await post(client, "faults", method="webhook", kind="cut", at="after", chat=PERSON)
    await call(client, "setWebhook", url=hook.url)
    await say(client, "hello")
    await say(client, "other", chat=OTHER)
    await eventually(lambda: all_settled(client))
    assert sorted(hook.texts) == ["hello", "hello", "other"]


async def test_a_delivery_comes_twice_at_once(client, hook):
    hook.held[PERSON] = asyncio.Event()
    await post(client, "faults", method="webhook", kind="double")
    await call(client, "setWebhook", url=hook.url)
    await say(client, "hello")
    await eventually(lambda: hook.texts == ["hello", "hello"])
    hook.held[PERSON].set()
    await eventually(lambda: all_settled(client))


@pytest.mark.parametrize("kind", ["silence", "delay"])
async def test_a_delivery_that_is_held_ends_with_its_fault(client, hook, kind):
    await post(client, "faults", method="webhook", kind=kind, seconds=3000)
    await call(client, "setWebhook", url=hook.url)
    await say(client, "hello")
    await say(client, "other", chat=OTHER)
    await eventually(lambda: hook.texts == ["other"])
    assert (await info(client)).pending_update_count == 1
    await post(client, "reset")
    await eventually(lambda: all_settled(client))
    assert hook.texts == ["other", "hello"]
    assert hook.broken == (kind == "silence")
