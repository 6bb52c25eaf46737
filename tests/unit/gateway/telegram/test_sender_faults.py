"""What the sender does where Telegram does not answer, or refuses."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client import REGISTRY

from agent_gateway.effects import MessageLost
from agent_gateway.errors import LeadershipLost
from agent_gateway.events import Events
from agent_gateway.render.render import render
from agent_gateway.store.chatrows import FileRow
from agent_gateway.store.errors import Away
from agent_gateway.telegram.errors import (
    Ambiguous,
    NotSent,
    RefusalKind,
    Refused,
    ServerFailed,
    Throttled,
    Unauthorized,
)
from agent_gateway.telegram.outbound.after import UNKNOWN_PAUSES
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.sender import NOTICE_SECONDS, Sender
from tests.support.eventually import eventually
from tests.support.sending import BUTTON, CHAT, TOPIC, deliver, shown


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


async def test_a_message_that_is_given_up_counts_once_though_the_database_was_away_and_the_lead_went(
    chat, store, monkeypatch
):
    def read_lost():
        return REGISTRY.get_sample_value("openclaw_messages_lost_total", {"kind": "final"})

    def lose_lead():
        raise LeadershipLost("another gateway leads")

    async def be_away(store, outbox_id, error):
        sender._check = lose_lead
        raise Away("away")

    before = read_lost()
    chat.faults.extend([Refused(RefusalKind.CHAT_GONE, "gone")] * 2)
    row = store.put(CHAT, "a")
    sender = Sender(chat, store, store, check=lambda: None, poll=0.01)
    with monkeypatch.context() as patched:
        patched.setattr(type(store), "dead", be_away)
        with pytest.raises(LeadershipLost):
            await sender.run()
    await deliver(chat, store)
    assert list(store.given_up) == [row.id]
    assert read_lost() - before == 1


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


async def test_a_send_of_unknown_outcome_is_repeated_behind_a_probe_and_says_so(chat, store):
    chat.faults.append(Ambiguous("timeout"))
    store.put(CHAT, "**a**")
    await deliver(chat, store)
    assert chat.kinds() == ["send", "probe", "send"]
    assert shown(chat) == ["(sent again)\na"]
    assert [(e.type, e.offset) for e in chat.entities[101]] == [("italic", 0), ("bold", 13)]
    assert (store.unsure, store.done) == ([UNKNOWN_PAUSES[0]], [1])


async def test_nothing_is_sent_again_while_no_probe_is_answered(chat, store):
    silent = [Ambiguous("timeout")] * 10
    chat.faults.extend(silent)
    store.put(CHAT, "a")
    await deliver(chat, store)
    assert chat.kinds() == ["send", *["probe"] * 10, "send"]
    assert (len(store.unsure), shown(chat)) == (1, ["(sent again)\na"])


async def test_what_nobody_ever_confirms_ends_as_lost_and_never_as_sent(chat, store):
    chat.faults.extend([Ambiguous("timeout"), *[None, Ambiguous("timeout")] * len(UNKNOWN_PAUSES)])
    lost = []
    events = Events()
    events.on(MessageLost, lost.append)
    row = store.put(CHAT, "secret words")
    store.put(CHAT, "next")
    await deliver(chat, store, events=events)
    assert chat.kinds().count("send") == 1 + len(UNKNOWN_PAUSES) + 1
    assert store.unsure == list(UNKNOWN_PAUSES)
    assert (list(store.given_up), shown(chat)) == ([row.id], ["next"])
    assert [effect.address for effect in lost] == [CHAT]
    assert "nobody knows" in lost[0].words
    assert "secret words" not in lost[0].words


async def test_only_the_part_that_may_stand_is_marked(chat, store):
    chat.faults.extend([None, Ambiguous("timeout")])
    store.put(CHAT, "x" * 6000, format="plain")
    await deliver(chat, store)
    assert [text[:14] for text in shown(chat)] == ["x" * 14, "(sent again)\nx"]
    assert chat.silent == {102}


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
        "The report.\n\nreport.pdf couldn't be sent. Telegram says: not enough rights to send documents to the chat."
    ]
