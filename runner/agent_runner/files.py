"""The workspace's ways: here at the start, away at the end, and a copy for each sub-agent that wants one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp

from agent_contract import wire
from agent_contract.runnerconfig import RunnerConfig
from agent_runner.launch import Setup
from agent_runner.link import Link
from agent_runner.logs import Log
from agent_runner.programs import Programs
from agent_runner.workspace import TooLargeError, WorkspaceError, is_empty, pack, unpack

PAUSE = 1.0
"""Seconds between two attempts."""
ATTEMPTS = 5
_BROKEN = (aiohttp.ClientError, OSError, TimeoutError)


class Files:
    """Moves the workspace. What fails is told: in the log, and to the agent where it begins without its files."""

    def __init__(
        self, link: Link, setup: Setup, config: RunnerConfig, programs: Programs, log: Log, on_ready: Callable[[], None]
    ) -> None:
        """Call `on_ready` when the workspace is as this run begins with it."""
        self._link = link
        self._setup = setup
        self._config = config
        self._programs = programs
        self._log = log
        self._on_ready = on_ready
        self._task: asyncio.Task[None] | None = None
        self.ready = False
        self.problem = ""
        """Why the files that were announced are not there, in words."""

    def begin(self, frame: wire.Welcome) -> None:
        """Fetch what the welcome announces, if that was not begun."""
        if self.ready or self._task is not None:
            return
        if not frame.workspace:
            self.ready = True
            return
        self._task = asyncio.create_task(self._restore())

    def cancel(self) -> None:
        """Stop fetching."""
        if self._task is not None:
            self._task.cancel()

    async def copy(self, call_id: str) -> bool:
        """Store a copy under a call's id; False where there is nothing to copy.

        Raises:
            WorkspaceError: it is over the limit, or cannot be stored; with words for the agent.
        """
        if is_empty(self._setup.workspace):
            return False
        try:
            await self._send(call_id)
        except _BROKEN as error:
            raise WorkspaceError(f"The workspace could not be copied ({type(error).__name__}); try again.") from error
        return True

    async def keep(self) -> None:
        """Store this run's files for the next one; one more attempt where the first was cut."""
        for left in (1, 0):
            try:
                await self._send(None)
            except (WorkspaceError, *_BROKEN) as error:
                words = str(error) if isinstance(error, WorkspaceError) else type(error).__name__
                self._log.warning("workspace_not_kept", problem=words, again=bool(left))
                if isinstance(error, TooLargeError):
                    return
            else:
                self._log.info("workspace_kept")
                return

    async def _send(self, call_id: str | None) -> None:
        packed = pack(self._setup.workspace, self._config.snapshot_limit, self._programs)
        problems: list[WorkspaceError] = []

        async def chunks() -> AsyncIterator[bytes]:
            try:
                async for chunk in packed:
                    yield chunk
            except WorkspaceError as error:
                if call_id is None and isinstance(error, TooLargeError):
                    return  # the gateway sees it too, and remembers it for the next run
                problems.append(error)
                raise

        try:
            await self._link.put_workspace(chunks(), call_id)
        except _BROKEN:
            if problems:  # the HTTP client tells any end of a body as its own
                raise problems[0] from None
            raise
        finally:
            await packed.aclose()

    async def _restore(self) -> None:
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(PAUSE)
            try:
                await unpack(self._setup.workspace, self._link.fetch_workspace(), self._programs)
            except (WorkspaceError, *_BROKEN) as error:
                words = str(error) if isinstance(error, WorkspaceError) else type(error).__name__
                self._log.warning("workspace_not_restored", problem=words)
                self.problem = f"The earlier files could not be brought back: {words}"
                if isinstance(error, WorkspaceError):
                    break  # it came whole, and would be no better the next time
            else:
                self._log.info("workspace_restored")
                self.problem = ""
                break
        self.ready = True
        self._on_ready()
