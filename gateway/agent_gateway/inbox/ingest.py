"""The poll loop: an update is committed before Telegram is told that it arrived."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from agent_gateway.inbox.rows import build_rows
from agent_gateway.telegram.errors import Conflict, TelegramProblem, Throttled, Unauthorized
from agent_gateway.telegram.outbound.pace import Clock
from agent_gateway.telegram.ports import InboxStore, Poller
from agent_kube.tracing.steps import tell_step

log = logging.getLogger(__name__)

POLL_SECONDS = 30
QUIET_SECONDS = 6 * 86400.0
"""After a week without updates Telegram goes on with a number at random: one below the offset would be taken as
confirmed."""


class Ingest:
    """Polls Telegram into the inbox.

    Args:
        api: The source.
        store: Commits rows and cursor together.
        check: Raises when this process may no longer act.
        wake: Called after each commit that held something new.
        clock: Monotonic seconds.
        timeout: Seconds of a long poll.
        pause: The first pause after a failure; it doubles up to thirty-two times that.
    """

    def __init__(  # its collaborators, by name
        self,
        api: Poller,
        store: InboxStore,
        *,
        check: Callable[[], None],
        wake: Callable[[], None],
        clock: Clock = time.monotonic,
        timeout: int = POLL_SECONDS,
        pause: float = 1.0,
    ) -> None:
        self._api = api
        self._store = store
        self._check = check
        self._wake = wake
        self._clock = clock
        self._timeout = timeout
        self._pause = pause
        self._failures = 0
        self.problem: str | None = None
        """Why nothing can be received, in words; None while it can."""
        self.last_poll: float | None = None
        """When the last getUpdates was answered, by `clock`."""

    async def run(self) -> None:
        """Poll until cancelled. What `check` and the store raise ends it; started again, nothing is lost."""
        await self._ensure_polled()
        offset, age = await self._store.read_cursor()
        heard = self._clock() - age  # the quiet week began with the last update, not with this process
        while True:
            self._check()
            if self._clock() - heard > QUIET_SECONDS:
                offset = 0
            try:
                updates = await self._api.get_updates(offset, self._timeout)
            except TelegramProblem as problem:
                await self._after_problem(problem)
                continue
            self.last_poll, arrived = self._clock(), time.time_ns()
            rows, following = build_rows(updates, offset)
            if updates and following == offset:
                await self._fail("Telegram sends updates without a usable update_id")
                continue
            if rows:
                heard = self._clock()
                await self._store.add_updates(rows, following)
                self._wake()
                aside = {"updates": [row[0] for row in rows], "arrived": arrived}
                tell_step(log, "inbox_committed", aside, update_id=rows[-1][0], rows=len(rows))
            if self.problem is not None:
                log.info("updates arrive again")
            self.problem, self._failures, offset = None, 0, following

    async def _ensure_polled(self) -> None:
        """Take a webhook back that an earlier release or setting left: Telegram then keeps updates for polls."""
        while True:
            self._check()
            try:
                if (await self._api.get_webhook_info()).get("url"):
                    await self._api.delete_webhook()
                    log.info("webhook_deleted")
            except TelegramProblem as problem:
                await self._after_problem(problem)
            else:
                return

    async def _after_problem(self, problem: TelegramProblem) -> None:
        if isinstance(problem, Throttled):
            await self._fail(str(problem), at_least=problem.retry_after)
        elif isinstance(problem, (Unauthorized, Conflict)):
            await self._fail(str(problem), at_least=5 * self._pause)
        else:
            await self._fail(f"updates cannot be fetched: {problem}")

    async def _fail(self, words: str, at_least: float = 0.0) -> None:
        pause = max(at_least, self._pause * 2 ** min(self._failures, 5))
        self._failures += 1
        if words != self.problem:
            log.error("%s", words, extra={"seconds": pause})
        self.problem = words
        until = self._clock() + pause
        while (left := until - self._clock()) > 0:  # Telegram may ask for hours; the loop goes round meanwhile
            await asyncio.sleep(min(left, POLL_SECONDS))
            self._check()
