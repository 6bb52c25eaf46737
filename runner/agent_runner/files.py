"""The workspace's ways: here at the start, away at the end, and a copy for each sub-agent that wants one."""

from __future__ import annotations

import asyncio
import time
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
COPY_SECONDS = 30.0
"""How long a copy for a sub-agent is offered to a gateway that does not take it."""
KEEP_SECONDS = 120.0
"""How long the files of a run that leaves are offered to a gateway that does not take them."""
UNPACKINGS = 3
"""How often tar may fail: an agent that dies while it loads takes it along once or twice."""
_GONE = 404
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
        self._spares = False
        """What is stored could not be had, and may be by a later run: nothing takes its place."""

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
        until = time.monotonic() + COPY_SECONDS
        while True:
            try:
                await self._send(call_id)
            except _BROKEN as error:
                words = type(error).__name__
                self._log.warning("workspace_not_copied", problem=words, again=time.monotonic() < until)
                if time.monotonic() >= until:
                    raise WorkspaceError(f"The workspace could not be copied ({words}); try again.") from error
                await asyncio.sleep(PAUSE)
            else:
                return True

    async def keep(self) -> None:
        """Store this run's files for the next one; a gateway that is started anew is waited for.

        A run that never had the earlier files keeps none: those that are stored are more than it has.
        """
        if not self.ready or self._spares:
            self._log.warning("workspace_not_kept", problem="this run never had the earlier files", again=False)
            return
        until, left = time.monotonic() + KEEP_SECONDS, 1
        while True:
            try:
                await self._send(None)
            except WorkspaceError as error:
                left -= 1  # where tar was killed with all else, it is not a second time
                words, again = str(error), left >= 0 and not isinstance(error, TooLargeError)
            except _BROKEN as error:
                words, again = type(error).__name__, time.monotonic() < until
            else:
                self._log.info("workspace_kept")
                return
            self._log.warning("workspace_not_kept", problem=words, again=again)
            if not again:
                return
            await asyncio.sleep(PAUSE)

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
            await self._link.put_workspace(chunks(), self._config.snapshot_limit, call_id)
        except _BROKEN:
            if problems:  # the HTTP client tells any end of a body as its own
                raise problems[0] from None
            raise
        finally:
            await packed.aclose()

    async def _restore(self) -> None:
        """Fetch until it is there: the gateway ends a run that is not ready in time, and what is stored stays."""
        left = UNPACKINGS
        while not self.ready:
            try:
                await unpack(self._setup.workspace, self._link.fetch_workspace(), self._programs)
                self._log.info("workspace_restored")
                self.ready = True
            except WorkspaceError as error:
                left -= 1
                if left:
                    self._log.warning("workspace_not_restored", problem=str(error), again=True)
                    continue
                self._spares = True
                later = " They stay stored for a later run, and what is written now is not kept."
                self._give_up(f"{error}{'' if self._config.one_turn else later}")
            except _BROKEN as error:
                if isinstance(error, aiohttp.ClientResponseError) and error.status == _GONE:
                    self._give_up("They are no longer stored.")
                    continue
                self._log.warning("workspace_not_restored", problem=type(error).__name__, again=True)
                await asyncio.sleep(PAUSE)
        self._on_ready()

    def _give_up(self, words: str) -> None:
        self._log.warning("workspace_not_restored", problem=words, again=False)
        self.problem = f"The earlier files could not be brought back: {words}"
        self.ready = True
