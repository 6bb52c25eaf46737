"""Structured logs on standard error: ids, numbers and reasons, never the text of a conversation."""

from __future__ import annotations

import json
import sys
import time
from typing import Any, TextIO

LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40}


class Log:
    """One JSON object a line, with the run's ids in each."""

    def __init__(self, level: str = "INFO", stream: TextIO | None = None, **ids: Any) -> None:
        """Write to `stream` (standard error) what is at least of `level`; an unknown level is INFO."""
        self._least = LEVELS.get(level.upper(), LEVELS["INFO"])
        self._stream = stream or sys.stderr
        self._ids = ids

    def identify(self, **ids: Any) -> None:
        """Write these ids from now on."""
        self._ids = ids

    def debug(self, event: str, **fields: Any) -> None:
        """Tell a detail."""
        self._write("DEBUG", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Tell a step."""
        self._write("INFO", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Tell what went wrong and is dealt with."""
        self._write("WARNING", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        """Tell what ends the run."""
        self._write("ERROR", event, fields)

    def _write(self, level: str, event: str, fields: dict[str, Any]) -> None:
        if LEVELS[level] < self._least:
            return
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03d}Z"
        record = {"time": stamp, "level": level, "event": event, **self._ids, **fields}
        self._stream.write(json.dumps(record, default=str) + "\n")
        self._stream.flush()
