"""Why speech did not become text."""

from __future__ import annotations

from enum import StrEnum


class Trouble(StrEnum):
    """Kinds of failure, by what whoever spoke can do."""

    OFF = "off"
    """No service is set."""
    VIDEO = "video"
    """It is a video message: there is nothing here that takes its sound out."""
    TOO_LONG = "too long"
    AWAY = "away"
    """The service, or Telegram, does not answer or fails."""
    BUSY = "busy"
    """The service limits how much may be asked."""
    REFUSED = "refused"
    """The service does not take the key, or the account has nothing left."""
    UNREADABLE = "unreadable"
    """The recording is none, or the service does not take it."""
    SILENT = "silent"
    """No word is in it."""


class NotHeard(Exception):
    """Speech did not become text.

    Attributes:
        trouble: Why.
        passing: Whether the same may work a moment later.
        details: The service's status, for the log; nothing that anybody said.
    """

    def __init__(self, trouble: Trouble, details: str = "", *, passing: bool = False) -> None:
        super().__init__(f"{trouble.value}: {details}" if details else trouble.value)
        self.trouble = trouble
        self.details = details
        self.passing = passing
