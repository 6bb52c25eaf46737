"""Who is next where all slots are taken."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agent_contract.names import DEFAULT_CLASS
from agent_gateway.wording.say import SOURCE

AGE_SECONDS: Final = 120.0
"""Whoever has waited for so long counts as having one slot less: nobody is passed for ever."""


@dataclass(slots=True)
class _Waiting:
    turn_id: int
    person: int
    since: float
    shown: int | None = None
    """The number that its chat shows."""
    language: str = SOURCE
    class_name: str = DEFAULT_CLASS


class SlotQueue:
    """Threads that wait for a slot, each with the turn that waits and the person who wrote it. Pure.

    Each time a person has a slot, or waits with an earlier turn, they go behind those who have fewer: whoever fills all
    slots and the queue too is passed by another's first turn. Waiting makes up for that.

    A hint of one process: after a restart each waiting thread joins again when it is looked at.
    """

    def __init__(self) -> None:
        self.working: Mapping[int, int] = {}
        """How many slots each person has, as last known."""
        self._waiting: dict[int, _Waiting] = {}
        self._claimed: dict[int, str] = {}
        """The classes of those who left with a pod that had waited, which the operator does not know to be theirs yet."""
        self.changed = asyncio.Event()
        """Set when somebody comes or goes; whoever waits for it clears it."""

    def join(
        self,
        thread_id: int,
        turn_id: int,
        person: int,
        since: float,
        language: str = SOURCE,
        class_name: str = DEFAULT_CLASS,
    ) -> None:
        """Wait, with the turn that waits longest.

        Args:
            thread_id: Whose turn it is.
            turn_id: The turn.
            person: Who wrote it.
            since: When it was written, in seconds.
            language: In which its chat is told.
            class_name: The AgentClass of its pod.
        """
        known = self._waiting.get(thread_id)
        if known is None or known.turn_id != turn_id:
            self._waiting[thread_id] = _Waiting(turn_id, person, since, language=language, class_name=class_name)
            self.changed.set()
        elif known.class_name != class_name:
            known.class_name = class_name
            self.changed.set()

    def leave(self, thread_id: int) -> None:
        """Wait no more."""
        if self._waiting.pop(thread_id, None) is not None:
            self.changed.set()

    def leave_with_pod(self, thread_id: int) -> None:
        """Wait no more, as a pod that had waited is had: it counts as wanted until `settle`."""
        waiting = self._waiting.pop(thread_id, None)
        if waiting is not None:
            self._claimed[thread_id] = waiting.class_name

    def settle(self, thread_id: int) -> None:
        """Note that the operator knows whose pod it is that a thread left with, or that the thread needs it no more."""
        if self._claimed.pop(thread_id, None) is not None:
            self.changed.set()

    def is_empty_but_for(self, thread_id: int) -> bool:
        """Say whether no other thread waits."""
        return not self._waiting.keys() - {thread_id}

    def count_before(self, thread_id: int, turn_id: int, person: int, since: float, now: float) -> int:
        """Count those who come before a turn, whether it waits in the queue already or not."""
        waiting = self._waiting | {thread_id: _Waiting(turn_id, person, since)}
        return self._sort(waiting, now).index(thread_id)

    def order(self, now: float) -> list[int]:
        """Return the threads that wait, the next one first."""
        return self._sort(self._waiting, now)

    def find_classes(self, most: int, now: float) -> list[str]:
        """Return the classes of those who are next, so many at most, behind those of who left with a pod just now."""
        order = self.order(now)[:most] if self._waiting else []
        return [*self._claimed.values(), *(self._waiting[thread_id].class_name for thread_id in order)]

    def find_outdated(self, now: float) -> list[tuple[int, int, int]]:
        """Return (thread, turn, number) where the number shown is not the one they have, the first in the queue first."""
        numbered = [(i, thread_id, self._waiting[thread_id]) for i, thread_id in enumerate(self.order(now), start=1)]
        return [(thread_id, one.turn_id, i) for i, thread_id, one in numbered if one.shown != i]

    def read_language(self, thread_id: int) -> str:
        """Return the language in which a waiting thread's chat is told."""
        waiting = self._waiting.get(thread_id)
        return waiting.language if waiting is not None else SOURCE

    def note_shown(self, thread_id: int, number: int) -> None:
        """Remember the number that a chat shows."""
        if thread_id in self._waiting:
            self._waiting[thread_id].shown = number

    def _sort(self, waiting: Mapping[int, _Waiting], now: float) -> list[int]:
        had = Counter(self.working)
        keys: dict[int, tuple[int, int]] = {}
        for thread_id, one in sorted(waiting.items(), key=lambda item: item[1].turn_id):
            keys[thread_id] = (had[one.person] - int((now - one.since) / AGE_SECONDS), one.turn_id)
            had[one.person] += 1
        return sorted(keys, key=keys.__getitem__)

    def __len__(self) -> int:
        return len(self._waiting)
