"""Rows of the outbox that change nothing but the buttons under a message."""

from __future__ import annotations

import pytest

from agent_gateway.store.chatrows import Button, dump_buttons, load_buttons
from agent_gateway.telegram.fakes import FakeChat, FakeStore
from tests.support.sending import BUTTON, CHAT, deliver


@pytest.mark.parametrize(("buttons", "under"), [((), {}), ((BUTTON,), {1: (BUTTON,)})])
async def test_a_row_without_text_changes_the_buttons_alone(buttons, under):
    chat, store = FakeChat(), FakeStore()
    chat.messages[1] = "an answer"
    chat.buttons[1] = (Button("Try again", "re:1"),)
    store.put(CHAT, "", message_ids=(1,), buttons=buttons)
    await deliver(chat, store)
    assert (chat.messages, chat.buttons, chat.kinds()) == ({1: "an answer"}, under, ["buttons"])


async def test_a_message_that_is_gone_needs_no_buttons():
    chat, store = FakeChat(), FakeStore()
    store.put(CHAT, "", message_ids=(1,))
    store.put(CHAT, "next")
    await deliver(chat, store)
    assert chat.kinds() == ["buttons", "send"]


def test_buttons_are_kept_with_their_row_and_link():
    buttons = (Button("a", "1"), Button("b", "2", beside=True), Button("c", url="https://t.me/c/1/2"))
    assert load_buttons(dump_buttons(buttons)) == buttons
    assert load_buttons('[["old", "st:1"]]') == (Button("old", "st:1"),)
