"""Buttons of `/threads`, and links to conversations."""

from __future__ import annotations

import pytest

from agent_gateway.store.rows import Address
from agent_gateway.wording.say import LANGUAGES
from agent_gateway.wording.threads import (
    MOST_PAGES,
    PAGE,
    Slots,
    State,
    StatusFacts,
    ThreadLine,
    ThreadPress,
    build_details_buttons,
    build_link,
    build_list_buttons,
    list_text,
    parse_thread_press,
    status_text,
)


@pytest.mark.parametrize(
    ("chat", "topic", "message", "link"),
    [
        (-1001234567890, 42, 7, "https://t.me/c/1234567890/42"),
        (-1001234567890, None, 7, "https://t.me/c/1234567890/7"),
        (-1001234567890, None, None, ""),
        (-4711, None, 7, ""),  # a group that is no supergroup
        (5, 42, 7, ""),
    ],
)
def test_only_supergroups_have_links(chat, topic, message, link):
    assert build_link(Address(1, chat, topic), message) == link


@pytest.mark.parametrize("data", ["", "th:", "th:x", "th:5:100", "tx:5", "th:" + "9" * 30, "tp:-1"])
def test_other_buttons_are_none_of_the_list(data):
    assert parse_thread_press(data) is None


def test_a_press_names_what_it_asks_for():
    assert parse_thread_press("tp:3") == (ThreadPress.PAGE, 0, 3)
    assert parse_thread_press("tp:999") == (ThreadPress.PAGE, 0, MOST_PAGES - 1)
    assert parse_thread_press("th:5") == (ThreadPress.DETAILS, 5, 0)  # of an earlier release
    assert parse_thread_press("tk:5:2") == (ThreadPress.KILL, 5, 2)


def lines(count):
    return [ThreadLine(number, "t" * 300, State.ASLEEP, name=f"tg-{number}", phase="Idle") for number in range(count)]


def test_a_page_is_short_and_its_data_fits():
    page = list_text("en", lines(PAGE), MOST_PAGES - 1, admin=True)
    assert len(page) < 1500
    buttons = build_list_buttons("de", lines(PAGE), 1, more=True)
    assert all(len(button.data.encode()) <= 64 for button in buttons)
    assert [button.text for button in buttons[-2:]] == ["◀", "▶"]
    assert buttons[-1].beside
    assert [button.text for button in build_list_buttons("en", lines(1), MOST_PAGES - 1, more=True)][-1] == "◀"


def test_what_sleeps_can_neither_be_stopped_nor_ended():
    facts = StatusFacts(ThreadLine(5, "a", State.ASLEEP))
    assert len(build_details_buttons("en", facts, 0, "")) == 1
    busy = StatusFacts(ThreadLine(5, "a", State.WORKING, 12.0))
    assert [b.beside for b in build_details_buttons("en", busy, 0, "https://t.me/c/1/2")] == [False, True, True, False]


def test_people_are_told_without_jargon_and_administrators_the_rest():
    line = ThreadLine(5, "a", State.WORKING, 754.0, "tg-5", "Running", 7, "Unschedulable")
    facts = StatusFacts(line, "glm-5", queued=1, message="0/3 nodes fit", context=12345, pod="pod-1")
    assert status_text("en", facts) == "Working for 12 min 34 s · model glm-5 · 1 message waiting"
    assert status_text("de", facts) == "Arbeitet seit 12 min 34 s · Modell glm-5 · 1 Nachricht wartet"
    assert status_text("en", facts, Slots(2, 50)).splitlines()[1:] == [
        "tg-5: Running, run 7, Unschedulable", "0/3 nodes fit", "Context used: 12,345 tokens", "Pod: pod-1", "Agents at work: 2 of 50",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cold", "words"),
    [
        ("PoolEmpty", "No agent was ready"), ("Starting", "just being made ready"), ("ClassChanged", "just being made ready"),
        ("OutOfHours", "at this time"), ("ToolServers", "suits this conversation"), ("ClaimRefused", "No agent was ready"),
        ("NoRoom", "No agent was ready"), ("OfANewerRelease", "No agent was ready"),
    ],
)  # fmt: skip
def test_why_an_agent_had_to_start_is_told_without_the_clusters_words(cold, words):
    facts = StatusFacts(ThreadLine(1, "t", State.WAKING, name="tg-1", phase="Pending", run=3), cold=cold)
    line, why = status_text("en", facts).split("\n")
    assert line == "Waking up"
    assert words in why
    assert cold not in why
    assert f"tg-1: Pending, run 3, cold: {cold}" in status_text("en", facts, Slots(1, 5)), "an administrator compares"


def test_nothing_is_told_where_an_agent_stood_ready_or_none_is_asked_for():
    facts = StatusFacts(ThreadLine(1, "t", State.WAKING))
    assert status_text("en", facts) == "Waking up"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_why_an_agent_had_to_start(language):
    said = {
        status_text(language, StatusFacts(ThreadLine(1, "t", State.WAKING), cold=cold)).split("\n")[1]
        for cold in ("Starting", "OutOfHours", "ToolServers", "NoRoom")
    }
    assert len(said) == 4
