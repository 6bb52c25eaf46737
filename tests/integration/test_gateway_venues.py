"""Topics that close, open, are renamed and go; chats that go and come back; groups that move. On a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_gateway.store.rows import Address, Final, TurnState, VenueState
from agent_gateway.telegram.errors import Moved, RefusalKind, Refused
from agent_gateway.telegram.inbound.venues import CLOSED_WAITS
from agent_kube.errors import Away
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, PERSON, STRANGER, message, running_desk
from tests.support.eventually import eventually

pytestmark = pytest.mark.postgres
TOPIC = Address(BOT_ID, GROUP, 42)
NAME = "tg-n100200300-42"
OLD, NEW = -555, -100777
OLD_NAME, NEW_NAME = "tg-n555", "tg-n100777"
FORUM = {"id": GROUP, "type": "supergroup", "title": "Builders", "is_forum": True}
CLOSED = {"forum_topic_closed": {}}
REOPENED = {"forum_topic_reopened": {}}
NOT_FOUND = Refused(RefusalKind.THREAD_NOT_FOUND, "Bad Request: message thread not found")
TOPIC_CLOSED = Refused(RefusalKind.TOPIC_CLOSED, "Bad Request: TOPIC_CLOSED")
BLOCKED = Refused(RefusalKind.CHAT_GONE, "Forbidden: bot was kicked from the supergroup chat")


def in_topic(text=None, *, user=PERSON, topic=42, **fields):
    """A message, or a service message, of a topic."""
    body = {
        "message_id": 7, "chat": FORUM, "from": {"id": user, "first_name": "P"}, "message_thread_id": topic,
        "is_topic_message": True, **fields,
    }  # fmt: skip
    return {"message": body | ({} if text is None else _mention(text))}


def _mention(text):
    name = "@demo_bot"
    return {"text": f"{name} {text}", "entities": [{"type": "mention", "offset": 0, "length": len(name)}]}


def in_group(text, *, chat=OLD, user=PERSON):
    """A message of an ordinary group that names the bot."""
    kind = {"id": chat, "type": "group" if chat == OLD else "supergroup", "title": "g"}
    body = {"message_id": 9, "chat": kind, "from": {"id": user, "first_name": "P"}, **_mention(text)}
    return {"message": body}


def membership(status, *, chat=GROUP, **member):
    kind = {"id": chat, "type": "private" if chat > 0 else "supergroup"}
    person = {"id": BOT_ID, "is_bot": True, "first_name": "b"}
    return {"my_chat_member": {"chat": kind, "from": {"id": PERSON, "first_name": "P"}, "date": 1,
                               "new_chat_member": {"status": status, "user": person, **member}}}  # fmt: skip


MIGRATE_TO = {"message": {"message_id": 10, "chat": {"id": OLD, "type": "group", "title": "g"},
                          "from": {"id": PERSON, "first_name": "P"}, "migrate_to_chat_id": NEW}}  # fmt: skip
MIGRATE_FROM = {"message": {"message_id": 1, "chat": {"id": NEW, "type": "supergroup", "title": "g"},
                            "sender_chat": {"id": NEW, "type": "supergroup"}, "migrate_from_chat_id": OLD}}  # fmt: skip


async def send(desk, *updates):
    await desk.take(*updates)
    await desk.settled()


async def begin(desk, update, name=NAME, *, started=True):
    """Bring a conversation to a running turn."""
    await send(desk, update)
    thread = await desk.run_wanted(name, 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    if started:
        await desk.store.turns.started(runner.turns[0].id, 1, 1)
    return thread, runner.turns[0], runner


async def place_of(store, name=NAME):
    return (await store.threads.by_name(name)).venue


async def outbox(store):
    rows = await store.pool.fetch("SELECT state, chat_id, topic_id, text FROM outbox ORDER BY id")
    return [tuple(row) for row in rows]


# --- topics ----------------------------------------------------------------------------------------


async def test_a_closed_topic_stops_the_answer_and_keeps_what_waits_until_it_is_reopened(store):
    async with running_desk(store) as desk:
        thread, turn, runner = await begin(desk, in_topic("first"))
        await send(desk, in_topic("second"), in_topic(**CLOSED))
        await eventually(lambda: wire.Abort(turn=turn.id) in runner.sent)
        assert await place_of(store) is VenueState.CLOSED
        (waiting,) = await store.turns.queued(thread.id)
        await eventually(lambda: waiting.id in desk.views.finished)  # nothing can be shown there
        await send(desk, in_topic("third"))
        assert (await store.turns.queued(thread.id))[1].id not in desk.views.opened
        assert (await desk.said())[-1] == CLOSED_WAITS
        await store.turns.end(turn.id, 1, 2, TurnState.FAILED, "aborted", Final("Stopped."))
        desk.registry.changed(thread.id)
        await desk.say("/threads", chat=GROUP, user=ADMIN)
        assert "topic closed" in (await desk.said())[-1]
        assert await store.turns.deliver_next(thread.id, 1) is None  # not even to a runner that asks to leave
        assert [t.text for t in await store.turns.queued(thread.id)] == ["second", "third"]
        assert len(runner.turns) == 1
        await send(desk, in_topic(**REOPENED))
        await eventually(lambda: [t.text for t in runner.turns] == ["first", "second"])
        assert await place_of(store) is VenueState.OPEN


async def test_no_run_begins_for_a_closed_topic(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("hello"))
        await send(desk, in_topic(**CLOSED))
    async with running_desk(store) as desk:
        thread = await store.threads.by_name(NAME)
        desk.wake.thread(thread.id)
        await eventually(lambda: not desk.conversations.queue.length)  # it was looked at
        assert await store.runs.open(thread.id) is None
        assert await store.turns.count_queued(thread.id) == 1
        await send(desk, in_topic(**REOPENED))
        await desk.run_wanted(NAME, 1)


async def test_what_a_closed_topic_refuses_is_said_when_it_is_reopened(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("hello"))
        await store.outbox.put(TOPIC, "the answer", "turn:1", kind="final")
        await store.outbox.put(Address(BOT_ID, GROUP, 43), "elsewhere", "turn:2", kind="final")
        row, other = await store.outbox.claim(())
        assert other.text == "elsewhere"  # a topic holds up no other
        desk.venues.note(TOPIC, TOPIC_CLOSED)
        await store.outbox.hold(row.id)

        async def closed():
            return await place_of(store) is VenueState.CLOSED

        await eventually(closed)
        await store.outbox.sent(other.id)
        assert await store.outbox.claim(()) == []
        await send(desk, in_topic(**REOPENED))
        (again,) = await store.outbox.claim(())
        assert (again.id, again.address, again.text) == (row.id, TOPIC, "the answer")


async def test_a_topic_whose_reopening_nobody_told_is_found_open(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("hello"), in_topic(**CLOSED))
        for n in range(2):
            await store.outbox.put(TOPIC, f"answer {n}", f"turn:{n}", kind="final")
            (row,) = await store.outbox.claim(())
            await store.outbox.hold(row.id)
        assert not await store.outbox.probe_held()  # not before its pause is over
        await store.pool.execute("UPDATE outbox SET next_at = now() - interval '1 second' WHERE state = 'held'")
        desk.venues._due.set()
        (probe,) = await eventually(lambda: store.outbox.claim(()))
        assert probe.text == "answer 0"
        await store.outbox.sent(probe.id)
        desk.venues._due.set()

        async def opened():
            return await place_of(store) is VenueState.OPEN

        await eventually(opened)
        assert [r.text for r in await eventually(lambda: store.outbox.claim(()))] == ["answer 1"]


async def test_a_renamed_topic_gives_thread_and_resource_its_title_and_keeps_it(store):
    async with running_desk(store) as desk:
        created = {"reply_to_message": {"message_id": 42, "forum_topic_created": {"name": "deploy"}}}
        await begin(desk, in_topic("hello", **created))
        assert desk.resources.cached(NAME).spec.title == "deploy"
        await send(desk, in_topic(forum_topic_edited={"name": "deploy\nto prod"}))
        await eventually(lambda: desk.resources.cached(NAME).spec.title == "deploy to prod")
        await send(desk, in_topic("more", **created))  # a topic's messages tell the name that it was made with
        assert (await store.threads.by_name(NAME)).title == "deploy to prod"
        await send(desk, in_topic(forum_topic_edited={"icon_custom_emoji_id": "1"}))  # no name: only the icon
        assert (await store.threads.by_name(NAME)).title == "deploy to prod"


async def test_a_renamed_group_gives_its_thread_another_title(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_group("hello", chat=GROUP), in_topic("hi"))
        await send(
            desk, {"message": {"message_id": 8, "chat": {**FORUM, "is_forum": False}, "new_chat_title": "Makers"}}
        )
        assert (await store.threads.by_name("tg-n100200300")).title == "Makers"
        assert (await store.threads.by_name(NAME)).title != "Makers"


async def test_a_topic_that_is_gone_ends_its_work_and_is_told_in_private(store):
    async with running_desk(store) as desk:
        await desk.say("I wrote in private once")
        thread, turn, runner = await begin(desk, in_topic("first"))
        await send(desk, in_topic("second"))
        desk.venues.note(TOPIC, NOT_FOUND)

        async def stopped():
            return (NAME, 1) in desk.resources.stops and any(isinstance(f, wire.Shutdown) for f in runner.sent)

        await eventually(stopped)
        assert await place_of(store) is VenueState.ORPHANED
        assert await store.turns.count_queued(thread.id) == 0
        assert (await store.turns.by_id(turn.id)).stop_asked
        ((state, chat, topic, told),) = [row for row in await outbox(store) if "is gone" in row[3]]
        assert (state, chat, topic) == ("pending", PERSON, None)
        assert "1 waiting message was cancelled" in told
        assert NAME in told
        await eventually(lambda: [e[:2] for e in desk.resources.events] == [(NAME, "PlaceGone")])
        await desk.say("/threads", chat=GROUP, user=ADMIN)
        assert "topic gone" in (await desk.said())[-1]
        desk.venues.note(TOPIC, NOT_FOUND)  # again: nothing more follows
        await send(desk, in_topic("later", topic=43))
        desk.venues.note(Address(BOT_ID, GROUP, 43), TOPIC_CLOSED)  # it is taken after the other

        async def taken():
            return await place_of(store, "tg-n100200300-43") is VenueState.CLOSED

        await eventually(taken)
        assert len([row for row in await outbox(store) if "is gone" in row[3]]) == 1


async def test_a_topic_that_is_gone_is_not_told_in_the_group(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("first"))
        desk.venues.note(TOPIC, NOT_FOUND)

        async def orphaned():
            return await place_of(store) is VenueState.ORPHANED

        await eventually(orphaned)
        assert await outbox(store) == []


async def test_who_writes_in_a_topic_that_was_taken_for_gone_is_answered(store):
    async with running_desk(store) as desk:
        await send(desk, in_topic("first"))
        await desk.run_wanted(NAME, 1)
        desk.venues.note(TOPIC, NOT_FOUND)
        await eventually(lambda: (NAME, 1) in desk.resources.stops)
        desk.resources.report(NAME, number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        await send(desk, in_topic("here I am"))
        assert await place_of(store) is VenueState.OPEN
        thread = await desk.run_wanted(NAME, 2)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["here I am"]


async def test_a_command_in_a_topic_that_was_taken_for_gone_works_too(store):
    async with running_desk(store) as desk:
        await send(desk, in_topic("first"))
        await desk.run_wanted(NAME, 1)
        desk.venues.note(TOPIC, NOT_FOUND)
        await eventually(lambda: (NAME, 1) in desk.resources.stops)
        desk.resources.report(NAME, number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        await send(desk, {"message": in_topic()["message"] | {"text": "/retry"}})
        thread = await desk.run_wanted(NAME, 2)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["first"]


async def test_general_and_a_chat_without_topics_are_never_gone_for_a_topic(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        desk.venues.note(Address(BOT_ID, PERSON), NOT_FOUND)
        desk.venues.note(Address(BOT_ID, GROUP, 1), NOT_FOUND)
        assert not desk.venues._noted


# --- chats -----------------------------------------------------------------------------------------


async def test_a_bot_that_was_removed_ends_all_topics_and_goes_on_when_it_is_back(store):
    async with running_desk(store) as desk:
        thread, _, runner = await begin(desk, in_topic("first"))
        await send(desk, in_topic("other", topic=43), in_topic(topic=43, **CLOSED))
        await send(desk, membership("kicked"))
        await eventually(lambda: any(isinstance(f, wire.Shutdown) for f in runner.sent))
        assert {t.venue for t in await store.threads.newest()} == {VenueState.ORPHANED}
        await send(desk, membership("administrator"))
        assert {t.venue for t in await store.threads.newest()} == {VenueState.OPEN}
        desk.resources.report(NAME, number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        await send(desk, in_topic("again"))
        await desk.run_wanted(NAME, 2)
        assert await store.turns.count_queued(thread.id) == 1


async def test_a_refusal_tells_the_same_as_the_update(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("first"), in_topic("other", topic=43))
        desk.venues.note(TOPIC, BLOCKED)

        async def orphaned():
            return {t.venue for t in await store.threads.newest()} == {VenueState.ORPHANED}

        await eventually(orphaned)


async def test_what_was_written_after_the_bot_came_back_is_not_cancelled(store):
    """Topics have lanes of their own: their messages may be taken before the chat's earlier updates."""
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("before"))
        late = membership("left")
        late["update_id"] = next(desk.numbers)
        await send(desk, in_topic("after"))
        await desk.take(late)
        await desk.settled()
        thread = await store.threads.by_name(NAME)
        assert [t.text for t in await store.turns.queued(thread.id)] == ["after"]


