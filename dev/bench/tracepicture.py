"""A trace as a picture, and how much of a time its spans tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Final

_COLOURS: Final = {"openclaw-gateway": "#3b6fb6", "openclaw-operator": "#b5651d", "openclaw-runner": "#3a8f5c"}
_WIDTH, _LEFT, _ROW, _TOP = 1000, 190, 22, 54
"""Pixels."""
_TICKS: Final = 8
_NICE: Final = (1, 2, 5, 10, 20, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000)
"""Milliseconds between two ticks."""
_MS: Final = 1_000_000
_FONT: Final = 'font-family="system-ui, sans-serif" font-size="12"'


@dataclass(frozen=True, slots=True)
class Bar:
    """A span.

    Attributes:
        name: What was done.
        service: By whom.
        id: Its id.
        parent: Of the span that it is a part of; empty without one.
        begin: Milliseconds since the epoch.
        end: Likewise.
    """

    name: str
    service: str
    id: str
    parent: str
    begin: float
    end: float


def read_bars(spans: Iterable[Mapping[str, Any]], trace: str) -> list[Bar]:
    """Return the spans of a trace as a collector wrote them, each once, the earliest first."""
    bars = {
        span["id"]: Bar(
            span["name"], span["service"], span["id"], span["parent"], span["begin"] / _MS, span["end"] / _MS
        )
        for span in spans
        if span["trace"] == trace
    }
    return sorted(bars.values(), key=lambda bar: (bar.begin, -bar.end))


def find_leaves(bars: Sequence[Bar]) -> list[Bar]:
    """Return the spans that no other is a part of: those that say what was done, and not only that something was."""
    parents = {bar.parent for bar in bars}
    return [bar for bar in bars if bar.id not in parents]


def measure_share(bars: Iterable[Bar], begin: float, end: float) -> float:
    """Return which share of a time is told by spans, however many tell the same."""
    covered, until = 0.0, begin
    for first, last in sorted((max(bar.begin, begin), min(bar.end, end)) for bar in bars):
        if last > max(first, until):
            covered += last - max(first, until)
            until = last
    return covered / (end - begin)


def draw(bars: Sequence[Bar], received: float, visible: float, words: str) -> str:
    """Return an SVG of a trace: one row a span, in the order in which they began.

    Args:
        bars: Its spans.
        received: When the message was said, in milliseconds since the epoch.
        visible: When the first text of its answer was seen.
        words: What stands above it.
    """
    last = max(bar.end for bar in bars)
    scale = (_WIDTH - _LEFT - 70) / (last - received)
    height = _TOP + _ROW * len(bars) + 30

    def at(time: float) -> float:
        return round(_LEFT + (time - received) * scale, 1)

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="20" font-size="14" fill="#222">{escape(words)}</text>',
    ]
    for number, (service, colour) in enumerate(_COLOURS.items()):
        x = 10.0 + 160 * number
        lines.append(f'<rect x="{x}" y="30" width="12" height="12" fill="{colour}"/>')
        lines.append(f'<text x="{x + 17}" y="40" fill="#222">{escape(service)}</text>')
    for tick in _find_ticks(last - received):
        x = at(received + tick)
        lines.append(f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{height - 24}" stroke="#dddddd"/>')
        lines.append(f'<text x="{x}" y="{height - 8}" fill="#555" text-anchor="middle">{tick:.0f} ms</text>')
    for row, bar in enumerate(bars):
        y, colour = _TOP + _ROW * row, _COLOURS[bar.service]
        x, wide = at(bar.begin), max(1.5, (bar.end - bar.begin) * scale)
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 14}" fill="#222" text-anchor="end">{escape(bar.name)}</text>')
        lines.append(f'<rect x="{x}" y="{y + 3}" width="{wide:.1f}" height="{_ROW - 8}" rx="2" fill="{colour}"/>')
        told = f"{bar.end - bar.begin:.0f}"
        lines.append(f'<text x="{x + wide + 4:.1f}" y="{y + 14}" fill="#555">{told}</text>')
    x = at(visible)
    lines.append(
        f'<line x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{height - 24}" stroke="#c0392b" stroke-dasharray="4 3"/>'
    )
    where = f'x="{x + 4}"' if x < _WIDTH - 150 else f'x="{x - 4}" text-anchor="end"'
    lines.append(f'<text {where} y="{_TOP - 4}" fill="#c0392b">first text, {visible - received:.0f} ms</text>')
    return "\n".join([*lines, "</svg>", ""])


def _find_ticks(span: float) -> list[int]:
    step = next((nice for nice in _NICE if span / nice <= _TICKS), _NICE[-1])
    return list(range(0, int(span) + 1, step))
