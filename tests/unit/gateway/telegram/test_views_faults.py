"""What previews do where Telegram or the store does not answer, or refuses."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address
from agent_gateway.telegram.errors import Ambiguous, NotSent, RefusalKind, Refused, ServerFailed, Throttled
from agent_gateway.telegram.fakes import FakeChat
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.renderer import RenderHere
from agent_gateway.telegram.outbound.views import Views
from tests.support.eventually import eventually
from tests.support.viewing import CHAT, INTERVAL, shown, turn


async def test_a_throttled_chat_waits_and_the_others_go_on(views, chat, store):
    chat.faults.append(Throttled(0.3))  # nothing else of that chat is called meanwhile
    views.open(turn(1), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.kinds() == ["send"])
    views.open(turn(2), Address(1000, 6), 7)
    views.update(2, "b")
    await eventually(lambda: "b" in shown(chat))
    views.update(1, "abc")
    await eventually(lambda: sorted(shown(chat)) == ["abc", "b"])
    assert [text[0] for kind, _, text in chat.calls if kind == "send"] == ["a", "b", "a"]  # nobody else waited
    assert store.rests == {5: 0.3}  # which the next process keeps too
    of_first = [at for kind, at, text in chat.calls if kind == "send" and text.startswith("a")]
    assert of_first[1] - of_first[0] >= 0.29


@pytest.mark.parametrize("fault", [NotSent("away"), ServerFailed("502")])
async def test_a_preview_that_was_not_sent_is_tried_again(views, chat, fault):
    chat.faults.append(fault)
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: shown(chat) == ["a"])


async def test_a_first_send_of_unknown_outcome_is_not_repeated(views, chat):
    chat.faults.append(Ambiguous("timeout"))
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.kinds() == ["send"])
    views.update(1, "ab")
    await asyncio.sleep(3 * INTERVAL)
    assert chat.kinds() == ["send"]
    assert await views.finish(1) == ()


async def test_an_edit_of_unknown_outcome_is_repeated(views, chat):
    chat.faults.extend([None, Ambiguous("timeout")])
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.messages)
    views.update(1, "ab")
    await eventually(lambda: shown(chat) == ["ab"])
    assert chat.kinds() == ["send", "edit", "edit"]


async def test_formatting_that_is_refused_is_previewed_plain(views, chat):
    chat.faults.append(Refused(RefusalKind.CANT_PARSE, "can't parse"))
    views.open(turn(), CHAT, 7)
    views.update(1, "**a**")
    await eventually(lambda: shown(chat) == ["**a**"])


async def test_typing_that_is_too_much_holds_up_nothing_else(store):
    class StrictChat(FakeChat):
        async def send_chat_action(self, address):
            await FakeChat.send_chat_action(self, address)
            raise Throttled(30)

    chat, budgets = StrictChat(), Budgets(minute=30 * INTERVAL)
    views = Views(chat, store, check=lambda: None, budgets=budgets, typing_interval=0.01)
    views.open(turn(), CHAT, 7)
    await eventually(lambda: chat.calls)
    views.update(1, "a")
    await eventually(lambda: shown(chat) == ["a"])
    assert [kind for kind, _, _ in chat.calls].count("typing") == 1
    assert budgets.left(CHAT.chat_id) == 0
    await views.close()


@pytest.mark.parametrize("kind", [RefusalKind.THREAD_NOT_FOUND, RefusalKind.CHAT_GONE, RefusalKind.OTHER])
async def test_a_refused_preview_is_given_up(views, chat, kind):
    chat.faults.append(Refused(kind, "no"))
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.kinds() == ["send"])
    views.update(1, "ab")
    await asyncio.sleep(3 * INTERVAL)
    assert chat.kinds() == ["send"]


async def test_a_store_that_fails_once_stops_previews_and_not_the_end_of_the_turn(views, chat, store):
    store.failing = Away("database away")
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.messages)
    store.failing = None
    assert await views.finish(1) == (101,)


async def test_a_turn_that_ends_while_its_text_is_rendered_pauses_nobody_else(chat, store, caplog):
    class Slow(RenderHere):
        begun, goes_on = asyncio.Event(), asyncio.Event()

        async def run(self, work, *args, **named):
            self.begun.set()
            await self.goes_on.wait()
            return await super().run(work, *args, **named)

    renderer = Slow()
    views = Views(chat, store, check=lambda: None, budgets=Budgets(minute=30 * INTERVAL), renderer=renderer)
    for number in (1, 2):
        views.open(turn(number), CHAT, 7)
    views.update(1, "a")
    await renderer.begun.wait()
    await views.finish(1)
    views.update(2, "b")
    renderer.goes_on.set()
    await eventually(lambda: shown(chat) == ["b"])
    assert "previews pause after a fault" not in caplog.text
    await views.close()


async def test_who_may_not_act_shows_nothing(chat, store):
    def refuse():
        raise PermissionError

    views = Views(chat, store, check=refuse)
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await asyncio.sleep(0.02)
    assert chat.calls == []
    assert await views.finish(1) == ()
    await views.close()


async def test_a_chat_that_refuses_drafts_is_shown_messages(chat, store):
    views = Views(chat, store, check=lambda: None, budgets=Budgets(minute=30 * INTERVAL), drafts=True)
    chat.faults.append(Refused(RefusalKind.OTHER, "drafts are not for this chat"))
    for number in (1, 2):
        views.open(turn(number), CHAT, 7)
        views.update(number, f"answer {number}")
        await eventually(lambda number=number: f"answer {number}" in shown(chat))
        await views.finish(number)
    assert chat.kinds() == ["draft", "send", "send"]
    await views.close()
