"""Whom the commits of an agent are made for, as its runner is told before each turn."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from agent_contract.base import Wire
from agent_contract.lenient import Number
from agent_contract.modelling import Field
from agent_contract.text import Sentence, Word

MAX_TRAILERS: Final = 16


class GitPerson(Wire):
    """Name and address as git has them: on one line, without angle brackets (git-commit(1), COMMIT INFORMATION)."""

    name: Word
    email: Word


class CommitIdentity(Wire):
    """How commits are signed from now on. A runner of an earlier release passes over it."""

    type: Literal["commit_identity"] = "commit_identity"
    turn: Number
    author: GitPerson
    committer: GitPerson
    trailers: Annotated[list[Sentence], Field(max_length=MAX_TRAILERS, fail_fast=True)] = []
    """Lines for the end of a message, each a word, a colon and what it says (git-interpret-trailers(1))."""
