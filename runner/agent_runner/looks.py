"""What the gateway asks of the workspace for people: looked at beside the turn, one thing at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from agent_contract import wire
from agent_runner.gitprogram import GitFailed
from agent_runner.logs import Log
from agent_runner.programs import Programs
from agent_runner.transfers import Declined, Transfers

SECONDS: Final = 8.0
"""For all repositories together: the gateway waits little longer."""


class Looks:
    """Looks, and hands over what it saw; nothing where it could not look: whoever asks waits only so long.

    Args:
        transfers: To the gateway.
        workspace: What is looked at.
        files: Waits until its files are there.
        programs: Starts git.
        log: Where it is told why nothing was seen.
        on_done: Hears of a task's end.
    """

    def __init__(
        self, transfers: Transfers, workspace: str, files: Callable[[], Awaitable[None]], programs: Programs, log: Log,
        on_done: Callable[[asyncio.Task[None]], object],
    ) -> None:  # fmt: skip
        self._transfers = transfers
        self._workspace = workspace
        self._files = files
        self._programs = programs
        self._log = log
        self._on_done = on_done
        self._task: asyncio.Task[None] | None = None

    def on_frame(self, frame: wire.Look) -> None:
        """Begin, if nothing is looked at already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look(frame))
            self._task.add_done_callback(self._on_done)

    def cancel(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()

    async def _look(self, frame: wire.Look) -> None:
        from agent_runner.gitlooks import look_at_branches, look_at_changes  # noqa: PLC0415  # no start waits for it

        look = look_at_changes if frame.what == "changes" else look_at_branches
        try:
            async with asyncio.timeout(SECONDS):
                await self._files()
                body = await _look_or_nothing(look(self._workspace, self._programs))
                await self._transfers.put_look(frame.id, body)
        except (Declined, OSError) as error:
            self._log.info("look_failed", what=frame.what, problem=type(error).__name__)


async def _look_or_nothing(looking: Awaitable[bytes]) -> bytes:
    """Return what is seen; nothing, which is an answer too, where no repository could be asked."""
    try:
        return await looking
    except GitFailed:
        return b""
