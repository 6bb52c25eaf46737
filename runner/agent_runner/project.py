"""What workspace and class say to an agent beside the person's words: kept up to date for pi, its faults told once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent_contract import wire
from agent_contract.runnerconfig import RunnerConfig
from agent_runner.launch import Setup
from agent_runner.logs import Log
from agent_runner.nearby import Nearby
from agent_runner.piteam import build_servers
from agent_runner.programs import Programs
from agent_runner.projectfile import ProjectFile, read_project_file, write_instructions
from agent_runner.sources import Sources
from agent_runner.templates import Templates


class Project:
    """The project's own instructions, whether pi must read the workspace anew, and the class's templates.

    Args:
        setup: Where things are.
        config: What the class says.
        programs: Fetch what of skills and templates stands in repositories.
        log: Where a fault is written.
        on_ready: Called when that is done.
        on_done: Told of the end of its task.
    """

    def __init__(
        self,
        setup: Setup,
        config: RunnerConfig,
        programs: Programs,
        log: Log,
        on_ready: Callable[[], None],
        on_done: Callable[[asyncio.Task[Any]], None],
    ) -> None:
        self._setup = setup
        self._sources = Sources(config.sources, setup, programs, log, on_ready, on_done)
        self._nearby = Nearby(config.gateway_url, wanted=bool(config.server_names))
        self._trusted = config.trust_workspace
        self._late_servers = config.warm and bool(config.mcp_servers)
        self._templates = Templates(config.commands, config.prompt_templates, config.skills, log)
        self._log = log
        self._found = read_project_file(setup.workspace)
        self._told = ProjectFile()
        self._told_sources = False

    @property
    def ready(self) -> bool:
        """Say whether a session may be opened."""
        return self._sources.ready

    def begin(self) -> None:
        """Go on, as the gateway has welcomed this pod: pi may ask tool servers, and what is fetched is fetched."""
        Path(self._setup.welcomed).touch()
        if self._late_servers:
            Path(self._setup.servers).write_text(json.dumps(build_servers(self._setup.config)), encoding="utf-8")
        self._sources.begin()

    async def serve(self) -> None:
        """Let pi reach tool servers at an address of the pod's own, where it must.

        Raises:
            OSError: somebody has its port.
        """
        await self._nearby.serve()

    def cancel(self) -> None:
        """Fetch no more, and take no more connections to tool servers."""
        self._sources.cancel()
        self._nearby.cancel()

    def refresh(self) -> bool:
        """Write anew what is added to the system prompt; say whether pi, which runs, has read something else."""
        own = str(self._setup.config.get("instructions") or "")
        try:
            found = write_instructions(self._setup.workspace, self._setup.instructions, own)
        except OSError as error:
            self._log.warning("instructions_not_written", problem=error.strerror or type(error).__name__)
            return False
        changed, self._found = found != self._found, found
        return (
            changed
            or self._late_servers
            or self._sources.fetched
            or (self._trusted and (Path(self._setup.workspace) / ".pi").is_dir())
        )

    def write_out(self, text: str) -> str:
        """Return a prompt in which a command of the class is what that stands for."""
        return self._templates.write_out(text)

    def take_notices(self) -> list[wire.Notice]:
        """Return what the person should know, once."""
        told = [self._take_file(), None if self._told_sources else self._sources.build_notice()]
        self._told_sources = True
        return [notice for notice in told if notice is not None]

    def _take_file(self) -> wire.Notice | None:
        found = self._found
        if found == self._told or not (found.cut or found.problem):
            return None
        self._told = found
        if found.cut:
            text = f"{found.name} has {found.size} bytes: its beginning alone was read"
            return wire.Notice(text=text, code="project_file_cut", name=found.name)
        return wire.Notice(
            text=f"{found.name} was not read: {found.problem}", code="project_file_unread", name=found.name
        )
