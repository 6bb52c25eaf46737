"""Sessions as pi writes them, made for tests and measurements: turns with a tool's call, compactions, pictures."""

from __future__ import annotations

import base64
import json
import random
import struct
import zlib
from dataclasses import dataclass, field
from typing import Any, Final

_USAGE: Final = {
    "input": 900, "output": 30, "cacheRead": 100, "cacheWrite": 0, "totalTokens": 1030,
    "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0, "total": 0},
}  # fmt: skip
_TURN: Final = 4
"""Lines: a question, a call, its result, an answer."""


def make_png(width: int, height: int, *, noise: int | None = None, depth: int = 8) -> bytes:
    """Return a picture: white, or of a noise that no compression makes small, by its seed.

    Args:
        width: In pixels.
        height: In pixels.
        noise: The seed.
        depth: 8: a byte for each colour of a pixel. 1: a bit for a pixel, black or white.
    """
    size = 3 * width if depth == 8 else (width + 7) // 8
    source = random.Random(noise)  # no secret
    compressor = zlib.compressobj(1)
    rows = [
        compressor.compress(b"\0" + (b"\xff" * size if noise is None else source.randbytes(size)))
        for _ in range(height)
    ]
    data = b"".join([*rows, compressor.flush()])
    head = struct.pack(">IIBBBBB", width, height, depth, 2 if depth == 8 else 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", head) + _part(b"IDAT", data) + _part(b"IEND", b"")


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def build_image(data: bytes, media_type: str = "image/png") -> dict[str, str]:
    """Return the block of a message that shows a picture."""
    return {"type": "image", "data": base64.b64encode(data).decode(), "mimeType": media_type}


@dataclass(slots=True)
class MadeSession:
    """A session's lines without its header.

    Attributes:
        provider: Of its answers.
        model: Of its answers.
        lines: As JSON, in order.
    """

    provider: str = "test"
    model: str = "m"
    lines: list[str] = field(default_factory=list)

    def id_of(self, index: int) -> str:
        """Return the id of the line at an index."""
        return f"{index:08x}"

    def add(self, kind: str, *, parent: int | None = -1, **more: Any) -> None:
        """Add an entry behind the last one, or behind another."""
        number = len(self.lines)
        before = number - 1 if parent == -1 else parent
        stamp = f"2026-11-{1 + number // 86400:02d}T{number // 3600 % 24:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
        follows = None if before is None or before < 0 else self.id_of(before)
        entry = {"type": kind, "id": self.id_of(number), "parentId": follows, "timestamp": stamp, **more}
        self.lines.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")))

    def add_turn(self, *pictures: bytes, text: int = 200) -> None:
        """Add a question that shows pictures, a call of a tool, its result and an answer."""
        number = len(self.lines)
        fill = (f"word{number} " * text)[:text]
        who = {
            "api": "openai-completions", "provider": self.provider, "model": self.model, "usage": _USAGE,
            "timestamp": number,
        }  # fmt: skip
        call = f"call_{number}"
        asked = [{"type": "text", "text": f"question {number} {fill}"}, *map(build_image, pictures)]
        self._say({"role": "user", "content": asked, "timestamp": number})
        calls = {"type": "toolCall", "id": call, "name": "bash", "arguments": {"command": f"echo {fill[:60]}"}}
        self._say(
            {
                "role": "assistant",
                "content": [{"type": "text", "text": "I look."}, calls],
                "stopReason": "toolUse",
                **who,
            }
        )
        result = {"role": "toolResult", "toolCallId": call, "toolName": "bash", "isError": False, "timestamp": number}
        self._say({**result, "content": [{"type": "text", "text": fill * 2}]})
        answer = [{"type": "text", "text": f"answer {number} {fill}"}]
        self._say({"role": "assistant", "content": answer, "stopReason": "stop", **who})

    def compact(self, keep: int) -> None:
        """Add a compaction that keeps so many lines before it."""
        number = len(self.lines)
        summary = f"## Goal\nThe summary of all before {number}."
        self.add("compaction", summary=summary, firstKeptEntryId=self.id_of(number - keep), tokensBefore=50_000)

    def _say(self, message: dict[str, Any]) -> None:
        self.add("message", message=message)


def make_session(lines: int, *, compact_at: int | None = None, keep: int = 20) -> MadeSession:
    """Return a session of about so many lines."""
    made = MadeSession()
    while len(made.lines) < lines:
        if compact_at is not None and compact_at <= len(made.lines) < compact_at + _TURN:
            made.compact(keep)
        made.add_turn()
    return made
