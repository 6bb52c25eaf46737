"""The exit code of this run, or the fault that ends it."""

from __future__ import annotations

import asyncio
from typing import Any


class Exit:
    """Decided once: what comes later changes nothing. Made in a running loop, whose faults it takes too."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self._code: asyncio.Future[int] = loop.create_future()
        loop.set_exception_handler(self._on_fault)

    async def wait(self) -> int:
        """Return the exit code.

        Raises:
            Exception: the fault that ended the run.
        """
        return await self._code

    def decide(self, code: int) -> bool:
        """End with a code; False where the end was decided before."""
        if self._code.done():
            return False
        self._code.set_result(code)
        return True

    def on_task_done(self, task: asyncio.Task[Any]) -> None:
        """End with the fault of a task, if it had one."""
        if not task.cancelled() and (error := task.exception()):
            self._fail(error)

    def _on_fault(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._fail(context.get("exception") or RuntimeError(str(context.get("message"))))

    def _fail(self, error: BaseException) -> None:
        if not self._code.done():
            self._code.set_exception(error)
