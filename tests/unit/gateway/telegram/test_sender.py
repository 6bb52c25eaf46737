from __future__ import annotations

import asyncio
import time

import pytest

from agent_gateway.render.render import render
from agent_gateway.store.chatrows import Button, FileRow, ToolUse
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import (
    Ambiguous,
    NotSent,
    RefusalKind,
    Refused,
    ServerFailed,
    Throttled,
    Unauthorized,
)
from agent_gateway.telegram.fakes import FakeChat, FakeStore
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.sender import NOTICE_SECONDS, Sender, compute_pause
from tests.support.eventually import eventually

CHAT = Address(1000, 5)
TOPIC = Address(1000, -100200, 42)


@pytest.fixture
def chat():
    return FakeChat(clock=time.monotonic)


@pytest.fixture
def store():
    return FakeStore()


async def deliver(chat, store, check=lambda: None):
    """Run a sender until the outbox is empty."""
    sender = Sender(chat, store, store, budgets=Budgets(minute=0.1), check=check, poll=0.01, repeat_after=0.01)
    running = asyncio.create_task(sender.run())
    try:
        await eventually(lambda: running.done() or not store.pending, timeout=5)
    finally:
        sender.stop()
        await running
    return sender


def shown(chat):
    return list(chat.messages.values())


async def test_a_final_is_sent_formatted(chat, store):
    store.put(TOPIC, "**Hi** there")
    await deliver(chat, store)
    assert shown(chat) == ["Hi there"]
    assert [e.type for e in chat.entities[101]] == ["bold"]
    assert chat.addresses[101] == TOPIC


async def test_what_stands_is_edited_the_rest_is_sent_and_too_much_goes(chat, store):
    chat.messages.update({1: "part", 2: "of", 3: "preview", 4: "another's"})
    store.put(CHAT, "x" * 5000, format="plain", message_ids=(1, 2, 3))
    await deliver(chat, store)
    assert {i: len(t) for i, t in chat.messages.items()} == {1: 4096, 2: 904, 4: len("another's")}
    assert chat.kinds() == ["edit", "edit", "delete"]


async def test_long_finals_grow_behind_the_preview(chat, store):
    chat.messages[1] = "part"
    store.put(CHAT, "x" * 9000, format="plain", message_ids=(1,))
    await deliver(chat, store)
    assert chat.kinds() == ["edit", "send", "send"]
    assert "".join(shown(chat)) == "x" * 9000


async def test_a_row_goes_on_where_it_stopped(chat, store):
    chunks = render("x" * 9000, "plain")
    chat.messages[1] = chunks[0].text
    store.put(CHAT, "x" * 9000, format="plain", message_ids=(1,), shown=(chunks[0].hash,))
    await deliver(chat, store)
    assert chat.kinds() == ["send", "send"]


async def test_order_in_a_chat_is_kept_and_a_slow_chat_holds_no_other(store):
    go = asyncio.Event()

    class SlowChat(FakeChat):
        async def send_message(self, address, text, entities=(), reply_to=None, buttons=()):
            if address == CHAT:
                await go.wait()
            return await FakeChat.send_message(self, address, text, entities, reply_to, buttons)

    chat = SlowChat()
    for n in range(3):
        store.put(CHAT, f"slow {n}")
        store.put(TOPIC, f"quick {n}")
    sender = Sender(chat, store, store, budgets=Budgets(minute=0.1), check=lambda: None, poll=0.01)
    running = asyncio.create_task(sender.run())
    await eventually(lambda: shown(chat) == ["quick 0", "quick 1", "quick 2"])
    go.set()
    await eventually(lambda: shown(chat)[3:] == ["slow 0", "slow 1", "slow 2"])
    sender.stop()
    await running


async def test_throttled_waits_as_long_as_asked_and_arrives(chat, store):
    chat.faults.append(Throttled(0.2))
    store.put(CHAT, "a")
    store.put(TOPIC, "b")
    await deliver(chat, store)
    assert sorted(shown(chat)) == ["a", "b"]
    assert store.delays == [0.2]
    throttled = chat.calls[0][2]  # either chat may be the first to be called
    times = [at for _, at, text in chat.calls if text == throttled]
    assert times[1] - times[0] >= 0.19


@pytest.mark.parametrize("fault", [NotSent("away"), ServerFailed("502")])
async def test_a_final_is_tried_again_for_ever(chat, store, fault):
    chat.faults.extend([fault] * 20)
    store.put(CHAT, "a")
    await deliver(chat, store)
    assert shown(chat) == ["a"]
    assert store.delays[:8] == [1, 2, 4, 8, 16, 32, 60, 60]


