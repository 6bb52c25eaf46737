"""A list's JSON, object by object: parsing a page as a whole would hold the event loop for all of it."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from agent_kube.cache import identify
from agent_kube.pace import Pace

ITEMS = "items"
SHAPE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading an answer raises that is not shaped like the API server's."""
_SPACE = re.compile(r"[ \t\n\r]*")
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list.

    Attributes:
        version: The resourceVersion that the list shows.
        token: Asks for the next page; empty at the last one.
        items: The objects, each with name, UID and version.
    """

    version: str
    token: str
    items: list[dict[str, Any]]


async def read_page(text: str, pace: Pace) -> Page:
    """Parse a page, resting between its objects.

    Raises:
        Exception: one of `SHAPE`: it is no list.
    """
    metadata: dict[str, Any] = {}
    items: list[dict[str, Any]] = []
    for key, value in walk(text):
        if key == "metadata":
            metadata = value  # stands behind the objects where a CRD defines the kind
        elif key == ITEMS and value is not None:
            identify(value)
            items.append(value)
        await pace.rest()
    return Page(str(metadata["resourceVersion"]), str(metadata.get("continue") or ""), items)


def walk(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the members of a JSON object as they are parsed; `items` as one pair for each of its elements.

    Raises:
        ValueError: the text is no JSON object.
        RecursionError: it is nested too deeply.
    """
    at, char = _step(text, 0, "{")
    at, char = _peek(text, at)
    while char != "}":
        key, at = _decoder.raw_decode(text, at)
        at, _ = _step(text, at, ":")
        at, char = _peek(text, at)
        if key == ITEMS and char == "[":
            at = yield from _elements(text, at + 1)
        else:
            value, at = _decoder.raw_decode(text, at)
            yield str(key), value
        at, char = _step(text, at, ",}")
        if char == ",":
            at, _ = _peek(text, at)


def _elements(text: str, at: int) -> Generator[tuple[str, Any], None, int]:
    at, char = _peek(text, at)
    if char == "]":
        return at + 1
    while True:
        value, at = _decoder.raw_decode(text, at)
        yield ITEMS, value
        at, char = _step(text, at, ",]")
        if char == "]":
            return at
        at, _ = _peek(text, at)


def _peek(text: str, at: int) -> tuple[int, str]:
    """Return where the next character that is no space stands, and which it is."""
    found = _SPACE.match(text, at)
    at = found.end() if found else at
    if at >= len(text):
        raise ValueError("the JSON ends too early")
    return at, text[at]


def _step(text: str, at: int, allowed: str) -> tuple[int, str]:
    """Return what stands behind the next character, and that character, which must be an allowed one."""
    at, char = _peek(text, at)
    if char not in allowed:
        raise ValueError(f"the JSON has no {allowed} at character {at}")
    return at + 1, char
