"""Conversations with an idle agent, and questions with a button."""

from __future__ import annotations

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from tests.support.desk import GROUP, PERSON
from tests.support.eventually import eventually
from tests.support.pressing import last_said


async def idle(desk, *, chat=PERSON, name="tg-42", words="hello"):
    """Bring a conversation to an idle agent."""
    await desk.say(words if chat > 0 else f"@demo_bot {words}", chat=chat)
    thread = await desk.run_wanted(name, 1)
    runner = await desk.connect(thread, 1, pod=f"pod-{name}")
    await eventually(lambda: runner.turns)
    await desk.store.turns.started(runner.turns[0].id, 1, 1)
    await desk.store.turns.end(runner.turns[0].id, 1, 2, TurnState.DONE, None, Final("answer"))
    return thread, runner


def mention(text):
    """Return a raw message that mentions the bot in the group."""
    entity = {"type": "mention", "offset": 0, "length": 9}
    return {"message": {"message_id": 5, "chat": {"id": GROUP, "type": "supergroup", "title": "g"},
                        "from": {"id": PERSON, "first_name": "P"}, "text": f"@demo_bot {text}", "entities": [entity]}}  # fmt: skip


async def idle_group(desk):
    await desk.take(mention("hello"))
    await desk.settled()
    thread = await desk.run_wanted("tg-n100200300", 1)
    runner = await desk.connect(thread, 1, pod="pod-group")
    await eventually(lambda: runner.turns)
    await desk.store.turns.end(runner.turns[0].id, 1, 2, TurnState.DONE, None, Final("answer"))
    return thread, runner


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons
