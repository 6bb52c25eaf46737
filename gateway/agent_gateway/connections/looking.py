"""Looks into what a push changes: the work in a process of its own, what is wanting from upstream, all within bounds."""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from agent_gateway.connections.looks import (
    Sources,
    Stat,
    Wanting,
    look_at_border,
    look_at_files,
    look_at_workflows,
)
from agent_gateway.connections.settings import Connection
from agent_gateway.connections.upstream import Upstream
from agent_gateway.metrics import LIMITS
from agent_gateway.telegram.outbound.renderer import RenderingFailed
from agent_gateway.telegram.outbound.rendering import RenderProcess

log = logging.getLogger(__name__)
T = TypeVar("T")

WORK_SECONDS: Final = 3.0
"""Of a processor, for one reading of a push."""
WORK_MEMORY: Final = 192 << 20
"""Bytes that it may take."""
LOOK_SECONDS: Final = 30.0
"""By the clock, for one push, what it waits for others included."""
MOST_ROUNDS: Final = 16
"""Times that upstream is asked for what is wanting."""
MOST_FETCHED: Final = 8 << 20
"""Bytes that are fetched for one look."""
MOST_WANTED: Final = 512
"""Objects of one request."""
_BASES: Final = 8
"""Bases that are asked for first, those at the front: twice as many each time."""
_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Place:
    """Where a push goes, and the file that holds its front; none where no pack was sent."""

    connection: Connection
    path: str
    form: str
    front: str
    thread_id: int


class _Untold(Exception):
    """It cannot be told."""


class Looker:
    """Looks at pushes, few at once and one of a conversation.

    Args:
        upstream: Asks git servers.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._process = RenderProcess("pushes", WORK_SECONDS, WORK_MEMORY, ("agent_gateway.connections.looks",))
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._of_thread: weakref.WeakValueDictionary[int, asyncio.Lock] = weakref.WeakValueDictionary()

    def close(self) -> None:
        """End the process."""
        self._process.close()

    async def find_workflows(
        self, place: Place, new: str, old: str | None, patterns: Iterable[str]
    ) -> tuple[str, ...] | None:
        """Return the workflow files that a push to `new` changes; None where it cannot be told.

        What stands there on the branch itself (`old`) or on the default branch is no change: so a branch that takes up the
        default branch's changes is not held for them. What stood there once is one: a workflow may have been mended since.

        Raises:
            Refusal: upstream does not answer.
        """

        async def look() -> tuple[str, ...]:
            head = await self._upstream.find_head(place.connection, place.path, place.form)
            trusted = tuple(dict.fromkeys(one for one in (old, head) if one is not None))
            return await self._settle(place, look_at_workflows, new, trusted, tuple(patterns))

        return await self._bound(place, look)

    async def describe(self, place: Place, new: str, old: str | None) -> Stat | None:
        """Return what a push changes, against what the branch holds, or for a new one against where it left the default branch.

        Raises:
            Refusal: upstream does not answer.
        """

        async def look() -> Stat:
            base = old or await self._find_base(place, new)
            try:
                return await self._settle(place, look_at_files, new, base, whole=True)
            except _Untold:
                return await self._settle(place, look_at_files, new, base, whole=False)

        return await self._bound(place, look)

    async def _find_base(self, place: Place, new: str) -> str | None:
        """Return the commit of the default branch that the pushed ones stand on, or else its newest."""
        head = await self._upstream.find_head(place.connection, place.path, place.form)
        if head is None:
            return None
        border = await self._process.run(look_at_border, Sources(place.form, (), place.front), new)
        if len(border) == 1 and border[0] != new:
            older = await self._upstream.descends(place.connection, place.path, border[0], [head], place.form)
            return border[0] if older else head
        return head

    async def _bound(self, place: Place, look: Callable[[], Awaitable[T]]) -> T | None:
        lock = self._of_thread.setdefault(place.thread_id, asyncio.Lock())
        try:
            async with asyncio.timeout(LOOK_SECONDS), lock, self._at_once:
                return await look()
        except TimeoutError:
            LIMITS.labels("git-look").inc()
            log.warning("push_not_read", extra={"why": "time"})
        except (_Untold, RenderingFailed) as error:
            log.info("push_not_read", extra={"why": type(error).__name__})
        return None

    async def _settle(self, place: Place, work: Callable[..., T | Wanting], *words: object, **named: object) -> T:
        """Do a work again until nothing is wanting.

        Raises:
            RenderingFailed: the work failed.
            _Untold: upstream has not what is wanting, or it is too much.
        """
        asked: set[str] = set()
        fetched: list[bytes] = []
        bases = _BASES
        for _ in range(MOST_ROUNDS):
            sources = Sources(place.form, tuple(fetched), place.front)
            found = await self._process.run(work, sources, *words, **named)
            if not isinstance(found, Wanting):
                return found
            names = found.old or found.bases[:bases] or found.new
            bases *= 1 if found.old else 2
            if not names or len(names) > MOST_WANTED or asked.issuperset(names):
                break
            asked.update(names)
            left = MOST_FETCHED - sum(map(len, fetched))
            pack = await self._upstream.fetch_objects(place.connection, place.path, names, place.form, left)
            if pack is None:
                break
            fetched.append(pack)
        raise _Untold
