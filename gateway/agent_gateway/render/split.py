"""Cut a text with entities into messages: whole code blocks first, then paragraphs, lines, words. Pure.

The time it takes grows with the text and not with its square: a pod may send a very long answer.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from agent_gateway.telegram.ports import Entity

_LAST_OF_ONE_UNIT = "\uffff"
_UNSEEN = re.compile(
    r"[\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffc]*"
)
"""White space, marks of direction and joiners: Telegram takes a message of them alone for an empty one."""
_SHORTEST = 4
"""A nicer place to cut must leave at least one in so many parts of a message filled."""


def split(text: str, entities: Sequence[Entity], limit: int, most: int) -> Iterator[tuple[str, list[Entity]]]:
    """Yield messages of at most `limit` UTF-16 units and `most` entities; those with nothing to see are left out.

    `entities` are in the order of their offsets.
    """
    source = _Source(text, entities, limit, most)
    start = 0
    while start < len(text):
        end = source.find_cut(start)
        part = source.take(start, end)
        if part is not None:
            yield part
        start = end


class _Source:
    """A text, its UTF-16 offsets, its entities and its blocks of code: those that fit in one message stay whole."""

    def __init__(self, text: str, entities: Sequence[Entity], limit: int, most: int) -> None:
        self.text = text
        self.limit = limit
        self.most = most
        self.units = array("L", accumulate((1 + (sign > _LAST_OF_ONE_UNIT) for sign in text), initial=0))
        self._entities = entities
        self._next = 0
        """The first entity that begins behind what was taken."""
        self._open: list[Entity] = []
        """Entities that began in what was taken and go on behind it."""
        blocks = [e for e in entities if e.type == "pre"]
        self._begins = [self.index(e.offset) for e in blocks]
        self._stops = [self.index(e.end) for e in blocks]
        self._whole = [e.length <= limit for e in blocks]

    def index(self, unit: int) -> int:
        """Return the code point that begins at (or covers) a UTF-16 offset."""
        return bisect_right(self.units, unit) - 1

    def find_cut(self, start: int) -> int:
        """Return where the message that begins at `start` ends."""
        end = self._end_by_entities(start, self.index(self.units[start] + self.limit))
        if end >= len(self.text):
            return len(self.text)
        block = self._find_block(end)
        if block is not None and self._whole[block] and start < self._begins[block] < end:
            return self._begins[block]
        low = start + max(1, (end - start) // _SHORTEST)
        inside = block is not None and not self._whole[block] and self._begins[block] < end
        return self._last(("\n",) if inside else ("\n\n", "\n", " "), low, end) or end

    def _end_by_entities(self, start: int, end: int) -> int:
        room = self.most - len(self._open)
        last = self.units[end]
        if room < 0 or self._next + room >= len(self._entities) or self._entities[self._next + room].offset >= last:
            return end
        cut = self.index(self._entities[self._next + room].offset)
        return cut if cut > start else end

    def _find_block(self, position: int) -> int | None:
        """Return which block of code holds a position."""
        block = bisect_right(self._begins, position) - 1
        return block if block >= 0 and position < self._stops[block] else None

    def _last(self, separators: tuple[str, ...], low: int, end: int) -> int | None:
        """Return the place behind the last separator in the range that is not inside a block that stays whole."""
        for separator in separators:
            at = self.text.rfind(separator, low, end)
            while at >= 0:
                cut = at + len(separator)
                block = self._find_block(cut)
                if block is None or not self._whole[block] or self._begins[block] == cut:
                    return cut
                at = self.text.rfind(separator, low, max(low, self._begins[block]))
        return None

    def take(self, start: int, end: int) -> tuple[str, list[Entity]] | None:
        """Return the part with its entities clipped to it, without the empty lines around it."""
        here = self._advance(end)
        while start < end and self.text[start] in "\n\r" and self._find_block(start) is None:
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        if _UNSEEN.fullmatch(self.text, start, end):
            return None
        first, last = self.units[start], self.units[end]
        entities = []
        for entity in here:
            offset, stop = max(entity.offset, first), min(entity.end, last)
            if offset < stop:
                entities.append(replace(entity, offset=offset - first, length=stop - offset))
        return self.text[start:end], entities[: self.most]

    def _advance(self, end: int) -> list[Entity]:
        """Return the entities from where was taken last up to `end`, and keep those that go on behind it."""
        here = self._open
        last = self.units[end]
        while self._next < len(self._entities) and self._entities[self._next].offset < last:
            here.append(self._entities[self._next])
            self._next += 1
        self._open = [e for e in here if e.end > last]
        return here
