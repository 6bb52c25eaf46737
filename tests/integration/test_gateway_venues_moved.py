"""Groups that become supergroups or get topics, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.effects import WakeVenues
from agent_gateway.store.rows import Address, TurnState, VenueState
from agent_gateway.telegram.errors import Moved
from agent_gateway.wording import keys
from agent_kube.errors import Away
from tests.conftest import BOT_ID
from tests.support.desk import GROUP, STRANGER, message, running_desk
from tests.support.eventually import eventually
from tests.support.scheduling import Lab, on
from tests.support.venues import (
    MIGRATE_FROM,
    MIGRATE_TO,
    NEW,
    NEW_NAME,
    OLD,
    OLD_NAME,
    begin,
    in_group,
    in_topic,
    send,
)

pytestmark = pytest.mark.postgres


async def test_what_the_api_server_does_not_let_now_is_done_later(store):
    async with running_desk(store, reconcile=False) as desk:
        allow_group(desk)
        await send(desk, in_group("first"))
        await desk.resources.want_run(await store.threads.by_name(OLD_NAME), 1, None)
        desk.resources.faults.extend([Away("x", 500)] * 2)
        await send(desk, MIGRATE_TO)

        def handed_on():
            desk.events.publish([WakeVenues()])
            return desk.resources.cached(NEW_NAME) and desk.resources.cached(OLD_NAME) is None

        await eventually(handed_on)
        assert not desk.resources.faults


# --- groups that move ------------------------------------------------------------------------------


def allow_group(desk):
    """Name the group in the settings, by the id that it had."""
    desk.access._allowed |= {OLD}


@pytest.mark.parametrize("told", ["to", "from", "error", "to from error", "error from to", "from to"])
async def test_a_group_that_became_a_supergroup_goes_on_in_whichever_order_it_is_told(store, told):
    async with running_desk(store) as desk:
        allow_group(desk)
        thread, turn, runner = await begin(desk, in_group("first"), OLD_NAME)
        await send(desk, in_group("second"))
        await store.views.save_progress(turn.id, thread.id, 1, ["half"], 2)
        await store.views.save_messages(turn.id, [100])
        await store.outbox.put(Address(BOT_ID, OLD), "still to be said", "x", reply_to=9, message_ids=[101])
        desk.resources.change(OLD_NAME, classRef={"name": "big"})
        for how in told.split():
            if how == "error":
                desk.venues.note(Address(BOT_ID, OLD), Moved(NEW))

                async def moved():
                    return await store.threads.by_name(NEW_NAME)

                await eventually(moved)
            else:
                await send(desk, {"to": MIGRATE_TO, "from": MIGRATE_FROM}[how])
        now = await store.threads.by_id(thread.id)
        assert (now.name, now.address, now.session_id) == (NEW_NAME, Address(BOT_ID, NEW), thread.session_id)
        await eventually(lambda: runner.gone)  # the run of the old name is over

        async def handed_on():
            found = desk.resources.cached(NEW_NAME)
            return found and found.spec.run == 2 and desk.resources.cached(OLD_NAME) is None

        await eventually(handed_on)
        assert desk.resources.cached(NEW_NAME).spec.class_ref.name == "big"
        assert desk.resources.cached(NEW_NAME).spec.channel.chat_id == NEW
        goes_on, second = await store.turns.queued(thread.id)
        assert (second.text, goes_on.again_of) == ("[From P]\n\nsecond", turn.id)  # what was cut goes on by itself
        rows = await store.pool.fetch("SELECT chat_id, reply_to, message_ids, text FROM outbox ORDER BY id")
        assert {row["chat_id"] for row in rows} == {NEW}
        assert {row["reply_to"] for row in rows} == {None}
        assert {tuple(row["message_ids"]) for row in rows} == {()}
        assert any("half" in row["text"] and keys.lost_moved("en") in row["text"] for row in rows)
        await send(desk, in_group("third", chat=NEW))
        await send(desk, in_group("late", chat=OLD))
        assert [t.text for t in await store.turns.queued(thread.id)][2:] == ["[From P]\n\nthird", "[From P]\n\nlate"]


async def test_a_turn_that_no_agent_has_begun_is_asked_anew_after_a_move(store):
    async with running_desk(store) as desk:
        allow_group(desk)
        thread, turn, _ = await begin(desk, in_group("first"), OLD_NAME, started=False)
        await send(desk, MIGRATE_FROM)
        await desk.run_wanted(NEW_NAME, 2)
        runner = await desk.connect(await store.threads.by_id(thread.id), 2)
        await eventually(lambda: [t.id for t in runner.turns] == [turn.id])


async def test_an_old_resource_that_may_not_be_deleted_is_stopped_and_says_why_it_is_left(store):
    async with running_desk(store) as desk:
        allow_group(desk)
        desk.resources.may_delete = False
        await begin(desk, in_group("first"), OLD_NAME)
        await send(desk, MIGRATE_TO)

        async def left():
            return await store.pool.fetchval("SELECT state FROM retired_resources") == "left"

        await eventually(left)
        assert (OLD_NAME, 1) in desk.resources.stops
        ((name, reason, words),) = desk.resources.events
        assert (name, reason) == (OLD_NAME, "Moved")
        assert NEW_NAME in words


async def test_a_gateway_that_was_killed_after_the_move_goes_on_with_it(store):
    async with running_desk(store, reconcile=False) as desk:
        allow_group(desk)
        await send(desk, in_group("first"), MIGRATE_TO)
    async with running_desk(store) as desk:
        allow_group(desk)
        await desk.run_wanted(NEW_NAME, 1)

        async def none_retired():
            return await store.venues.retired() == []

        await eventually(none_retired)
        await send(desk, in_group("and then", chat=NEW, user=STRANGER))  # the group is on the list by its old id
        thread = await store.threads.by_name(NEW_NAME)
        assert await store.turns.count_queued(thread.id) == 2


async def test_a_conversation_that_began_in_the_new_chat_takes_what_waited_in_the_old(store):
    async with running_desk(store, reconcile=False) as desk:
        allow_group(desk)
        desk.access._allowed |= {NEW}
        await send(desk, in_group("old"))
        await send(desk, in_group("new", chat=NEW))
        await send(desk, MIGRATE_TO)
        thread = await store.threads.by_name(NEW_NAME)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["[From P]\n\nold", "[From P]\n\nnew"]
        said = await store.pool.fetch("SELECT text FROM messages WHERE thread_id = $1 ORDER BY turn_id", thread.id)
        assert [row[0] for row in said] == ["[From P]\n\nold", "[From P]\n\nnew"]
        left = await store.threads.by_name(OLD_NAME)
        assert left.venue is VenueState.ORPHANED


async def test_what_is_scheduled_in_the_old_chat_is_asked_where_its_conversation_goes_on(store):
    async with running_desk(store, reconcile=False) as desk:
        allow_group(desk)
        desk.access._allowed |= {NEW}
        await send(desk, in_group("old"))
        lab = Lab(store)
        lab.access = desk.access
        lab.firing = lab.build_firing()
        lab.adopter._guests = desk.access
        lab.resources.put("morning", threadRef={"name": OLD_NAME}, prompt="Look.", cron="0 9 * * *")
        await lab.adopter.look("morning")
        await send(desk, in_group("new", chat=NEW))
        await send(desk, MIGRATE_TO)
        await lab.wait_until(on(2))
        thread = await store.threads.by_name(NEW_NAME)
        assert (await lab.row()).problem == ""
        assert [t.text for t in await store.turns.queued(thread.id)][-1].endswith("Look.")
        assert [row.name for row in await store.schedules.of_thread(thread.id, 9)] == ["morning"]


async def test_a_group_that_became_a_forum_goes_on_in_general(store):
    async with running_desk(store, reconcile=False) as desk:
        allow_group(desk)
        await send(desk, in_group("first"), MIGRATE_TO)
        chat = {"id": NEW, "type": "supergroup", "title": "g", "is_forum": True}
        await send(desk, {"message": {"message_id": 1, "chat": chat, "migrate_from_chat_id": OLD}})
        thread = await store.threads.by_name(f"{NEW_NAME}-1")
        assert thread.address == Address(BOT_ID, NEW, 1)
        assert await store.turns.count_queued(thread.id) == 1


async def test_a_group_that_gets_topics_goes_on_in_general(store):
    async with running_desk(store) as desk:
        old, turn, runner = await begin(desk, in_group("first", chat=GROUP), "tg-n100200300")
        await send(desk, in_topic("elsewhere", topic=43))
        await send(desk, in_topic("second", topic=None, is_topic_message=False))
        thread = await desk.run_wanted("tg-n100200300-1", 2)
        assert (thread.id, thread.session_id) == (old.id, old.session_id)
        assert thread.address == Address(BOT_ID, GROUP, 1)
        assert (await store.turns.by_id(turn.id)).state is TurnState.FAILED
        waiting = {t.text.rsplit("\n", 1)[-1] for t in await store.turns.queued(thread.id)}
        assert waiting == {"first", "second"}  # what was cut goes on by itself
        await eventually(lambda: desk.resources.cached("tg-n100200300") is None)
        await eventually(lambda: runner.gone)
        [other] = [t for t in await store.threads.newest() if t.id != thread.id]
        assert other.address == Address(BOT_ID, GROUP, 43)
        await send(desk, in_topic("third", topic=None, is_topic_message=False))
        assert len(await store.turns.queued(thread.id)) == 3


async def test_the_sub_agents_of_a_moved_conversation_report_in_the_new_chat(store):
    async with running_desk(store, reconcile=False) as desk:
        allow_group(desk)
        spawn = message("/spawn@demo_bot count", chat=OLD)
        await send(desk, in_group("first"), spawn, MIGRATE_TO)
        children = await store.pool.fetch("SELECT chat_id FROM threads WHERE kind = 'subagent'")
        assert [row["chat_id"] for row in children] == [NEW]
