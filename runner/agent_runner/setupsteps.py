"""The class's commands that prepare a workspace: each once a workspace, or at each start."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent_contract import wire
from agent_runner.commands import Commands, Ended

FOLDER: Final = ".agent-setup"
"""In the workspace: what was done, and what it said. It is kept with the files."""
MOST_LOG: Final = 1 << 20
"""Bytes of output that are kept; what comes later is left out."""
MOST_DONE: Final = 256
"""Commands that are known to be done."""
_LINES: Final = 12
_CHARACTERS: Final = 1500


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a command ended, with the last lines of what it said."""

    ok: bool
    text: str


class SetupSteps:
    """Runs them.

    Args:
        workspace: The folder.
        commands: Runs a command.
    """

    def __init__(self, workspace: str, commands: Commands) -> None:
        self._folder = Path(workspace) / FOLDER
        self._commands = commands
        self._written = 0

    def find_due(self, steps: Sequence[wire.SetupStep]) -> list[int]:
        """Return which of them are to be run: those of each start, and those that this workspace has not had."""
        done = self._read_done()
        return [number for number, step in enumerate(steps) if step.each_run or _digest(step) not in done]

    async def run(self, step: wire.SetupStep) -> StepResult:
        """Run one; what it says is added to the log, within its bound."""
        try:
            self._folder.mkdir(exist_ok=True)
            with (self._folder / "log").open("ab" if self._written else "wb") as log:

                def write(data: bytes, _: list[str]) -> None:
                    kept = data[: max(0, MOST_LOG - self._written)]
                    self._written += len(kept)
                    log.write(kept)

                write(f"$ {step.command}\n".encode(), [])
                ended = await self._commands.shell(step.command, step.seconds, write)
            if ended.code == 0 and not step.each_run:
                self._note_done(step)
        except OSError as error:
            return StepResult(ok=False, text=f"The workspace cannot be written ({error.strerror}).")
        return StepResult(ended.code == 0, _describe(ended, step))

    def _read_done(self) -> set[str]:
        try:
            return set((self._folder / "done").read_text("utf-8", "replace").split()[:MOST_DONE])
        except OSError:
            return set()  # nothing was done, as far as anybody knows

    def _note_done(self, step: wire.SetupStep) -> None:
        done = [*sorted(self._read_done() - {_digest(step)})[: MOST_DONE - 1], _digest(step)]
        new = self._folder / "done.new"
        new.write_text("\n".join(done) + "\n")
        new.replace(self._folder / "done")


def _digest(step: wire.SetupStep) -> str:
    return hashlib.sha256(step.command.encode()).hexdigest()


def _describe(ended: Ended, step: wire.SetupStep) -> str:
    """Return the last lines, and how it ended where it failed."""
    if ended.code == 0:
        return ""
    how = f"(ended after {step.seconds} seconds)" if ended.code is None else f"(exit code {ended.code})"
    return "\n".join([*ended.lines[-_LINES:], how])[-_CHARACTERS:]
