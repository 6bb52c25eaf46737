"""The end of a run: its files go first, then the leave or the exit."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from agent_contract import wire
from agent_contract.runnerconfig import RunnerConfig
from agent_contract.terms import MAX_RESULT_BYTES
from agent_runner import lifecycle as life
from agent_runner.files import Files
from agent_runner.logs import Log
from agent_runner.outbox import Outbox
from agent_runner.words import cut

LeaveReason = Literal["idle", "run_deadline", "shutdown", "done"]


class Ending:
    """Has the files kept after each turn, and holds a leave or an exit back while the rest of them is on its way.

    Args:
        config: Whether files are kept.
        files: Keeps them.
        outbox: Takes the leave.
        read_state: Returns the supervisor's state.
        finish: Called with the exit code that was held back.
        on_done: Told of each task that ended.
    """

    def __init__(
        self,
        config: RunnerConfig,
        files: Files,
        outbox: Outbox,
        read_state: Callable[[], life.State],
        finish: Callable[[int], None],
        on_done: Callable[[asyncio.Task[Any]], None],
    ) -> None:
        self._keeps = config.snapshot
        self._files = files
        self._outbox = outbox
        self._read_state = read_state
        self._finish = finish
        self._on_done = on_done
        self._task: asyncio.Task[None] | None = None
        self._wanted = False
        """Something may have changed since the last look at the files began."""
        self._reason: LeaveReason | None = None
        """Of the leave that is held back."""
        self._exit_code: int | None = None

    def leave(self, reason: LeaveReason) -> None:
        """Ask for leave, once the files are where the next run finds them."""
        if not self._keeps:
            self._outbox.add_leave(reason)
            return
        self._reason = reason
        self._keep(self._read_state().turn)

    def on_step(self, before: life.State, after: life.State, actions: Sequence[life.Action]) -> None:
        """Keep the files: beside what comes next where a turn has ended, and before the exit of a run that stops."""
        if not self._keeps:
            return
        leaves = any(isinstance(action, life.AskLeave | life.Exit) for action in actions)
        if after.phase is life.Phase.STOPPING:
            if before.phase is not after.phase and not leaves:
                self._keep(before.turn)
        elif before.turn is not None and before.turn != after.turn:
            self._files.keep_later(before.turn)

    def holds(self, code: int, state: life.State) -> bool:
        """Say whether an exit has to wait for the files; it is then made up for by `finish`.

        Where somebody ends the pod, it waits no longer than the pod has time. Otherwise `KEEP_SECONDS` bounds it.
        """
        due = state.stop_by is not None and time.monotonic() >= state.stop_by
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

    def _keep(self, turn: int | None) -> None:
        self._wanted = True  # one that is under way was begun before
        if not self._busy:
            self._task = asyncio.create_task(self._work(turn))
            self._task.add_done_callback(self._on_done)

    async def _work(self, turn: int | None) -> None:
        while self._wanted:
            self._wanted = False
            await self._files.keep(turn)
        self._task = None
        reason, self._reason = self._reason, None
        if reason is not None and self._read_state().phase in (life.Phase.LEAVING, life.Phase.STOPPING):
            self._outbox.add_leave(reason)  # else a turn came meanwhile
        if self._exit_code is not None:
            self._finish(self._exit_code)


def leave_message(path: Path, event: wire.Event, answer: str, log: Log) -> None:
    """Leave a sub-agent's answer, or why there is none, where the kubelet finds it, if an event ends its turn."""
    match event:
        case wire.TurnSettled():
            text = answer
        case wire.Failed():
            text = event.error or event.reason
        case _:
            return
    try:
        path.write_text(cut(text, MAX_RESULT_BYTES))
    except OSError as error:
        log.warning("termination_message_not_written", problem=error.strerror)
