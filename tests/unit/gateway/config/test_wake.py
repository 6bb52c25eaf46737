"""Hints that belong to no transaction."""

from __future__ import annotations

from agent_gateway.effects import WakeOutbox, WakeThread
from agent_gateway.events import Events
from agent_gateway.wake import Wake


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
