"""Questions that nobody can have read yet, or that nobody knows any more, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.store.rows import NewSubAgent
from tests.support.children import begin
from tests.support.deciding import ask, begin_without_loop, deliver, row_of
from tests.support.desk import running_desk
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres


async def test_the_buttons_of_a_question_that_was_forgotten_go(store):
    async with running_desk(store) as desk:
        await begin(desk)
        assert await press(desk, "d:999:0", under=900) == "This question is no longer open."
        assert (await last_said(desk))[1:] == ({}, [900])


async def test_a_message_that_was_written_before_its_question_was_read_is_a_question_of_its_own(store):
    async with running_desk(store) as desk:
        thread, turn, _ = await begin(desk)
        asked = await ask(desk, thread, turn)
        await desk.say("one thing more", message_id=800)  # the question is on its way
        await deliver(desk, asked["id"])
        await desk.say("and another", message_id=801)  # it came behind this
        assert (await row_of(desk))["state"] == "asked"
        await desk.say("green", message_id=901)
        assert (await row_of(desk))["answer"] == "green"


@pytest.mark.parametrize("way", ["stop", "kill", "cancel"])
async def test_what_was_stopped_asks_no_more_though_its_pod_is_away(store, way):
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, _ = await begin_without_loop(desk)
        asked = await ask(desk, thread, turn)
        await deliver(desk, asked["id"])
        await desk.say("/stop" if way == "stop" else "/whoami", message_id=901)
        if way == "kill":
            await desk.store.runs.ask_stop(thread.id, 1, "killed")
        if way == "cancel":
            parent = NewSubAgent(thread, "uid", 1, "call", turn.id, None, "task", "default", 60, "Empty", 1)
            async with desk.store.transaction() as tx:
                child = await tx.subagents.add(parent)
            await desk.store.pool.execute("UPDATE decisions SET thread_id = $1", child.thread_id)
            await desk.store.subagents.cancel_children(thread.id, "parent")
        assert (await row_of(desk))["state"] == "withdrawn"
        await desk.say("something else", message_id=902)
        assert await desk.store.turns.count_queued(thread.id) == 1
