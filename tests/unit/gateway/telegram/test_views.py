from __future__ import annotations

import asyncio
import itertools
import time
from datetime import UTC, datetime

import pytest

from agent_gateway.store.chatrows import Button, TurnView
from agent_gateway.store.errors import Away
from agent_gateway.store.rows import Address, Turn, TurnState
from agent_gateway.telegram.errors import Ambiguous, NotSent, RefusalKind, Refused, ServerFailed, Throttled
from agent_gateway.telegram.fakes import FakeChat, FakeStore
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.views import Views
from agent_gateway.wording.subagents import ChildLine
from tests.support.eventually import eventually

CHAT = Address(1000, 5)
INTERVAL = 0.04


def turn(turn_id=1):
    now = datetime.now(UTC)
    return Turn(turn_id, 1, 7, 5, "ask", TurnState.STARTED, 1, 0, None, now, now, now, None)


@pytest.fixture
def chat():
    return FakeChat(clock=time.monotonic)


@pytest.fixture
def store():
    return FakeStore()


@pytest.fixture
async def views(chat, store):
    views = Views(chat, store, check=lambda: None, budgets=Budgets(minute=30 * INTERVAL), typing_interval=0.02)
    yield views
    await views.close()


def shown(chat):
    return list(chat.messages.values())


async def test_first_text_then_edits_with_the_newest_state(views, chat, store):
    views.open(turn(), CHAT, 7)
    for end in range(1, 21):
        views.update(1, "abcdefghijklmnopqrst"[:end])
        await asyncio.sleep(0.005)
    await eventually(lambda: shown(chat) == ["abcdefghijklmnopqrst"])
    ids = await views.finish(1)
    assert ids == tuple(chat.messages)
    assert store.views[1] == ids
    times = [at for kind, at, _ in chat.calls if kind != "typing"]
    assert all(b - a >= INTERVAL * 0.9 for a, b in itertools.pairwise(times))
    assert len(times) < 10


async def test_typing_until_the_first_text_only(views, chat):
    views.open(turn(), CHAT, 7)
    await eventually(lambda: [kind for kind, _, _ in chat.calls].count("typing") >= 3)
    views.update(1, "a")
    await eventually(lambda: shown(chat) == ["a"])
    before = len(chat.calls)
    await asyncio.sleep(0.1)
    assert [kind for kind, _, _ in chat.calls[before:]] == []


async def test_waiting_stops_typing_and_typing_can_begin_again(views, chat):
    views.open(turn(), CHAT, 7)
    views.waiting(1, "Starting a pod…")
    await eventually(lambda: shown(chat) == ["Starting a pod…"])
    before = len(chat.calls)
    await asyncio.sleep(0.06)
    assert len(chat.calls) == before
    views.typing(1)
    await eventually(lambda: chat.calls[-1][0] == "typing")
    views.update(1, "Hello")
    await eventually(lambda: shown(chat) == ["Hello"])


async def test_after_finish_nothing_of_the_turn_is_shown(views, chat):
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.messages)
    views.update(1, "ab")
    ids = await views.finish(1)
    views.update(1, "abc")
    views.waiting(1, "late")
    views.typing(1)
    before = len(chat.calls)
    await asyncio.sleep(4 * INTERVAL)
    assert len(chat.calls) == before
    assert len(ids) == 1
    assert await views.finish(1) == ()


async def test_finish_waits_for_the_call_in_flight_and_knows_its_message(chat, store):
    begun, go = asyncio.Event(), asyncio.Event()

    class SlowChat(FakeChat):
        async def send_message(self, address, text, entities=(), reply_to=None, buttons=()):
            begun.set()
            await go.wait()
            return await FakeChat.send_message(self, address, text, entities, reply_to, buttons)

    slow = SlowChat()
    views = Views(slow, store, check=lambda: None, budgets=Budgets(minute=0))
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await begun.wait()
    views.update(1, "ab")
    finishing = asyncio.create_task(views.finish(1))
    await asyncio.sleep(0.01)
    assert not finishing.done()
    go.set()
    assert await finishing == (101,)
    await asyncio.sleep(0.02)
    assert slow.kinds() == ["send"]
    await views.close()


