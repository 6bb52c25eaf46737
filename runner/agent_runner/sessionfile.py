"""pi's session file, line by line: where its lines are too many for one answer of pi."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Final

from agent_runner.pilines import MAX_LINE

HEAD: Final = 512
LEFT_OUT: Final = "openclaw.left_out"
"""Kind of the entry that stands for one too long to be read: those behind it follow it."""
_HEAD: Final = re.compile(rb'\{"type":"([a-z_]{1,64})","id":"([^"\\]{1,128})","parentId":(?:null|"([^"\\]{1,128})")')


def read_since(path: Path, last: str | None) -> Iterator[dict[str, Any]]:
    """Yield the entries of a session file behind one; all of them where it is not found.

    Raises:
        OSError: the file cannot be read.
    """
    begin = 0
    if last is not None:
        with path.open("rb") as file:
            begin = next((file.tell() for head in _read_heads(file) if _find_id(head) == last), 0)
    with path.open("rb") as file:
        file.seek(begin)
        for line in _read_lines(file):
            entry = _read(line)
            if entry is not None and entry.get("type") != "session":
                yield entry


def _read_heads(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the beginning of each line; the file then stands behind it."""
    while head := file.readline(HEAD):
        part = head
        while part and not part.endswith(b"\n"):
            part = file.readline(MAX_LINE)
        yield head


def _read_lines(file: IO[bytes]) -> Iterator[bytes]:
    while line := file.readline(MAX_LINE):
        part = line
        while part and not part.endswith(b"\n"):
            part = file.readline(MAX_LINE)
        yield line


def _find_id(head: bytes) -> str | None:
    if match := _HEAD.match(head):
        return match[2].decode()
    entry = _read(head)
    return None if entry is None else str(entry.get("id"))


def _read(line: bytes) -> dict[str, Any] | None:
    """Return the entry of a line; of one that is too long an empty one in its place, None for what is no entry."""
    try:
        entry = json.loads(line)
    except ValueError:
        match = _HEAD.match(line) if len(line) >= MAX_LINE else None
        if match is None:
            return None
        parent = match[3].decode() if match[3] is not None else None
        return {"type": "custom", "customType": LEFT_OUT, "id": match[2].decode(), "parentId": parent}
    return entry if isinstance(entry, dict) and isinstance(entry.get("id"), str) else None
