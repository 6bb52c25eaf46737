"""How many lines a change adds and takes away. Pure, and bounded whatever the texts are.

Source: Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), §4; only the length of the way is wanted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

MOST_STEPS: Final = 500
"""Lines that differ, as far as they are counted in their order."""
_LOOKED_AT: Final = 8000
"""Bytes in which git looks for a zero, to tell what is no text."""


def count_lines(old: bytes, new: bytes) -> tuple[int, int] | None:
    """Return how many lines are added and taken away, as `git diff --numstat` counts them; None for what is no text.

    Where more lines differ than are counted in their order, lines that only moved are not counted.
    """
    if b"\0" in old[:_LOOKED_AT] or b"\0" in new[:_LOOKED_AT]:
        return None
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    before, after = before[same:], after[same:]
    while before and after and before[-1] == after[-1]:
        before.pop()
        after.pop()
    way = _measure(before, after)
    if way is None:
        gone, come = Counter(before), Counter(after)
        return (come - gone).total(), (gone - come).total()
    added = (way + len(after) - len(before)) // 2
    return added, way - added


def _measure(old: Sequence[bytes], new: Sequence[bytes]) -> int | None:
    """Return the least number of lines to add and take away; None where it is more than is counted."""
    if not old or not new:
        return len(old) + len(new)
    reached = {1: 0}
    for way in range(min(len(old) + len(new), MOST_STEPS) + 1):
        for k in range(-way, way + 1, 2):
            down = k == -way or (k != way and reached[k - 1] < reached[k + 1])
            at = reached[k + 1] if down else reached[k - 1] + 1
            while at < len(old) and 0 <= at - k < len(new) and old[at] == new[at - k]:
                at += 1
            reached[k] = at
            if at >= len(old) and at - k >= len(new):
                return way
    return None
