"""What the pod reaches over the gateway: git's settings, those of package managers, and the process that serves them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from agent_contract import wire
from agent_runner.apis.tools import MARK, build_address, build_files
from agent_runner.gitsettings import PodGit
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.programs import Programs, Running

_PYTHON: Final = (sys.executable, "-I" if sys.flags.isolated else "-P", "-B", "-m", "agent_runner.apis")
PAUSES: Final = (0.2, 10.0)
"""Before a process that ended is started again."""
_TOLD: Final = 16
_FIRST_LINE: Final = 200


class Reached:
    """Lets the pod reach what a welcome names.

    Args:
        setup: Where the folders are.
        programs: Starts the process that serves.
        log: Told what was done.
        on_done: Told of each task that ended.
    """

    def __init__(
        self, setup: Setup, programs: Programs, log: Log, on_done: Callable[[asyncio.Task[Any]], None]
    ) -> None:
        self._setup = setup
        self._git = PodGit(setup)
        self._programs = programs
        self._log = log
        self._on_done = on_done
        self._apis: list[wire.ApiConnection] = []
        self._task: asyncio.Task[None] | None = None
        self._running: Running | None = None
        self._note = ""

    @property
    def pids(self) -> tuple[int, ...]:
        """The process that serves, if it runs: what ends an agent's tools leaves it."""
        return (self._running.pid,) if self._running is not None and not self._running.ended.done() else ()

    def begin(self, welcome: wire.Welcome) -> None:
        """Reach what a welcome names; the same again, or what is not known now, changes nothing."""
        if welcome.reach_known:
            self._reach(welcome.git, welcome.apis)

    def on_frame(self, frame: wire.Reach | wire.CommitIdentity) -> None:
        """Reach what is told later, or let git sign commits so from now on."""
        match frame:
            case wire.Reach():
                self._reach(frame.git, frame.apis)
            case wire.CommitIdentity():
                self._git.sign(frame)

    def _reach(self, git: Sequence[wire.GitConnection], apis: list[wire.ApiConnection]) -> None:
        self._git.connect(git)
        if apis == self._apis:
            return
        self._apis = apis
        self._note = describe(apis)
        self.cancel()
        try:
            write_files(Path(self._setup.home), build_files(apis))
        except OSError as error:
            self._log.warning("tools_not_set_up", problem=error.strerror)
        if apis:
            self._task = asyncio.create_task(self._serve())
            self._task.add_done_callback(self._on_done)

    def cancel(self) -> None:
        """Serve no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._running is not None:
            self._running.kill()

    def take_note(self) -> str:
        """Return what the agent is to be told of its services with its next prompt, once."""
        note, self._note = self._note, ""
        return note

    async def _serve(self) -> None:
        given = json.dumps({
            "gateway": self._setup.config["gatewayUrl"].rstrip("/"), "token": self._setup.token,
            "apis": [api.model_dump(mode="json", by_alias=True) for api in self._apis],
        }).encode()  # fmt: skip
        pause, longest = PAUSES
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                self._running = running = await self._programs.read_from(list(_PYTHON), given)
                self._log.info("services_served", count=len(self._apis))
                try:
                    code = await running.wait()
                finally:
                    await running.end()
                self._log.warning("services_ended", code=code)
            except OSError as error:
                self._log.warning("services_not_served", problem=error.strerror)
            lasted = asyncio.get_running_loop().time() - begun
            pause = PAUSES[0] if lasted > longest else min(pause * 2, longest)
            await asyncio.sleep(pause)


def write_files(home: Path, files: dict[str, str]) -> None:
    """Write files below a folder, each in one piece; one that somebody else wrote stays as it is.

    Raises:
        OSError: the folder cannot be written.
    """
    for path, text in files.items():
        file = home / path
        if file.is_symlink() or (file.exists() and not _is_ours(file)):
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f"{file.name}.new")
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as target:
            target.write(text)
        new.replace(file)


def _is_ours(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as source:
        return MARK.encode() in source.readline(_FIRST_LINE)


def describe(apis: Sequence[wire.ApiConnection]) -> str:
    """Tell an agent what it reaches, in few words; nothing where there is nothing."""
    if not apis:
        return ""
    named = [f"{_name(api)} {api.url} at {build_address(api)}{_limit(api)}" for api in apis[:_TOLD]]
    return (
        "Reached without any key or login, over the addresses of this machine, which belong into no file that is committed: "
        f"{'; '.join(named)}."
    )


def _name(api: wire.ApiConnection) -> str:
    names = {
        "npm": "npm packages (npm is set up)", "pypi": "Python packages (pip and uv are set up)", "go": "Go modules (go is set up)",
        "maven": "Maven artifacts (mvn is set up)", "oci": "container images (skopeo, podman and buildah are set up)",
    }  # fmt: skip
    return names.get(api.format, f"the service {api.name},")


def _limit(api: wire.ApiConnection) -> str:
    allowed = "" if "**" in api.paths else f"only {', '.join(api.paths[:4])}"
    return (
        f" ({', '.join(filter(None, (allowed, '' if api.writes else 'read only')))})"
        if allowed or not api.writes
        else ""
    )
