"""What the sender does where Telegram does not answer, or refuses."""

from __future__ import annotations

import asyncio
import time

import pytest

from agent_gateway.render.render import render
from agent_gateway.store.chatrows import FileRow
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
from tests.support.sending import BUTTON, CHAT, TOPIC, deliver, shown


@pytest.fixture
def chat():
    return FakeChat(clock=time.monotonic)


@pytest.fixture
def store():
    return FakeStore()


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


def test_pauses_grow_to_a_minute():
    assert [compute_pause(n) for n in (0, 1, 2, 3, 6, 7, 1000)] == [1, 1, 2, 4, 32, 60, 60]


async def test_formatting_that_is_refused_leaves_the_buttons(chat, store):
    chat.faults.append(Refused(RefusalKind.CANT_PARSE, "can't parse"))
    store.put(CHAT, "**a**", buttons=(BUTTON,))
    await deliver(chat, store)
    assert (shown(chat), chat.buttons) == (["a"], {101: (BUTTON,)})


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
