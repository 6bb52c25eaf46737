"""Branches of a workspace's repositories as a pod tells them: checked, since a pod may tell anything."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_gateway.diffs.report import NoDiff

MOST_REPOSITORIES: Final = 10
MOST_BRANCHES: Final = 10
"""Of a repository."""
_Word = Annotated[str, Field(max_length=240)]
_Count = Annotated[int, Field(ge=0, le=10**9)]


class Branch(BaseModel):
    """One branch.

    Attributes:
        name: Its name.
        current: It is checked out.
        ahead: Commits that the server's default branch has not; None where that is not known.
        behind: Commits that it has not, and the server's default branch has.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=240)]
    current: bool = False
    ahead: _Count | None = None
    behind: _Count | None = None


class Repository(BaseModel):
    """One repository.

    Attributes:
        path: Its folder in the workspace; a dot is the workspace itself.
        base: The branch that its own are compared with; empty where there is none.
        branches: The newest ones.
        more: There are more.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    path: _Word
    base: _Word = ""
    branches: Annotated[tuple[Branch, ...], Field(max_length=MOST_BRANCHES, strict=False)] = ()
    more: bool = False


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    repositories: Annotated[tuple[Repository, ...], Field(max_length=MOST_REPOSITORIES, strict=False)]


def read_branches(data: bytes) -> tuple[Repository, ...]:
    """Read what a pod tells.

    Raises:
        NoDiff: it is none.
    """
    try:
        return _Told.model_validate_json(data).repositories
    except ValidationError as error:
        raise NoDiff("What is told of the branches cannot be read.") from error
