"""What a pod reaches over the gateway, as its runner is told."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.apis import MAX_APIS, ApiConnection
from agent_contract.base import Wire
from agent_contract.modelling import Field
from agent_contract.text import Word

MAX_GIT: Final = 1000
"""Git servers of a welcome, and beginnings of repositories of one."""


class GitConnection(Wire):
    """A git server whose repositories are reached over the gateway."""

    name: Word
    """The first part of the path behind `PATH_GIT`."""
    host: Word
    """As addresses name it, with its port if that is not the usual one."""
    prefixes: Annotated[list[Word], Field(max_length=MAX_GIT, fail_fast=True)] = []
    """Beginnings of the repositories that go over the gateway; an empty one is all of the host."""


class Reach(Wire):
    """What a welcome could not tell, before the next prompt: it takes the place of all that was told before."""

    type: Literal["reach"] = "reach"
    git: Annotated[list[GitConnection], Field(max_length=MAX_GIT, fail_fast=True)] = []
    """What the agent's git reaches over the gateway."""
    apis: Annotated[list[ApiConnection], Field(max_length=MAX_APIS, fail_fast=True)] = []
    """What else it reaches over the gateway."""
