"""What runs as long as the operator does."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from agent_kube.errors import KubeError
from agent_operator.context import Context
from agent_operator.errors import NotLeading
from agent_operator.metrics import LEADING

CHECK_SECONDS: Final = 60.0
"""Between two walks through what is known."""
_log = logging.getLogger(__name__)


class Loops:
    """Runs informers, queues and checks.

    Args:
        context: What they share.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        context = self._context
        own = context.leading.run(), context.follow_gateway(), self._work(), self._check()
        loops = (*own, *(one.run() for one in context.view.informers))
        self._tasks += [asyncio.create_task(loop) for loop in loops]
        for task in self._tasks:
            task.add_done_callback(_log_end)

    @property
    def ended(self) -> bool:
        """Say whether one has ended, which none should."""
        return any(task.done() for task in self._tasks)

    async def stop(self) -> None:
        """End all, then let another operator work; what was cut short is seen at the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._context.leading.give_up()
        await self._context.close()

    async def _work(self) -> None:
        """Reconcile what is queued, while this operator leads."""
        context = self._context
        while True:
            await context.leading.wait(held=True)
            await context.view.wait_synced()
            context.walk()
            LEADING.set(1)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(context.work())
                    group.create_task(self._until_lost())
            except* NotLeading:
                _log.warning("stands_by", extra={"problem": context.leading.problem})
            finally:
                LEADING.set(0)

    async def _until_lost(self) -> None:
        await self._context.leading.wait(held=False)
        raise NotLeading("The lease is lost.")

    async def _check(self) -> None:
        """Walk through what is known each minute, and ask for what may have been deleted unseen."""
        context = self._context
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            try:
                await context.forget_deleted()
            except KubeError as error:
                _log.warning("check_failed", extra={"reason": error.reason})
            if context.leading.held():
                context.walk()
            context.note_check()


def _log_end(task: asyncio.Task[None]) -> None:
    """Log why a loop ended that should not; `/healthz` fails from then on."""
    error = None if task.cancelled() else task.exception()
    if error is not None:
        _log.error("loop_ended", exc_info=error, extra={"error": type(error).__name__})
