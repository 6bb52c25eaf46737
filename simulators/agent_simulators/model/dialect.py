"""What every kind of API writes an answer from; pure."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from agent_simulators.model.scripts import Call

Json = dict[str, Any]
Events = list[bytes]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What an answer used: of the prompt, from the cache of it, and of the answer."""

    prompt: int
    cached: int
    answer: int


class Dialect(Protocol):
    """Writes one answer, in order: begin, words, calls, end."""

    def begin(self) -> Events:
        """Return what stands before the first word."""
        ...

    def word(self, text: str) -> Events:
        """Return a word."""
        ...

    def calls(self, calls: Sequence[Call]) -> Events:
        """Return calls of tools."""
        ...

    def end(self, finish: str, tokens: Tokens) -> Events:
        """Return the end."""
        ...

    def whole(self, text: str, calls: Sequence[Call], finish: str, tokens: Tokens) -> Json:
        """Return all of an answer at once."""
        ...


def call_id(call: Call, index: int) -> str:
    """Return the id of a call."""
    return call.id or f"call_{time.time_ns()}_{index}"


def event(value: Json, name: str | None = None) -> bytes:
    """Return an event of a stream."""
    named = f"event: {name}\n" if name else ""
    return f"{named}data: {json.dumps(value)}\n\n".encode()


def arguments(call: Call) -> Any:
    """Return what a call's tool is given."""
    return json.loads(call.arguments or "{}")
