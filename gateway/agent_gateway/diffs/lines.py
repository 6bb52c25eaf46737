"""Which lines of two texts differ. Pure, and bounded by steps: the same texts give the same answer on any machine.

Lines that stand once in both texts are fixed first, where they keep their order (Cohen's patience diff); between them the
shortest way is looked for (Myers, "An O(ND) Difference Algorithm", 1986). Where that takes too many steps a part is told
as wholly replaced, which is longer than need be and never wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

MOST_STEPS: Final = 2_000_000
"""Of all files of one comparison; about a second."""
MOST_WAY: Final = 500
"""Lines that came and went of a part whose shortest way is looked for."""
CONTEXT: Final = 3
"""Lines that are the same around those that differ."""
_MOST_DEPTH: Final = 8
_NO_END: Final = b"\n\\ No newline at end of file\n"


class Edit(NamedTuple):
    """Lines `a[a0:a1]` became `b[b0:b1]`."""

    a0: int
    a1: int
    b0: int
    b1: int


@dataclass(slots=True)
class Steps:
    """How many steps are left, of all files together."""

    left: int = MOST_STEPS

    def take(self, count: int) -> bool:
        """Take some; False where there are no more."""
        self.left -= count
        return self.left >= 0


def find_edits(a: Sequence[bytes], b: Sequence[bytes], steps: Steps) -> list[Edit]:
    """Return which lines differ, in order; none touches the next."""
    numbers: dict[bytes, int] = {}
    first = [numbers.setdefault(line, len(numbers)) for line in a]
    second = [numbers.setdefault(line, len(numbers)) for line in b]
    found = _compare(first, second, Edit(0, len(a), 0, len(b)), steps, 0)
    return list(_join(found))


def write_hunks(a: Sequence[bytes], b: Sequence[bytes], edits: Sequence[Edit]) -> bytes:
    """Return the hunks of a unified diff; lines are with their ends."""
    parts: list[bytes] = []
    for group in _group(edits):
        a0, b0 = max(0, group[0].a0 - CONTEXT), max(0, group[0].b0 - CONTEXT)
        a1, b1 = min(len(a), group[-1].a1 + CONTEXT), min(len(b), group[-1].b1 + CONTEXT)
        parts.append(b"@@ -%s +%s @@\n" % (_range(a0, a1), _range(b0, b1)))
        at = a0
        for edit in group:
            parts += [_write(b" ", line) for line in a[at : edit.a0]]
            parts += [_write(b"-", line) for line in a[edit.a0 : edit.a1]]
            parts += [_write(b"+", line) for line in b[edit.b0 : edit.b1]]
            at = edit.a1
        parts += [_write(b" ", line) for line in a[at:a1]]
    return b"".join(parts)


def _compare(a: Sequence[int], b: Sequence[int], part: Edit, steps: Steps, depth: int) -> Iterator[Edit]:
    a0, a1, b0, b1 = _strip(a, b, part)
    if a0 == a1 or b0 == b1:
        yield from [Edit(a0, a1, b0, b1)] if a0 < a1 or b0 < b1 else []
        return
    anchors = _find_anchors(a, b, Edit(a0, a1, b0, b1)) if steps.take(a1 - a0 + b1 - b0) and depth < _MOST_DEPTH else []
    if not anchors:
        yield from find_shortest(a[a0:a1], b[b0:b1], a0, b0, steps) or [Edit(a0, a1, b0, b1)]
        return
    at_a, at_b = a0, b0
    for next_a, next_b in [*anchors, (a1, b1)]:
        yield from _compare(a, b, Edit(at_a, next_a, at_b, next_b), steps, depth + 1)
        at_a, at_b = next_a + 1, next_b + 1


def _strip(a: Sequence[int], b: Sequence[int], part: Edit) -> Edit:
    a0, a1, b0, b1 = part
    while a0 < a1 and b0 < b1 and a[a0] == b[b0]:
        a0, b0 = a0 + 1, b0 + 1
    while a0 < a1 and b0 < b1 and a[a1 - 1] == b[b1 - 1]:
        a1, b1 = a1 - 1, b1 - 1
    return Edit(a0, a1, b0, b1)


def _find_anchors(a: Sequence[int], b: Sequence[int], part: Edit) -> list[tuple[int, int]]:
    """Return lines that stand once in both parts: the longest row of them that has the same order in both."""
    once_a, once_b = _find_once(a, part.a0, part.a1), _find_once(b, part.b0, part.b1)
    pairs = [(at, once_b[line]) for line, at in once_a.items() if line in once_b]
    ends: list[int] = []
    tops: list[int] = []
    before: list[int] = []
    for number, (_, at_b) in enumerate(pairs):
        pile = bisect_left(ends, at_b)
        before.append(tops[pile - 1] if pile else -1)
        if pile == len(ends):
            ends.append(at_b)
            tops.append(number)
        else:
            ends[pile], tops[pile] = at_b, number
    row: list[tuple[int, int]] = []
    number = tops[-1] if tops else -1
    while number >= 0:
        row.append(pairs[number])
        number = before[number]
    return row[::-1]


def _find_once(lines: Sequence[int], start: int, end: int) -> dict[int, int]:
    counts = Counter(lines[start:end])
    return {line: at for at, line in enumerate(lines[start:end], start) if counts[line] == 1}


def find_shortest(a: Sequence[int], b: Sequence[int], at_a: int, at_b: int, steps: Steps) -> list[Edit] | None:
    """Return the shortest way from one to the other; None where it is too long, or no steps are left."""
    reached, trail = {1: 0}, []
    for way in range(min(MOST_WAY, len(a) + len(b)) + 1):
        if not steps.take(way + 1):
            return None
        trail.append(reached)
        reached = dict(reached)
        for k in range(-way, way + 1, 2):
            down = k == -way or (k != way and reached[k - 1] < reached[k + 1])
            x = start = reached[k + 1] if down else reached[k - 1] + 1
            while x < len(a) and x - k < len(b) and a[x] == b[x - k]:
                x += 1
            reached[k] = x
            steps.take(x - start)
            if x >= len(a) and x - k >= len(b):
                return _walk_back(trail, len(a), len(b), at_a, at_b)
    return None


def _walk_back(trail: Sequence[dict[int, int]], x: int, y: int, at_a: int, at_b: int) -> list[Edit]:
    found: list[Edit] = []
    for way in range(len(trail) - 1, 0, -1):
        reached, k = trail[way], x - y
        down = k == -way or (k != way and reached[k - 1] < reached[k + 1])
        old = k + 1 if down else k - 1
        x = reached[old]
        y = x - old
        found.append(Edit(at_a + x, at_a + x + (not down), at_b + y, at_b + y + down))
    return found[::-1]


def _join(edits: Iterator[Edit]) -> Iterator[Edit]:
    """Yield edits, those that touch as one."""
    last: Edit | None = None
    for edit in edits:
        if last is not None and last.a1 == edit.a0 and last.b1 == edit.b0:
            last = Edit(last.a0, edit.a1, last.b0, edit.b1)
            continue
        if last is not None:
            yield last
        last = edit
    if last is not None:
        yield last


def _group(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Yield edits that share their context."""
    group: list[Edit] = []
    for edit in edits:
        if group and edit.a0 - group[-1].a1 > 2 * CONTEXT:
            yield group
            group = []
        group.append(edit)
    if group:
        yield group


def _range(start: int, end: int) -> bytes:
    count = end - start
    return b"%d" % (start + 1) if count == 1 else b"%d,%d" % (start + 1 if count else start, count)


def _write(sign: bytes, line: bytes) -> bytes:
    return sign + line if line.endswith(b"\n") else sign + line + _NO_END
