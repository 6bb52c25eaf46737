"""How a final comes: as an edit of what is fresh, or as a new message that rings; what it replies to; what becomes of the way."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.render.fold import LONGEST_WAY
from agent_gateway.render.render import render
from agent_gateway.store.chatrows import Fold, ToolUse
from agent_gateway.telegram.errors import RefusalKind, Refused, Throttled
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.delivery import FRESH_SECONDS
from agent_gateway.telegram.outbound.folds import Folds
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.way import build_fold, with_way
from tests.support.eventually import eventually
from tests.support.sending import CHAT, TOPIC, deliver


def said(address, message_id):
    newest = Newest()
    newest.note(address, message_id)
    return newest


async def test_a_fresh_preview_that_is_the_last_message_becomes_the_final(chat, store):
    chat.messages[7] = "half"
    store.put(TOPIC, "whole", preview_ids=(7,), preview_age=FRESH_SECONDS, way="Let me look.", tools=ToolUse(2, 0, 9.0))
    await deliver(chat, store, newest=said(TOPIC, 7))
    assert chat.messages == {7: "whole\n\n▸ 2 steps · 9 s\nLet me look."}
    assert chat.kinds() == ["edit"]


@pytest.mark.parametrize(
    ("age", "newest"),
    [(FRESH_SECONDS + 1, said(TOPIC, 7)), (1.0, said(TOPIC, 8)), (1.0, Newest()), (None, said(TOPIC, 7))],
    ids=["it is old", "somebody spoke below it", "the gateway was started anew", "nobody knows its age"],
)
async def test_otherwise_the_final_is_a_new_message_that_rings(chat, store, age, newest):
    chat.messages[7] = "half"
    store.put(TOPIC, "whole", preview_ids=(7,), preview_age=age, tools=ToolUse(2, 0, 9.0))
    await deliver(chat, store, newest=newest)
    assert chat.messages == {7: "half", 101: "whole"}
    assert chat.silent == set()
    assert newest.of(TOPIC) == 101


async def test_an_answer_rings_once_and_a_notice_never(chat, store):
    store.put(CHAT, "x" * 9000, format="plain")
    store.put(TOPIC, "by the way", kind="notice")
    await deliver(chat, store)
    assert [chat.messages[i][:3] for i in sorted(set(chat.messages) - chat.silent)] == ["xxx"]
    assert len(chat.silent) == 3


@pytest.mark.parametrize(
    ("address", "newest", "reply"),
    [(CHAT, 7, None), (CHAT, 8, 7), (CHAT, None, 7), (TOPIC, 7, 7)],
    ids=["the line above", "something stands between", "nobody knows", "in a group"],
)
async def test_a_private_answer_quotes_its_question_only_where_that_is_not_the_line_above(
    chat, store, address, newest, reply
):
    store.put(address, "answer", reply_to=7)
    await deliver(chat, store, newest=said(address, newest) if newest else Newest())
    assert chat.replies == {101: reply}


@pytest.mark.parametrize(("threaded", "replies"), [(True, [7, 7, 7]), (False, [7, None, None])])
async def test_in_comments_each_part_replies(chat, store, threaded, replies):
    store.put(TOPIC, "x" * 9000, format="plain", reply_to=7, threaded=threaded)
    await deliver(chat, store)
    assert list(chat.replies.values()) == replies


async def test_a_question_that_is_gone_is_done_without(chat, store):
    chat.faults.append(Refused(RefusalKind.REPLY_GONE, "message to be replied not found"))
    store.put(TOPIC, "x" * 5000, format="plain", reply_to=7, threaded=True)
    await deliver(chat, store)
    assert list(chat.replies.values()) == [None, None]


def fold(**fields):
    known = {"id": 1, "address": TOPIC, "message_ids": (7, 8), "way": "", "tools": None, "age": 1.0, "said": True}
    return Fold(**{**known, **fields})


class FoldStore:
    def __init__(self, *due):
        self.due, self.done, self.later = list(due), [], []

    async def folds(self, busy, exclude_chats, most):
        return [one for one in self.due if one.address.chat_id not in exclude_chats][:most]

    async def folded(self, outbox_id):
        self.due = [one for one in self.due if one.id != outbox_id]
        self.done.append(outbox_id)

    async def retry_fold(self, outbox_id, delay):
        self.later.append(outbox_id)


async def do_fold(chat, store, budgets=None):
    running = asyncio.create_task(
        Folds(chat, store, check=lambda: None, budgets=budgets or Budgets(minute=0.1), poll=0.01).run()
    )
    try:
        await eventually(lambda: not store.due)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_previews_fold_to_one_line_that_opens(chat):
    chat.messages |= {7: "half", 8: "more"}
    await do_fold(chat, FoldStore(fold(way="Let me look.", tools=ToolUse(12, 1, 100.0))))
    assert chat.messages == {7: "▸ 12 steps, 1 failed · 1 min 40 s\nLet me look."}
    assert [(e.type, e.offset) for e in chat.entities[7]] == [("italic", 0), ("expandable_blockquote", 34)]


@pytest.mark.parametrize("of", [fold(), fold(said=False, tools=ToolUse(1, 0, 1.0))])
async def test_previews_that_have_nothing_to_tell_go(chat, of):
    chat.messages |= {7: "half", 8: "more"}
    await do_fold(chat, FoldStore(of))
    assert chat.messages == {}


async def test_a_fold_outlives_a_429_and_is_content_with_what_is_gone(chat):
    chat.faults.append(Throttled(0.05))
    store = FoldStore(fold(message_ids=(7,), tools=ToolUse(1, 0, 1.0)))
    await do_fold(chat, store)
    assert store.done == [1]


def test_a_long_way_is_told_by_its_end():
    (chunk,) = render("answer")
    way = "\n".join(f"step {n}" for n in range(1000))
    (told,) = with_way([chunk], "en", ToolUse(3, 0, 5.0), way)
    assert told.text.startswith("answer\n\n▸ 3 steps · 5 s\n…\nstep ")
    assert told.text.endswith("step 999")
    assert len(told.text) < LONGEST_WAY + 60
    assert build_fold("de", ToolUse(1, 0, 5.0), "").text == "▸ 1 Schritt · 5 s"


def test_where_there_is_no_room_for_the_way_its_line_stands_alone_or_nothing():
    (chunk,) = render("x" * 4070)
    assert with_way([chunk], "en", ToolUse(3, 0, 5.0), "words " * 100)[0].text.endswith("x\n\n▸ 3 steps · 5 s")
    (full,) = render("x" * 4096)
    assert with_way([full], "en", ToolUse(3, 0, 5.0), "words") == [full]


def test_the_newest_message_of_a_topic_is_known_from_what_people_say_too():
    newest = Newest()
    newest.note(TOPIC, 5)
    for message in (
        {"message_id": 9, "chat": {"id": -100200, "is_forum": True}, "message_thread_id": 42, "is_topic_message": True},
        {"message_id": 8, "chat": {"id": -100200, "is_forum": True}, "message_thread_id": 42, "is_topic_message": True},
        {"message_id": 10, "chat": {"id": -100200, "is_forum": True}},
        {"message_id": 11, "chat": {"id": 5}, "message_thread_id": 2},
        {"message_id": "12", "chat": {"id": 5}},
        {"message_id": 12, "chat": []},
    ):
        newest.read({"update_id": 1, "message": message})
    for odd in (None, [], {"message": None}, {"edited_message": {"message_id": 99, "chat": {"id": 5}}}):
        newest.read(odd)
    assert (newest.of(TOPIC), newest.of(CHAT)) == (9, 11)
    newest.forget(TOPIC)
    assert newest.of(TOPIC) is None
