"""Reads what forges answer: foreign JSON, of which nothing is believed but its types. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from agent_contract.text import clean
from agent_gateway.forges.http import ForgeAway
from agent_gateway.forges.values import MOST_REMARKS, MOST_TEXT, Checks

_MOST_NAME: Final = 250
"""Characters: of a person or a branch."""
_MOST_LINE: Final = 300
_MOST_FAILING: Final = 10
"""Names of checks that failed."""


def read_dict(data: Any) -> dict[str, Any]:
    """Return an object.

    Raises:
        ForgeAway: it is none.
    """
    if not isinstance(data, dict):
        raise ForgeAway("The forge answers in a form that nobody knows.")
    return data


def read_items(data: Any, most: int = MOST_REMARKS) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, so many at most; of what is none, nothing."""
    for one in data[:most] if isinstance(data, list) else ():
        if isinstance(one, dict):
            yield one


def read_number(data: Any) -> int:
    """Return an id.

    Raises:
        ForgeAway: it is none.
    """
    if type(data) is not int or not 0 < data < 2**53:
        raise ForgeAway("The forge gives an id in a form that nobody knows.")
    return data


def read_text(data: Any, most: int = MOST_TEXT) -> str:
    """Return a text, cleaned and cut; empty for what is none."""
    return clean(data[: 2 * most], most) if isinstance(data, str) else ""


def read_line(data: Any, most: int = _MOST_LINE) -> str:
    """Return a text on one line."""
    return " ".join(read_text(data, most).split())


def read_name(data: Any, key: str = "login") -> str:
    """Return how the forge calls somebody."""
    return read_line(data.get(key), _MOST_NAME) if isinstance(data, dict) else ""


def read_time(data: Any) -> datetime | None:
    """Return a moment; None for what is none."""
    try:
        found = datetime.fromisoformat(data) if isinstance(data, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def read_url(data: Any, beginning: str, otherwise: str) -> str:
    """Return the address of a page of the forge itself, or another where it names none that is."""
    fits = isinstance(data, str) and len(data) <= _MOST_LINE and data.startswith(f"{beginning}/") and data.isprintable()
    return str(data) if fits and " " not in data else otherwise


def count_checks(states: Iterator[tuple[str, str]]) -> Checks:
    """Count checks, each given by its name and whether it passed, failed or is pending."""
    passed = failed = pending = 0
    failing: list[str] = []
    for name, state in states:
        match state:
            case "passed":
                passed += 1
            case "failed":
                failed += 1
                failing.append(name)
            case _:
                pending += 1
    return Checks(passed, failed, pending, tuple(failing[:_MOST_FAILING]))


def place_text(path: Any, line: Any) -> str:
    """Return file and line that a comment is about."""
    name = read_line(path, 200)
    return f"{name}:{line}" if name and type(line) is int and line > 0 else name
