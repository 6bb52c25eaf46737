"""What the chat says of found messages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_gateway.store.search import Found
from agent_gateway.wording import search as texts
from agent_gateway.wording.say import LANGUAGES
from agent_gateway.wording.search import View

NOW = datetime(2026, 11, 29, 15, tzinfo=UTC)


def found(number=1, **more):
    fields = {
        "id": number, "thread_id": 7, "role": "user", "at": datetime(2026, 11, 12, 14, 3, tzinfo=UTC), "person_id": 42, "name": "Ada",
        "title": "deploys", "chat_id": -100123, "topic_id": 5, "message_id": 77, "answer_id": None, "excerpt": "the retry\nbug",
    }  # fmt: skip
    return Found(**(fields | more))


def test_a_page_says_who_when_and_what():
    said = [found(), found(2, role="assistant", at=NOW, thread_id=8, excerpt="fixed /new @ada")]
    text = texts.list_text("en", "retry", said, 7, View(1), 7, NOW, UTC)
    assert text.startswith("“retry”: 7 messages\n\n")
    assert "1. Ada · 2026-11-12 14:03\nthe retry bug" in text
    assert "2. Agent · 15:00 · deploys\n" in text
    assert "/new" not in text  # nothing in it can be tapped
    assert "@ada" not in text


def test_what_is_shown_of_a_message_are_plain_words():
    said = [found(excerpt="# Why\n\nthe **retry** bug in `loop.py`"), found(2, excerpt="&#64;ada, `/new`")]
    text = texts.list_text("en", "retry", said, 2, View(1), 7, NOW, UTC)
    assert "\nWhy the retry bug in loop.py" in text
    assert "/new" not in text  # nothing in it can be tapped, however it was written
    assert "@ada" not in text
    assert "retry bug" in texts.message_text("en", "assistant", "the **retry** bug")


def test_links_lead_to_the_message_where_there_are_links():
    assert texts.build_link(found(chat_id=-1001234567890)) == "https://t.me/c/1234567890/5/77"
    assert (
        texts.build_link(found(chat_id=-1001234567890, topic_id=None, answer_id=80)) == "https://t.me/c/1234567890/80"
    )
    assert texts.build_link(found(chat_id=42)) == ""
    assert texts.build_link(found(chat_id=-1001234567890, message_id=None)) == ""
    buttons = texts.build_buttons("en", [found(chat_id=-1001234567890), found(2, chat_id=42)], 2, View(9), topics=False)
    assert [(b.text, b.data, b.url, b.beside) for b in buttons[:2]] == [
        ("1 ↗", "", "https://t.me/c/1234567890/5/77", False), ("2", "so:2:t", "", True),
    ]  # fmt: skip


def test_buttons_turn_pages_and_go_through_filters():
    buttons = texts.build_buttons("en", [found(n, chat_id=42) for n in range(5)], 12, View(9, page=1), topics=True)
    shown = {b.text: texts.parse_view(b.data) for b in buttons[5:]}
    assert shown == {
        "◀": View(9), "▶": View(9, page=2), "👥 Everybody": View(9, who="p"), "🗓 Ever": View(9, days=7),
        "📄 This topic": View(9, chat=True),
    }  # fmt: skip
    assert all(len(b.data.encode()) <= 64 for b in buttons)


@pytest.mark.parametrize(
    "data", ["sr:1:0:x:0:t", "sr:1:0:b:8:t", "sr:1:0:b:0:z", "so:x:t", "th:1:0", "", "sr:" + "9" * 30]
)
def test_other_buttons_are_none_of_these(data):
    assert texts.parse_view(data) is None
    assert texts.parse_open(data) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_fits_a_phone_in_each_language(language):
    said = [found(n, excerpt="x" * 700, name="N" * 200, title="T" * 200, thread_id=8) for n in range(5)]
    text = texts.list_text(language, "w" * 300, said, 200, View(1, page=39), 7, NOW, UTC)
    assert len(text) < 1700
    assert "{" not in text
