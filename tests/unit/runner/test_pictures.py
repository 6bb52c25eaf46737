"""Pictures by their first bytes."""

from __future__ import annotations

import struct

import pytest

from agent_runner.pictures import find_image_type, find_size

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 9000, 40)
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF" + b"\0" * 10 + b"\xff\xc2\0\x11\x08" + struct.pack(">HH", 480, 640)


@pytest.mark.parametrize(
    ("data", "kind", "size"),
    [
        (PNG, "image/png", (9000, 40)),
        (b"GIF89a" + struct.pack("<HH", 3, 5), "image/gif", (3, 5)),
        (JPEG, "image/jpeg", (640, 480)),
        (b"RIFF\0\0\0\0WEBPVP8X" + b"\0" * 8 + b"\x09\0\0\x03\0\0", "image/webp", (10, 4)),
        (b"RIFF\0\0\0\0WEBPVP8L" + b"\0" * 4 + b"\x2f" + (9 | 3 << 14).to_bytes(4, "little"), "image/webp", (10, 4)),
        (b"RIFF\0\0\0\0WEBPVP8 " + b"\0" * 7 + b"\x9d\x01\x2a" + struct.pack("<HH", 10, 4), "image/webp", (10, 4)),
        (PNG[:16], "image/png", None),
        (b"\xff\xd8\xff" + b"\xff" * 5000, "image/jpeg", None),
        (b"\xff\xd8\xff\xe0\0\0" * 5000, "image/jpeg", None),
        (b"RIFF\0\0\0\0WEBPxxxx", "image/webp", None),
        (b"%PDF", None, None),
        (b"", None, None),
    ],
)
def test_kind_and_size_are_read_without_decoding(data, kind, size):
    assert find_image_type(data) == kind
    assert find_size(data) == size
