"""Turns that are shown in a chat in memory."""

from __future__ import annotations

from datetime import UTC, datetime

from agent_gateway.store.rows import Address, Turn, TurnState

CHAT = Address(1000, 5)
INTERVAL = 0.04


def turn(turn_id=1):
    now = datetime.now(UTC)
    return Turn(turn_id, 1, 7, 5, "ask", TurnState.STARTED, 1, 0, None, now, now, now, None)


def shown(chat):
    return list(chat.messages.values())
