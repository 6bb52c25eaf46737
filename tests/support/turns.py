"""Turns of runners on the port: given, told of, ended."""

from __future__ import annotations

import json

from agent_contract import wire
from tests.support.eventually import eventually
from tests.support.runners import running_port


async def deliver(port, thread, run=1):
    turn = await eventually(lambda: port.store.turns.deliver_next(thread.id, run))
    await port.deps.registry.link(thread.id).send_turn(turn)
    return turn


def text(message, offset, words):
    return wire.Text(message=message, offset=offset, text=words)


def entry(number):
    parent = f"{number - 1:08x}" if number > 1 else None
    return json.dumps({"type": "message", "id": f"{number:08x}", "parentId": parent, "text": f"line {number}"})


async def final_of(port, turn):
    query = "SELECT text, way, message_ids, preview_ids, kind, format FROM outbox WHERE turn_id = $1"
    return await port.store.pool.fetchrow(query, turn.id)


async def end_turn(store, said, event):
    """Play a turn that says something and ends with an event; return its final's text and buttons, and the turn."""
    async with running_port(store) as port:
        thread = await port.make_thread()
        await port.make_run(thread)
        runner = await port.join()
        await port.make_turn(thread)
        turn = await deliver(port, thread)
        await runner.event(1, turn.id, wire.TurnStarted())
        await runner.event(2, turn.id, text(0, 0, said))
        await runner.event(3, turn.id, event)
        await runner.acked(3)
    row = await store.pool.fetchrow("SELECT text, buttons FROM outbox WHERE dedupe_key = $1", f"turn:{turn.id}")
    return row["text"], row["buttons"], await store.turns.by_id(turn.id)
