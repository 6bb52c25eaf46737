"""Cut a text with entities into messages: whole code blocks first, then paragraphs, lines, words. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent_gateway.telegram.ports import Entity

_LAST_OF_ONE_UNIT = 0xFFFF
_SHORTEST = 4
"""A nicer place to cut must leave at least one in so many parts of a message filled."""


def split(text: str, entities: Sequence[Entity], limit: int, most: int) -> Iterator[tuple[str, list[Entity]]]:
    """Yield messages of at most `limit` UTF-16 units and `most` entities; those of white space alone are left out."""
    source = _Source(text, entities, limit)
    start = 0
    while start < len(text):
        end = source.find_cut(start, most)
        part = source.take(start, end, most)
        if part is not None:
            yield part
        start = end


class _Source:
    """A text, its UTF-16 offsets, its entities and its blocks of code: those that fit in one message stay whole."""

    def __init__(self, text: str, entities: Sequence[Entity], limit: int) -> None:
        self.text = text
        self.entities = entities
        self.limit = limit
        self.units = [0]
        for character in text:
            self.units.append(self.units[-1] + (2 if ord(character) > _LAST_OF_ONE_UNIT else 1))
        blocks = [e for e in entities if e.type == "pre"]
        self.whole = [(self.index(e.offset), self.index(e.end)) for e in blocks if e.length <= limit]
        self.long = [(self.index(e.offset), self.index(e.end)) for e in blocks if e.length > limit]

    def index(self, unit: int) -> int:
        """Return the code point that begins at (or covers) a UTF-16 offset."""
        return bisect_right(self.units, unit) - 1

    def find_cut(self, start: int, most: int) -> int:
        """Return where the message that begins at `start` ends."""
        end = self._end_by_entities(start, self.index(self.units[start] + self.limit), most)
        if end >= len(self.text):
            return len(self.text)
        for begin, stop in self.whole:
            if start < begin < end < stop:
                return begin
        low = start + max(1, (end - start) // _SHORTEST)
        inside = any(begin < end < stop for begin, stop in self.long)
        return self._last(("\n",) if inside else ("\n\n", "\n", " "), low, end) or end

    def _end_by_entities(self, start: int, end: int, most: int) -> int:
        first, last = self.units[start], self.units[end]
        here = sorted(e.offset for e in self.entities if e.offset < last and e.end > first)
        if len(here) <= most:
            return end
        cut = self.index(here[most])
        return cut if cut > start else end

    def _last(self, separators: tuple[str, ...], low: int, end: int) -> int | None:
        """Return the place behind the last separator in the range that is not inside a block that stays whole."""
        for separator in separators:
            at = self.text.rfind(separator, low, end)
            while at >= 0:
                cut = at + len(separator)
                begin = next((b for b, s in self.whole if b < cut < s), None)
                if begin is None:
                    return cut
                at = self.text.rfind(separator, low, max(low, begin))
        return None

    def take(self, start: int, end: int, most: int) -> tuple[str, list[Entity]] | None:
        """Return the part with its entities clipped to it, without the empty lines around it."""
        while start < end and self.text[start] in "\n\r" and not self._in_block(start):
            start += 1
        while end > start and self.text[end - 1].isspace():
            end -= 1
        if not self.text[start:end].strip():
            return None
        first, last = self.units[start], self.units[end]
        entities = []
        for entity in self.entities:
            offset, stop = max(entity.offset, first), min(entity.end, last)
            if offset < stop:
                entities.append(replace(entity, offset=offset - first, length=stop - offset))
        return self.text[start:end], entities[:most]

    def _in_block(self, position: int) -> bool:
        return any(begin <= position < stop for begin, stop in [*self.whole, *self.long])
