"""Previews of running answers in the simulated Telegram, and finals that take their place."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from agent_gateway.render.render import render
from agent_gateway.store.chatrows import Final, TurnView
from agent_gateway.store.rows import Turn, TurnState
from agent_gateway.telegram.errors import Refused
from agent_gateway.telegram.fakes import FakeStore
from agent_gateway.telegram.inbound.updates import parse
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.folds import Folds
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.sender import Sender
from agent_gateway.telegram.outbound.views import Views
from agent_gateway.wording.subagents import ChildLine, SubAgentFacts, build_line, parse_cancel
from agent_simulators.telegram.server import CLOUD
from tests.support.eventually import eventually
from tests.support.simulated import (
    BOT,
    CHAT,
    FORUM,
    TOPIC,
    calls,
    play,
    put_final,
    seen,
    send_all,
    texts,
    texts_are,
)


def turn(turn_id=1):
    now = datetime.now(UTC)
    return Turn(turn_id, 1, None, 5, "ask", TurnState.STARTED, 1, 0, None, now, now, now, None)


@pytest.mark.postgres
async def test_a_streamed_answer_is_previewed_and_its_final_takes_the_same_messages(sim, api, store):
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(CHAT, "tg-5", "t")
        asked = await tx.turns.add(thread.id, 1, 7, 5, "ask")
    newest = Newest()
    views = Views(
        api, store.views, check=lambda: None, budgets=Budgets(minute=1.5), newest=newest, typing_interval=0.05
    )
    views.open(asked, CHAT, asked.message_id)
    await eventually(lambda: sim.app[CLOUD].chats[5].typing)
    answer = "# Plan\n\n" + "\n\n".join(f"Step **{n}** of `many` with x<y> and $HOME" for n in range(100))
    for end in range(1, len(answer), 97):
        views.update(asked.id, answer[:end], "bash: ls")
        await asyncio.sleep(0.002)
    views.update(asked.id, answer)
    await eventually(lambda: sim.app[CLOUD].chats[5].messages)
    (message_id,) = ids = await views.finish(asked.id)
    assert (await store.views.get(asked.id)).message_ids == ids
    previews = len(calls(sim, "editMessageText"))
    expected = [chunk.text for chunk in render(answer)]
    await store.turns.end(asked.id, None, None, TurnState.DONE, None, Final(answer, message_ids=ids))
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, newest=newest, poll=0.05))
    messages = await seen(sim)
    assert messages[0]["message_id"] == message_id
    assert [m["text"] for m in messages] == expected
    assert len(calls(sim, "editMessageText")) == previews + 1
    await views.close()


@pytest.mark.postgres
async def test_a_late_answer_rings_below_what_was_said_and_its_preview_folds_above(sim, api, store):
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(TOPIC, "tg-n100200-42", "t")
        asked = await tx.turns.add(thread.id, 1, None, 5, "ask")
    budgets, newest = Budgets(), Newest()
    views = Views(api, store.views, check=lambda: None, budgets=budgets, newest=newest)
    views.open(asked, TOPIC, None)
    views.update(asked.id, "Let me look.", None, ("💻 make …",))
    await eventually(lambda: texts_are_in(sim, FORUM, ["Let me look.\n\n💻 make …"]))
    said = await play(sim, "messages", chat=FORUM, topic=42, user=5, text="meanwhile")
    newest.note(TOPIC, said["message_id"])
    ids = await views.finish(asked.id)
    await store.pool.execute("UPDATE turns SET started_at = now() - interval '100 s' WHERE id = $1", asked.id)
    await store.views.save_tools(asked.id, {"total": 12, "failed": 0, "calls": []})
    final = Final("All done.", message_ids=ids, way="Let me look.")
    await store.turns.end(asked.id, None, None, TurnState.DONE, None, final)
    folds = asyncio.create_task(Folds(api, store.outbox, check=lambda: None, budgets=budgets, poll=0.05).run())
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, newest=newest, poll=0.05))
    await eventually(lambda: texts_are_in(sim, FORUM, ["▸ 12 steps · 1 min 40 s\nLet me look.", "All done."]))
    assert [(m["notified"], m["buttons"]) for m in await seen(sim, FORUM)] == [(False, []), (True, [])]
    assert await eventually(lambda: is_folded(store))
    assert await store.pool.fetch("SELECT text FROM messages WHERE role = 'assistant' ORDER BY id") == [
        ("Let me look.",), ("All done.",),
    ]  # fmt: skip
    folds.cancel()
    await asyncio.gather(folds, return_exceptions=True)
    await views.close()


async def is_folded(store):
    return await store.pool.fetchval("SELECT bool_and(preview_ids = '{}') FROM outbox")


async def texts_are_in(sim, chat, expected):
    return await texts(sim, chat) == expected


async def test_an_answer_begins_as_a_draft_where_that_is_wished(sim, api, store):
    views = Views(api, FakeStore(), check=lambda: None, budgets=Budgets(minute=1.5), drafts=True)
    for address, text in ((CHAT, "in private"), (TOPIC, "in a forum")):
        views.open(turn(abs(address.chat_id)), address, None)
        views.update(abs(address.chat_id), f"**words** {text}")
    await eventually(lambda: [d.text for d in sim.app[CLOUD].chats[5].drafts.values()] == ["words in private"])
    await eventually(lambda: calls(sim, "sendMessage"))
    assert await texts(sim) == []
    assert await texts(sim, FORUM) == ["words in a forum"]
    assert await views.finish(5) == ()
    await put_final(store, "**words** in private, all of them")
    await send_all(store, Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05))
    assert await texts(sim) == ["words in private, all of them"]
    assert sim.app[CLOUD].chats[5].drafts == {}
    with pytest.raises(Refused):
        await api.send_draft(TOPIC, 1, "no")
    await views.close()


@pytest.mark.postgres
async def test_a_chat_that_is_to_be_left_alone_is_left_alone_by_the_next_process(sim, api, store):
    await play(sim, "faults", method="sendMessage", kind="throttle", retry_after=500)
    await put_final(store, "the answer")

    async def waits():
        return await store.outbox.resting_chats()

    first = asyncio.create_task(Sender(api, store.outbox, store.files, check=lambda: None, poll=0.05).run())
    await eventually(waits)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    budgets = Budgets()
    views = Views(api, FakeStore(), check=lambda: None, budgets=budgets)
    second = asyncio.create_task(
        Sender(api, store.outbox, store.files, check=lambda: None, budgets=budgets, poll=0.05).run()
    )
    await eventually(lambda: budgets.left(CHAT.chat_id) > 300)
    views.open(turn(5), CHAT, None)
    views.update(5, "a preview")
    views.open(turn(6), TOPIC, None)
    views.update(6, "elsewhere")
    await eventually(lambda: texts(sim, FORUM))
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await views.close()
    assert len([c for c in calls(sim, "sendMessage") if c["chat"] in (CHAT.chat_id, str(CHAT.chat_id))]) == 1


async def test_a_restarted_preview_edits_what_stands(sim, api):
    message_id = await api.send_message(CHAT, "half an ans")
    store = FakeStore()
    views = Views(api, store, check=lambda: None, budgets=Budgets(minute=1.5))
    views.open(turn(), CHAT, None, TurnView(1, ("half an ans",), (message_id,)))
    views.update(1, "half an answer")
    await eventually(lambda: texts_are(sim, ["half an answer"]))
    assert await views.finish(1) == (message_id,)
    await views.close()


async def test_edits_of_a_chat_are_two_seconds_apart_and_the_first_text_is_not_held(sim, api):
    views = Views(api, FakeStore(), check=lambda: None)
    views.open(turn(), CHAT, None)
    begun = asyncio.get_running_loop().time()
    views.update(1, "a")
    await eventually(lambda: calls(sim, "sendMessage"))
    assert asyncio.get_running_loop().time() - begun < 1.9
    for n in range(30):
        views.update(1, "a" * (n + 2))
        await asyncio.sleep(0.01)
    await eventually(lambda: texts_are(sim, ["a" * 31]))
    await views.finish(1)
    (sent,), edits = calls(sim, "sendMessage"), calls(sim, "editMessageText")
    assert edits[-1]["t"] - sent["t"] >= 1900 * len(edits)
    await views.close()


async def test_sub_agents_below_an_answer_are_cancelled_by_their_buttons_and_the_final_takes_these_away(sim, api):
    views = Views(api, FakeStore(), check=lambda: None, budgets=Budgets(minute=1.5), typing_interval=0.05)
    views.open(turn(), TOPIC, None)
    children = [SubAgentFacts(n, f"tg-5-r1-k{n}", "tg-5", "Running", None, f"task {n}", 0.0) for n in (1, 2)]
    views.children(1, [build_line(child) for child in children])
    await eventually(lambda: buttons_are(sim, ["✕ Cancel k1", "✕ Cancel k2"]))
    await play(sim, "press", chat=FORUM, message_id=(await seen(sim, FORUM))[0]["message_id"], text="✕ Cancel k2")
    (update,) = await api.get_updates(0, 0)
    assert parse_cancel(parse(update, BOT).data) == 2
    views.update(1, "Both work.")
    views.children(1, [build_line(children[0]), ChildLine("k2 cancelled")])
    await eventually(lambda: buttons_are(sim, ["✕ Cancel k1", "⏹ Stop"]))
    ids = await views.finish(1)
    store = FakeStore()
    store.put(TOPIC, "Both are done.", message_ids=ids)
    await send_fakes(store, Sender(api, store, store, check=lambda: None, poll=0.05))
    (message,) = await seen(sim, FORUM)
    assert (message["text"], message["buttons"]) == ("Both are done.", [])
    await views.close()


async def send_fakes(store, sender):
    running = asyncio.create_task(sender.run())
    await eventually(lambda: not store.pending)
    sender.stop()
    await running


async def buttons_are(sim, expected):
    return [b["text"] for m in await seen(sim, FORUM) for b in m["buttons"]] == expected
