"""What a turn has said, from its events."""

from __future__ import annotations

import pytest

from agent_contract import wire
from agent_contract.text import clean
from agent_gateway.runners.progress import MAX_TEXT, Progress


def text(message, offset, words):
    return wire.Text(message=message, offset=offset, text=words)


def test_text_is_put_together_by_message_and_offset():
    progress = Progress()
    for event in (text(0, 0, "Hel"), text(0, 3, "lo"), text(1, 0, "World")):
        progress.apply(event)
    assert progress.text() == "Hello\n\nWorld"
    assert progress.messages() == ["Hello", "World"]


def test_text_that_overlaps_takes_the_place_of_what_stood_there():
    progress = Progress(["Hello wor"])
    progress.apply(text(0, 6, "World"))
    assert progress.text() == "Hello World"


def test_a_hole_is_closed_and_the_whole_message_mends_it():
    progress = Progress()
    progress.apply(text(0, 10, "late"))
    assert progress.text() == "late"
    progress.apply(wire.MessageDone(message=0, text="not so late"))
    assert progress.text() == "not so late"


def test_a_replaced_message_keeps_its_place_but_says_nothing():
    progress = Progress()
    progress.apply(text(0, 0, "wrong"))
    progress.apply(wire.MessageReplaced(message=0))
    progress.apply(text(1, 0, "right"))
    assert progress.messages() == ["", "right"]
    assert Progress(progress.messages()).text() == progress.text() == "right"


@pytest.mark.parametrize(
    ("event", "activity"),
    [
        (wire.Thinking(), "thinking…"),
        (wire.ToolStarted(call="c", tool="bash", summary="ls -l"), None),  # it has a line of its own
        (wire.ToolEnded(call="c", tool="bash"), None),
        (wire.Retrying(attempt=2, max_attempts=3, delay_ms=1), "the model's API does not answer, trying again (2/3)…"),
        (wire.Compacting(), "shortening the context…"),
        (text(0, 0, "x"), None),
    ],
)
def test_an_event_says_what_is_done_just_now(event, activity):
    progress = Progress()
    progress.apply(wire.Thinking())
    progress.apply(event)
    assert progress.activity == activity


def test_a_turn_is_bounded():
    progress = Progress()
    for number in range(12):
        progress.apply(text(number, 0, "x" * 100_000))
    assert sum(map(len, progress.messages())) == MAX_TEXT
    assert progress.text().endswith("no more of it is kept.)")


@pytest.mark.parametrize("message", [-1, 10**9])
def test_a_message_number_out_of_bounds_is_refused(message):
    with pytest.raises(wire.FrameError):
        Progress().apply(text(message, 0, "x"))


def test_half_a_character_is_replaced_as_its_frame_is_read():
    progress = Progress()  # the runner keeps a half back until the other one comes
    progress.apply(text(0, 0, "a\ud83d"))
    progress.apply(text(0, 2, "\ud83d\ude00b"))
    assert progress.text() == "a�😀b"


def test_what_postgres_cannot_hold_is_replaced():
    assert clean("a\x00b") == "a�b"
