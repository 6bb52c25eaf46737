"""Counts tokens from what a provider streams, without keeping what it says. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_LINE = 1 << 20
"""A longer line of a stream holds no usage; it is passed by."""
MAX_JSON = 4 << 20
"""A longer answer that is not streamed is not counted."""
_MODEL_CHARS = 128


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call."""

    input: int = 0
    output: int = 0
    cached: int = 0


class UsageScanner:
    """Fed with the bytes of an answer as they pass; knows the usage at the end."""

    def __init__(self, content_type: str) -> None:
        self._stream = content_type.startswith("text/event-stream")
        self._json = content_type.startswith("application/json")
        self._rest = bytearray()
        self._skipping = False
        self.model = ""
        self._counts: dict[str, int] = {}

    @property
    def usage(self) -> Usage:
        """Return what was found so far."""
        found = self._counts
        return Usage(found.get("input", 0), found.get("output", 0), found.get("cached", 0))

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if self._stream:
            self._feed_lines(chunk)
        elif self._json and not self._skipping:
            self._rest += chunk
            if len(self._rest) > MAX_JSON:
                self._rest.clear()
                self._skipping = True

    def end(self) -> None:
        """Take the end of the answer."""
        if self._json and not self._skipping:
            self._read(bytes(self._rest))
        elif self._stream and self._rest and not self._skipping:
            self._line(bytes(self._rest))
        self._rest.clear()

    def _feed_lines(self, chunk: bytes) -> None:
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            if not self._skipping:
                self._line(bytes(self._rest) + chunk[start:end] if self._rest else chunk[start:end])
            self._rest.clear()
            self._skipping = False
            start = end + 1
        if self._skipping:
            return
        self._rest += chunk[start:]
        if len(self._rest) > MAX_LINE:
            self._rest.clear()
            self._skipping = True

    def _line(self, line: bytes) -> None:
        if line.startswith(b"data:") and b'"usage"' in line:
            self._read(line[5:])

    def _read(self, data: bytes) -> None:
        try:
            raw = json.loads(data)
        except ValueError:
            return
        if not isinstance(raw, dict):
            return
        for part in _places(raw):
            if isinstance(part.get("model"), str):
                self.model = part["model"][:_MODEL_CHARS]
            if isinstance(part.get("usage"), dict):
                self._counts.update(_counts(part["usage"]))


def _places(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """List where providers put their usage: the chunk, its first choice, or the message it speaks of."""
    choices = raw.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return [part for part in (raw, first, raw.get("message"), raw.get("response")) if isinstance(part, dict)]


def _counts(usage: Mapping[str, Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, keys in {
        "input": ("prompt_tokens", "input_tokens"),
        "output": ("completion_tokens", "output_tokens"),
    }.items():
        for key in keys:
            if isinstance(usage.get(key), int):
                found[name] = max(usage[key], 0)
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    for value in (cached, usage.get("cached_tokens"), usage.get("cache_read_input_tokens")):
        if isinstance(value, int):
            found["cached"] = max(value, 0)
            break
    return found
