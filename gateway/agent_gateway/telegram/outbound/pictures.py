"""How large a picture is, from its first bytes. Pure and bounded: whose picture it is, nobody is trusted."""

from __future__ import annotations

import struct
from typing import Final

HEAD_BYTES: Final = 256 * 1024
"""Of a file, that are looked at: a camera's notes may stand before the size."""
SHOWN_PIXELS: Final = 1280
"""The longer side of a photo as Telegram's programs show it: what is larger is scaled down, and text in it is lost."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def is_readable_as_photo(head: bytes) -> bool:
    """Tell whether a picture is shown in its own size; one whose size cannot be read may be."""
    size = read_size(head)
    return size is None or max(size) <= SHOWN_PIXELS


def read_size(head: bytes) -> tuple[int, int] | None:
    """Return width and height of a PNG, JPEG or WebP in pixels; None where they cannot be read."""
    try:
        if head.startswith(_PNG):
            return struct.unpack_from(">II", head, 16)
        if head.startswith(b"\xff\xd8"):
            return _read_jpeg(head)
        if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return _read_webp(head)
    except struct.error:  # it ends too early
        return None
    return None


def _read_jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at < len(head):
        mark, kind, length = struct.unpack_from(">BBH", head, at)
        if mark != 0xFF or length < 2:
            return None
        if kind in _FRAMES:
            height, width = struct.unpack_from(">HH", head, at + 5)
            return width, height
        at += 2 + length
    return None


def _read_webp(head: bytes) -> tuple[int, int] | None:
    match head[12:16]:
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", head, 21)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            low = struct.unpack_from("<HBHB", head, 24)
            return low[0] + (low[1] << 16) + 1, low[2] + (low[3] << 16) + 1
        case _:
            return None