async def test_a_notice_outlives_an_outage_and_is_given_up_by_its_age(chat, store):
    chat.faults.extend([NotSent("away")] * 20)
    store.put(CHAT, "told after all", kind="notice")
    old = store.put(TOPIC, "of yesterday", kind="notice", age=NOTICE_SECONDS + 1)
    await deliver(chat, store)
    assert shown(chat) == ["told after all"]
    assert store.given_up == {old.id: "away"}


async def test_a_send_of_unknown_outcome_is_repeated_once(chat, store):
    chat.faults.append(Ambiguous("timeout"))
    store.put(CHAT, "a")
    await deliver(chat, store)
    assert chat.kinds() == ["send", "send"]
    chat.faults.extend([Ambiguous("timeout"), Ambiguous("timeout")])
    store.put(CHAT, "b")
    await deliver(chat, store)
    assert chat.kinds() == ["send", "send", "send", "send"]
    assert store.done == [1, 2]


async def test_an_edit_of_unknown_outcome_is_tried_again(chat, store):
    chat.messages[1] = "part"
    chat.faults.extend([Ambiguous("timeout")] * 4)
    store.put(CHAT, "whole", message_ids=(1,))
    await deliver(chat, store)
    assert chat.messages == {1: "whole"}


async def test_formatting_that_is_refused_goes_out_plain(chat, store):
    chat.faults.append(Refused(RefusalKind.CANT_PARSE, "can't parse entities"))
    store.put(CHAT, "**a** <b>")
    await deliver(chat, store)
    assert shown(chat) == ["a <b>"]
    assert chat.entities[101] == ()


async def test_plain_that_is_refused_too_is_given_up(chat, store):
    refusal = Refused(RefusalKind.CANT_PARSE, "can't parse entities")
    chat.faults.extend([refusal, refusal])
    row = store.put(CHAT, "**a**")
    await deliver(chat, store)
    assert list(store.given_up) == [row.id]


async def test_a_message_that_is_gone_is_sent_anew(chat, store):
    store.put(CHAT, "a", message_ids=(1,))
    await deliver(chat, store)
    assert chat.kinds() == ["edit", "send"]
    assert shown(chat) == ["a"]


async def test_too_long_is_cut_shorter(chat, store):
    chat.faults.append(Refused(RefusalKind.TOO_LONG, "message is too long"))
    store.put(CHAT, "x" * 4000, format="plain")
    await deliver(chat, store)
    assert [len(text) for text in shown(chat)] == [2048, 1952]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (RefusalKind.THREAD_NOT_FOUND, "topic is gone"),
        (RefusalKind.CHAT_GONE, "chat is gone"),
        (RefusalKind.OTHER, "x"),
    ],
)
async def test_a_topic_or_chat_that_is_gone_ends_the_row_and_never_another_gets_it(chat, store, kind, words, caplog):
    chat.faults.append(Refused(kind, "x"))
    row = store.put(TOPIC, "secret words")
    store.put(TOPIC, "next")
    await deliver(chat, store)
    assert words in store.given_up[row.id]
    assert shown(chat) == ["next"]
    assert all(address == TOPIC for address in chat.addresses.values())
    assert "a message cannot be delivered" in caplog.text
    assert "secret words" not in caplog.text


async def test_a_refused_token_is_a_problem_until_it_works(chat, store, monkeypatch):
    chat.faults.append(Unauthorized())
    store.put(CHAT, "a")
    sender = Sender(chat, store, store, budgets=Budgets(minute=0.1), check=lambda: None, poll=0.01)
    running = asyncio.create_task(sender.run())
    await eventually(lambda: store.done)
    assert store.delays == [30.0]
    await eventually(lambda: sender.problem is None)
    sender.stop()
    await running


async def test_who_may_not_act_sends_nothing_and_says_so(chat, store):
    answers = iter([None, PermissionError()])

    def check():
        answer = next(answers)
        if answer is not None:
            raise answer

    store.put(CHAT, "a")
    with pytest.raises(PermissionError):
        await deliver(chat, store, check)
    assert chat.calls == []


async def test_a_sender_begun_again_takes_up_what_was_being_sent(chat, store):
    row = store.put(CHAT, "a")
    store.sending.add(row.id)
    await deliver(chat, store)
    assert shown(chat) == ["a"]


def test_pauses_grow_to_a_minute():
    assert [compute_pause(n) for n in (0, 1, 2, 3, 6, 7, 1000)] == [1, 1, 2, 4, 32, 60, 60]