async def test_a_topic_that_was_deleted_stays_gone_when_the_bot_is_back(store):
    async with running_desk(store, reconcile=False) as desk:
        await send(desk, in_topic("first"))
        desk.venues.note(TOPIC, NOT_FOUND)

        async def orphaned():
            return await place_of(store) is VenueState.ORPHANED

        await eventually(orphaned)
        await send(desk, membership("left"), membership("member"))
        assert await place_of(store) is VenueState.ORPHANED


async def test_a_chat_that_is_gone_is_told_to_who_was_cut_off_and_shown_as_such(store):
    async with running_desk(store) as desk:
        await desk.say("I wrote in private once")
        await begin(desk, in_group("first", chat=GROUP), "tg-n100200300")
        await send(desk, in_topic("idle"))
        await store.pool.execute("UPDATE turns SET state = 'cancelled' WHERE text = 'idle'")
        await send(desk, membership("left"))
        told = [row for row in await outbox(store) if "no longer write" in row[3]]
        assert [(row[1], "(tg-n100200300)" in row[3]) for row in told] == [(PERSON, True)]
        await desk.say("/threads", user=ADMIN, chat=ADMIN)
        lines = [line for line in (await desk.said())[-1].splitlines() if "n100" in line]
        assert [line.split(": ")[-1].split(",")[0] for line in lines] == ["chat gone", "topic gone"]


