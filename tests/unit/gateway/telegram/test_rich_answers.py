"""Answers as rich messages: which, and what becomes of one that is not taken."""

from __future__ import annotations

import pytest

from agent_gateway.store.chatrows import ToolUse
from agent_gateway.telegram.errors import Ambiguous, RefusalKind, Refused, Unsupported
from agent_gateway.telegram.outbound.richform import RichPolicy
from tests.support.sending import BUTTON, TOPIC, deliver, shown

TASKS = "Do:\n\n- [ ] write tests\n- [x] read code"
PLAIN = "Just **words**."


@pytest.mark.parametrize(
    ("policy", "text", "kind", "calls"),
    [
        (RichPolicy.AUTO, TASKS, "final", ["rich"]),
        (RichPolicy.AUTO, PLAIN, "final", ["send"]),
        (RichPolicy.AUTO, f"{TASKS}\n\n{'結論は可能です。' * 20}", "final", ["send"]),
        (RichPolicy.AUTO, TASKS, "reply", ["send"]),
        (RichPolicy.NEVER, TASKS, "final", ["send"]),
        (RichPolicy.ALWAYS, PLAIN, "final", ["rich"]),
        (RichPolicy.ALWAYS, "結論は可能です。", "final", ["send"]),
    ],
)
async def test_which_answers_are_rich(chat, store, policy, text, kind, calls):
    store.put(TOPIC, text, kind=kind)
    await deliver(chat, store, rich=policy)
    assert chat.kinds() == calls


@pytest.mark.parametrize(
    "fault", [Refused(RefusalKind.OTHER, "RICH_MESSAGE_EMAIL_INVALID"), Unsupported("sendRichMessage")]
)
async def test_what_is_not_taken_goes_out_in_the_classic_form(chat, store, fault):
    chat.faults.append(fault)
    row = store.put(TOPIC, TASKS, buttons=(BUTTON,))
    await deliver(chat, store, rich=RichPolicy.AUTO)
    assert (chat.kinds(), store.done, store.given_up) == (["rich", "send"], [row.id], {})
    assert "write tests" in shown(chat)[0]
    assert list(chat.buttons.values()) == [(BUTTON,)]


async def test_one_of_unknown_outcome_is_repeated_as_it_is(chat, store):
    chat.faults.append(Ambiguous("timeout"))
    store.put(TOPIC, TASKS)
    await deliver(chat, store, rich=RichPolicy.AUTO)
    assert chat.kinds() == ["rich", "probe", "rich"]
    assert "(sent again)" in shown(chat)[0]


async def test_a_gone_topic_gets_no_second_form(chat, store):
    chat.faults.append(Refused(RefusalKind.THREAD_NOT_FOUND, "message thread not found"))
    row = store.put(TOPIC, TASKS)
    await deliver(chat, store, rich=RichPolicy.AUTO)
    assert (chat.kinds(), list(store.given_up)) == (["rich"], [row.id])


async def test_it_is_a_new_message_that_bears_its_way_and_buttons(chat, store):
    chat.messages[7] = "half"
    store.put(TOPIC, TASKS, buttons=(BUTTON,), tools=ToolUse(3, 0, 9.0), way="Let me look.", reply_to=5)
    await deliver(chat, store, rich=RichPolicy.AUTO)
    (said,) = [text for number, text in chat.messages.items() if number != 7]
    assert "▸ 3 steps · 9 s" in said
    assert "Let me look." in said
    assert (chat.buttons, chat.replies, chat.silent) == ({101: (BUTTON,)}, {101: 5}, set())
