"""What a turn costs in calls to Telegram, and what rings. A minute is six seconds here."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter

import pytest

from agent_gateway.store.chatrows import Final
from agent_gateway.store.rows import Address, TurnState
from agent_gateway.telegram.outbound import delivery, preview
from agent_gateway.telegram.outbound import views as views_module
from agent_gateway.telegram.outbound.api import TelegramApi
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.folds import Folds
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.sender import Sender
from agent_gateway.telegram.outbound.views import Views
from agent_simulators.telegram import drafts
from agent_simulators.telegram.server import CLOUD
from tests.conftest import BOT_ID
from tests.support.eventually import eventually
from tests.support.simulated import TOKEN, is_sent, play, seen, simulated

SCALE = 10
"""So many times faster than on a clock."""
GROUP = -500
STEPS = 20
SHORT, LONG = 12, 130
"""Seconds of a clock that such a turn takes, and what is done behind its end."""


@pytest.fixture
async def sim():
    async with simulated() as client:
        await play(client, "chats", chat=GROUP, chat_type="supergroup", title="g")
        yield client


@contextlib.asynccontextmanager
async def running(sim, store, monkeypatch):
    """Yield views whose finals are sent and whose previews are folded."""
    monkeypatch.setattr(delivery, "FRESH_SECONDS", delivery.FRESH_SECONDS / SCALE)
    monkeypatch.setattr(drafts, "_LIMITS", tuple((seconds / SCALE, most) for seconds, most in drafts._LIMITS))
    for name in ("DRAFT_SECONDS", "RENEW_SECONDS", "THINKING_SECONDS"):
        monkeypatch.setattr(preview, name, getattr(preview, name) / SCALE)
    monkeypatch.setattr(views_module, "WORKING_SECONDS", preview.WORKING_SECONDS / SCALE)
    api = TelegramApi(TOKEN, str(sim.make_url("")))
    budgets, newest = Budgets(minute=60 / SCALE), Newest()
    parts = {"check": lambda: None, "budgets": budgets}
    views = Views(api, store.views, newest=newest, typing_interval=4.5 / SCALE, drafts=True, **parts)
    sender = Sender(api, store.outbox, store.files, newest=newest, poll=0.05, **parts)
    tasks = [asyncio.create_task(p.run()) for p in (sender, Folds(api, store.outbox, poll=0.05, **parts))]
    yield views, newest
    await eventually(lambda: is_folded(store))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await views.close()
    await api.close()


async def is_folded(store):
    left = "SELECT count(*) = 0 FROM outbox WHERE state <> 'sent' OR preview_ids <> '{}'"
    return await is_sent(store) and await store.pool.fetchval(left)


async def begin(sim, store, views, newest, chat):
    asked = (await play(sim, "messages", chat=chat, text="ask"))["message_id"]
    address = Address(BOT_ID, chat)
    newest.note(address, asked)
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(address, f"tg-{chat}", "t")
        turn = await tx.turns.add(thread.id, asked, asked, 5, "ask")
    views.open(turn, address, asked)
    return turn


async def write(views, turn, text, seconds, tools=()):
    """Write a text word by word, in so many seconds of a clock."""
    words = text.split()
    for count in range(1, len(words) + 1):
        views.update(turn.id, " ".join(words[:count]), None, tools)
        await asyncio.sleep(seconds / SCALE / len(words))


async def end(store, views, turn, text, way=""):
    final = Final(text, message_ids=await views.finish(turn.id), way=way)
    await store.turns.end(turn.id, None, None, TurnState.DONE, None, final)


async def answer_shortly(sim, store, views, newest, chat):
    turn = await begin(sim, store, views, newest, chat)
    await asyncio.sleep(2 / SCALE)
    await write(views, turn, "word " * 60, 6)
    await end(store, views, turn, "word " * 60)


async def work_for_long(sim, store, views, newest, chat):
    """Work for two minutes: twenty steps with a sentence and a tool each, then an answer of half a minute."""
    turn = await begin(sim, store, views, newest, chat)
    said = []
    for step in range(STEPS):
        tools = tuple(f"💻 step {n} {'…' if n == step else '✓'}" for n in range(max(0, step - 4), step + 1))
        said.append(f"Let me look at module {step} now.")
        await write(views, turn, said[-1], 1, tools)
        await asyncio.sleep(3.5 / SCALE)
    await store.views.save_tools(turn.id, {"total": STEPS, "failed": 0, "calls": []})
    await write(views, turn, "result " * 300, 30, ("💻 done ✓",))
    await end(store, views, turn, "result " * 300, "\n\n".join(said))


@pytest.mark.parametrize(
    ("chat", "do", "seconds", "most", "rings"),
    [
        (5, answer_shortly, SHORT, {"sendMessage": 1, "sendMessageDraft": 8, "sendChatAction": 2}, 1),
        (5, work_for_long, LONG, {"sendMessage": 1, "sendMessageDraft": 120, "sendChatAction": 2}, 1),
        (
            GROUP,
            answer_shortly,
            SHORT,
            {"sendMessage": 2, "editMessageText": 5, "sendChatAction": 2, "deleteMessage": 1},
            1,
        ),
        (GROUP, work_for_long, LONG, {"sendMessage": 2, "editMessageText": 30, "sendChatAction": 2}, 1),
    ],
    ids=["private, short", "private, long", "group, short", "group, long"],
)
@pytest.mark.postgres
async def test_a_turn_costs_few_calls_and_rings_at_most_once(sim, store, monkeypatch, chat, do, seconds, most, rings):
    begun = time.monotonic()
    async with running(sim, store, monkeypatch) as (views, newest):
        await do(sim, store, views, newest, chat)
    longer = max(
        1.0, (time.monotonic() - begun) * SCALE / seconds
    )  # on a slow machine it is the answer of a slow agent
    calls = [c for c in sim.app[CLOUD].calls if str(c["chat"]) == str(chat)]
    counts = Counter(c["method"][0].lower() + c["method"][1:] for c in calls)
    messages = await seen(sim, chat)
    assert sum(m["notified"] for m in messages) == rings
    assert [c for c in calls if c["status"] == 429] == []
    assert set(counts) <= set(most)
    assert {name: count for name, count in counts.items() if count > most[name] * longer} == {}
    assert not any(m["buttons"] for m in messages)
    assert messages[-1]["text"].startswith(("word", "result"))


@pytest.mark.parametrize("chat", [5, GROUP])
@pytest.mark.postgres
async def test_a_chat_in_which_messages_wait_reads_in_order_from_top_to_bottom(sim, store, monkeypatch, chat):
    async with running(sim, store, monkeypatch) as (views, newest):
        turns = [await begin(sim, store, views, newest, chat) for _ in range(3)]
        await write(views, turns[0], "first look", 3, ("💻 a …",))
        for turn in turns[1:]:
            views.waiting(turn.id, "Next in line.")
        await eventually(lambda: waits_stand(sim, chat))
        for number, turn in enumerate(turns):
            views.working(turn.id)
            await write(views, turn, f"I look {number}", 4, ("💻 a …",))
            await store.views.save_tools(turn.id, {"total": 1 + number, "failed": 0, "calls": []})
            await asyncio.sleep(21 / SCALE)
            await end(store, views, turn, f"answer {number} " + "words " * 1000, f"I look {number}")
    read = [m["text"].split(" words")[0].split("\n")[0][:9] for m in await seen(sim, chat) if m["text"][:5] != "words"]
    folds = ["▸ 1 step ", "answer 0", "▸ 2 steps", "answer 1", "▸ 3 steps", "answer 2"]
    assert read == (["answer 0", "answer 1", "answer 2"] if chat > 0 else folds)
    parts = [m["text"][:6] for m in await seen(sim, chat) if not m["text"].startswith("▸")]
    assert parts == ["answer", "words "] * 3  # each answer's parts are together


async def waits_stand(sim, chat):
    return len([m for m in await seen(sim, chat) if m["text"] == "Next in line."]) == 2
