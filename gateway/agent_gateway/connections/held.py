"""A push that waits for a person, as the person is told of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from agent_gateway.connections.looks import Stat
from agent_gateway.connections.packs import Commit
from agent_gateway.connections.pushes import Command

MOST_REFS: Final = 6
"""Refs of a push that a person is shown."""


@dataclass(frozen=True, slots=True)
class Change:
    """One ref of a push that waits, and the commits that it brings, as far as they are known."""

    command: Command
    commits: tuple[Commit, ...]
    rewrites: bool
    stat: Stat | None = None
    """None where it could not be told."""
    workflows: tuple[str, ...] = ()
    """Files that make the forge run something by itself."""
    workflows_unknown: bool = False
    """Whether there are any could not be told."""


@dataclass(frozen=True, slots=True)
class Held:
    """A push that waits for a person."""

    thread_id: int
    run: int
    connection: str
    path: str
    changes: tuple[Change, ...]

    @property
    def digest(self) -> str:
        """Return what is equal for the same push to the same repository alone."""
        words = [self.connection, self.path.casefold()]
        words += [f"{one.command.old} {one.command.new} {one.command.ref}" for one in self.changes]
        return hashlib.sha256("\n".join(words).encode()).hexdigest()