async def test_closing_waits_for_the_call_in_flight_so_that_its_message_is_known(store):
    begun, go = asyncio.Event(), asyncio.Event()

    class SlowChat(FakeChat):
        async def send_message(self, address, text, entities=(), reply_to=None, buttons=()):
            begun.set()
            await go.wait()
            return await FakeChat.send_message(self, address, text, entities, reply_to, buttons)

    views = Views(SlowChat(), store, check=lambda: None)
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await begun.wait()
    closing = asyncio.create_task(views.close())
    await asyncio.sleep(0.01)
    go.set()
    await closing
    assert store.views[1] == (101,)


async def test_restored_messages_are_edited_not_sent_anew(views, chat):
    chat.messages[55] = "half an ans"
    views.open(turn(), CHAT, 7, TurnView(1, ("half an ans",), (55,)))
    views.update(1, "half an answer")
    await eventually(lambda: chat.messages == {55: "half an answer"})
    assert "send" not in chat.kinds()
    assert await views.finish(1) == (55,)


async def test_opening_again_changes_nothing(views, chat):
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.messages)
    views.open(turn(), CHAT, 7, TurnView(1, (), ()))
    views.update(1, "ab")
    await eventually(lambda: shown(chat) == ["ab"])


async def test_a_throttled_chat_waits_and_the_others_go_on(views, chat):
    chat.faults.append(Throttled(0.3))
    views.open(turn(1), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.kinds() == ["send"])
    views.open(turn(2), Address(1000, 6), 7)
    views.update(2, "b")
    await eventually(lambda: shown(chat) == ["b"], timeout=0.25)
    views.update(1, "abc")
    await eventually(lambda: sorted(shown(chat)) == ["abc", "b"])
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


async def test_a_chat_without_turns_has_no_task(views, chat):
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.messages)
    await views.finish(1)
    await eventually(lambda: not views._channels)
    assert not views._typing.tasks()


async def test_a_turn_that_waits_for_an_older_one_shows_no_typing(views, chat):
    views.open(turn(1), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.messages)
    views.open(turn(2), CHAT, 8)
    before = len(chat.calls)
    await asyncio.sleep(0.06)
    assert len(chat.calls) == before
    await views.finish(1)
    await eventually(lambda: chat.calls[-1][0] == "typing")


async def test_sub_agents_are_shown_with_buttons_that_go_with_them(views, chat):
    button = Button("Cancel k1", "sa:cancel:1")
    views.open(turn(), CHAT, 7)
    await eventually(lambda: chat.calls)
    views.children(1, [ChildLine("k1 working", button)])
    await eventually(lambda: chat.buttons == {101: (button,)})
    before = len(chat.calls)
    views.children(1, [ChildLine("k1 working", button)])
    views.typing(1)
    await asyncio.sleep(0.06)
    assert len(chat.calls) == before
    views.update(1, "Thinking")
    await eventually(lambda: shown(chat) == ["Thinking\n\nk1 working"])
    stop = Button("⏹ Stop", "st:1")
    assert chat.buttons == {101: (button, stop)}
    views.children(1, [ChildLine("k1 done")])
    await eventually(lambda: shown(chat) == ["Thinking\n\nk1 done"])
    assert chat.buttons == {101: (stop,)}
    assert await views.finish(1) == (101,)


async def test_a_message_too_many_is_taken_away_and_forgotten(views, chat, store):
    views.open(turn(), CHAT, 7)
    views.update(1, "y" * 4090)
    views.children(1, [ChildLine("k1 working")])
    await eventually(lambda: store.views.get(1) == (101, 102))
    views.update(1, "y")
    await eventually(lambda: store.views[1] == (101,))
    assert shown(chat) == ["y\n\nk1 working"]


async def test_sub_agents_of_a_turn_that_is_not_shown_are_passed_over(views, chat):
    views.children(9, [ChildLine("k1 working")])
    assert chat.calls == []


async def test_tools_are_shown_before_any_text_and_take_the_place_of_what_was_waited_for(views, chat):
    views.open(turn(), CHAT, 7)
    views.waiting(1, "Starting a pod…")
    await eventually(lambda: shown(chat) == ["Starting a pod…"])
    views.update(1, "", None, ("💻 make …",))
    await eventually(lambda: shown(chat) == ["💻 make …"])
    views.update(1, "", "thinking…", ("💻 make ✓",))
    await eventually(lambda: shown(chat) == ["💻 make ✓\n\nthinking…"])
    assert chat.buttons == {101: (Button("⏹ Stop", "st:1"),)}


async def test_the_first_showing_of_a_turn_is_told(views):
    told = []
    views.on_open = lambda: told.append(1)
    views.open(turn(), CHAT, 7)
    views.open(turn(), CHAT, 7)
    assert told == [1]


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
