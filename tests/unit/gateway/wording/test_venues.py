"""What is told of a topic or chat that is gone."""

from __future__ import annotations

import pytest

from agent_gateway.wording import keys
from agent_gateway.wording.titles import PRIVATE, show_title
from agent_gateway.wording.venues import gone_text


def test_a_topic_is_named_and_what_was_dropped_is_counted():
    assert gone_text("en", "deploy", 0, chat=False).startswith("The topic “deploy” is gone, so I stopped")
    assert gone_text("en", "", 2, chat=False).endswith("\nI dropped 2 waiting messages.")


def test_a_chat_is_named_where_it_has_a_title():
    assert gone_text("en", "Builders", 1, chat=True).split("\n") == [
        keys.venue_chat_gone("en", title="Builders"), "I dropped one waiting message.",
    ]  # fmt: skip
    assert gone_text("en", "", 0, chat=True) == keys.venue_chat_gone_untitled("en")


@pytest.mark.parametrize(("dropped", "words"), [(1, "1 сообщение"), (3, "3 сообщения"), (5, "5 сообщений")])
def test_it_is_told_in_the_persons_language(dropped, words):
    assert words in gone_text("ru", "сборка", dropped, chat=False)


def test_a_private_chat_is_named_in_the_readers_language():
    assert show_title("de", PRIVATE) == "Privater Chat"
    assert show_title("de", "deploy") == "deploy"
    assert show_title("en", "") == "no title"
    assert PRIVATE not in gone_text("de", PRIVATE, 0, chat=False)
