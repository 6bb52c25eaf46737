"""Contents of a file, piece by piece; holes are neither read nor kept."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Final

from agent_contract.keptfiles import CHUNK_BYTES
from agent_contract.packs import compute_digest
from agent_runner.keeper.index import Known
from agent_runner.keeper.scan import sign

_ZERO: Final = bytes(CHUNK_BYTES)
_TRIES: Final = 2
Take = Callable[[str, bytes], None]


def read_file(full: bytes, take: Take) -> Known | None:
    """Read a file; one that is written meanwhile is read once more, and then as it is.

    Args:
        full: Where it stands.
        take: Is given each piece with its hash.

    Returns:
        What was read; None where it cannot be read, or where a link has come in its way.
    """
    try:
        fd = os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if _find_name(fd) != os.path.abspath(full):  # noqa: PTH100  # bytes
            return None
        for _ in range(_TRIES):
            before = sign(os.fstat(fd))
            size, chunks = _read(fd, before[0], take)
            if sign(os.fstat(fd)) == before:
                break
        return Known(before, size, tuple(chunks))
    except OSError:
        return None
    finally:
        os.close(fd)


def _find_name(fd: int) -> bytes:
    """Return where an open file stands: elsewhere, if a folder on the way to it was replaced by a link."""
    return os.readlink(b"/proc/self/fd/%d" % fd)  # noqa: PTH115  # bytes


def _read(fd: int, size: int, take: Take) -> tuple[int, list[str | int]]:
    chunks: list[str | int] = []
    at = 0
    while at < size:
        begin = _find_data(fd, at, size)
        if begin > at:
            _add_hole(chunks, -(-(begin - at) // CHUNK_BYTES))
            at = begin
            continue
        data = _read_at(fd, at, min(CHUNK_BYTES, size - at))
        if not data:
            return at, chunks  # it was cut meanwhile
        if data == _ZERO[: len(data)]:
            _add_hole(chunks, 1)
        else:
            digest = compute_digest(data)
            take(digest, data)
            chunks.append(digest)
        at += len(data)
        if len(data) < CHUNK_BYTES:
            return at, chunks
    return size, chunks


def _find_data(fd: int, at: int, size: int) -> int:
    """Return where the next piece begins that is no hole."""
    try:
        found = os.lseek(fd, at, os.SEEK_DATA)
    except OSError as error:
        if error.errno == errno.ENXIO:
            return size
        return at  # this file system knows no holes
    return max(at, found // CHUNK_BYTES * CHUNK_BYTES)


def _read_at(fd: int, at: int, size: int) -> bytes:
    data = os.pread(fd, size, at)
    while len(data) < size and (more := os.pread(fd, size - len(data), at + len(data))):
        data += more
    return data


def _add_hole(chunks: list[str | int], count: int) -> None:
    if chunks and isinstance(chunks[-1], int):
        chunks[-1] += count
    else:
        chunks.append(count)
