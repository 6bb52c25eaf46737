"""Previews of a chat, and the calls that they ask for."""

from __future__ import annotations

from agent_gateway.store.rows import Address
from agent_gateway.telegram.outbound.preview import Room, TurnPreview
from agent_gateway.telegram.outbound.previewing import Call, Render, render_preview

EMPTY = Room()


def preview(chat, turn_id=1, text="", **fields):
    turn = TurnPreview(turn_id, Address(1000, 5), None, text=text, dirty=True, **fields)
    chat.turns[turn_id] = turn
    return turn


def say(turn, text):
    turn.text, turn.dirty = text, True


def decide(chat, now, room=EMPTY):
    """Ask for the next step; what is to be rendered before it is rendered at once."""
    while isinstance(step := chat.decide(now, room), Render):
        chat.turns[step.turn_id].take_rendered(step, render_preview(step.text, plain=step.plain), now)
    return step


def do(chat, now, message_id=100):
    call = decide(chat, now)
    assert isinstance(call, Call), call
    chat.shown(call, call.message_id or message_id, now)
    return call
