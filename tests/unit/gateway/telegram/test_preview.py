from __future__ import annotations

import pytest

from agent_gateway.telegram.outbound.preview import (
    DRAFT_SECONDS,
    RENEW_SECONDS,
    THINKING_SECONDS,
    ChatPreviews,
    Room,
    restore,
)
from agent_gateway.telegram.outbound.previewing import TEXT_UNITS
from tests.support.previewing import decide, do, preview, say


def test_the_first_text_is_sent_at_once_and_edits_wait_two_seconds():
    chat = ChatPreviews()
    turn = preview(chat, text="a")
    assert do(chat, 10.0).message_id is None
    say(turn, "ab")
    assert decide(chat, 10.1) == 12.0
    say(turn, "abc")
    call = do(chat, 12.0)
    assert (call.message_id, call.chunk.text) == (100, "abc")
    assert decide(chat, 14.0) is None


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
    turn = preview(chat, waiting="Waking up your agent…")
    assert do(chat, 10.0).chunk.text == "Waking up your agent…"
    say(turn, "Hello")
    call = do(chat, 10.3)
    assert (call.message_id, call.chunk.text) == (100, "Hello")
    say(turn, "Hello you")
    assert decide(chat, 10.5) == 12.3


def test_another_waiting_line_keeps_the_pace():
    chat = ChatPreviews()
    turn = preview(chat, waiting="Waking up your agent…")
    do(chat, 10.0)
    turn.waiting, turn.dirty = "Waiting for room for your agent…", True
    assert decide(chat, 10.5) == 12.0


def test_what_is_restored_is_edited():
    chat = ChatPreviews()
    turn = preview(chat)
    restore(turn, "old text", (7,))
    say(turn, "old text and more")
    call = do(chat, 10.0)
    assert (call.message_id, turn.ids) == (7, [7])


def test_a_text_that_becomes_empty_leaves_what_stands():
    chat = ChatPreviews()
    turn = preview(chat, text="half")
    do(chat, 10.0)
    say(turn, "")
    assert decide(chat, 13.0) is None
    say(turn, "again")
    assert do(chat, 13.0).message_id == 100


def test_an_activity_stands_behind_the_text_and_never_alone():
    chat = ChatPreviews()
    turn = preview(chat, activity="bash: ls *.py")
    assert decide(chat, 10.0) is None
    say(turn, "Look:\n```python\nprint(1)")
    chunk = do(chat, 10.0).chunk
    assert chunk.text == "Look:\nprint(1)\n\nbash: ls *.py"
    assert [e.type for e in chunk.entities] == ["pre", "italic"]


def test_a_silent_turn_shows_nothing_more():
    chat = ChatPreviews()
    preview(chat, text="a", silent=True)
    assert decide(chat, 10.0) is None


def test_the_same_text_again_is_no_call():
    chat = ChatPreviews()
    turn = preview(chat, text="**a b**")
    do(chat, 10.0)
    say(turn, "__a b__")
    assert decide(chat, 13.0) is None
    assert not turn.dirty


def test_a_restored_waiting_line_gives_way_to_the_answer_at_once():
    chat = ChatPreviews(next_at=100.0)
    turn = preview(chat)
    restore(turn, "", (7,))
    assert decide(chat, 10.0) is None
    say(turn, "Hello")
    assert do(chat, 10.0).message_id == 7


def test_a_text_of_any_length_stays_one_message_and_says_that_it_goes_on():
    chat = ChatPreviews()
    turn = preview(chat, text="word " * 3000, stoppable=True)
    turn.list_tools([f"💻 {'x' * 100} {n}" for n in range(10)])
    text = do(chat, 10.0).chunk.text
    said, _, tools = text.partition("\n\n▸ … still writing; you get all of it when it's done.")
    assert said.endswith("word")
    assert TEXT_UNITS - 10 < len(said) <= TEXT_UNITS
    assert tools.endswith("9")  # the last ones, as many as there is room for
    assert len(text) <= 4096
    say(turn, "word " * 200_000)
    assert decide(chat, 22.0) is None


