"""Effects: performed in order, apart from each other, within a bound."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.events import MOST_AT_WORK, Events
from tests.support.eventually import eventually


async def test_each_kind_is_performed_in_order_by_the_one_who_said_so():
    events, done = Events(), []
    events.on(WakeThread, lambda effect: done.append(effect.thread_id))
    events.on(WakeOutbox, lambda _: done.append("outbox"))
    events.publish([WakeThread(1), WakeOutbox(), WakeThread(2)])
    assert done == [1, "outbox", 2]
    with pytest.raises(ValueError, match="WakeThread"):
        events.on(WakeThread, done.append)


async def test_one_that_fails_or_hangs_holds_up_nobody():
    events, done, hanging = Events(), [], asyncio.Event()

    async def hang(effect):
        if effect.thread_id == 1:
            await hanging.wait()
        if effect.thread_id == 2:
            raise KeyError("contents")
        done.append(effect.thread_id)

    def fail(_):
        raise KeyError("contents")

    events.on(WakeThread, hang)
    events.on(WakeOutbox, fail)
    events.publish([WakeThread(1), WakeOutbox(), WakeThread(2), WakeThread(3)])
    await eventually(lambda: done == [3])
    hanging.set()
    await eventually(lambda: done == [3, 1])


async def test_what_is_over_the_bound_is_dropped_and_what_is_left_ends_with_the_rest():
    events, begun = Events(), []

    async def hang(effect):
        begun.append(effect.thread_id)
        await asyncio.Event().wait()

    events.on(WakeThread, hang)
    events.publish([WakeThread(n) for n in range(MOST_AT_WORK + 5)])
    await eventually(lambda: len(begun) == MOST_AT_WORK)
    await events.close()
