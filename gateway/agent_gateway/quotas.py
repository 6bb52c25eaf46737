"""How much of the database and of the gateway's memory each run, conversation and all of them may have; pure.

The names stand in docs/reference/limits.md: whoever is refused something is told one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from agent_gateway.errors import GatewayError

MIB: Final = 1 << 20
NEAR: Final = 0.9
"""The part of the quota from which on nothing new is begun."""
ROOM_AGAIN: Final = 0.85
"""The part below which it is begun again."""
_PART: Final = 4
"""A sub-agent has one part in so many of what a conversation has."""


class Limit(StrEnum):
    """What is limited."""

    SESSION = "session"
    SESSION_TURN = "session-turn"
    SESSION_RUN = "session-run"
    SESSIONS = "sessions"
    SESSION_PICTURES = "session-pictures"
    COPIES = "copies"
    CHILDREN = "children"
    FILES = "files"
    FILES_WAITING = "files-waiting"
    FILE_SIZE = "file-size"
    WORKSPACE = "workspace"
    KEPT = "kept"
    KEPT_PART = "kept-part"
    KEPT_RATE = "kept-rate"
    STREAMS = "streams"
    SUBAGENT_FILES = "subagent-files"
    SUBAGENT_WORKSPACE = "subagent-workspace"
    DATABASE = "database"
    PROMPT = "prompt"


class OverQuota(GatewayError):
    """More would be stored than a limit allows; nothing of it is.

    Attributes:
        limit: Which.
    """

    def __init__(self, limit: Limit, words: str) -> None:
        super().__init__(words)
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Quotas:
    """Bytes that may be stored; 0 for `database` means that nobody said how much there is.

    Attributes:
        session: Lines of one session.
        turn: Lines that one turn adds to it.
        run: Lines that one run adds to it.
        sessions: Lines of all sessions of a conversation, those before `/new` and those of sub-agents included.
        pictures: Those of one session, which count among its lines too; beyond it the oldest go.
        copies: Copies of workspaces that sub-agents of a conversation have not ended with.
        files: Files of a conversation that wait for the chat.
        database: All of it.
    """

    session: int = 128 * MIB
    turn: int = 32 * MIB
    run: int = 64 * MIB
    sessions: int = 256 * MIB
    pictures: int = 64 * MIB
    copies: int = 1024 * MIB
    files: int = 200 * MIB
    database: int = 0

    def of_subagent(self) -> Quotas:
        """Return what a sub-agent has: a part of what it has for itself, and a share in what its conversation has."""
        return replace(
            self,
            session=self.session // _PART,
            turn=self.turn // _PART,
            run=self.run // _PART,
            pictures=self.pictures // _PART,
        )


@dataclass(frozen=True, slots=True)
class Lines:
    """Bytes of session lines that would be stored.

    Attributes:
        session: In the session.
        turn: Of its running turn.
        run: Of its run.
        sessions: In all sessions of the conversation.
    """

    session: int
    turn: int
    run: int
    sessions: int

    def without(self, less: int) -> Lines:
        """Return the same with fewer bytes added."""
        return Lines(self.session - less, self.turn - less, self.run - less, self.sessions - less)


def check_lines(lines: Lines, quotas: Quotas) -> None:
    """Raise OverQuota for the first limit that session lines are over."""
    for limit, size, most in (
        (Limit.SESSION_TURN, lines.turn, quotas.turn),
        (Limit.SESSION_RUN, lines.run, quotas.run),
        (Limit.SESSION, lines.session, quotas.session),
        (Limit.SESSIONS, lines.sessions, quotas.sessions),
    ):
        if size > most:
            raise OverQuota(limit, describe(limit, most))


_WORDS: Final[Mapping[Limit, str]] = {
    Limit.SESSION_TURN: "The session lines of one turn are over {size}",
    Limit.SESSION_RUN: "The session lines of one run are over {size}",
    Limit.SESSION: "The session is over {size}: a person can begin a fresh one with /new",
    Limit.SESSIONS: "The sessions of this conversation and of its sub-agents are over {size}: a person can delete them with /forget",
    Limit.COPIES: "The copies of workspaces for the sub-agents of this conversation are over {size}: wait until some have ended, or ask for an empty workspace",
    Limit.FILES: "The files of this conversation that wait for the chat are over {size}: send smaller ones, or wait until they are sent",
    Limit.KEPT: "The kept files of this conversation, earlier states of them included, are over {size}",
    Limit.DATABASE: "The database is nearly full ({size}), so that no files are taken now: an administrator has to make room",
}


def describe(limit: Limit, most: int) -> str:
    """Say in a sentence what is over which limit, with its name, for an agent or a log."""
    return f"{_WORDS[limit].format(size=f'{most / MIB:g} MiB')} (limit: {limit})."


class Level(StrEnum):
    """How full the database is."""

    ROOM = "room"
    NEAR = "near"
    FULL = "full"


def find_level(used: int, quota: int, before: Level) -> Level:
    """Return how full a database is; one that was nearly full has room again only some way below."""
    if quota <= 0 or used < quota * (NEAR if before is Level.ROOM else ROOM_AGAIN):
        return Level.ROOM
    return Level.FULL if used >= quota else Level.NEAR