def test_a_turn_is_a_draft_for_as_long_as_it_lasts_and_is_shown_again_before_it_is_forgotten():
    chat = ChatPreviews()
    turn = preview(chat, text="a", drafts=True, stoppable=True, opened_at=10.0)
    call = do(chat, 10.0)
    assert (call.draft, call.chunk.text, call.chunk.buttons, turn.ids) == (True, "a", (), [])
    say(turn, "ab")
    assert decide(chat, 10.1) == 10.0 + DRAFT_SECONDS  # a draft keeps a pace of its own
    assert do(chat, 12.0).chunk.text == "ab"
    assert decide(chat, 14.0) == 12.0 + RENEW_SECONDS
    turn.list_tools(["💻 ls …"])
    turn.dirty = True
    assert do(chat, 15.0).chunk.text == "ab\n\n💻 ls …"
    for minute in range(1, 30):
        call = do(chat, 15.0 + minute * RENEW_SECONDS)
        assert (call.draft, call.chunk.text, turn.ids) == (True, "ab\n\n💻 ls …", [])


def test_a_turn_that_says_nothing_yet_is_shown_to_be_thought_about_after_a_second():
    chat = ChatPreviews()
    turn = preview(chat, drafts=True, opened_at=10.0)
    turn.dirty = False
    assert decide(chat, 10.0) == 10.0 + THINKING_SECONDS
    call = do(chat, 11.0)
    assert (call.draft, call.chunk.text) == (True, "")
    assert decide(chat, 13.0) == 11.0 + RENEW_SECONDS


def test_a_first_text_waits_for_no_draft_that_said_less():
    """A model's first word comes a second or two after the question, when "thinking" was shown just before."""
    chat = ChatPreviews()
    turn = preview(chat, drafts=True, opened_at=10.0)
    turn.dirty = False
    do(chat, 11.0)
    say(turn, "Hello")
    call = do(chat, 11.1)
    assert (call.draft, call.chunk.text) == (True, "Hello")
    say(turn, "Hello you")
    assert decide(chat, 11.2) == 11.1 + DRAFT_SECONDS


@pytest.mark.parametrize("drafts", [True, False])
def test_that_a_turn_is_worked_on_is_shown_only_where_no_text_comes_soon(drafts):
    chat = ChatPreviews()
    turn = preview(chat, waiting="Waking up your agent…", drafts=drafts)
    do(chat, 10.0)
    turn.waiting, turn.dirty, turn.quiet_until = "Working…", True, 15.0
    assert decide(chat, 14.0) == 15.0
    say(turn, "Hello")
    assert do(chat, 14.1).chunk.text == "Hello"
    other = preview(chat, 2, waiting="Working…", drafts=drafts)
    other.quiet_until = 18.0
    assert decide(chat, 17.0) == 18.0
    assert do(chat, 18.0).chunk.text == "Working…"


def test_what_waits_behind_another_turn_of_its_conversation_is_no_draft():
    chat = ChatPreviews()
    preview(chat, 1, "a", drafts=True)
    second = preview(chat, 2, waiting="Next in line.", drafts=True)
    first, later = do(chat, 10.0), do(chat, 12.0)
    assert (first.draft, later.draft, second.ids) == (True, False, [100])


def test_a_draft_waits_for_its_own_room_and_a_silent_turn_for_nothing():
    chat = ChatPreviews()
    turn = preview(chat, text="a", drafts=True)
    assert decide(chat, 10.0, Room(draft=lambda: 30.0)) == 40.0
    assert decide(chat, 10.0, Room(message=lambda _: 30.0)).draft
    turn.silent = True
    assert decide(chat, 26.0) is None


def test_a_turn_that_begins_below_others_words_goes_on_in_a_new_message():
    chat = ChatPreviews()
    turn = preview(chat, waiting="Next in line.")
    do(chat, 10.0, 100)
    turn.outdated = True
    say(turn, "I look.")
    call = do(chat, 12.0)
    assert (call.superfluous, call.message_id, turn.ids) == (True, 100, [])
    call = do(chat, 14.0, 105)
    assert (call.message_id, call.chunk.text, turn.ids) == (None, "I look.", [105])
