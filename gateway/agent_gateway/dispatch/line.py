"""Who is next where all places are taken: first come, first served."""

from __future__ import annotations


class Line:
    """Threads that wait for a place, ordered by the turn that waits.

    A hint of one process: after a restart each waiting thread takes its place again when it is looked at.
    """

    def __init__(self) -> None:
        self._turns: dict[int, int] = {}

    def join(self, thread_id: int, turn_id: int) -> None:
        """Wait, with the turn that waits longest."""
        self._turns[thread_id] = turn_id

    def leave(self, thread_id: int) -> None:
        """Wait no more."""
        self._turns.pop(thread_id, None)

    def count_before(self, turn_id: int) -> int:
        """Count those who came before a turn."""
        return sum(1 for other in self._turns.values() if other < turn_id)

    def first(self) -> int | None:
        """Return the thread that is next."""
        return min(self._turns, key=self._turns.__getitem__, default=None)
