"""Pressed buttons, for tests with the dispatcher's desk."""

from __future__ import annotations

import json

from tests.support.desk import PERSON, message
from tests.support.eventually import eventually


async def press(desk, data, *, chat=PERSON, user=PERSON, under=500):
    """Press a button below message `under`, and return what was said to it."""
    before = len(desk.callbacks.answers)
    shown = message("x", chat=chat, number=under)["message"]
    shown |= {"from": {"id": 1, "is_bot": True, "first_name": "b"}, "date": 1}
    sender = {"id": user, "first_name": "P"}
    query = {"id": f"q{before}", "from": sender, "message": shown, "chat_instance": "1", "data": data}
    await desk.take({"callback_query": query})
    await eventually(lambda: len(desk.callbacks.answers) > before)
    return desk.callbacks.answers[-1][1]


async def last_said(desk):
    """Return the newest row of the outbox: its text, its buttons, and the messages that it takes the place of."""
    row = await desk.store.pool.fetchrow("SELECT text, buttons, message_ids FROM outbox ORDER BY id DESC LIMIT 1")
    buttons = {text: data or rest[0] for text, data, *rest in json.loads(row["buttons"])}
    return row["text"], buttons, list(row["message_ids"])
