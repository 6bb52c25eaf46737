"""Times in the reader's own zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from agent_gateway.render.render import render
from agent_gateway.render.rich import render_rich
from agent_gateway.render.times import ShownTime, link_time, read_time
from agent_gateway.telegram.outbound.library import to_library
from agent_simulators.telegram.checks import check_text

AT = datetime(2026, 11, 29, 14, 30, tzinfo=UTC)
TOLD = f"It's back in 2 h ({link_time('14:30 UTC', AT, 't')})."


def test_a_time_is_an_entity_of_its_words():
    (chunk,) = render(TOLD)
    assert chunk.text == "It's back in 2 h (14:30 UTC)."
    sent = [entity.to_dict() for entity in to_library(chunk.entities)]
    assert sent == [
        {"type": "date_time", "offset": 18, "length": 9, "unix_time": int(AT.timestamp()), "date_time_format": "t"}
    ]
    assert check_text(chunk.text, sent, None) == (chunk.text, sent)


def test_a_rich_message_shows_it_too():
    (chunk,) = render_rich(TOLD)
    assert {"type": "date_time", "text": "14:30 UTC", "unix_time": int(AT.timestamp()), "date_time_format": "t"} in (
        chunk.rich["blocks"][0]["text"]
    )


@pytest.mark.parametrize(
    "url",
    [
        "tg://time?unix=99999999999&format=t", "tg://time?unix=-1&format=t", "tg://time?unix=1&format=x",
        "tg://time?unix=1&format=t&x=1", "https://example.org/time?unix=1&format=t",
    ],
)  # fmt: skip
def test_no_other_link_is_a_time(url):
    assert read_time(url) is None


def test_the_last_second_is_one():
    assert read_time("tg://time?unix=2147483647&format=wDT") == ShownTime(2**31 - 1, "wDT")
