"""Questions at a desk: asked by a running turn, shown in the chat, decided, and told to the runner."""

from __future__ import annotations

import json

from agent_contract import wire
from tests.support.desk import PERSON, address
from tests.support.eventually import eventually


async def begin_in(desk, chat, name, text="begin", user=PERSON):
    """Begin a conversation in a chat whose turn runs in run 1; return its thread, turn and runner."""
    await desk.say(text, chat=chat, user=user)
    thread = await desk.run_wanted(name, 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    turn = runner.turns[0]
    await desk.store.turns.started(turn.id, 1, 1)
    desk.registry.link(thread.id).turn_id = turn.id
    return thread, turn, runner


async def begin_without_loop(desk):
    """Have a turn that runs, where nobody looks after threads."""
    async with desk.store.transaction() as tx:
        thread = await tx.threads.get_or_create(address(), "tg-42", "t")
        await tx.turns.add(thread.id, 1, 5, PERSON, "hello")
    await desk.store.runs.want(thread.id, 1, "uid")
    runner = await desk.connect(thread, 1)
    turn = await desk.store.turns.deliver_next(thread.id, 1)
    await desk.store.turns.started(turn.id, 1, 1)
    return thread, turn, runner


async def ask(desk, thread, turn, call="q1", *, seq=2, run=1, kind="question", text="Which colour?", **fields):
    """Ask as a runner does; return what it is refused with, if it is, or the row."""
    fields = {"options": ["Blue", "Red"], "free_text": True, **fields} if kind == "question" else fields
    frame = wire.Ask(seq=seq, turn=turn.id, id=call, kind=kind, text=text, **fields)
    refused = await desk.people.ask(thread, run, frame)
    return refused or await row_of(desk, call)


async def row_of(desk, call="q1"):
    return await desk.store.pool.fetchrow("SELECT * FROM decisions WHERE call_id = $1", call)


def decisions(runner):
    """Return what the runner was told of questions."""
    return [frame for frame in runner.sent if isinstance(frame, wire.Decision)]


async def deliver(desk, decision_id, message_id=900):
    """Note the question's message as sent, as the sender does."""
    await desk.store.pool.execute(
        "UPDATE outbox SET state = 'sent', message_ids = $2, attempts = 1 WHERE dedupe_key = $1",
        f"ask:{decision_id}", [message_id],
    )  # fmt: skip


async def shown(desk, decision_id):
    """Return the question's message and its end: text and buttons of each."""
    rows = await desk.store.pool.fetch(
        "SELECT dedupe_key, text, buttons, message_ids FROM outbox WHERE dedupe_key = ANY ($1) ORDER BY id",
        [f"ask:{decision_id}", f"decided:{decision_id}"],
    )
    return [
        (row["text"], [button[0] for button in json.loads(row["buttons"])], list(row["message_ids"])) for row in rows
    ]
