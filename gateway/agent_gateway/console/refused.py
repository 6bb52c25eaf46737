"""Why the console does not do what it is asked: in one word for programs, and a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TOLD: Final[Mapping[str, tuple[int, str]]] = {
    "token": (401, "This token is none of the console's, or is over: begin again."),
    "pod": (403, "A token of a pod is not taken here."),
    "tokens": (429, "Too many wrong tokens came in: try again in a minute."),
    "console-calls": (429, "You ask too often: try again in a few seconds."),
    "console-waits": (429, "As many terminals follow conversations as may at once: end one of them."),
    "unasked": (503, "The Kubernetes API does not say now whose the token is: try again."),
    "speak": (403, "You may read conversations and not speak in them."),
    "thread": (404, "There is no such conversation here."),
    "request": (400, "The request cannot be read."),
    "other": (409, "This request was another's: make a new one."),
    "empty": (400, "There is nothing to ask."),
    "console-text": (413, "The text is too long: 16,384 characters are the most."),
    "console-turns": (429, "You have asked as much as one may within an hour."),
    "queued": (429, "As many messages wait in this conversation as may: stop it, or try again later."),
    "gone": (409, "The topic or chat of this conversation is gone."),
    "not-allowed": (403, "This chat may not use the bot (telegram.allowedIds)."),
    "not-leading": (503, "Another gateway leads: ask it."),
    "away": (503, "The database does not answer: try again."),
    "failed": (500, "This cannot be done; the gateway's log says more."),
}
LIMITS_NAMED: Final = frozenset({"console-calls", "console-waits", "console-text", "console-turns", "queued"})
"""Those that are limits, counted by these names."""


class Refused(Exception):
    """It is not done; `reason` is a key of `TOLD`."""

    def __init__(self, reason: str) -> None:
        self.status, words = TOLD[reason]
        self.reason = reason
        super().__init__(words)
