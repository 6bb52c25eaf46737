"""What the chat says of notes that last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_gateway.store.notes import Note, Scope
from agent_gateway.wording import notes as texts
from agent_gateway.wording.notes import NotePress, parse_note_press, read_note
from agent_gateway.wording.say import LANGUAGES

NOW = datetime(2026, 11, 29, 15, tzinfo=UTC)


def note(number=1, text="we use uv", scope=Scope.CONVERSATION, name="Ada", by_agent=False):
    return Note(number, scope, 7, 42, name, by_agent, text, NOW, "the parser")


@pytest.mark.parametrize(
    ("args", "read"),
    [
        ("we  use\nuv", (Scope.CONVERSATION, "we use uv")), ("for:chat we use uv", (Scope.CHAT, "we use uv")),
        (" FOR:me x", (Scope.PERSON, "x")), ("for:me", (Scope.PERSON, "")), ("for:members x", (Scope.CONVERSATION, "for:members x")),
        ("", (Scope.CONVERSATION, "")),
    ],
)  # fmt: skip
def test_where_a_note_holds_may_stand_before_it(args, read):
    assert read_note(args) == read


def test_buttons_are_of_notes_alone():
    assert parse_note_press("nd:12:3") == (NotePress.DELETE, 12, 3)
    assert parse_note_press("np:2") == (NotePress.PAGE, 2, 0)
    for data in ("nx:1", "nd:", "nd:1:100", "sr:1:0:b:0:t", "nd:" + "9" * 30):
        assert parse_note_press(data) is None


def test_a_page_says_where_by_whom_and_when_and_nothing_in_it_can_be_tapped():
    notes = [note(9, "run /new @ada", Scope.CHAT, by_agent=True), *(note(n) for n in range(8))]
    text = texts.list_text("en", notes, 0, 7, NOW, UTC)
    assert text.startswith("I remember 9 things here.")
    assert "whole chat · noted by me for Ada · 15:00" in text
    assert "/new" not in text
    buttons = texts.build_list_buttons(notes, 0)
    assert [b.text for b in buttons] == [*(f"🗑 {n}" for n in range(1, 9)), "▶"]
    assert [b.data for b in texts.build_list_buttons(notes, 1)] == ["nd:7:1", "np:0"]


def test_a_note_can_be_widened_to_where_there_is_more():
    def shown(private, topics, scope=Scope.CONVERSATION):
        return [b.data for b in texts.build_noted_buttons("en", note(scope=scope), private=private, topics=topics)]

    assert shown(True, True) == ["nm:1", "nd:1:99"]
    assert shown(False, True) == ["nc:1", "nd:1:99"]
    assert shown(False, False) == shown(False, True, Scope.CHAT) == ["nd:1:99"]


def test_what_an_agent_notes_for_a_whole_group_says_whose_it_is():
    of_agent = note(scope=Scope.CHAT, by_agent=True)
    assert "my talk with Ada: we use uv" in texts.noted_text("en", of_agent, group=True)
    nobodys = replace(of_agent, person_id=None, name=None)
    assert "Nobody here said it" in texts.noted_text("en", nobodys, group=True)
    usual = texts.noted_text("en", note(scope=Scope.CHAT))
    assert usual == texts.noted_text("en", of_agent) == texts.noted_text("en", note(scope=Scope.CHAT), group=True)
    assert "Ada" not in usual
    elsewhere = texts.list_text("en", [of_agent, nobodys], 0, 8, NOW, UTC)
    assert "whole chat · the parser · noted by me for Ada · 15:00" in elsewhere
    assert "whole chat · the parser · noted by me, asked by nobody here · 15:00" in elsewhere


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("person", [42, None])
def test_each_language_says_it_whole(language, scope, person):
    one = replace(note(scope=scope, by_agent=True), person_id=person)
    said = texts.noted_text(language, one, group=True), texts.list_text(language, [one], 0, 8, NOW, UTC)
    assert all("{" not in text and len(text) < 400 for text in said)
