from __future__ import annotations

from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.telegram.outbound.preview import Call, ChatPreviews, TurnPreview, restore
from agent_gateway.wording.subagents import ChildLine
from agent_gateway.wording.texts import GOES_ON


def preview(chat, turn_id=1, text="", **fields):
    turn = TurnPreview(turn_id, Address(1000, 5), None, text=text, dirty=True, **fields)
    chat.turns[turn_id] = turn
    return turn


def say(turn, text):
    turn.text, turn.dirty = text, True


def do(chat, now, message_id=100):
    call = chat.decide(now)
    assert isinstance(call, Call), call
    chat.shown(call, call.message_id or message_id, now)
    return call


STOP = Button("⏹ Stop", "st:1")
K1, K2 = Button("Cancel k1", "sa:cancel:1"), Button("Cancel k2", "sa:cancel:2")


def test_the_first_text_is_sent_at_once_and_edits_wait_two_seconds():
    chat = ChatPreviews()
    turn = preview(chat, text="a")
    assert do(chat, 10.0).message_id is None
    say(turn, "ab")
    assert chat.decide(10.1) == 12.0
    say(turn, "abc")
    call = do(chat, 12.0)
    assert (call.message_id, call.chunk.text) == (100, "abc")
    assert chat.decide(14.0) is None


def test_two_turns_of_a_chat_share_its_budget_and_take_turns():
    chat = ChatPreviews()
    first, second = preview(chat, 1, "a"), preview(chat, 2, "b")
    assert do(chat, 10.0, 100).turn_id == 1
    assert do(chat, 10.1, 101).turn_id == 2  # a first text waits for nobody
    edits = []
    for step in range(4):
        say(first, f"a{step}")
        say(second, f"b{step}")
        edits.append(do(chat, 12.2 + 2.1 * step).turn_id)
    assert edits == [1, 2, 1, 2]


def test_waiting_is_shown_at_once_and_the_answer_takes_its_place_at_once():
    chat = ChatPreviews()
    turn = preview(chat, waiting="Starting a pod…")
    assert do(chat, 10.0).chunk.text == "Starting a pod…"
    say(turn, "Hello")
    call = do(chat, 10.3)
    assert (call.message_id, call.chunk.text) == (100, "Hello")
    say(turn, "Hello you")
    assert chat.decide(10.5) == 12.3


def test_another_waiting_line_keeps_the_pace():
    chat = ChatPreviews()
    turn = preview(chat, waiting="Starting a pod…")
    do(chat, 10.0)
    turn.waiting, turn.dirty = "Waiting for capacity.", True
    assert chat.decide(10.5) == 12.0


def test_a_long_text_grows_into_further_messages_and_only_the_last_changes():
    chat = ChatPreviews()
    turn = preview(chat, text="x" * 5000)
    assert [do(chat, 10.0, 100).index, do(chat, 12.0, 101).index] == [0, 1]
    assert chat.decide(14.0) is None
    say(turn, "x" * 5100)
    call = do(chat, 14.0)
    assert (call.index, call.message_id, len(call.chunk.text)) == (1, 101, 1004)
    assert turn.ids == [100, 101]


def test_what_is_restored_is_edited():
    chat = ChatPreviews()
    turn = preview(chat)
    restore(turn, ("old text", ""), (7, 8))
    say(turn, "old text and more")
    call = do(chat, 10.0)
    assert (call.message_id, turn.ids) == (7, [7, 8])


def test_a_text_that_becomes_empty_leaves_what_stands():
    chat = ChatPreviews()
    turn = preview(chat, text="half")
    do(chat, 10.0)
    say(turn, "")
    assert chat.decide(13.0) is None
    say(turn, "again")
    assert do(chat, 13.0).message_id == 100


def test_an_activity_stands_behind_the_text_and_never_alone():
    chat = ChatPreviews()
    turn = preview(chat, activity="bash: ls *.py")
    assert chat.decide(10.0) is None
    say(turn, "Look:\n```python\nprint(1)")
    (chunk,) = turn.compute_chunks()
    assert chunk.text == "Look:\nprint(1)\n\nbash: ls *.py"
    assert [e.type for e in chunk.entities] == ["pre", "italic"]
    say(turn, "y" * 4090)
    assert turn.compute_chunks()[0].text == "y" * 4090


def test_a_silent_turn_shows_nothing_more():
    chat = ChatPreviews()
    preview(chat, text="a", silent=True)
    assert chat.decide(10.0) is None


