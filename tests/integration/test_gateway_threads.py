"""`/threads` in pages with its buttons, and `/kill` with its question, on a real Postgres."""

from __future__ import annotations

import pytest

from agent_gateway.store.rows import Address, NewSubAgent, TurnState
from tests.conftest import BOT_ID
from tests.support.desk import ADMIN, GROUP, PERSON, address, running_desk
from tests.support.eventually import eventually
from tests.support.pressing import last_said, press

pytestmark = pytest.mark.postgres


async def ask(desk, command, **who):
    await desk.say(command, **who)
    text, buttons, _ = await last_said(desk)
    return text, buttons


async def begin(desk):
    """Bring a conversation to a running turn."""
    await desk.say("hello")
    thread = await desk.run_wanted("tg-42", 1)
    runner = await desk.connect(thread, 1)
    await eventually(lambda: runner.turns)
    await desk.store.turns.started(runner.turns[0].id, 1, 1)
    return thread, runner


async def test_five_hundred_conversations_are_pages_of_eight_by_last_use(store):
    async with running_desk(store, reconcile=False) as desk:
        async with store.transaction() as tx:
            for number in range(500):
                await tx.threads.get_or_create(address(1000 + number), f"tg-{1000 + number}", f"t{number}")
        await desk.say("me last", chat=1003, user=ADMIN)
        await desk.say("hello", chat=ADMIN, user=ADMIN)
        text, buttons = await ask(desk, "/threads", chat=ADMIN, user=ADMIN)
        assert len(await desk.said()) == 1
        assert len(text) < 1500
        assert [name.split(" ", 1)[1] for name in list(buttons)[:3]] == ["private chat", "private chat", "t499"]
        assert (len(buttons), list(buttons)[-1]) == (9, "▶")
        assert await press(desk, buttons["▶"], chat=ADMIN, user=ADMIN) == ""
        text, buttons, under = await last_said(desk)
        assert under == [500]
        assert text.split("\n")[1].startswith("9. t493 · Asleep")
        assert list(buttons)[-2:] == ["◀", "▶"]
        await press(desk, buttons["◀"], chat=ADMIN, user=ADMIN)
        assert (await last_said(desk))[0].split("\n")[1].startswith("1. private chat")


async def test_a_conversation_is_shown_in_place_and_stopped_and_ended_there(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        text, buttons = await ask(desk, "/threads")
        assert "1. private chat · Working for " in text
        assert "tg-42" not in text
        assert await press(desk, buttons["1. private chat"]) == ""
        text, buttons, under = await last_said(desk)
        assert text.startswith("private chat\nWorking for ")
        assert (list(buttons), under) == (["⏹ Stop", "End it", "◀ All"], [500])
        assert await press(desk, buttons["⏹ Stop"]) == "Stopping…"
        assert (await store.turns.by_id(runner.turns[0].id)).stop_asked
        await press(desk, buttons["End it"])
        text, buttons, under = await last_said(desk)
        assert ("private chat" in text, list(buttons), under) == (True, ["End it", "Cancel"], [500])
        assert (await store.runs.open(thread.id)).stop is None
        assert await press(desk, buttons["End it"]) == "Done."
        assert ((await last_said(desk))[0], (await store.runs.open(thread.id)).stop) == (
            "Ended: private chat",
            "killed",
        )


async def test_another_chats_conversation_is_an_administrators_alone_and_in_private(store):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name("tg-42")
        for data in (f"th:{thread.id}:0", f"ts:{thread.id}:0", f"tk:{thread.id}:0"):
            assert await press(desk, data, chat=GROUP) == "This button does nothing any more."
            assert await press(desk, data, chat=GROUP, user=ADMIN) == "This button does nothing any more."
        text, _ = await ask(desk, "/threads", chat=GROUP, user=ADMIN)
        assert text == "No conversations here yet. Write me something and one begins."
        await press(desk, f"th:{thread.id}:0", chat=ADMIN, user=ADMIN)
        text, buttons, _ = await last_said(desk)
        assert "tg-42: Idle" in text
        assert list(buttons) == ["⏹ Stop", "End it", "◀ All"]
        assert await store.turns.count_queued(thread.id) == 1


async def test_a_groups_topic_is_opened_by_its_link(store):
    async with running_desk(store, reconcile=False) as desk:
        topic = Address(BOT_ID, -1001234567890, 42)
        async with store.transaction() as tx:
            thread = await tx.threads.get_or_create(topic, "tg-n1001234567890-42", "deploys")
        await press(desk, f"th:{thread.id}:0", chat=ADMIN, user=ADMIN)
        _, buttons, _ = await last_said(desk)
        assert buttons["Open ↗"] == "https://t.me/c/1234567890/42"


async def test_a_kill_without_a_name_asks_about_this_conversation(store):
    async with running_desk(store) as desk:
        assert await ask(desk, "/kill") == ("There's nothing to end here.", {})
        thread, _ = await begin(desk)
        _, buttons = await ask(desk, "/kill")
        assert (await store.runs.open(thread.id)).stop is None
        await press(desk, buttons["Cancel"])
        assert (await store.runs.open(thread.id)).stop is None
        _, buttons = await ask(desk, "/kill")
        await press(desk, buttons["End it"])
        assert (await store.runs.open(thread.id)).stop == "killed"


async def test_an_answer_that_a_kill_ends_was_stopped_whoever_says_so_first(store):
    async with running_desk(store) as desk:
        thread, runner = await begin(desk)
        turn = runner.turns[0]
        _, buttons = await ask(desk, "/kill")
        await press(desk, buttons["End it"])
        runner.gone = True  # its pod ends before it has said what became of its turn
        desk.resources.report("tg-42", number=1, finishedAt="2026-01-01T00:00:00Z", reason="Stopped")
        desk.registry.detach(thread.id, runner)
        await eventually(lambda: is_failed(store, turn.id))
        assert (await desk.said("final"))[-1] == "Stopped."


async def is_failed(store, turn_id):
    return (await store.turns.by_id(turn_id)).state is TurnState.FAILED


@pytest.mark.parametrize("command", ["/cancel", "/kill"])
async def test_a_sub_agent_is_ended_by_its_short_name_within_its_chat(store, command):
    async with running_desk(store, reconcile=False) as desk:
        await desk.say("hello")
        thread = await store.threads.by_name("tg-42")
        children = []
        for call in ("a", "b"):
            new = NewSubAgent(thread, "uid", 1, call, None, None, "task", "default", 60, "Empty", 1)
            async with store.transaction() as tx:
                children.append(await tx.subagents.add(new))
        await desk.say(f"{command}@demo_bot k1", chat=GROUP)
        assert (await store.subagents.get(children[0].thread_id)).cancel is None
        await desk.say(f"{command} k1")
        assert (await store.subagents.get(children[0].thread_id)).cancel == "person"
        assert (await store.subagents.get(children[1].thread_id)).cancel is None
        assert children[0].name in (await desk.said())[-1]
        assert thread.address.chat_id == PERSON
