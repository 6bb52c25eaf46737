"""Who begins a run where there are not enough slots for all, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from agent_gateway.wording import keys
from tests.support.desk import message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres


async def begin(desk, text="hello", number=1):
    """Bring a conversation to a ready runner."""
    await desk.say(text)
    thread = await desk.run_wanted("tg-42", number)
    return thread, await desk.connect(thread, number, f"pod-{number}")


async def test_slots_are_given_to_who_came_first(store):
    async with running_desk(store, max_runs=1) as desk:
        _, runner = await begin(desk)
        (turn,) = await eventually(lambda: runner.turns)
        desk.dispatcher._access._allowed |= {43, 44}
        for chat in (43, 44):
            await desk.say("hi", chat=chat, user=chat)
        waiting = [await store.turns.next((await store.threads.by_name(name)).id) for name in ("tg-43", "tg-44")]
        await eventually(lambda: all(desk.views.texts.get(t.id) for t in waiting))
        await eventually(lambda: desk.views.texts[waiting[0].id][-1] == keys.slots_next("en"))
        await eventually(lambda: desk.views.texts[waiting[1].id][-1] == keys.slots_place("en", place=2))
        await store.turns.end(turn.id, 1, 1, TurnState.DONE, None, Final("x"))
        for name, following in (("tg-42", "tg-43"), ("tg-43", "tg-44")):
            ending = await store.threads.by_name(name)
            async with store.transaction() as tx:
                await tx.turns.cancel_queued(ending.id)
            await store.runs.end(ending.id, 1, "IdleTimeout", None)
            desk.registry.left(ending.id, 1)
            await desk.run_wanted(following, 1)
            assert await store.runs.count_open() == 1


async def test_whoever_has_slots_waits_behind_anothers_first_turn(store):
    async with running_desk(store, max_runs=2) as desk:
        desk.dispatcher._access._allowed |= {43}
        for chat in (43, 45):
            await desk.say("hi", chat=chat, user=43)
            await desk.run_wanted(f"tg-{chat}", 1)
        assert await store.slots.count() == {43: 2}
        await desk.say("more", chat=44, user=43)
        second = await store.turns.next((await store.threads.by_name("tg-44")).id)
        await eventually(lambda: desk.views.texts.get(second.id, [""])[-1] == keys.slots_next("en"))
        await desk.say("hi")
        first = await store.turns.next((await store.threads.by_name("tg-42")).id)
        await eventually(lambda: desk.views.texts.get(first.id, [""])[-1] == keys.slots_next("en"))
        await eventually(lambda: desk.views.texts[second.id][-1] == keys.slots_place("en", place=2))
        ending = await store.threads.by_name("tg-43")
        async with store.transaction() as tx:
            await tx.turns.cancel_queued(ending.id)
        await store.runs.end(ending.id, 1, "IdleTimeout", None)
        desk.registry.left(ending.id, 1)
        await desk.run_wanted("tg-42", 1)
        assert await store.runs.count_open() == 2
        await eventually(lambda: desk.views.texts[second.id][-1] == keys.slots_next("en"))


async def test_many_threads_keep_to_the_limit(store):
    async with running_desk(store, max_runs=3) as desk:
        chats = range(1000, 1012)
        desk.dispatcher._access._allowed |= set(chats)
        await desk.take(*(message("hi", chat=chat, user=chat) for chat in chats))
        await desk.settled()

        async def all_told():
            return await store.runs.count_open() == 3 and len(desk.views.texts) >= 9

        await eventually(all_told)
        assert await store.pool.fetchval("SELECT count(*) FROM runs") == 3
