"""Hints that belong to no transaction."""

from __future__ import annotations

import asyncio

from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.events import Events
from agent_gateway.wake import Wake
from tests.support.eventually import eventually


def listen():
    events, heard = Events(), []
    events.on(WakeThread, lambda effect: heard.append(effect.thread_id))
    events.on(WakeOutbox, lambda _: heard.append("outbox"))
    return Wake(events), heard


def test_a_hint_is_published():
    wake, heard = listen()
    wake.thread(7)
    wake.outbox()
    wake.inbox()
    assert heard == [7, "outbox"]
    assert wake.inbox_due.is_set()


async def test_of_several_later_hints_the_earliest_counts():
    wake, heard = listen()
    for seconds in (60, 0.01, 60):
        wake.thread_later(1, seconds)
    await eventually(lambda: heard)
    await asyncio.sleep(0)
    assert heard == [1]
    assert wake._timers == {}
