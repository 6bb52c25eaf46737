"""What people may ask is bounded, and what is refused is told in words. On a real Postgres."""

from __future__ import annotations

import pytest

from agent_contract.agentclass import SubAgents
from agent_gateway.commands.greeting import MOST_TASKS
from agent_gateway.commands.steering import MOST_UNREAD
from agent_gateway.inbox import parts
from agent_gateway.inbox.parts import MOST_QUEUED
from agent_gateway.store import threads
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import Ambiguous
from agent_gateway.wording import greeting, keys
from tests.conftest import BOT_ID
from tests.support.deciding import begin_without_loop
from tests.support.desk import ADMIN, GROUP, PERSON, message, running_desk
from tests.support.pressing import last_said, press
from tests.support.venues import in_topic

pytestmark = pytest.mark.postgres
OTHER = 43
"""Another member of the group."""


async def begin_in_group(desk, *, user=PERSON):
    await desk.say("/steer@demo_bot hello", chat=GROUP, user=user)
    return await desk.store.threads.by_address(Address(BOT_ID, GROUP))


async def test_only_so_many_questions_wait_in_a_conversation(store):
    async with running_desk(store, reconcile=False) as desk:
        for n in range(MOST_QUEUED + 3):
            await desk.say(f"question {n}", alone=True, message_id=n + 10)
        thread = await store.threads.by_name(f"tg-{PERSON}")
        assert await store.turns.count_queued(thread.id) == MOST_QUEUED
        assert (await desk.said())[-3:] == [keys.queue_full("en", count=MOST_QUEUED)] * 3
        await store.turns.cancel_queued(thread.id)
        await desk.say("one more", alone=True)
        assert await store.turns.count_queued(thread.id) == 1


async def test_a_plan_waits_in_the_same_queue(store):
    async with running_desk(store, reconcile=False) as desk:
        for n in range(MOST_QUEUED):
            await desk.say(f"question {n}", alone=True, message_id=n + 10)
        await desk.say("/plan the moon")
        assert (await desk.said())[-1] == keys.queue_full("en", count=MOST_QUEUED)


async def test_only_so_many_words_wait_for_a_running_answer(store):
    async with running_desk(store, reconcile=False) as desk:
        thread, turn, _ = await begin_without_loop(desk)
        for n in range(MOST_UNREAD + 2):
            await desk.say(f"/steer word {n}", message_id=n + 10)
        assert await store.steers.count_unread(turn.id) == MOST_UNREAD
        assert len(await store.turns.queued(thread.id)) == 2  # the rest, as questions
        await desk.take({"edited_message": {**message("other words")["message"], "edit_date": 9}})
        await desk.settled()
        assert (await desk.said())[-1] == keys.queue_full("en", count=MOST_UNREAD)


async def test_only_so_many_messages_are_one_question(store, monkeypatch):
    monkeypatch.setattr(parts, "MOST_PARTS", 3)
    async with running_desk(store, reconcile=False) as desk:
        for n in range(5):
            await desk.say(f"part {n}", message_id=n + 10)
        thread = await store.threads.by_name(f"tg-{PERSON}")
        assert [turn.text.count("part") for turn in await store.turns.queued(thread.id)] == [3, 2]


async def test_only_so_many_conversations_begin_in_a_chat_within_a_day(store, monkeypatch):
    monkeypatch.setattr(threads, "MOST_NEW", 3)
    async with running_desk(store, reconcile=False) as desk:
        for topic in range(11, 15):
            await desk.take(in_topic("hello", topic=topic))
            await desk.settled()
        full = keys.conversations_full("en", count=3)
        assert (await desk.said())[-1] == full
        assert await store.pool.fetchval("SELECT count(*) FROM threads") == 3
        await desk.take(in_topic("and more", topic=11))  # one that there is
        await desk.settled()
        assert (await desk.said()).count(full) == 1
        await desk.say("hello")  # elsewhere
        assert await store.threads.by_name(f"tg-{PERSON}") is not None
        await store.pool.execute("UPDATE threads SET created_at = created_at - interval '25 hours'")
        await desk.take(in_topic("hello", topic=14))
        await desk.settled()
        assert await store.threads.by_address(Address(BOT_ID, GROUP, 14)) is not None


async def test_only_so_many_sub_agents_work_for_a_conversation(store):
    async with running_desk(store, reconcile=False) as desk:
        most = SubAgents().max_children
        for n in range(most + 1):
            await desk.say(f"/spawn task {n}", message_id=n + 10)
        at_work = await store.pool.fetchval("SELECT count(*) FROM subagents")
        assert at_work == most
        assert (await desk.said())[-1] == keys.spawn_full("en", count=at_work)


async def test_only_so_many_tasks_are_begun_by_a_person_within_an_hour(store):
    async with running_desk(store, reconcile=False) as desk:
        said = [await press(desk, greeting.TASK) for _ in range(MOST_TASKS + 2)]
        assert said == [""] * MOST_TASKS + [keys.tasks_full("en", count=MOST_TASKS)] * 2
        assert len(desk.topics.opened) == MOST_TASKS
        assert await press(desk, greeting.TASK, chat=ADMIN, user=ADMIN) == ""


@pytest.mark.parametrize("command", ["forget", "cleanup"])
async def test_in_a_group_what_deletes_is_for_administrators(store, command):
    async with running_desk(store, reconcile=False) as desk:
        desk.members.admins = {OTHER}
        thread = await begin_in_group(desk)
        await store.turns.cancel_queued(thread.id)
        await desk.say(f"/{command}@demo_bot", chat=GROUP, user=PERSON)
        assert (await desk.said())[-1] == keys.group_admins_only("en")
        for person in (OTHER, ADMIN):
            await desk.say(f"/{command}@demo_bot", chat=GROUP, user=person)
            assert (await desk.said())[-1] != keys.group_admins_only("en")
        assert desk.members.asked == [(GROUP, PERSON), (GROUP, OTHER)]
        desk.members.admins = set()
        await desk.say(f"/{command}")  # in private nobody is asked
        assert (await desk.said())[-1] != keys.group_admins_only("en")


async def test_in_a_group_who_asked_may_end_what_works_for_them_and_nobody_elses(store):
    async with running_desk(store, reconcile=False) as desk:
        desk.members.admins = set()
        thread = await begin_in_group(desk)
        for name in ("", f" {thread.name}"):
            await desk.say(f"/kill@demo_bot{name}", chat=GROUP, user=OTHER)
            assert (await desk.said())[-1] == keys.group_admins_only("en")
        said = await press(desk, f"tk:{thread.id}:0", chat=GROUP, user=OTHER)
        assert said == keys.group_admins_only("en")
        await desk.say("/kill@demo_bot", chat=GROUP, user=PERSON)
        text, buttons, _ = await last_said(desk)
        assert text == keys.kill_question("en", title="g")
        await press(desk, next(iter(buttons.values())), chat=GROUP, user=PERSON)
        assert await store.turns.count_queued(thread.id) == 0


async def test_while_telegram_does_not_tell_who_is_an_administrator_nobody_is(store):
    async with running_desk(store, reconcile=False) as desk:
        await begin_in_group(desk)
        desk.members.faults = [Ambiguous("silence")]
        await desk.say("/forget@demo_bot", chat=GROUP, user=PERSON)
        assert (await desk.said())[-1] == keys.group_admins_only("en")
