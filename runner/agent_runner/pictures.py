"""What kind of picture a file is, and how large, by its first bytes. Pure: nothing is decoded."""

from __future__ import annotations

from typing import Final

MAX_PIXELS: Final = 30_000_000
"""Of a picture that the model is shown: pi decodes it to make it smaller, which takes some 16 bytes a pixel."""
_BEGINNINGS: Final = {
    b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF87a": "image/gif", b"GIF89a": "image/gif",
}  # fmt: skip
_JPEG_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of a segment that tells height and width (ITU-T T.81, table B.1)."""
_MOST_SEGMENTS: Final = 1000
_LOSSY: Final = 0x2A019D
"""Start code of a lossy WebP (RFC 6386, section 9.1)."""


def find_image_type(data: bytes) -> str | None:
    """Return what kind of image this is by its first bytes; None for one that no model is shown.

    What Telegram says of a file is what its sender's program thought. A model's API refuses what is called by another kind,
    and would go on to: the image stays in the session.
    """
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for begin, kind in _BEGINNINGS.items() if data.startswith(begin)), None)


def find_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels; None where the file does not tell."""
    match find_image_type(data):
        case "image/png":
            found = _read(data, 16, 4, "big"), _read(data, 20, 4, "big")
        case "image/gif":
            found = _read(data, 6, 2, "little"), _read(data, 8, 2, "little")
        case "image/jpeg":
            found = _find_jpeg_size(data)
        case "image/webp":
            found = _find_webp_size(data)
        case _:
            return None
    return found if min(found) > 0 else None


def _read(data: bytes, at: int, size: int, order: str) -> int:
    return int.from_bytes(data[at : at + size], "big" if order == "big" else "little")


def _find_jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if data[at : at + 1] != b"\xff":
            break
        marker = _read(data, at + 1, 1, "big")
        if marker in _JPEG_FRAMES:
            return _read(data, at + 7, 2, "big"), _read(data, at + 5, 2, "big")
        at += 2 + max(_read(data, at + 2, 2, "big"), 2)
    return 0, 0


def _find_webp_size(data: bytes) -> tuple[int, int]:
    """Read the first chunk (RFC 9649, section 2): lossy, lossless or extended."""
    kind = data[12:16]
    if kind == b"VP8X":
        return _read(data, 24, 3, "little") + 1, _read(data, 27, 3, "little") + 1
    if kind == b"VP8L":
        bits = _read(data, 21, 4, "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and _read(data, 23, 3, "little") == _LOSSY:
        return _read(data, 26, 2, "little") & 0x3FFF, _read(data, 28, 2, "little") & 0x3FFF
    return 0, 0
