from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

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
