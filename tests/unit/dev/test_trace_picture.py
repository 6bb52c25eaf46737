from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from dev.bench.trace import list_whole, look, picture
from dev.bench.tracepicture import Bar, draw, find_leaves, measure_share, read_bars

SPANS = [
    {"trace": "t", "id": "r", "parent": "", "name": "all <&>", "service": "openclaw-gateway", "begin": 0, "end": 100_000_000},
    {"trace": "t", "id": "a", "parent": "r", "name": "a", "service": "openclaw-gateway", "begin": 0, "end": 40_000_000},
    {"trace": "t", "id": "b", "parent": "a", "name": "b", "service": "openclaw-operator", "begin": 10_000_000, "end": 20_000_000},
    {"trace": "t", "id": "b", "parent": "a", "name": "b", "service": "openclaw-operator", "begin": 10_000_000, "end": 20_000_000},
    {"trace": "t", "id": "c", "parent": "r", "name": "c", "service": "openclaw-runner", "begin": 50_000_000, "end": 100_000_000},
    {"trace": "u", "id": "x", "parent": "", "name": "x", "service": "openclaw-runner", "begin": 0, "end": 1},
]  # fmt: skip


def test_a_trace_is_read_once_and_in_order():
    assert [bar.name for bar in read_bars(SPANS, "t")] == ["all <&>", "a", "b", "c"]
    assert [bar.name for bar in find_leaves(read_bars(SPANS, "t"))] == ["b", "c"]


@pytest.mark.parametrize(
    ("spans", "share"),
    [
        ([], 0), ([(0, 100)], 1), ([(-50, 50)], 0.5), ([(0, 50), (25, 75)], 0.75), ([(0, 10), (90, 200)], 0.2),
        ([(0, 100), (10, 20)], 1), ([(200, 300)], 0), ([(-20, -10)], 0),
    ],
)  # fmt: skip
def test_the_share_that_is_told_counts_no_time_twice_and_none_outside(spans, share):
    bars = [Bar("n", "s", str(number), "", *times) for number, times in enumerate(spans)]
    assert measure_share(bars, 0, 100) == pytest.approx(share)


def test_the_picture_has_a_bar_for_each_span_and_marks_the_first_text():
    bars = read_bars(SPANS, "t")
    root = ET.fromstring(draw(bars, 0, 60, "A <new> conversation"))
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"all <&>", "a", "b", "c", "A <new> conversation", "first text, 60 ms"} <= set(texts)
    bars_drawn = [element for element in root.iter("{http://www.w3.org/2000/svg}rect") if element.get("rx")]
    assert len(bars_drawn) == len(bars)


def build_spans(chat, share):
    """Return a trace of 100 ms, of which so much has a span within that of the whole."""
    whole = {"id": "r", "parent": "", "name": "invoke_agent pi", "attributes": {"gen_ai.conversation.id": f"tg-{chat}"}}
    part = {"id": "a", "parent": "r", "name": "start container", "attributes": {}}
    return [
        {"trace": f"t{chat}", "service": "openclaw-gateway", "begin": 0, "end": int(100_000_000 * of), **span}
        for span, of in ((whole, 1), (part, share))
    ]


def test_the_conversation_of_median_length_is_drawn_and_all_are_told():
    marks = {1: {"received": 0, "visible": 100}, 2: {"received": 0, "visible": 50}, 3: {"received": 0, "visible": 80}}
    seen = look([*build_spans(1, 0.9), *build_spans(2, 0.3), *build_spans(3, 0.6)], marks)
    assert [(one.took, round(one.share, 2)) for one in seen] == [(100, 0.9), (50, 0.6), (80, 0.75)]
    drawn = picture(seen, 2, 0.26)
    assert (
        "A new conversation, 2 cores, load 0.3: 75.0% of the time from update to first text has a span (60.0% to 90.0% of 3)"
        in drawn
    )
    assert "first text, 80 ms" in drawn


def test_a_trace_is_whole_when_gateway_and_operator_have_told_theirs():
    lines = [json.dumps(span) for span in [*build_spans(1, 1), *build_spans(2, 1)[:1]]]
    assert list_whole("\n".join(["it serves", *lines])) == {"t1"}
