"""An archive looked at on its way to tar: only files, folders and links, and no more of them than a workspace may hold.

Each header is read, checked and written anew, so that tar can read it in one way alone: GNU's format of `tar(5)`, which
is what a workspace is packed in. What is neither file, folder nor link is left out; rights are those of `chmod 777`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

BLOCK: Final = 512
_LONG_NAME: Final = b"L"
_LONG_LINK: Final = b"K"
_SPARSE: Final = b"S"
_FILES: Final = frozenset({b"0", b"\0", b"7", _SPARSE})
_BARE: Final = frozenset({b"1", b"2", b"5"})
"""Hard links, links and folders: a header alone."""
_LEFT_OUT: Final = frozenset({b"3", b"4", b"6"})
"""Devices and pipes."""
_MOST_NAME: Final = 16 * 1024
_OCTAL: Final = re.compile(rb" {0,12}([0-7]{1,12})[ \0]{0,12}")
_ZERO: Final = bytes(BLOCK)


class UnfitError(Exception):
    """The archive holds what a workspace must not; the text says what, and names no file."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much a workspace may hold.

    Attributes:
        files: Files, folders and links.
        bytes: Of all files.
        depth: Folders within each other.
    """

    files: int = 200_000
    bytes: int = 64 << 30
    depth: int = 100


class _At(Enum):
    HEADER = "header"
    MAP = "map"
    """A further block of where the parts of a sparse file are."""
    NAME = "name"
    BODY = "body"
    END = "end"


class TarGuard:
    """Takes an archive in pieces of any size.

    Args:
        bounds: How much it may hold.
    """

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._at = _At.HEADER
        self._rest = bytearray()
        """What came of the next block."""
        self._before = bytearray()
        """Long names that belong to the next header."""
        self._name: bytes | None = None
        self._is_name = False
        self._left = 0
        """Bytes of the name or the body that are still to come, with what fills the last block."""
        self._sparse = 0
        """Bytes of the sparse file whose parts are being read."""
        self._ragged = False
        self._zeros = 0
        self._files = 0
        self._bytes = 0

    def feed(self, data: bytes) -> bytes:
        """Return what of the next piece may be passed on.

        Raises:
            UnfitError: it holds too much, or what no workspace holds.
        """
        passed, view, at = bytearray(), memoryview(data), 0
        while at < len(view) and self._at is not _At.END:
            if self._at is _At.BODY:
                size = min(self._left, len(view) - at)
                passed += view[at : at + size]
                self._left -= size
                self._at = _At.BODY if self._left else _At.HEADER
            else:
                most = self._left if self._at is _At.NAME else BLOCK
                size = min(most - len(self._rest), len(view) - at)
                self._rest += view[at : at + size]
                if len(self._rest) == most:
                    block = bytes(self._rest)
                    self._rest.clear()
                    passed += self._take(block)
            at += size
        return bytes(passed)

    def finish(self) -> None:
        """Raise UnfitError where the archive has not come to an end."""
        if self._at is not _At.END:
            raise UnfitError("it ends in the middle")

    def _take(self, block: bytes) -> bytes:
        match self._at:
            case _At.MAP:
                return self._take_map(block, block, 21, 504)
            case _At.NAME:
                return self._take_name(block)
            case _:
                return self._take_zeros(block) if block == _ZERO else self._take_header(block)

    def _take_zeros(self, block: bytes) -> bytes:
        self._zeros += 1
        if self._zeros == 2:  # two end an archive
            self._at = _At.END
        return block

    def _take_header(self, block: bytes) -> bytes:
        self._zeros = 0
        _check_sum(block)
        kind, size = block[156:157], _read_number(block[124:136])
        if kind in {_LONG_NAME, _LONG_LINK}:
            return self._begin_name(block, kind, size)
        if kind in _LEFT_OUT:
            _refuse_body(size)
            self._before.clear()
            self._name = None
            return b""
        self._count(block, size)
        before = bytes(self._before)
        self._before.clear()
        self._name = None
        if kind in _BARE:
            _refuse_body(size)
        elif kind == _SPARSE:
            self._sparse, self._ragged = size, False
            return before + self._take_map(block[386:482], _write_header(block, size), 4, None, more=block[482] != 0)
        elif kind in _FILES:
            self._begin_body(size)
        else:
            raise UnfitError("it holds something that is neither file, folder nor link")
        return before + _write_header(block, size)

    def _begin_name(self, block: bytes, kind: bytes, size: int) -> bytes:
        if not 0 < size <= _MOST_NAME or len(self._before) > 2 * (_MOST_NAME + BLOCK):
            raise UnfitError("a name is too long")
        self._before += _write_header(block, size)
        self._is_name = kind == _LONG_NAME
        self._at, self._left = _At.NAME, _fill(size)
        return b""

    def _take_name(self, block: bytes) -> bytes:
        if self._is_name:
            self._name = block.split(b"\0", 1)[0]
        self._before += block
        self._at, self._left = _At.HEADER, 0
        return b""

    def _take_map(self, part: bytes, passed: bytes, entries: int, flag: int | None, *, more: bool = False) -> bytes:
        """Read where the parts of a sparse file are: their bytes follow one after the other, each in whole blocks."""
        for begin in range(0, entries * 24, 24):
            entry = part[begin : begin + 24]
            if entry[12] == 0:
                break
            size = _read_number(entry[12:24])
            _read_number(entry[:12])
            if size and self._ragged:
                raise UnfitError("a file with holes is broken")
            self._ragged = self._ragged or size % BLOCK != 0
            self._left += size
        if part[flag] if flag is not None else more:
            self._at = _At.MAP
            return passed
        if self._left != self._sparse:
            raise UnfitError("a file with holes is broken")
        self._begin_body(self._sparse)
        return passed

    def _begin_body(self, size: int) -> None:
        self._left = _fill(size)
        self._at = _At.BODY if size else _At.HEADER

    def _count(self, block: bytes, size: int) -> None:
        self._files += 1
        self._bytes += size
        check_bounds(self._bounds, self._files, self._bytes, _compute_depth(self._name or _read_name(block)))


def check_bounds(bounds: Bounds, files: int, size: int, depth: int) -> None:
    """Raise UnfitError for what is over one of the bounds."""
    if files > bounds.files:
        raise UnfitError(f"it holds more than {bounds.files} files and folders")
    if size > bounds.bytes:
        raise UnfitError(f"its files have more than {bounds.bytes / (1 << 20):g} MiB")
    if depth > bounds.depth:
        raise UnfitError(f"more than {bounds.depth} folders stand within each other")


def _read_name(block: bytes) -> bytes:
    name = block[:100].split(b"\0", 1)[0]
    posix = block[257:263] == b"ustar\0"
    prefix = block[345:500].split(b"\0", 1)[0] if posix else b""
    return prefix + b"/" + name if prefix else name


def _compute_depth(name: bytes) -> int:
    return sum(part not in {b"", b"."} for part in name.split(b"/"))


def _fill(size: int) -> int:
    """Return a size in whole blocks."""
    return -(-size // BLOCK) * BLOCK


def _read_number(field: bytes) -> int:
    """Read a number as GNU's tar writes it: octal, or in base 256 where that is too short."""
    if field[0] == 0x80:  # its mark
        return int.from_bytes(field[1:], "big")
    match = _OCTAL.fullmatch(field)
    if match is None:
        raise UnfitError("a header is broken")
    return int(match[1], 8)


def _write_number(number: int, size: int) -> bytes:
    digits = b"%0*o" % (size - 1, number)
    return digits + b"\0" if len(digits) < size else b"\x80" + number.to_bytes(size - 1, "big")


def _compute_sum(block: bytes) -> int:
    return sum(block) - sum(block[148:156]) + 8 * 0x20


def _check_sum(block: bytes) -> None:
    if _read_number(block[148:156]) != _compute_sum(block):
        raise UnfitError("a header is broken")


def _write_header(block: bytes, size: int) -> bytes:
    """Return a header with the rights that a workspace's file may have, and its numbers in the one usual form."""
    mode = _read_number(block[100:108]) & 0o777
    block = block[:100] + _write_number(mode, 8) + block[108:124] + _write_number(size, 12) + block[136:]
    return block[:148] + b"%06o\0 " % _compute_sum(block) + block[156:]


def _refuse_body(size: int) -> None:
    if size:
        raise UnfitError("a link, folder, pipe or device has contents")
