"""The end of a run: its files go first, then the leave or the exit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal

from agent_contract.runnerconfig import RunnerConfig
from agent_runner import lifecycle as life
from agent_runner.files import Files
from agent_runner.outbox import Outbox

LeaveReason = Literal["idle", "run_deadline", "shutdown", "done"]


class Ending:
    """Holds a leave or an exit back while the files are on their way; the supervisor's deadline bounds that."""

    def __init__(
        self,
        config: RunnerConfig,
        files: Files,
        outbox: Outbox,
        read_state: Callable[[], life.State],
        finish: Callable[[int], None],
        on_done: Callable[[asyncio.Task[Any]], None],
    ) -> None:
        """Call `finish` with the exit code that was held back, and `on_done` with each task that ended."""
        self._keeps = config.snapshot
        self._files = files
        self._outbox = outbox
        self._read_state = read_state
        self._finish = finish
        self._on_done = on_done
        self._task: asyncio.Task[None] | None = None
        self._exit_code: int | None = None

    def leave(self, reason: LeaveReason) -> None:
        """Ask for leave, once the files are where the next run finds them."""
        if not self._keeps:
            self._outbox.add_leave(reason)
        elif not self._busy:
            self._start(self._keep_and_leave(reason))

    def keep(self, actions: Sequence[life.Action]) -> None:
        """Keep the files of a run that stops without asking for leave, while a gateway is there to take them."""
        leaves = any(isinstance(action, life.AskLeave | life.Exit) for action in actions)
        if self._keeps and not leaves and not self._busy:
            self._start(self._keep_and_exit())

    def holds(self, code: int, state: life.State) -> bool:
        """Say whether an exit has to wait for the files; it is then made up for by `finish`."""
        due = state.deadline is not None and time.monotonic() >= state.deadline
        if not self._busy or due:
            return False
        self._exit_code = code
        return True

    def cancel(self) -> None:
        """Stop whatever is on its way."""
        if self._task is not None:
            self._task.cancel()

    @property
    def _busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def _start(self, work: Any) -> None:
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(self._on_done)

    async def _keep_and_leave(self, reason: LeaveReason) -> None:
        await self._files.keep()
        if self._read_state().phase in (life.Phase.LEAVING, life.Phase.STOPPING):  # else a turn came meanwhile
            self._outbox.add_leave(reason)

    async def _keep_and_exit(self) -> None:
        await self._files.keep()
        self._task = None
        if self._exit_code is not None:
            self._finish(self._exit_code)