def test_the_same_text_again_is_no_call():
    chat = ChatPreviews()
    turn = preview(chat, text="**a**")
    do(chat, 10.0)
    say(turn, "__a__")
    assert chat.decide(13.0) is None
    assert not turn.dirty


def test_a_restored_waiting_line_gives_way_to_the_answer_at_once():
    chat = ChatPreviews(next_at=100.0)
    turn = preview(chat)
    restore(turn, (), (7,))
    assert chat.decide(10.0) is None
    say(turn, "Hello")
    assert do(chat, 10.0).message_id == 7


def test_an_answer_of_great_length_takes_no_more_messages_than_may_stay():
    chat = ChatPreviews()
    turn = preview(chat, text="word " * 3000, stoppable=True)
    texts = [do(chat, 10.0 + 2 * n, 100 + n).chunk.text for n in range(3)]
    assert texts[2].endswith(f"word\n\n{GOES_ON}")
    assert chat.decide(20.0) is None
    say(turn, "word " * 200_000)
    assert chat.decide(22.0) is None


def test_what_stands_below_an_answer_of_great_length_goes_on_changing():
    chat = ChatPreviews()
    turn = preview(chat, text="word " * 200_000, stoppable=True)
    for n in range(3):
        do(chat, 10.0 + 2 * n, 100 + n)
    turn.list_children([ChildLine("k1 working", K1)])
    call = do(chat, 20.0)
    assert (call.message_id, call.chunk.buttons) == (102, (K1, STOP))
    assert call.chunk.text.endswith(f"{GOES_ON}\n\nk1 working")


def test_sub_agents_stand_below_the_answer_with_a_button_for_each_that_is_open():
    chat = ChatPreviews()
    turn = preview(chat, text="I ask **two**.", activity="spawn_subagent")
    turn.list_children([ChildLine("k1 done"), ChildLine("k2 *working*", K2)])
    chunk = do(chat, 10.0).chunk
    assert chunk.text == "I ask two.\n\nspawn_subagent\n\nk1 done\nk2 *working*"
    assert [e.type for e in chunk.entities] == ["bold", "italic"]
    assert chunk.buttons == (K2,)


def test_the_first_sub_agent_does_not_wait_and_the_next_ones_keep_the_pace():
    chat = ChatPreviews()
    turn = preview(chat, text="a")
    do(chat, 10.0)
    turn.list_children([ChildLine("k1 working", K1)])
    assert do(chat, 10.1).chunk.text == "a\n\nk1 working"
    turn.list_children([ChildLine("k1 working", K1), ChildLine("k2 working", K2)])
    assert chat.decide(10.2) == 12.1


def test_sub_agents_stand_alone_where_there_is_no_text_and_nothing_is_waited_for_any_more():
    chat = ChatPreviews()
    turn = preview(chat, waiting="Starting a pod…")
    do(chat, 10.0)
    turn.list_children([ChildLine("k1 working", K1)])
    call = do(chat, 10.1)
    assert (call.message_id, call.chunk.text) == (100, "k1 working")
    turn.waiting, turn.dirty = "Starting a pod…", True  # the parent's pod is made anew
    assert do(chat, 13.0).chunk.text == "Starting a pod…\n\nk1 working"
    say(turn, "Both are done.")
    assert do(chat, 13.1).chunk.text == "Both are done.\n\nk1 working"


def test_a_change_of_the_buttons_alone_is_an_edit():
    chat = ChatPreviews()
    turn = preview(chat, text="a")
    turn.list_children([ChildLine("k1", K1)])
    do(chat, 10.0)
    turn.list_children([ChildLine("k1")])
    call = do(chat, 13.0)
    assert (call.message_id, call.chunk.text, call.chunk.buttons) == (100, "a\n\nk1", ())


def test_sub_agents_that_do_not_fit_have_a_message_of_their_own_until_they_do():
    chat = ChatPreviews()
    turn = preview(chat, text="y" * 4090)
    turn.list_children([ChildLine("k1 working", K1)])
    first, second = do(chat, 10.0, 100), do(chat, 12.0, 101)
    assert (first.chunk.text, first.chunk.buttons) == ("y" * 4090, ())
    assert (second.chunk.text, second.chunk.buttons) == ("k1 working", (K1,))
    say(turn, "y")
    assert do(chat, 14.0).chunk.buttons == (K1,)
    call = do(chat, 16.0)
    assert (call.superfluous, call.message_id) == (True, 101)
    assert turn.ids == [100]
    assert chat.decide(18.0) is None


