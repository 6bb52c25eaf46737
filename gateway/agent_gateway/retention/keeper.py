"""Looks once an hour at all conversations, and removes what the rules of their classes let go."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final, Protocol

from agent_gateway.metrics import RETENTION_REMOVED
from agent_gateway.resources.values import ClassValue
from agent_gateway.retention.rules import compare
from agent_gateway.store import Store
from agent_gateway.store.errors import StoreError
from agent_gateway.store.retention import CALLS, MESSAGES, STATES, TURNS, Overdue
from agent_gateway.store.transaction import Transaction

POLL_SECONDS: Final = 60.0
"""Between two looks at classes."""
LOOK_SECONDS: Final = 3600.0
"""Between two looks at conversations."""
PAGE: Final = 200
"""Conversations that are looked at at once."""
SLICE_SECONDS: Final = 5.0
"""A slice that takes longer is given up; the next look tries it again."""
_BETWEEN_SECONDS: Final = 0.05
"""Between two pages, and between two slices: nobody's message waits for them."""
_log = logging.getLogger(__name__)

Slice = Callable[[Transaction], Awaitable[tuple[int, bool]]]
"""Removes something; says how many, and whether more may be left."""


class Classes(Protocol):
    """AgentClasses as last read."""

    @property
    def synced(self) -> bool:
        """Say whether a complete list has been read once."""
        ...

    def all(self) -> list[ClassValue]:
        """Return every class."""
        ...


class RetentionKeeper:
    """Keeps rules in rows, and deletes by these rows alone.

    Args:
        store: Conversations, and the rules.
        classes: Which make the rules.
        check: Raises when this process may no longer act.
        clock: What time it is; None: what it is in the database, whose clock dated the rows. A wrong one here deletes nothing.
    """

    def __init__(
        self, store: Store, classes: Classes, check: Callable[[], None], clock: Callable[[], datetime | None] = lambda: None
    ) -> None:  # fmt: skip
        self._store = store
        self._classes = classes
        self._check = check
        self._clock = clock

    async def run(self) -> None:
        """Look for ever."""
        looked: float | None = None
        while True:
            self._check()
            try:
                await self.note_rules()
                if looked is None or time.monotonic() - looked >= LOOK_SECONDS:
                    await self.look()
                    looked = time.monotonic()
            except StoreError as error:
                _log.warning("retention_failed", extra={"error": type(error).__name__})
            await asyncio.sleep(POLL_SECONDS)

    async def note_rules(self) -> None:
        """Store what classes say now; before they were read nothing changes."""
        if not self._classes.synced:
            return
        found = compare(self._classes.all(), await self._store.retention.rules())
        if not found.put and not found.drop:
            return
        async with self._store.transaction() as tx:
            for rule in found.put:
                await tx.retention.put(rule)
            for name in found.drop:
                await tx.retention.drop(name)
        _log.info("retention_rules", extra={"changed": [rule.class_name for rule in found.put], "dropped": found.drop})

    async def look(self) -> None:
        """Remove all that is overdue. One conversation that fails holds up no other, and a rule that is taken back meanwhile ends it.

        Raises:
            LeadershipLost: another gateway leads.
            StoreError: the conversations cannot be listed.
        """
        if not await self._store.retention.rules():
            return
        after, removed = 0, Counter[str]()
        while page := await self._store.retention.page(after, PAGE, self._clock()):
            after = page[-1].thread_id
            for overdue in page:
                if overdue.any:
                    await self._remove(overdue, removed)
            await asyncio.sleep(_BETWEEN_SECONDS)
            await self.note_rules()
        if removed:
            _log.info("retention_removed", extra={"removed": dict(removed)})

    async def _remove(self, overdue: Overdue, removed: Counter[str]) -> None:
        for what, remove in _build_slices(overdue):
            try:
                await self._remove_all(what, remove, removed)
            except StoreError as error:
                _log.warning("retention_slice_failed", extra={
                    "thread_id": overdue.thread_id, "what": what, "error": type(error).__name__,
                })  # fmt: skip

    async def _remove_all(self, what: str, remove: Slice, removed: Counter[str]) -> None:
        more = True
        while more:
            self._check()
            async with self._store.transaction() as tx:
                await tx.row("limit_statement", str(int(SLICE_SECONDS * 1000)))
                count, more = await remove(tx)
            removed[what] += count
            RETENTION_REMOVED.labels(what).inc(count)
            await asyncio.sleep(_BETWEEN_SECONDS)


def _build_slices(overdue: Overdue) -> list[tuple[str, Slice]]:
    """Return what is to be done, in order: words go before the sessions that hold them, so that none can be asked again."""
    slices: list[tuple[str, Slice]] = []
    thread_id = overdue.thread_id
    if (said := overdue.messages) is not None:
        if overdue.below:
            slices.append(("subagents", lambda tx: _remove_below(tx, thread_id)))
        else:
            slices += [
                ("turns", lambda tx: _count(tx.retention.empty_turns(thread_id, said), TURNS)),
                ("messages", lambda tx: _count(tx.retention.remove_messages(thread_id, said), MESSAGES)),
                ("sessions", lambda tx: _end_session(tx, thread_id, said)),
                ("lines", lambda tx: tx.retention.remove_lines(thread_id, said)),
            ]
    if (kept := overdue.files) is not None:
        slices.append(("files", lambda tx: _count(tx.retention.remove_files(thread_id, kept), STATES)))
    if (used := overdue.usage) is not None:
        slices.append(("calls", lambda tx: _count(tx.retention.remove_calls(thread_id, used), CALLS)))
    return slices


async def _count(removing: Awaitable[int], most: int) -> tuple[int, bool]:
    count = await removing
    return count, count == most


async def _end_session(tx: Transaction, thread_id: int, before: datetime) -> tuple[int, bool]:
    return int(await tx.retention.end_session(thread_id, before)), False


async def _remove_below(tx: Transaction, thread_id: int) -> tuple[int, bool]:
    await tx.history.forget_subagents(thread_id, [thread_id])
    return 1, False
