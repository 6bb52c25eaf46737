"""`/cleanup` with its question, and questions as such, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.rows import NewSubAgent
from tests.support.confirms import ask, idle, idle_group
from tests.support.desk import ADMIN, GROUP, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres


async def test_cleanup_names_the_idle_agents_and_ends_them_once_it_is_confirmed(store):
    async with running_desk(store) as desk:
        assert await ask(desk, "/cleanup") == ("Nothing to clean up.", {})
        thread, runner = await idle(desk)
        text, buttons = await ask(desk, "/cleanup")
        assert text.endswith("\nprivate chat")
        assert list(buttons) == ["End it", "Cancel"]
        assert desk.resources.stops == []
        assert await press(desk, buttons["End it"]) == "Done."
        text, none, under = await last_said(desk)
        assert (text, none, under) == ("Ended: private chat", {}, [500])
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        await eventually(lambda: any(isinstance(frame, wire.Shutdown) for frame in runner.sent))
        assert (await store.runs.open(thread.id)).stop == "killed"
        assert await store.pool.fetchval("SELECT subject FROM audit WHERE action = 'cleanup'") == "tg-42"
        assert await press(desk, buttons["End it"]) == "Already answered."


async def test_cleanup_leaves_what_has_work_and_what_waits(store):
    async with running_desk(store, reconcile=False) as desk:
        thread = await waiting_thread(desk)
        assert (await ask(desk, "/cleanup"))[0] == "Nothing to clean up."
        async with store.transaction() as tx:
            await tx.turns.cancel_queued(thread.id)
        parent = NewSubAgent(thread, "uid", 1, "call", None, None, "task", "default", 60, "Empty", 1)
        async with store.transaction() as tx:
            child = await tx.subagents.add(parent)
        assert child is not None
        assert (await ask(desk, "/cleanup"))[0] == "Nothing to clean up."


async def waiting_thread(desk):
    await desk.say("hello")
    thread = await desk.store.threads.by_name("tg-42")
    await desk.store.runs.want(thread.id, 1, "uid-1")
    await desk.connect(thread, 1)
    return thread


async def test_an_agent_that_got_work_since_the_question_is_left_alone(store):
    async with running_desk(store) as desk:
        _, runner = await idle(desk)
        _, buttons = await ask(desk, "/cleanup")
        await desk.say("more")
        await eventually(lambda: len(runner.turns) == 2)
        assert await press(desk, buttons["End it"]) == "Done."
        assert "Nothing to end any more" in (await last_said(desk))[0]
        assert desk.resources.stops == []


async def test_an_administrator_cleans_up_every_chat_and_others_their_own(store):
    async with running_desk(store) as desk:
        await idle(desk)
        await idle_group(desk)
        text, _ = await ask(desk, "/cleanup")
        assert "\ng" not in text
        text, buttons = await ask(desk, "/cleanup", chat=ADMIN, user=ADMIN)
        assert "These 2 agents" in text
        await press(desk, buttons["End 2 agents"], chat=ADMIN, user=ADMIN)
        assert (await last_said(desk))[0] == "Ended: private chat (tg-42), g (tg-n100200300)"
        await eventually(lambda: {("tg-42", 1), ("tg-n100200300", 1)} <= set(desk.resources.stops))


async def test_only_who_asked_or_an_administrator_answers(store):
    async with running_desk(store) as desk:
        await idle_group(desk)
        _, buttons = await ask(desk, "/cleanup@demo_bot", chat=GROUP)
        assert "Only whoever asked" in await press(desk, buttons["End it"], chat=GROUP, user=99)
        assert await press(desk, buttons["End it"]) == "This button does nothing any more."  # from another chat
        assert await press(desk, buttons["Cancel"], chat=GROUP, user=ADMIN) == "Cancelled. I changed nothing."
        assert await press(desk, buttons["End it"], chat=GROUP) == "Already answered."
        assert await press(desk, "cf:cleanup:999", chat=GROUP, under=77) == "This button does nothing any more."
        assert (await last_said(desk))[1:] == ({}, [77])  # and it goes
        assert desk.resources.stops == []


async def test_a_question_older_than_ten_minutes_does_nothing(store):
    async with running_desk(store) as desk:
        await idle(desk)
        _, buttons = await ask(desk, "/cleanup")
        await store.pool.execute("UPDATE confirms SET created_at = now() - interval '11 minutes'")
        assert "ten minutes" in await press(desk, buttons["End it"])
        text, none, under = await last_said(desk)
        assert ("I changed nothing" in text, none, under) == (True, {}, [500])
        assert desk.resources.stops == []


async def test_what_was_confirmed_is_done_by_the_next_gateway(store):
    async with running_desk(store) as desk:
        await idle(desk)
        _, buttons = await ask(desk, "/cleanup")
        resources, numbers = desk.resources, desk.numbers
    async with running_desk(store, reconcile=False) as dying:  # it only gets as far as the commit
        dying.numbers = numbers
        dying.wake.thread = lambda _: None
        await press(dying, buttons["End it"])
    assert resources.stops == []
    async with running_desk(store, reconcile=False, resources=resources) as next_one:
        await next_one.look(await store.threads.by_name("tg-42"))
        assert resources.stops == [("tg-42", 1)]
