"""Lines of pi's sessions: what a start looks for in them, and their pictures apart from them. Pure.

A picture in a line becomes a reference to its hash, and the rest of the line stays as it is, byte for byte.
"""

from __future__ import annotations

import binascii
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from agent_contract.sessionlines import MAX_ID

LEAST_PICTURE: Final = 2048
"""Characters of base64 from which on a picture stands beside its line."""
_MOST_KIND: Final = 64
_INLINE: Final = re.compile(
    r'\{"type":"image","data":"([A-Za-z0-9+/]{2048,}={0,2})","mimeType":"(image/[a-z0-9.+-]{1,64})"\}'
)
"""A picture as pi writes it. A quotation mark in a JSON string has a backslash before it, so this is none."""
_APART: Final = re.compile(r'\{"type":"image","data":"picture:([0-9a-f]{64})","mimeType":"(image/[a-z0-9.+-]{1,64})"\}')
LONGEST_REFERENCE: Final = 192
"""Characters of a picture's reference, at most."""
_HEAD: Final = re.compile(
    r'\{"type":"([a-z_]{1,64})","id":"([^"\\]{1,128})","parentId":(?:null|"([^"\\]{1,128})"),"timestamp":"'
)
HEAD: Final = 512
"""Characters of a line's beginning in which `read_head` finds what it looks for."""
_REFERRING: Final = {"compaction": "firstKeptEntryId", "context_edit": "targetId"}
LEFT_OUT: Final = json.dumps(
    {"type": "text", "text": "[A picture was here. It is kept no longer, or others came after it.]"},
    separators=(",", ":"),
)
"""What stands in the place of a picture that is not put back; for the agent."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a line.

    Attributes:
        hash: Of the data.
        data: As the file has it.
    """

    hash: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Head:
    """What a start looks for in a line.

    Attributes:
        kind: Its entry's type.
        parent: The entry that it follows; None for the first.
        refers: Of a compaction the first entry that it keeps, of an edit the edited one.
    """

    kind: str
    parent: str | None
    refers: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is stored.

    Attributes:
        entry: What it says, pictures excepted.
        text: JSON, with references in the place of pictures.
        head: What a start looks for.
        references: Hashes of its pictures, in order.
        pictures: Those that came with it.
    """

    entry: dict[str, Any] = field(repr=False)
    text: str = field(repr=False)
    head: Head
    references: tuple[str, ...]
    pictures: tuple[Picture, ...]

    @property
    def id(self) -> str:
        """Return the entry's own id."""
        return str(self.entry["id"])


def read_line(line: str) -> Line:
    """Take the pictures out of a line.

    Raises:
        ValueError: it is no JSON object with an id.
    """
    found: dict[str, Picture] = {}

    def put_apart(match: re.Match[str]) -> str:
        picture = _decode(match[1])
        if picture is None:
            return match[0]
        found.setdefault(picture.hash, picture)
        return f'{{"type":"image","data":"picture:{picture.hash}","mimeType":"{match[2]}"}}'

    text = _INLINE.sub(put_apart, line)
    try:
        entry = json.loads(text)
    except ValueError as error:
        raise ValueError("a session line is not JSON") from error
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise ValueError("a session line has no id")
    references = tuple(match[1] for match in _APART.finditer(text))
    return Line(entry, text, _build_head(entry), references, tuple(found.values()))


def read_head(beginning: str) -> Head | None:
    """Return what a start looks for by a line's first characters; None where only the whole line tells."""
    match = _HEAD.match(beginning)
    if match is None or match[1] in _REFERRING:
        return None
    return Head(match[1], match[3])


def set_parent(beginning: str, parent: str | None) -> str:
    """Return a line's beginning with another parent; as it was where it is not written as pi does."""
    match = _HEAD.match(beginning)
    if match is None:
        return beginning
    value = json.dumps(parent)
    return f'{{"type":"{match[1]}","id":"{match[2]}","parentId":{value},"timestamp":"{beginning[match.end() :]}'


@dataclass(frozen=True, slots=True)
class Reference:
    """The place of a picture in a line.

    Attributes:
        hash: Of the picture.
        media_type: What kind it is.
    """

    hash: str
    media_type: str


class References:
    """Splits a line that comes in pieces into its text and its references."""

    def __init__(self) -> None:
        self._held = ""

    def take(self, piece: str, *, last: bool) -> Iterator[str | Reference]:
        """Yield what is known once another piece came; little is held back, and nothing behind the last one."""
        text, at = self._held + piece, 0
        for match in _APART.finditer(text):
            yield text[at : match.start()]
            yield Reference(match[1], match[2])
            at = match.end()
        safe = len(text) if last else max(at, len(text) - LONGEST_REFERENCE)
        self._held = text[safe:]
        yield text[at:safe]


def _build_head(entry: dict[str, Any]) -> Head:
    kind = entry.get("type")
    kind = kind if isinstance(kind, str) and _is_word(kind, _MOST_KIND) else ""
    named = _REFERRING.get(kind)
    return Head(kind, _read_id(entry.get("parentId")), None if named is None else _read_id(entry.get(named)))


def _read_id(value: Any) -> str | None:
    return value if isinstance(value, str) and _is_word(value, MAX_ID) else None


def _is_word(text: str, longest: int) -> bool:
    return 0 < len(text) <= longest and text.isascii() and text.isprintable()


def _decode(text: str) -> Picture | None:
    """Return the picture of base64 that stands for it in one way only, so that it can be written again."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return None
    if binascii.b2a_base64(data, newline=False).decode() != text:
        return None
    return Picture(hashlib.sha256(data).hexdigest(), data)
