"""Which lines of a session pi needs to go on, and which of their pictures. Pure.

pi builds a model's context from the branch of the last line: the newest compaction on it, the entries from the first one
that it keeps on, and all that follow. The rest it never sends to a model again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

MOST_STEPS: Final = 100_000
"""Lines that are looked at for one start."""
MOST_PICTURES: Final = 40
"""Put back at a start. pi's extension leaves fewer in the model's view, so that these are all of them as a rule."""
MOST_PICTURE_BYTES: Final = 12 << 20
"""Of these pictures; base64 adds a third, and the proxy takes 16 MiB of a request."""
COMPACTION: Final = "compaction"
EDIT: Final = "context_edit"


@dataclass(frozen=True, slots=True)
class Step:
    """What a start looks for in a stored line.

    Attributes:
        ordinal: Its place in the session.
        id: Its entry's id.
        bytes: How long it is.
        kind: Its entry's type; None of a line that an earlier release stored, until it is read.
        parent: The entry that it follows.
        refers: Of a compaction the first entry that it keeps, of an edit the edited one.
        pictures: Hashes of those beside it, in order; None of a line that an earlier release stored, until it is read.
    """

    ordinal: int
    id: str
    bytes: int
    kind: str | None
    parent: str | None
    refers: str | None
    pictures: tuple[str, ...] | None


class Walk:
    """Finds the lines of a start from the newest one back."""

    def __init__(self) -> None:
        self._found: list[Step] = []
        self._wanted: str | None = None
        self._first: str | None = None
        self._seen = 0
        self.done = False

    def take(self, steps: Iterable[Step]) -> None:
        """Take the next older lines, the newest of them first."""
        for step in steps:
            if self.done:
                return
            self._seen += 1
            if not self._found or step.id == self._wanted:
                self._add(step)
            if self._seen >= MOST_STEPS:
                self.done = True

    def _add(self, step: Step) -> None:
        self._found.append(step)
        if self._first is None and step.kind == COMPACTION:
            self._first = step.refers
        self._wanted = step.parent
        self.done = step.parent is None or step.id == self._first

    def finish(self) -> tuple[Step, ...]:
        """Return the lines of the start, the oldest first."""
        return tuple(reversed(self._found))


def choose_pictures(steps: Sequence[Step], sizes: Mapping[str, int]) -> Mapping[int, tuple[bool, ...]]:
    """Say for each line with pictures which of them are put back: the newest ones of those that a model is to see.

    Args:
        steps: Of a start, the oldest first.
        sizes: Bytes of the pictures that are kept.
    """
    edited = {step.refers for step in steps if step.kind == EDIT}
    chosen: dict[int, tuple[bool, ...]] = {}
    count = total = 0
    room = True
    for step in reversed(steps):
        shown = []
        for name in reversed(step.pictures or ()):
            size = sizes.get(name)
            wanted = size is not None and step.id not in edited
            if wanted and size is not None:
                room = room and count < MOST_PICTURES and total + size <= MOST_PICTURE_BYTES
                count, total = count + room, total + size * room
            shown.append(wanted and room)
        if shown:
            chosen[step.ordinal] = tuple(reversed(shown))
    return chosen
