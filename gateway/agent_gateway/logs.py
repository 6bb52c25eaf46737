"""Structured logs: one JSON object a line, ids only."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from pythonjsonlogger.json import JsonFormatter
from typing_extensions import override

_LIBRARIES = ("httpx", "httpcore", "telegram", "aiohttp", "asyncio", "yoyo")
_TOKEN = re.compile(r"(?<!\d)\d{5,20}:[A-Za-z0-9_-]{20,}")
"""A bot's token: its id, a colon, its secret."""


class SafeFormatter(JsonFormatter):
    """Cut bot tokens out of whatever is logged: libraries put addresses, and tokens themselves, into their errors."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        return redact(super().format(record))

    @override
    def formatException(
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        """Return where an exception came from, without its text: that may hold a row, and so what a person wrote."""
        parts: list[str] = []
        error = ei[1]
        while error is not None:
            parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nled to\n".join(reversed(parts))


def configure_logs(level: str) -> None:
    """Log to stderr; libraries speak from warnings on, as their chatter holds addresses with the bot's token."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        SafeFormatter(
            "%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"levelname": "level", "asctime": "time"}
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.WARNING)


def redact(text: str) -> str:
    """Return a text without bot tokens."""
    return _TOKEN.sub("<token>", text)


def log_unfinished(log: logging.Logger, reason: str, ids: Mapping[str, object]) -> None:
    """Log that a turn did not come to its end; what a person stopped is no failure, and nothing is to be looked up.

    Args:
        log: Where.
        reason: `turns.reason`.
        ids: Of the turn and its error.
    """
    stopped = reason == "aborted"
    log.log(
        logging.INFO if stopped else logging.WARNING,
        "turn_stopped" if stopped else "turn_failed",
        extra={**ids, "reason": reason},
    )


def describe_fault(error: BaseException) -> str:
    """Name an error's class and where it came from; its text may hold what a person wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [f"{Path(frame.filename).stem}:{frame.lineno}" for frame in frames[-3:]]
    return " < ".join([type(error).__name__, *reversed(places)])
