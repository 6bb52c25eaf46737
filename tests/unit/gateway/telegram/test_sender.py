from __future__ import annotations

import asyncio

import pytest

from agent_gateway.render.render import render
from agent_gateway.store.chatrows import ToolUse
from agent_gateway.telegram.errors import (
    RefusalKind,
    Refused,
)
from agent_gateway.telegram.fakes import FakeChat
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.sender import Sender
from tests.support.eventually import eventually
from tests.support.sending import BUTTON, CHAT, TOPIC, deliver, shown


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
        async def send_message(self, address, text, entities=(), reply_to=None, buttons=(), *, silent=False):
            if address == CHAT:
                await go.wait()
            return await FakeChat.send_message(self, address, text, entities, reply_to, buttons, silent=silent)

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


async def test_a_sender_begun_again_takes_up_what_was_being_sent(chat, store):
    row = store.put(CHAT, "a")
    store.sending.add(row.id)
    await deliver(chat, store)
    assert shown(chat) == ["a"]


async def test_a_sender_that_is_cancelled_lets_what_is_on_its_way_arrive(store):
    begun, go = asyncio.Event(), asyncio.Event()

    class SlowChat(FakeChat):
        async def send_message(self, address, text, entities=(), reply_to=None, buttons=(), *, silent=False):
            begun.set()
            await go.wait()
            return await FakeChat.send_message(self, address, text, entities, reply_to, buttons, silent=silent)

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


async def test_one_line_tells_the_tools_behind_an_answer(chat, store):
    chat.messages[7] = "Half\n\n💻 make …"
    store.put(CHAT, "**All** done.", tools=ToolUse(5, 1, 42.0), message_ids=(7,))
    await deliver(chat, store)
    assert shown(chat) == ["All done.\n\n▸ 5 steps, 1 failed · 42 s"]
    assert [e.type for e in chat.entities[7]] == ["bold", "italic"]


async def test_the_line_of_the_tools_is_left_out_where_it_does_not_fit(chat, store):
    store.put(CHAT, "x" * 4096, tools=ToolUse(5, 0, 42.0))
    await deliver(chat, store)
    assert shown(chat) == ["x" * 4096]


async def test_messages_stay_in_order_where_a_person_deleted_the_first_of_them(chat, store):
    chat.messages[2] = "the second of three"
    chat.messages[3] = "the third"
    store.put(CHAT, "x" * 5000 + "y" * 4000, format="plain", message_ids=(1, 2, 3))
    await deliver(chat, store)
    assert "".join(text for _, text in sorted(chat.messages.items())) == "x" * 5000 + "y" * 4000
