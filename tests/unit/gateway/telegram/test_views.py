from __future__ import annotations

import asyncio

from agent_gateway.effects import WakeReactions
from agent_gateway.store.chatrows import Button, TurnView
from agent_gateway.telegram.errors import Throttled
from agent_gateway.telegram.fakes import FakeChat
from agent_gateway.telegram.outbound.budget import Budgets
from agent_gateway.telegram.outbound.newest import Newest
from agent_gateway.telegram.outbound.views import Views
from agent_gateway.wording.subagents import ChildLine
from tests.support.eventually import eventually
from tests.support.viewing import CHAT, INTERVAL, shown, turn


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
    # a call that this process delays stands closer to the next: what counts is how many there are in all that time
    assert len(times) <= 2 + (times[-1] - times[0]) / INTERVAL
    assert len(times) < 20


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
    views.waiting(1, "Waking up your agent…")
    await eventually(lambda: shown(chat) == ["Waking up your agent…"])
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
        async def send_message(self, address, text, entities=(), reply_to=None, buttons=(), *, silent=False):
            begun.set()
            await go.wait()
            return await FakeChat.send_message(self, address, text, entities, reply_to, buttons, silent=silent)

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
        async def send_message(self, address, text, entities=(), reply_to=None, buttons=(), *, silent=False):
            begun.set()
            await go.wait()
            return await FakeChat.send_message(self, address, text, entities, reply_to, buttons, silent=silent)

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


async def test_a_turn_that_begins_below_others_words_takes_its_waiting_line_away(chat, store):
    newest = Newest()
    views = Views(chat, store, check=lambda: None, budgets=Budgets(minute=30 * INTERVAL), newest=newest)
    views.open(turn(), CHAT, 7)
    views.waiting(1, "Next in line.")
    await eventually(lambda: shown(chat) == ["Next in line."])
    newest.note(CHAT, chat.next_id + 1)
    chat.next_id += 1
    views.update(1, "I look.")
    await eventually(lambda: store.views[1] == (103,))
    assert chat.messages == {103: "I look."}
    assert chat.silent == {101, 103}
    await views.close()


async def test_a_private_turn_is_shown_as_a_draft_and_nothing_of_it_stands(chat, store):
    views = Views(chat, store, check=lambda: None, budgets=Budgets(minute=30 * INTERVAL), drafts=True)
    views.open(turn(), CHAT, 7)
    views.waiting(1, "Waking up your agent…")
    await eventually(lambda: chat.drafts == {1: "Waking up your agent…"})
    views.update(1, "I look.", None, ("💻 make …",))
    await eventually(lambda: chat.drafts == {1: "I look.\n\n💻 make …"})
    views.children(1, [ChildLine("k1 working", Button("Cancel k1", "sa:cancel:1"))])
    await eventually(lambda: chat.buttons)  # which a draft cannot have
    assert await views.finish(1) == (101,)
    assert chat.silent == {101}
    await views.close()


async def test_a_draft_that_is_one_too_many_holds_up_nothing_else(chat, store):
    budgets = Budgets(minute=30 * INTERVAL)
    views = Views(chat, store, check=lambda: None, budgets=budgets, drafts=True)
    chat.faults.append(Throttled(30))
    views.open(turn(), CHAT, 7)
    views.update(1, "a")
    await eventually(lambda: chat.kinds() == ["draft"])
    assert (budgets.left(CHAT.chat_id), store.rests) == (0, {})
    await views.close()


async def test_sub_agents_of_a_turn_that_is_not_shown_are_passed_over(views, chat):
    views.children(9, [ChildLine("k1 working")])
    assert chat.calls == []


async def test_tools_are_shown_before_any_text_and_take_the_place_of_what_was_waited_for(views, chat):
    views.open(turn(), CHAT, 7)
    views.waiting(1, "Waking up your agent…")
    await eventually(lambda: shown(chat) == ["Waking up your agent…"])
    views.update(1, "", None, ("💻 make …",))
    await eventually(lambda: shown(chat) == ["💻 make …"])
    views.update(1, "", "thinking…", ("💻 make ✓",))
    await eventually(lambda: shown(chat) == ["💻 make ✓\n\nthinking…"])
    assert chat.buttons == {101: (Button("⏹ Stop", "st:1"),)}


async def test_the_first_showing_of_a_turn_is_told(views):
    told = []
    views._events.on(WakeReactions, told.append)
    views.open(turn(), CHAT, 7)
    views.open(turn(), CHAT, 7)
    assert told == [WakeReactions()]
