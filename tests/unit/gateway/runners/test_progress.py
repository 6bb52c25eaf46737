"""What a turn has said, from its events."""

from __future__ import annotations

import random
import time

import pytest

from agent_contract import wire
from agent_contract.text import clean
from agent_gateway.render.foreign import clean_said
from agent_gateway.runners.progress import MAX_TEXT, Progress
from agent_gateway.runners.said import BLOCK


def text(message, offset, words):
    return wire.Text(message=message, offset=offset, text=words)


def test_what_is_done_just_now_is_said_in_the_language_of_who_asked():
    progress = Progress("de")
    progress.apply(wire.Thinking())
    assert progress.activity == "denke nach …"


def test_text_is_put_together_by_message_and_offset():
    progress = Progress("en")
    for event in (text(0, 0, "Hel"), text(0, 3, "lo"), text(1, 0, "World")):
        progress.apply(event)
    assert (progress.way(), progress.last()) == ("Hello", "World")
    assert progress.messages() == ["Hello", "World"]


def test_text_that_overlaps_takes_the_place_of_what_stood_there():
    progress = Progress("en", ["Hello wor"])
    progress.apply(text(0, 6, "World"))
    assert progress.last() == "Hello World"


def test_a_hole_is_closed_and_the_whole_message_mends_it():
    progress = Progress("en")
    progress.apply(text(0, 10, "late"))
    assert progress.last() == "late"
    progress.apply(wire.MessageDone(message=0, text="not so late"))
    assert progress.last() == "not so late"


def test_a_replaced_message_keeps_its_place_but_says_nothing():
    progress = Progress("en")
    progress.apply(text(0, 0, "wrong"))
    progress.apply(wire.MessageReplaced(message=0))
    progress.apply(text(1, 0, "right"))
    assert progress.messages() == ["", "right"]
    assert Progress("en", progress.messages()).last() == progress.last() == "right"


@pytest.mark.parametrize(
    ("event", "activity"),
    [
        (wire.Thinking(), "thinking…"),
        (wire.ToolStarted(call="c", tool="bash", summary="ls -l"), None),  # it has a line of its own
        (wire.ToolEnded(call="c", tool="bash"), None),
        (wire.Retrying(attempt=2, max_attempts=3, delay_ms=1), "the model isn't answering, trying again (2 of 3)…"),
        (wire.Compacting(), "summing up what we said so far…"),
        (text(0, 0, "x"), None),
    ],
)
def test_an_event_says_what_is_done_just_now(event, activity):
    progress = Progress("en")
    progress.apply(wire.Thinking())
    progress.apply(event)
    assert progress.activity == activity


def test_a_turn_is_bounded():
    progress = Progress("en")
    for number in range(20):
        progress.apply(text(number, 0, "x" * 60_000))
    assert sum(map(len, progress.messages())) == MAX_TEXT
    assert progress.last().endswith("I keep no more of it.)")


@pytest.mark.parametrize("message", [4096, 10**9])
def test_a_message_number_out_of_bounds_is_refused(message):
    with pytest.raises(wire.FrameError):
        Progress("en").apply(text(message, 0, "x"))


def test_half_a_character_is_replaced_as_its_frame_is_read():
    progress = Progress("en")  # the runner keeps a half back until the other one comes
    progress.apply(text(0, 0, "a\ud83d"))
    progress.apply(text(0, 2, "\ud83d\ude00b"))
    assert progress.last() == "a�😀b"


def test_what_postgres_cannot_hold_is_replaced():
    assert clean("a\x00b") == "a�b"


def test_what_steers_a_terminal_is_not_shown_whatever_pieces_it_comes_in():
    progress = Progress("en")
    pieces = ("\x1b[3", "1mred", "\x1b[0m", "\x07!")
    for number, piece in enumerate(pieces):
        progress.apply(text(0, sum(map(len, pieces[:number])), piece))
        assert "\x1b" not in progress.last()
        assert "[" not in progress.last()
    assert progress.last() == "red!"


def test_what_an_event_costs_does_not_grow_with_the_answer():
    progress = Progress("en")
    for number in range(5):
        progress.apply(text(0, 50_000 * number, "\U0001f600" * 50_000))
    begun = time.process_time()
    for number in range(2000):
        progress.apply(text(0, 250_000 + 100 * number, "x" * 100))
        assert progress.beginning(6001)
    assert time.process_time() - begun < 2  # put together for each it would be half a minute
    assert len(progress.last()) == 450_000


def test_the_beginning_is_that_of_the_newest_message_that_says_anything():
    progress = Progress("en", ["first"])
    progress.apply(text(1, 0, "\nsecond\u202e ▸ 1 step"))
    progress.apply(text(2, 0, "  \n"))
    assert progress.beginning(100) == progress.last() == "second ▹ 1 step"
    assert progress.beginning(4) == "sec"
    progress.apply(text(1, 3, "t"))
    assert progress.beginning(100) == "set"


def test_an_answer_in_pieces_of_any_size_is_what_it_is_in_one():
    rng = random.Random(5)
    signs = ["x", "\n", "\x1b[31m", "\u202e", "\U0001f600", "▸", " " * 50]
    whole = "".join(rng.choice(signs) * rng.randint(1, 400) for _ in range(600))
    assert len(whole) > 3 * BLOCK
    progress, at = Progress("en"), 0
    while at < len(whole):
        piece = whole[at : at + rng.randint(1, 20_000)]
        progress.apply(text(0, at, piece))
        at += len(piece)
        if rng.random() < 0.3:
            progress.clean_some()
        if rng.random() < 0.1:
            at = rng.randint(0, at)  # it is said again from there
    assert progress.messages() == [clean_said(whole)]