async def test_a_person_who_blocks_the_bot_is_not_written_to(store):
    async with running_desk(store) as desk:
        await begin(desk, message("first"), "tg-42")
        await desk.say("second")
        await send(desk, membership("kicked", chat=PERSON))
        await eventually(lambda: ("tg-42", 1) in desk.resources.stops)
        assert await outbox(store) == []
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        await send(desk, membership("member", chat=PERSON))
        await desk.say("I am back")
        await desk.run_wanted("tg-42", 2)


async def test_what_the_api_server_does_not_let_now_is_done_later(store):
    async with running_desk(store, reconcile=False) as desk:
        allow_group(desk)
        await send(desk, in_group("first"))
        await desk.resources.want_run(await store.threads.by_name(OLD_NAME), 1, None)
        desk.resources.faults.extend([Away("x", 500)] * 2)
        await send(desk, MIGRATE_TO)

        def handed_on():
            desk.venues._due.set()
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
        assert (second.text, goes_on.again_of) == ("second", turn.id)  # what was cut goes on by itself
        rows = await store.pool.fetch("SELECT chat_id, reply_to, message_ids, text FROM outbox ORDER BY id")
        assert {row["chat_id"] for row in rows} == {NEW}
        assert {row["reply_to"] for row in rows} == {None}
        assert {tuple(row["message_ids"]) for row in rows} == {()}
        assert any("half" in row["text"] and "supergroup" in row["text"] for row in rows)
        await send(desk, in_group("third", chat=NEW))
        await send(desk, in_group("late", chat=OLD))
        assert [t.text for t in await store.turns.queued(thread.id)][2:] == ["third", "late"]


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
        assert await store.venues.retired() == []
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
        assert [t.text for t in await store.turns.queued(thread.id)] == ["old", "new"]
        said = await store.pool.fetch("SELECT text FROM messages WHERE thread_id = $1 ORDER BY turn_id", thread.id)
        assert [row[0] for row in said] == ["old", "new"]
        left = await store.threads.by_name(OLD_NAME)
        assert left.venue is VenueState.ORPHANED


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
        assert runner.gone
        [other] = [t for t in await store.threads.newest() if t.id != thread.id]
        assert other.address == Address(BOT_ID, GROUP, 43)
        await send(desk, in_topic("third", topic=None, is_topic_message=False))
        assert len(await store.turns.queued(thread.id)) == 3


async def test_the_sub_agents_of_a_moved_conversation_report_in_the_new_chat(store):
    async with running_desk(store, reconcile=False) as desk:
        allow_group(desk)
        spawn = message("/spawn count", chat=OLD)
        await send(desk, in_group("first"), spawn, MIGRATE_TO)
        children = await store.pool.fetch("SELECT chat_id FROM threads WHERE kind = 'subagent'")
        assert [row["chat_id"] for row in children] == [NEW]
