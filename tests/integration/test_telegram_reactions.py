"""Reactions under prompts in the simulated Telegram, with the real store."""

from __future__ import annotations

import asyncio
import contextlib

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import TurnState
from agent_gateway.telegram.outbound.reactions import Reactions
from agent_gateway.telegram.outbound.sender import Sender
from agent_simulators.telegram.server import CLOUD
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.simulated import CHAT, calls, play, texts_are


@contextlib.asynccontextmanager
async def reacting(api, store, sender=None):
    reactions = Reactions(api, store.reactions, check=lambda: None, poll=0.05)
    tasks = [asyncio.create_task(loop.run()) for loop in (reactions, sender) if loop is not None]
    try:
        yield reactions
        assert not any(task.done() for task in tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def prompt(sim, store, text="hi", chat=5, thread=CHAT):
    """Say something, and queue its turn; return the turn."""
    message_id = (await play(sim, "messages", chat=chat, text=text))["message_id"]
    async with store.transaction() as tx:
        row = await tx.threads.get_or_create(thread, f"tg-{abs(chat)}", "t")
        return await tx.turns.add(row.id, message_id, message_id, 5, text)


async def reactions_are(sim, expected, chat=5):
    async def stand():
        answer = await (await sim.get(f"/sim/chats/{chat}")).json()
        return [m["reactions"] for m in answer["messages"] if not m["bot"]] == expected

    await eventually(stand)


async def settled(store):
    async def all_are():
        return await store.pool.fetchval("SELECT count(*) > 0 AND bool_and(settled) FROM reactions")

    await eventually(all_are)


async def test_eyes_stand_until_the_answer_does(sim, api, store):
    first = await prompt(sim, store, "one")
    second = await prompt(sim, store, "two")
    sender = Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05)
    async with reacting(api, store):
        await reactions_are(sim, [["👀"], ["👀"]])
        await store.turns.end(first.id, None, None, TurnState.DONE, None, Final("All done."))
        await store.turns.end(second.id, None, None, TurnState.FAILED, "provider", Final("It failed."))
        assert await store.reactions.due((), (), 9) == []  # the answers are not there yet
    async with reacting(api, store, sender):
        await reactions_are(sim, [["👌"], ["💔"]])
        await settled(store)
    events = [e["kind"] for e in sim.app[CLOUD].events if e["kind"] == "reaction" or e.get("by") == BOT_ID]
    assert events.index("message") == 2  # both eyes, then an answer, and only then an outcome
    assert await store.reactions.due((), (), 9) == []


async def test_a_cancelled_turn_loses_its_eyes_after_a_restart(sim, api, store):
    await prompt(sim, store)
    async with reacting(api, store):
        await reactions_are(sim, [["👀"]])
    async with store.transaction() as tx:
        thread = await tx.threads.by_address(CHAT)
        assert await tx.turns.cancel_queued(thread.id)
    async with reacting(api, store):
        await reactions_are(sim, [[]])
        await settled(store)


async def test_a_chat_without_our_reactions_is_left_alone(sim, api, store):
    await play(sim, "chats", chat=5, reactions=["👍"])
    async with reacting(api, store):
        for number in range(3):
            await prompt(sim, store, str(number))
            await settled(store)
        await reactions_are(sim, [[], [], []])
    assert [c["status"] for c in calls(sim, "setMessageReaction")] == [400]


async def test_a_prompt_that_was_deleted_is_no_fault(sim, api, store):
    await prompt(sim, store)
    sim.app[CLOUD].chats[5].messages.clear()
    async with reacting(api, store):
        await settled(store)
    assert [c["status"] for c in calls(sim, "setMessageReaction")] == [400]


async def test_reactions_that_do_not_work_hold_up_no_final(sim, api, store):
    sender = Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05)
    await play(sim, "faults", method="setMessageReaction", kind="throttle", count=1, retry_after=3000)
    turn_row = await prompt(sim, store)
    async with reacting(api, store, sender):
        await eventually(lambda: calls(sim, "setMessageReaction"))
        await store.turns.end(turn_row.id, None, None, TurnState.DONE, None, Final("All done."))
        sender.notify()
        await eventually(lambda: texts_are(sim, ["All done."]))
    assert len(calls(sim, "setMessageReaction")) == 1