async def test_a_sender_that_is_cancelled_lets_what_is_on_its_way_arrive(store):
    begun, go = asyncio.Event(), asyncio.Event()

    class SlowChat(FakeChat):
        async def send_message(self, address, text, entities=(), reply_to=None, buttons=()):
            begun.set()
            await go.wait()
            return await FakeChat.send_message(self, address, text, entities, reply_to, buttons)

    chat = SlowChat()
    row = store.put(CHAT, "a")
    running = asyncio.create_task(
        Sender(chat, store, store, budgets=Budgets(minute=0.1), check=lambda: None, poll=0.01).run()
    )
    await begun.wait()
    running.cancel()
    await asyncio.sleep(0.01)
    go.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert store.done == [row.id]
    assert shown(chat) == ["a"]


BUTTON = Button("Cancel k1", "sa:cancel:1")


async def test_buttons_stand_under_the_last_message(chat, store):
    store.put(CHAT, "x" * 5000, format="plain", buttons=(BUTTON,))
    await deliver(chat, store)
    assert chat.buttons == {102: (BUTTON,)}


async def test_an_edit_without_buttons_takes_them_away(chat, store):
    chat.messages[1], chat.buttons[1] = "part", (BUTTON,)
    store.put(CHAT, "whole", message_ids=(1,))
    await deliver(chat, store)
    assert (shown(chat), chat.buttons) == (["whole"], {})


async def test_a_row_that_showed_the_same_text_without_its_buttons_is_shown_again(chat, store):
    (bare,) = render("a")
    chat.messages[1] = "a"
    store.put(CHAT, "a", message_ids=(1,), shown=(bare.hash,), buttons=(BUTTON,))
    await deliver(chat, store)
    assert (chat.kinds(), chat.buttons) == (["edit"], {1: (BUTTON,)})


async def test_formatting_that_is_refused_leaves_the_buttons(chat, store):
    chat.faults.append(Refused(RefusalKind.CANT_PARSE, "can't parse"))
    store.put(CHAT, "**a**", buttons=(BUTTON,))
    await deliver(chat, store)
    assert (shown(chat), chat.buttons) == (["a"], {101: (BUTTON,)})


async def test_one_line_tells_the_tools_behind_an_answer(chat, store):
    chat.messages[7] = "Half\n\n💻 make …"
    store.put(CHAT, "**All** done.", tools=ToolUse(5, 1, 42.0), message_ids=(7,))
    await deliver(chat, store)
    assert shown(chat) == ["All done.\n\n5 tools, 1 failed · 42 s"]
    assert [e.type for e in chat.entities[7]] == ["bold", "italic"]


async def test_the_line_of_the_tools_has_its_own_message_where_it_does_not_fit(chat, store):
    store.put(CHAT, "x" * 4096, tools=ToolUse(5, 0, 42.0))
    await deliver(chat, store)
    assert shown(chat) == ["x" * 4096, "5 tools · 42 s"]


LONG = "\n\n".join(f"Paragraph {n}. " + "words " * 80 for n in range(60))
NO_FILES = Refused(RefusalKind.FILES_FORBIDDEN, "Bad Request: not enough rights to send documents to the chat")


@pytest.mark.parametrize("before", [[], [None]], ids=["at its beginning", "at its file"])
async def test_a_long_answer_waits_for_its_closed_topic(chat, store, before):
    chat.faults.extend([*before, Refused(RefusalKind.TOPIC_CLOSED, "TOPIC_CLOSED")])
    row = store.put(TOPIC, LONG)
    await deliver(chat, store)
    assert (store.held, store.given_up) == ([row.id], {})


async def test_a_long_answer_is_said_in_messages_where_files_are_not_taken(chat, store):
    chat.messages[7] = "Paragraph 0."
    chat.faults.extend([None, NO_FILES])
    store.put(TOPIC, LONG, message_ids=(7,), buttons=(BUTTON,))
    await deliver(chat, store)
    assert "\n\n".join(shown(chat)) == "\n\n".join(c.text for c in render(LONG))
    assert (list(chat.files), list(chat.buttons)) == ([], [max(chat.messages)])


async def test_a_file_that_is_not_taken_is_told(chat, store):
    chat.faults.append(NO_FILES)
    store.files[3] = b"x"
    store.put(TOPIC, "The report.", file=FileRow(3, "report.pdf", "application/pdf", 1), format="plain")
    await deliver(chat, store)
    assert shown(chat) == [
        "The report.\n\nreport.pdf could not be sent. Telegram says: not enough rights to send documents to the chat."
    ]


async def test_messages_stay_in_order_where_a_person_deleted_the_first_of_them(chat, store):
    chat.messages[2] = "the second of three"
    chat.messages[3] = "the third"
    store.put(CHAT, "x" * 5000 + "y" * 4000, format="plain", message_ids=(1, 2, 3))
    await deliver(chat, store)
    assert "".join(text for _, text in sorted(chat.messages.items())) == "x" * 5000 + "y" * 4000
