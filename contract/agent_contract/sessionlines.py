"""What a line of pi's session file may be, so that reading it takes little: told by its runner, checked by the gateway."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from agent_contract.text import MAX_TEXT

MAX_LINE: Final = MAX_TEXT * 3 // 4
"""Bytes of a line, as it stands in a frame; a picture that the agent has seen is one of several megabytes."""
MAX_STRUCTURE: Final = 128 * 1024
"""Characters of a line that are in no string. What JSON costs to read depends on these, hardly on the length of strings."""
MAX_DEPTH: Final = 100
"""Arrays and objects within each other."""
MAX_ID: Final = 128
_BRACKETS: Final = re.compile(r"[\[\]{}]")


class LineError(ValueError):
    """A line is none that is stored. The text says what it is not, and nothing of what it holds."""


def measure_structure(line: str) -> int:
    """Return how many characters of a JSON text are in no string; more than `MAX_STRUCTURE` is told as just more.

    Args:
        line: JSON. Of what is none, the number means nothing, and costs no more.
    """
    return sum(map(len, _split_structure(line)))


def check_structure(line: str) -> int:
    """Return what `measure_structure` does.

    Raises:
        LineError: it is too long, has too many parts, or is nested too deep.
    """
    if len(line) > MAX_LINE:
        raise LineError(f"has more than {MAX_LINE} characters")
    parts = _split_structure(line)
    size = sum(map(len, parts))
    if size > MAX_STRUCTURE:
        raise LineError(f"has more than {MAX_STRUCTURE} characters outside its strings")
    if line.count("[") + line.count("{") > MAX_DEPTH:
        depth = 0
        for bracket in _BRACKETS.findall("".join(parts)):
            depth += 1 if bracket in "[{" else -1
            if depth > MAX_DEPTH:
                raise LineError(f"is nested more than {MAX_DEPTH} deep")
    return size


def read_entry(line: str) -> dict[str, Any]:
    """Return the entry of a line.

    Raises:
        LineError: it is no JSON object with an id of its own, or `check_structure` refuses it.
    """
    check_structure(line)
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise LineError("is not JSON") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise LineError("has no id")
    known = entry["id"]
    if not (0 < len(known) <= MAX_ID and known.isascii() and known.isprintable()):
        raise LineError(f"has an id that is not 1 to {MAX_ID} printable characters of ASCII")
    return entry


def _split_structure(line: str) -> list[str]:
    """Return what stands between the strings of a JSON text; of one with too many strings, all of it."""
    bare = line.replace("\\\\", "").replace('\\"', "") if "\\" in line else line
    # between two strings stands a comma or a colon at least
    return [bare] if bare.count('"') > 2 * (MAX_STRUCTURE + 1) else bare.split('"')[::2]
