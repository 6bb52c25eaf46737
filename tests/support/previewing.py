"""Previews of a chat, and the calls that they ask for."""

from __future__ import annotations

from agent_gateway.store.rows import Address
from agent_gateway.telegram.outbound.preview import Call, TurnPreview


def preview(chat, turn_id=1, text="", **fields):
    turn = TurnPreview(turn_id, Address(1000, 5), None, text=text, dirty=True, **fields)
    chat.turns[turn_id] = turn
    return turn


def say(turn, text):
    turn.text, turn.dirty = text, True


def do(chat, now, message_id=100):
    call = chat.decide(now)
    assert isinstance(call, Call), call
    chat.shown(call, call.message_id or message_id, now)
    return call
