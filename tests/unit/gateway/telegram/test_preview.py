from __future__ import annotations

from agent_gateway.telegram.outbound.preview import ChatPreviews, restore
from agent_gateway.wording.texts import GOES_ON
from tests.support.previewing import do, preview, say


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
