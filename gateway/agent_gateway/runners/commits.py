"""Commit, then acknowledge: the order that nothing of a runner's words is lost by."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from agent_contract import wire
from agent_gateway.logs import describe_fault
from agent_gateway.quotas import OverQuota
from agent_gateway.store.errors import Away

log = logging.getLogger(__name__)
T = TypeVar("T")

PAUSES = (0.1, 0.4, 1.0, 2.0, 4.0)
"""Seconds between the tries of one commit; afterwards the connection is closed and the runner sends again."""


class Commits:
    """Runs the commits of one connection one after the other and acknowledges each."""

    def __init__(
        self, send: Callable[[wire.Ack], Awaitable[Any]], acked: int, *, pauses: Sequence[float] = PAUSES
    ) -> None:
        self.acked = acked
        self._pauses = pauses
        self._failed = False
        self.stopped = False
        self._send = send
        self._lock = asyncio.Lock()

    async def run(self, seq: int, operation: Callable[[], Awaitable[T]]) -> T:
        """Commit what covers everything up to `seq`, then send the acknowledgement.

        The operation must bear being repeated. After one that failed none is tried any more: its acknowledgement would
        cover what is not stored. Raises Away, and what the operation raises besides; OverQuota says that a limit stored
        nothing of it, and another operation may follow.
        """
        async with self._lock:
            if self._failed:
                raise Away("a commit before this one failed")
            self._failed = True
            try:
                result = await self._try(operation)
            except OverQuota:  # nothing of it is stored, and whoever asked knows
                self._failed = False
                raise
            self._failed = False
            self.acked = max(self.acked, seq)
            acked = self.acked
        await self._send(wire.Ack(seq=acked))
        return result

    async def _try(self, operation: Callable[[], Awaitable[T]]) -> T:
        for pause in self._pauses:
            try:
                return await operation()
            except Away as error:
                if self.stopped:
                    raise Away("the connection was replaced during a commit") from error
                log.warning("commit_failed", extra={"error": type(error).__name__, "again_in": pause})
                await asyncio.sleep(pause)
        try:
            return await operation()
        except Away as error:
            log.error("commit_given_up", extra={"error": describe_fault(error)})  # noqa: TRY400  # it may hold text
            raise Away("a commit failed again and again") from error
