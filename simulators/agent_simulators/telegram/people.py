"""People, and the marks that their clients put into what they write."""

from __future__ import annotations

import re
from typing import Any

from agent_simulators.telegram.checks import utf16_length

_COMMAND = re.compile(r"(?:(?<=\s)|^)/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]+)?")
_MENTION = re.compile(r"(?<!\w)@[A-Za-z0-9_]{3,32}")


def as_person(user: Any) -> dict[str, Any]:
    """Return a User, given by a number or an object with at least `id`."""
    if isinstance(user, dict):
        return {"is_bot": False, "first_name": f"Person {user['id']}", **user}
    return {"id": int(user), "is_bot": False, "first_name": f"Person {user}", "language_code": "en"}


def find_entities(text: str, given: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Return the entities of a person's text: its commands and mentions, and those that are given.

    One that is given has `offset` and `length`, or `on`, the words that it covers where they stand first.

    Raises:
        ValueError: the text does not hold the words.
    """
    found = [_place(text, entity) for entity in given or []]
    for pattern, kind in ((_COMMAND, "bot_command"), (_MENTION, "mention")):
        for match in pattern.finditer(text):
            offset = utf16_length(text[: match.start()])
            found.append({"type": kind, "offset": offset, "length": utf16_length(match[0])})
    return sorted(found, key=lambda e: (e["offset"], -e["length"]))


def _place(text: str, entity: dict[str, Any]) -> dict[str, Any]:
    if "on" not in entity:
        return entity
    before, words, _ = text.partition(entity["on"])
    if not words:
        raise ValueError(f"the text does not hold {entity['on']!r}")
    place = {"offset": utf16_length(before), "length": utf16_length(words)}
    return {**{key: value for key, value in entity.items() if key != "on"}, **place}
