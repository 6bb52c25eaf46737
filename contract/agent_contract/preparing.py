"""What a workspace holds before its agent is asked anything: repositories, and what commands made."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.lenient import Number, known_or
from agent_contract.modelling import Field
from agent_contract.text import Cleaned, Word

MAX_PREPARED: Final = 32
"""Repositories of a workspace, and commands that prepare it."""
_STATES: Final = ("working", "done", "failed")
_Path = Annotated[str, Cleaned(250, cut=False)]


class Checkout(Wire):
    """A repository that the workspace has before the agent is asked anything."""

    connection: Word
    repository: _Path
    address: Annotated[str, Cleaned(1000, cut=False)]
    """What git clones."""
    folder: Word
    """Its name in the workspace."""
    ref: _Path = ""
    """The branch or tag that is checked out; empty for the default branch."""
    depth: Number = 0
    """How many commits of history come with it; 0 means all."""
    filter: Word = ""
    """What is fetched only when it is needed, as git's --filter."""
    mirrored: bool = False
    """The gateway may have a bundle that the clone begins with: `bundle` below the repository at the gateway."""
    fresh: bool = False
    """A person has just chosen it: where the folder is there, its branch is changed, if nothing would be lost."""


class SetupStep(Wire):
    """A command that prepares the workspace."""

    command: Annotated[str, Cleaned(4096, cut=False)]
    each_run: bool = False
    """At each start, not once a workspace."""
    seconds: Number = 300
    """How long it may take."""


class Prepare(Wire):
    """Another repository is wanted in the workspace of an agent that is there; what a welcome names comes again."""

    type: Literal["prepare"] = "prepare"
    checkouts: Annotated[list[Checkout], Field(max_length=MAX_PREPARED, fail_fast=True)] = []


class Prepared(Wire):
    """How far a part of the workspace is that the gateway asked for."""

    type: Literal["prepared"] = "prepared"
    seq: Number
    kind: Annotated[Literal["repository", "setup"], known_or("setup", ("repository", "setup"))]
    number: Annotated[int, Field(ge=0, le=MAX_PREPARED - 1)] = 0
    """Of a command: its place in the welcome's list."""
    connection: Word = ""
    """Of a repository."""
    repository: _Path = ""
    ref: _Path = ""
    """The branch or tag that was asked for; empty for the default branch."""
    state: Annotated[Literal["working", "done", "failed"], known_or("working", _STATES)]
    seconds: Number = 0
    """Since it began."""
    percent: Annotated[int, Field(ge=0, le=100)] | None = None
    """Of a repository that is on its way: how much of it came."""
    text: Annotated[str, Cleaned(2000)] = ""
    """Done: the branch that is checked out. Failed: why, or a command's last lines."""
