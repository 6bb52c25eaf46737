"""Turns of runners on the port: given, told of, ended."""

from __future__ import annotations

import json

from agent_contract import wire
from tests.support.eventually import eventually


async def deliver(port, thread, run=1):
    turn = await eventually(lambda: port.store.turns.deliver_next(thread.id, run))
    await port.deps.registry.link(thread.id).send_turn(turn)
    return turn


def text(message, offset, words):
    return wire.Text(message=message, offset=offset, text=words)


def entry(number):
    return json.dumps({"type": "message", "id": f"{number:08x}", "text": f"line {number}"})


async def final_of(port, turn):
    query = "SELECT text, message_ids, kind, format FROM outbox WHERE turn_id = $1"
    return await port.store.pool.fetchrow(query, turn.id)
