"""How large a picture is, from its first bytes."""

from __future__ import annotations

import struct

import pytest

from agent_gateway.telegram.outbound.pictures import is_readable_as_photo, read_size


def png(width, height):
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)


def jpeg(width, height, notes=0):
    notes = struct.pack(">BBH", 0xFF, 0xE1, notes + 2) + b"x" * notes
    return b"\xff\xd8" + notes + struct.pack(">BBHBHHB", 0xFF, 0xC2, 11, 8, height, width, 1)


def webp(kind, rest):
    return b"RIFF\0\0\0\0WEBP" + kind + b"\0\0\0\0" + rest


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (png(3000, 200), (3000, 200)),
        (jpeg(640, 480), (640, 480)),
        (jpeg(640, 480, notes=60_000), (640, 480)),
        (webp(b"VP8 ", b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 550, 368)), (550, 368)),
        (webp(b"VP8L", b"\x2f" + struct.pack("<I", 399 | 299 << 14)), (400, 300)),
        (webp(b"VP8X", b"\0\0\0\0" + struct.pack("<HBHB", 1999, 0, 999, 0)), (2000, 1000)),
        (b"", None),
        (b"GIF89a", None),
        (png(1, 1)[:18], None),
        (b"\xff\xd8\xff", None),
        (b"\xff\xd8" + b"\0" * 100, None),
        (b"\xff\xd8" + b"\xff\xe1\0\0" * 50, None),
        (webp(b"????", b""), None),
    ],
)
def test_the_size_of_a_picture(head, size):
    assert read_size(head) == size


def test_what_is_scaled_down_as_a_photo_is_none():
    assert is_readable_as_photo(png(1280, 960))
    assert not is_readable_as_photo(png(1281, 10))
    assert not is_readable_as_photo(jpeg(10, 4000))
    assert is_readable_as_photo(b"odd")
