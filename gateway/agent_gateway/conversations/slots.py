"""Who is next where all places are taken: fair between people, first come, first served for each of them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class SlotQueue:
    """Threads that wait for a place, each with the turn that waits and the person who wrote it.

    Each time a person has a place, or waits with an earlier turn, they go behind those who have fewer: whoever fills
    all places and the line too is passed by another's first turn.

    A hint of one process: after a restart each waiting thread takes its place again when it is looked at.
    """

    def __init__(self) -> None:
        self.working: Mapping[int, int] = {}
        """How many places each person has, as last known."""
        self._waiting: dict[int, tuple[int, int]] = {}

    def join(self, thread_id: int, turn_id: int, person: int) -> None:
        """Wait, with the turn that waits longest."""
        self._waiting[thread_id] = (turn_id, person)

    def leave(self, thread_id: int) -> None:
        """Wait no more."""
        self._waiting.pop(thread_id, None)

    def is_empty_but_for(self, thread_id: int) -> bool:
        """Say whether no other thread waits."""
        return not self._waiting.keys() - {thread_id}

    def count_before(self, thread_id: int, turn_id: int, person: int) -> int:
        """Count those who come before a turn, whether it waits in the line already or not."""
        waiting = self._waiting | {thread_id: (turn_id, person)}
        return self._sort(waiting).index(thread_id)

    def first(self) -> int | None:
        """Return the thread that is next."""
        return next(iter(self._sort(self._waiting)), None)

    def _sort(self, waiting: Mapping[int, tuple[int, int]]) -> list[int]:
        had = Counter(self.working)
        keys: dict[int, tuple[int, int]] = {}
        for thread_id, (turn_id, person) in sorted(waiting.items(), key=lambda item: item[1]):
            keys[thread_id] = (had[person], turn_id)
            had[person] += 1
        return sorted(keys, key=keys.__getitem__)
