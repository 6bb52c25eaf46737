"""Frames of many bytes, read without a look at anything but their strings.

What JSON costs to read depends on how many values it has, not on how long they are: of a large frame none but the strings
that belong to it are read, so it stands exactly as `wire.encode` writes it, fields in their order and no blanks between.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from agent_contract.frames import MAX_LINES

_NUMBER: Final = "([0-9]{1,16})"
_ENTRIES: Final = re.compile(rf'\{{"type":"entries","seq":{_NUMBER},"lines":\[')
_EVENT: Final = rf'\{{"type":"event","seq":{_NUMBER},"turn":{_NUMBER},"event":\{{"kind":'
_TEXT: Final = re.compile(rf'{_EVENT}"text","message":{_NUMBER},"offset":{_NUMBER},"text":')
_DONE: Final = re.compile(rf'{_EVENT}"message_done","message":{_NUMBER},"text":')
_DECODER: Final = json.JSONDecoder()


def read_large(data: str) -> dict[str, Any]:
    """Return the fields of a large frame: session lines, or text of an answer.

    Raises:
        ValueError: it is none of these, or is not written as they are.
    """
    if found := _ENTRIES.match(data):
        lines, end = _read_strings(data, found.end())
        _check_rest(data, end, "]}")
        return {"type": "entries", "seq": int(found[1]), "lines": lines}
    if found := _TEXT.match(data):
        seq, turn, message, offset = map(int, found.groups())
        event = {"kind": "text", "message": message, "offset": offset}
    elif found := _DONE.match(data):
        seq, turn, message = map(int, found.groups())
        event = {"kind": "message_done", "message": message}
    else:
        raise ValueError("no large frame")
    text, end = _read_string(data, found.end())
    _check_rest(data, end, "}}")
    return {"type": "event", "seq": seq, "turn": turn, "event": {**event, "text": text}}


def _read_strings(data: str, at: int) -> tuple[list[str], int]:
    found: list[str] = []
    while data[at] == '"':
        if len(found) == MAX_LINES:
            raise ValueError("too many lines")
        text, at = _read_string(data, at)
        found.append(text)
        if data[at : at + 2] != ',"':
            break
        at += 1
    return found, at


def _read_string(data: str, at: int) -> tuple[str, int]:
    if data[at : at + 1] != '"':
        raise ValueError("no string")
    return _DECODER.raw_decode(data, at)


def _check_rest(data: str, at: int, expected: str) -> None:
    if data[at:] != expected:
        raise ValueError("more than its strings")