def test_more_buttons_than_telegram_takes_are_left_out():
    chat = ChatPreviews()
    turn = preview(chat, stoppable=True)
    turn.list_children([ChildLine(f"k{n}", Button(f"k{n}", f"sa:cancel:{n}")) for n in range(120)])
    buttons = do(chat, 10.0).chunk.buttons
    assert len(buttons) == 50
    assert buttons[-1] == STOP  # which is the one that must be there


def test_restored_messages_are_edited_and_those_too_many_go_away():
    chat = ChatPreviews()
    turn = preview(chat)
    restore(turn, ("I ask one.",), (7, 8))
    turn.list_children([ChildLine("k1 working", K1)])
    assert [do(chat, 10.0 + 2 * n).message_id for n in range(2)] == [7, 8]
    assert turn.ids == [7]


def test_tools_stand_below_the_answer_and_above_the_sub_agents():
    chat = ChatPreviews()
    turn = preview(chat, text="I **look**.", activity="thinking…")
    turn.list_tools(["📖 a.py ✓", "💻 make …"])
    turn.list_children([ChildLine("k1 working", K1)])
    chunk = do(chat, 10.0).chunk
    assert chunk.text == "I look.\n\n📖 a.py ✓\n💻 make …\n\nthinking…\n\nk1 working"
    assert [e.type for e in chunk.entities] == ["bold", "italic"]
    assert chunk.buttons == (K1,)


def test_tools_stand_alone_where_there_is_no_text_yet_and_nothing_is_waited_for_any_more():
    chat = ChatPreviews()
    turn = preview(chat, waiting="Starting a pod…")
    do(chat, 10.0)
    turn.list_tools(["💻 *make* …"])
    turn.dirty = True
    assert chat.decide(10.1) == 12.0
    call = do(chat, 12.0)
    assert (call.message_id, call.chunk.text) == (100, "💻 *make* …")
    say(turn, "Made.")
    assert do(chat, 12.1).chunk.text == "Made.\n\n💻 *make* …"  # the first text waits for nobody


def test_tools_that_do_not_fit_stand_in_a_message_of_their_own():
    chat = ChatPreviews()
    turn = preview(chat, text="x" * 4090)
    turn.list_tools(["📖 a.py ✓"])
    assert [c.text for c in turn.compute_chunks()] == ["x" * 4090, "📖 a.py ✓"]


def test_the_button_that_stops_a_turn_stands_below_the_last_of_its_messages():
    chat = ChatPreviews()
    turn = preview(chat, text="a", stoppable=True)
    assert do(chat, 10.0, 100).chunk.buttons == (STOP,)
    say(turn, "x" * 5000)
    turn.list_children([ChildLine("k1 working", K1)])
    assert do(chat, 12.0).chunk.buttons == ()
    assert do(chat, 14.0, 101).chunk.buttons == (K1, STOP)
    assert chat.decide(16.0) is None


def test_what_only_waits_has_no_such_button():
    chat = ChatPreviews()
    preview(chat, waiting="Starting a pod…")
    assert do(chat, 10.0).chunk.buttons == ()


def test_the_first_words_are_a_draft_and_a_message_takes_its_place():
    chat = ChatPreviews()
    turn = preview(chat, text="a", drafts=True, stoppable=True)
    call = do(chat, 10.0)
    assert (call.draft, call.chunk.text, call.chunk.buttons, turn.ids) == (True, "a", (), [])
    say(turn, "ab")
    assert chat.decide(10.1) == 12.0  # a draft keeps the pace too
    assert do(chat, 12.0).chunk.text == "ab"
    assert chat.decide(14.0) == 25.0
    call = do(chat, 25.0)
    assert (call.draft, call.message_id, call.chunk.text, turn.ids) == (False, None, "ab", [100])
    assert [b.data for b in call.chunk.buttons] == ["st:1"]
    assert chat.decide(30.0) is None


def test_a_tool_or_a_second_message_ends_a_draft():
    for change in ({"tools": ("💻 ls …",)}, {"text": "x" * 5000}):
        chat = ChatPreviews()
        turn = preview(chat, text="a", drafts=True)
        do(chat, 10.0)
        for name, value in change.items():
            setattr(turn, name, value)
        turn.dirty = True
        assert not do(chat, 12.0).draft


def test_a_draft_that_is_over_asks_for_no_look_before_a_call_may_be_made():
    chat = ChatPreviews()
    turn = preview(chat, text="a", drafts=True)
    do(chat, 10.0)
    assert chat.decide(25.0, lambda _: 30.0) == 55.0
    turn.silent = True  # nobody knows whether the message that takes its place stands
    assert chat.decide(26.0) is None
