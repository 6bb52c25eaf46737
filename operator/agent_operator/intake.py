"""From kopf's events to a cache: what it says of one kind, and what it does not say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from agent_kube.cache import Cache, number
from agent_operator.mine import is_mine

R = TypeVar("R")
_POLL_SECONDS: Final = 0.1
QUIET_SECONDS: Final = 30.0
"""A list that has brought nothing for so long is complete: kopf says neither when it begins nor when it ends."""


@dataclass(frozen=True, slots=True)
class Change(Generic[R]):
    """What an event changed; both are the same where it changed nothing."""

    old: R | None
    new: R | None


class Intake(Generic[R]):
    """Takes one kind's events.

    kopf lists at its start, and again where the API server no longer keeps the version that a watch stopped at. Objects
    of a list come as events without a type; of what was deleted in between it says nothing, so that `suspects` names
    what a list left out.

    Args:
        cache: Where the objects are kept.
        plural: The kind's name in paths.
        bot: Whose resources are taken; empty: all.
        clock: Seconds that never jump.
    """

    def __init__(self, cache: Cache[R], plural: str, bot: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.plural = plural
        self._cache = cache
        self._bot = bot
        self._clock = clock
        self._expected: int | None = None
        self._listed = 0
        self._heard = clock()
        self._synced = False
        self._in_list: set[str] | None = None
        self.suspects: list[str] = []
        """Objects that a list left out: they may have been deleted before it."""

    def expect(self, count: int) -> None:
        """Note how many objects stand just before kopf begins to list them."""
        self._expected = count
        self._heard = self._clock()

    @property
    def synced(self) -> bool:
        """Say whether the first list is over."""
        if not self._synced and self._expected is not None:
            self._synced = self._listed >= self._expected or self._quiet()
        return self._synced

    async def wait_synced(self) -> None:
        """Return once the first list is over."""
        while not self.synced:  # noqa: ASYNC110  # whether it is may be a matter of time: kopf says nothing of it
            await asyncio.sleep(_POLL_SECONDS)

    def take(self, event: Mapping[str, Any]) -> Change[R]:
        """Take an event as kopf hands it over."""
        kind, raw = event["type"], event["object"]
        name, version = raw["metadata"]["name"], number(str(raw["metadata"].get("resourceVersion", "")))
        old = self._find(name)
        if kind is None:
            self._note_listed(name)
        else:
            self._cache.position = max(self._cache.position, version)
            if self._in_list is not None:
                self._in_list.add(name)
        if kind == "DELETED":
            self._cache.drop(name, version or None)
        elif is_mine(self.plural, raw, self._bot):
            self._cache.take(raw)
        return Change(old, self._find(name))

    def find_suspects(self) -> None:
        """Note as suspects what a list that is over has left out."""
        if self._in_list is None or not self._quiet():
            return
        listed, self._in_list = self._in_list, None
        self.suspects = [name for name in self._cache.names() if name not in listed]

    def _note_listed(self, name: str) -> None:
        if self._in_list is None:
            self._in_list = set()
        self._in_list.add(name)
        self._listed += 1
        self._heard = self._clock()

    def _quiet(self) -> bool:
        return self._clock() - self._heard > QUIET_SECONDS

    def _find(self, name: str) -> R | None:
        entry = self._cache.get(name)
        return entry.value if entry is not None else None
