"""What the chat says of going back: which turns, when, and what becomes of the files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from agent_gateway.store.undos import UndoableTurn, join_turns
from agent_gateway.wording.languages import LANGUAGES
from agent_gateway.wording.undo import (
    PAGE,
    FilesAfter,
    UndoPlan,
    UndoPress,
    build_back_button,
    build_list,
    build_others_button,
    done_text,
    name_turn,
    parse_undo_press,
    question_text,
)

NOW = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def turn(number, words="paint the stars red", *, running=False, at=NOW):
    return UndoableTurn(number, (number,), 42, 100 + number, words, at, at, running)


def test_a_turn_is_named_by_its_time_in_the_zone_of_who_asks_and_its_first_words():
    assert name_turn(turn(1), NOW, BERLIN) == "00:30 paint the stars red"
    assert name_turn(turn(1, at=NOW - timedelta(hours=1)), NOW, BERLIN) == "2026-11-29 23:30 paint the stars red"
    assert name_turn(turn(1, at=NOW - timedelta(hours=1)), NOW, UTC) == "22:30 paint the stars red"
    long = name_turn(turn(1, "word\n" * 1000), NOW, UTC)
    assert len(long) <= len("22:30 ") + 40
    assert long.endswith("…")
    assert name_turn(turn(1, "/kill all"), NOW, UTC) != "23:30 /kill all"  # nothing in it can be tapped


def test_the_question_says_what_goes_and_what_becomes_of_the_files():
    plan = UndoPlan([turn(9, running=True), *(turn(n) for n in range(8, 0, -1))], FilesAfter.EMPTY, 2)
    text = question_text("en", plan, NOW, UTC)
    assert text.count("•") == 5
    for words in ("last 9 messages", "… and 4 more", "will be empty", "I stop first", "2 messages that wait", "pushes"):
        assert words in text
    plain = question_text("en", UndoPlan([turn(1)], FilesAfter.NONE, 0), NOW, UTC)
    assert "files" not in plain
    assert "stop first" not in plain


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_it_within_what_a_phone_shows(language):
    plan = UndoPlan([turn(2, running=True), turn(1)], FilesAfter.BEFORE, 1)
    question, done = question_text(language, plan, NOW, UTC), done_text(language, plan, 3)
    assert len(question) < 500
    assert len(done) < 300
    assert "3" in done
    assert len(build_back_button(language, 1).text) <= 20
    assert len(build_others_button(language, 1).text) <= 20


def test_the_list_has_pages_and_its_buttons_come_back():
    turns = [turn(n) for n in range(20, 0, -1)]
    first = build_list("en", 7, turns, 0, NOW, UTC)
    assert len(first) == PAGE + 1
    middle = build_list("en", 7, turns, PAGE, NOW, UTC)
    assert [button.text for button in middle[PAGE:]] == ["Earlier", "Later"]
    last = build_list("en", 7, turns, 2 * PAGE, NOW, UTC)
    assert [parse_undo_press(button.data) for button in last] == [
        *((UndoPress.TURN, 7, n) for n in (4, 3, 2, 1)), (UndoPress.LIST, 7, PAGE)
    ]  # fmt: skip
    assert parse_undo_press(build_back_button("en", 5).data) == (UndoPress.BACK, 5, 0)
    assert parse_undo_press("ud:x:1") is None
    assert parse_undo_press("cf:undo:1") is None


def row(number, again_of=None, text="words", preface="", **more):
    base = {
        "id": number, "person_id": 42, "message_id": number, "text": text, "preface": preface, "files": "[]",
        "created_at": NOW, "delivered_at": NOW, "again_of": again_of, "running": False,
    }  # fmt: skip
    return base | more


def test_what_goes_on_with_the_turn_before_it_is_one_with_it_and_what_stands_before_its_words_is_left_out():
    rows = [
        row(6, again_of=5, text="go on", running=True),
        row(5, again_of=4, text="go on"),
        row(4, text="[Monday]\n\nfix it", preface="[Monday]"),
        row(3, again_of=1, text="asked again later"),
        row(2),
        row(1, text="", files='[{"id": "x", "name": "photo.jpg"}]'),
    ]
    found = join_turns(rows)
    assert [(turn.id, turn.ids, turn.running) for turn in found] == [
        (4, (6, 5, 4), True), (3, (3,), False), (2, (2,), False), (1, (1,), False)
    ]  # fmt: skip
    assert [turn.words for turn in found] == ["fix it", "asked again later", "words", "photo.jpg"]
