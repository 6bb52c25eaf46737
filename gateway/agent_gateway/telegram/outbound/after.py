"""What follows which outcome of a call: one decision for everything that the outbox says. Pure.

The table in docs/explanation/chat.md is this function.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from agent_gateway.telegram.errors import (
    Ambiguous,
    RefusalKind,
    Refused,
    ServerFailed,
    TelegramProblem,
    Throttled,
    Unauthorized,
    Unsupported,
)

MAX_PAUSE: Final = 60.0
UNAUTHORIZED_PAUSE: Final = 30.0
UNKNOWN_PAUSES: Final = (2.0, 10.0, 60.0, 300.0, 900.0)
"""Seconds before the first, second … repeat of a send with an unknown outcome, each behind a probe that succeeded. The
send after the last of them is the last: a message may stand as often as it was sent."""
_GONE: Final = {
    RefusalKind.THREAD_NOT_FOUND: "the topic is gone",
    RefusalKind.CHAT_GONE: "the chat is gone, or the bot may not write there",
}


class Act(StrEnum):
    """What a call was to do."""

    SEND = "send"
    EDIT = "edit"
    FILE = "file"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a row was tried: all attempts, and the sends in a row of which nobody knows the outcome."""

    attempts: int = 1
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """It stands in the chat, or is gone from it, as it should."""


@dataclass(frozen=True, slots=True)
class Again:
    """It is surely not done, or doing it twice is the same as once: again after `pause` seconds."""

    pause: float


@dataclass(frozen=True, slots=True)
class Plain:
    """The same at once in its plainest form: without formatting; a file in words."""


@dataclass(frozen=True, slots=True)
class Shorter:
    """The same at once in shorter messages."""


@dataclass(frozen=True, slots=True)
class Anew:
    """What should have been edited is gone: the same at once as a new message."""


@dataclass(frozen=True, slots=True)
class Unanchored:
    """The message that it replies to is gone: the same at once without a reply."""


@dataclass(frozen=True, slots=True)
class Hold:
    """It waits until the topic is opened again."""


@dataclass(frozen=True, slots=True)
class Probe:
    """Nobody knows: it is sent again after `pause` seconds, once a call that shows nothing was answered."""

    pause: float


@dataclass(frozen=True, slots=True)
class Dead:
    """It will never come into the chat; `words` say why, without what it holds."""

    words: str


Step = Sent | Again | Plain | Shorter | Anew | Unanchored | Hold | Probe | Dead


def after(outcome: TelegramProblem | None, act: Act, tries: Tries) -> Step:
    """Return what follows the outcome of a call; None is success."""
    match outcome:
        case None:
            return Sent()
        case Throttled():
            return Again(outcome.retry_after)
        case Unauthorized():
            return Again(UNAUTHORIZED_PAUSE)
        case Unsupported():
            return Plain()
        case Refused():
            return _after_refusal(outcome, act)
        case Ambiguous() if not isinstance(outcome, ServerFailed) and act in {Act.SEND, Act.FILE}:
            return _after_silence(tries)
        case _:
            return Again(compute_pause(tries.attempts))


def compute_pause(attempts: int) -> float:
    """Return the seconds to wait after so many failed attempts: 1, 2, 4 … 60."""
    return min(MAX_PAUSE, 2.0 ** min(max(attempts - 1, 0), 6))


def _after_refusal(refusal: Refused, act: Act) -> Step:  # one line a kind
    match refusal.kind, act:
        case RefusalKind.TOPIC_CLOSED, _:
            return Hold()
        case _, Act.DELETE:
            return Sent()  # it is gone, or older than two days, or the bot has no right to: it stays
        case (RefusalKind.THREAD_NOT_FOUND | RefusalKind.CHAT_GONE) as kind, _:
            return Dead(_GONE[kind])
        case RefusalKind.REPLY_GONE, _:
            return Unanchored()
        case _, Act.FILE:
            return Plain()
        case RefusalKind.NOT_FOUND, Act.EDIT:
            return Anew()
        case RefusalKind.CANT_PARSE, _:
            return Plain()
        case RefusalKind.TOO_LONG, _:
            return Shorter()
        case _:
            return Dead(str(refusal))


def _after_silence(tries: Tries) -> Step:
    if tries.unknown >= len(UNKNOWN_PAUSES):
        return Dead("Telegram confirmed none of the times that it was sent, so that nobody knows whether it is there")
    return Probe(UNKNOWN_PAUSES[tries.unknown])
