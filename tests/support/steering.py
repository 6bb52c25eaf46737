"""Messages that belong to others: replies, edits, albums."""

from __future__ import annotations

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.support.desk import PERSON, message


def edit(text, number=50, user=PERSON):
    return {"edited_message": {**message(text, number=number, user=user)["message"], "edit_date": 5}}


async def end(desk, turn, state=TurnState.DONE, reason=None):
    await desk.store.turns.end(turn.id, 1, 9, state, reason, Final("answer"))
    desk.wake.thread(turn.thread_id)
