"""What stands below an answer: sub-agents, tools, buttons."""

from __future__ import annotations

from agent_gateway.store.chatrows import Button
from agent_gateway.telegram.outbound.preview import ChatPreviews, restore
from agent_gateway.wording.subagents import ChildLine
from tests.support.previewing import decide, do, preview, say

STOP = Button("⏹ Stop", "st:1")
K1, K2 = Button("Cancel k1", "sa:cancel:1"), Button("Cancel k2", "sa:cancel:2")


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
    assert decide(chat, 10.2) == 12.1


def test_sub_agents_stand_alone_where_there_is_no_text_and_nothing_is_waited_for_any_more():
    chat = ChatPreviews()
    turn = preview(chat, waiting="Waking up your agent…")
    do(chat, 10.0)
    turn.list_children([ChildLine("k1 working", K1)])
    call = do(chat, 10.1)
    assert (call.message_id, call.chunk.text) == (100, "k1 working")
    turn.waiting, turn.dirty = "Waking up your agent…", True  # the parent's pod is made anew
    assert do(chat, 13.0).chunk.text == "Waking up your agent…\n\nk1 working"
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


def test_sub_agents_fit_below_the_longest_text():
    chat = ChatPreviews()
    turn = preview(chat, text="y" * 4090)
    turn.list_children([ChildLine("k1 working", K1)])
    chunk = do(chat, 10.0).chunk
    assert (chunk.text[-10:], chunk.buttons) == ("k1 working", (K1,))
    assert decide(chat, 18.0) is None


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
    restore(turn, "I ask one.", (7, 8))
    turn.list_children([ChildLine("k1 working", K1)])
    assert [(c.message_id, c.superfluous) for c in (do(chat, 10.0), do(chat, 12.0, 7))] == [(8, True), (7, False)]
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
    turn = preview(chat, waiting="Waking up your agent…")
    do(chat, 10.0)
    turn.list_tools(["💻 *make* …"])
    turn.dirty = True
    assert decide(chat, 10.1) == 12.0
    call = do(chat, 12.0)
    assert (call.message_id, call.chunk.text) == (100, "💻 *make* …")
    say(turn, "Made.")
    assert do(chat, 12.1).chunk.text == "Made.\n\n💻 *make* …"  # the first text waits for nobody


def test_the_button_that_stops_a_turn_stands_below_its_message():
    chat = ChatPreviews()
    turn = preview(chat, text="a", stoppable=True)
    assert do(chat, 10.0, 100).chunk.buttons == (STOP,)
    turn.list_children([ChildLine("k1 working", K1)])
    assert do(chat, 14.0, 100).chunk.buttons == (K1, STOP)
    assert decide(chat, 16.0) is None


def test_what_only_waits_has_no_such_button():
    chat = ChatPreviews()
    preview(chat, waiting="Waking up your agent…")
    assert do(chat, 10.0).chunk.buttons == ()
