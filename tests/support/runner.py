"""A real runner process with a real pi, as its pod would start it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from tests.support.eventually import LONG, PATIENCE
from tests.support.pi import Pi


class RunnerProcess:
    """`python -m agent_runner` in folders of its own."""

    def __init__(self, folder: Path, gateway_url: str, pi: Pi, token: str = "token-1", **config: Any) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.home = folder / "home"
        self.workspace = folder / "workspace"
        self.token = folder / "token"
        self.termination = folder / "termination"
        self.workspace.mkdir(parents=True, exist_ok=True)
        self.tmp = folder / "tmp"
        self.home.mkdir(exist_ok=True)
        self.tmp.mkdir(exist_ok=True)
        self.token.write_text(token)
        self.config = {
            "thread": "tg-1",
            "run": 1,
            "gatewayUrl": gateway_url,
            "provider": "test",
            "model": "m",
            **config,
        }
        self.pi = pi
        self._process: asyncio.subprocess.Process | None = None
        self._log = folder / "log"

    @property
    def pid(self) -> int:
        """Return the runner's process id."""
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """Return what the runner wrote to its standard error."""
        return self._log.read_text()

    async def start(self, **environment: str) -> None:
        """Start it."""
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "AGENT_CONFIG": json.dumps(self.config),
            "AGENT_STATE_DIR": str(self.state),
            "AGENT_HOME_DIR": str(self.home),
            "AGENT_TMP_DIR": str(self.tmp),
            "AGENT_WORKSPACE_DIR": str(self.workspace),
            "AGENT_TOKEN_FILE": str(self.token),
            "AGENT_TERMINATION_FILE": str(self.termination),
            "PI_COMMAND": json.dumps(self.pi.command),
            "NODE_COMPILE_CACHE": str(self.pi.compile_cache),
            **environment,
        }
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "agent_runner", env=env, stderr=log, stdout=log, stdin=asyncio.subprocess.DEVNULL
            )

    async def exit_code(self, timeout: float = LONG) -> int:  # noqa: ASYNC109
        """Wait for its end."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), timeout)

    async def stop(self) -> None:
        """End it and whatever it started."""
        if self._process and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), PATIENCE)
            except TimeoutError:
                self._process.kill()
                await self._process.wait()

    def terminate(self) -> None:
        """Send SIGTERM."""
        assert self._process is not None
        self._process.terminate()

    def children(self) -> list[tuple[int, str]]:
        """Return pid and command line of every process below the runner."""
        return [(pid, _command(pid)) for pid in _below(self.pid)]

    def zombies(self) -> int:
        """Return how many ended children were not collected."""
        return sum(1 for state, parent in _states().values() if state == "Z" and parent == self.pid)

    def pi_pid(self) -> int:
        """Return pi's process id."""
        # it renames itself once it is loaded
        pids = [pid for pid, command in self.children() if command.strip() == "pi" or "--mode rpc" in command]
        assert len(pids) == 1
        return pids[0]


def is_alive(pid: int) -> bool:
    """Return whether a process runs."""
    return _states().get(pid, ("Z", 0))[0] != "Z"


def _states() -> dict[int, tuple[str, int]]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            found[int(entry.name)] = (state, int(parent))
    return found


def _below(root: int) -> list[int]:
    parents = {pid: parent for pid, (state, parent) in _states().items() if state != "Z"}
    below, grown = {root}, True
    while grown:
        found = {pid for pid, parent in parents.items() if parent in below} - below
        below |= found
        grown = bool(found)
    return sorted(below - {root})


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
