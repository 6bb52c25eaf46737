"""The stored session of a conversation: fetched once, while pi loads, into a file that pi then opens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from agent_contract import wire
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.tasks import start
from agent_runner.transfers import Transfers

PAUSE = 1.0
"""Seconds between two attempts."""


class Restore:
    """Begins with the first welcome; a later one changes nothing."""

    def __init__(self, transfers: Transfers, setup: Setup, log: Log, on_done: Callable[[], None]) -> None:
        """Call `on_done` when the file is there."""
        self._transfers = transfers
        self._setup = setup
        self._log = log
        self._on_done = on_done
        self._task: asyncio.Task[None] | None = None
        self._session_id = ""
        self.new = False
        """There is no stored session."""
        self.path: str | None = None
        """The file, once it is whole."""
        self.last_entry: str | None = None

    def begin(self, frame: wire.Welcome) -> None:
        """Fetch what the welcome announces, if that was not begun."""
        if self.new or self._task is not None:
            return
        if frame.session_lines == 0:
            self._session_id = frame.session_id
            self.new = True
            return
        self._task = start(self._fetch(frame))

    def renew(self, *, stale: bool) -> None:
        """Begin the file of a new session where pi has read a folder that is another now: with it, it reads that anew."""
        if not (stale and self.new and self.path is None):
            return
        header = build_header(self._session_id, self._setup.workspace, datetime.now(UTC))
        try:
            Path(self._setup.restored).write_text(f"{header}\n", encoding="utf-8")
        except OSError as error:
            self._log.warning("session_not_begun", problem=error.strerror or type(error).__name__)
            return
        self.path = self._setup.restored

    def cancel(self) -> None:
        """Stop fetching."""
        if self._task is not None:
            self._task.cancel()

    async def _fetch(self, frame: wire.Welcome) -> None:
        header = build_header(frame.session_id, self._setup.workspace, datetime.now(UTC))
        target = self._setup.restored
        while self.path is None:
            try:
                last = await self._transfers.fetch_session(Path(target), header, frame.session_lines)
                self.last_entry = str(json.loads(last)["id"])
                self.path = target
            except (OSError, ValueError, KeyError) as error:
                problem = (
                    f"{type(error).__name__}: {error}"[:200] if isinstance(error, OSError) else type(error).__name__
                )
                self._log.warning("session_not_fetched", problem=problem)
                await asyncio.sleep(PAUSE)
        self._log.info("session_fetched", lines=frame.session_lines)
        self._on_done()


def build_header(session_id: str, workspace: str, now: datetime) -> str:
    """Return the first line of a session file: pi takes the folder of its tools from it, not from its own."""
    stamp = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"type": "session", "version": 3, "id": session_id, "timestamp": stamp, "cwd": workspace})
