"""What administrators are shown of who did what."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from agent_gateway.store.audit import Act
from agent_gateway.wording import audit as texts

AT = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)


def test_acts_stand_below_their_day_in_the_readers_zone():
    acts = [
        Act(3, AT, 42, "Ann", "forget", "tg-42"),
        Act(2, AT, None, None, "restored", "2 runs"),
        Act(1, AT.replace(hour=9), 7, None, "more_time", ""),
    ]
    text = texts.list_text("en", acts, ZoneInfo("Europe/Berlin"))
    assert text.split("\n")[1:] == [
        "", "2026-11-30", "00:30 Ann (42) · forget · tg-42", "00:30 the bot itself · restored · 2 runs",
        "", "2026-11-29", "10:30 7 · more time",
    ]  # fmt: skip
    assert texts.list_text("en", [], UTC) == "Nobody did anything yet."


def test_foreign_words_are_short_and_harmless():
    text = texts.list_text("en", [Act(1, AT, 42, "A\n" + "n" * 90, "link", "\u202ex" * 90)], UTC)
    assert "\u202e" not in text
    assert len(text.split("\n")[-1]) < 130


def test_who_spoke_from_a_terminal_is_named_and_not_taken_for_the_bot():
    person = "system:serviceaccount:ci:deployer-of-everything by night"
    text = texts.list_text("en", [Act(1, AT, None, None, "console-say", f"tg-n100200300-42 by {person}")], UTC)
    assert (
        texts.clean_said(text.split("\n")[-1]).replace("\u2060", "")
        == f"23:30 💻 {person} · console-say · tg-n100200300-42"
    )


@pytest.mark.parametrize(
    ("data", "found"),
    [
        ("au:0:99", (None, 99)),
        ("au:42:7", (42, 7)),
        ("au:x:7", None),
        ("au:42", None),
        ("au:42:" + "9" * 19, None),
        ("th:1", None),
    ],
)
def test_buttons_are_read(data, found):
    assert texts.parse_audit_press(data) == found


@pytest.mark.parametrize("person_id", [None, 42])
def test_a_button_leads_to_what_was_before(person_id):
    (button,) = texts.build_buttons("en", [Act(9, AT, 42, None, "kill", "x")], person_id, more=True)
    assert texts.parse_audit_press(button.data) == (person_id, 9)
    assert texts.build_buttons("en", [], person_id, more=True) == ()
