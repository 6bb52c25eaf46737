"""Pull requests as the rest of the gateway sees them, whatever forge they are on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, Protocol

from agent_gateway.connections.settings import Connection
from agent_gateway.rates import Bucket

MOST_REMARKS: Final = 100
"""Of each kind that one look reads: the page that each of the forges gives at most."""
MOST_TEXT: Final = 4000
"""Characters of one that are kept."""

State = Literal["open", "merged", "closed"]


@dataclass(frozen=True, slots=True)
class Pull:
    """A pull request.

    Attributes:
        number: As people name it.
        url: Its page.
        title: Of it.
        state: Whether it is open, merged, or closed without that.
        head: The branch with the changes.
        base: The branch that they are to go into.
        sha: The newest commit of the former.
        opened_at: When, by the forge's clock; None where it does not tell.
        pipeline: How the checks are, on a forge that says so with the pull request.
    """

    number: int
    url: str
    title: str
    state: State
    head: str
    base: str
    sha: str
    opened_at: datetime | None = None
    pipeline: Checks | None = None


@dataclass(frozen=True, slots=True)
class Checks:
    """How many checks of a commit are how, and the names of those that failed."""

    passed: int = 0
    failed: int = 0
    pending: int = 0
    failing: tuple[str, ...] = ()

    def plus(self, other: Checks) -> Checks:
        """Return both together."""
        return Checks(
            self.passed + other.passed,
            self.failed + other.failed,
            self.pending + other.pending,
            (*self.failing, *other.failing),
        )


@dataclass(frozen=True, slots=True)
class Remark:
    """A review or a comment.

    Attributes:
        key: The forge's id of it, which no other remark of the pull request has.
        kind: Which of both.
        author: Who wrote it, as the forge calls them.
        text: What; a review may say nothing.
        verdict: Of a review: approved, changes, or nothing.
        place: File and line that it is about.
        at: When it was written; None where the forge does not tell.
    """

    key: str
    kind: Literal["review", "comment"]
    author: str
    text: str
    verdict: Literal["", "approved", "changes"] = ""
    place: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look found. None, and no remarks: as it was; `etags` are for the next look.

    Attributes:
        pull: The pull request.
        checks: Of its newest commit.
        remarks: Of those that changed, all that the forge gives at once; which are new is the reader's to know.
        etags: Of the answers, by address.
    """

    pull: Pull | None = None
    checks: Checks | None = None
    remarks: tuple[Remark, ...] = ()
    etags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewPull:
    """What is to be opened."""

    head: str
    base: str
    title: str
    body: str
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A repository, and with whose rights it is asked for.

    Attributes:
        connection: The way there.
        path: The repository, as the forge names it.
        token: Of the person who asked; None: the connection's own.
        calls: What may still be asked for a conversation; None: it asks for nobody.
    """

    connection: Connection
    path: str
    token: str | None = None
    calls: Bucket | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Change:
    """What an update changes; None: as it is."""

    title: str | None = None
    body: str | None = None
    state: Literal["open", "closed"] | None = None


class Forge(Protocol):
    """One kind of forge. Each call raises what `http` names."""

    async def read_default(self, place: Place) -> str:
        """Return the repository's main branch."""

    async def find(self, place: Place, head: str, base: str) -> list[Pull]:
        """Return the pull requests of these branches, the newest first."""

    async def open(self, place: Place, new: NewPull) -> Pull:
        """Open one; Exists where there is an open one of these branches."""

    async def update(self, place: Place, number: int, change: Change) -> Pull:
        """Change one."""

    async def comment(self, place: Place, number: int, body: str) -> str:
        """Say something there; return its key."""

    async def look(self, place: Place, number: int, sha: str, etags: Mapping[str, str]) -> Seen:
        """Return how one is, as far as it changed since the answers with these etags; `sha` is the commit known of it."""

    async def read_checks(self, place: Place, sha: str) -> Checks | None:
        """Return the checks of a commit; None where they may not be read."""
