"""Packs: contents of files one after the other, compressed together, each by its hash."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from typing import Final, NamedTuple

from agent_contract.packs import LENGTH_BYTES, MOST_RAW, BadPackError, compute_digest, split_pack

_END_SECONDS: Final = 10.0


class Pack(NamedTuple):
    """What is known of a pack.

    Attributes:
        bytes: As it is stored.
        raw: Of its contents.
        chunks: Hashes of them, with their sizes.
    """

    bytes: int
    raw: int
    chunks: dict[str, int]


class Packer:
    """Fills one pack after the other."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.chunks: dict[str, int] = {}
        """What the present one holds."""
        self.raw = 0

    def add(self, digest: str, data: bytes) -> None:
        """Add contents that no pack has."""
        self._parts += [bytes.fromhex(digest), len(data).to_bytes(LENGTH_BYTES, "big"), data]
        self.chunks[digest] = len(data)
        self.raw += len(data)

    def finish(self) -> tuple[str, bytes, Pack]:
        """Return the present one with its name, the SHA-256 of its bytes; the next one begins.

        Raises:
            OSError: zstd does not start, or fails.
        """
        try:
            body = _run("--compress", b"".join(self._parts), 2 * MOST_RAW)
        except subprocess.SubprocessError as error:
            raise OSError("zstd does not pack") from error
        pack = Pack(len(body), self.raw, self.chunks)
        self._parts, self.chunks, self.raw = [], {}, 0
        return hashlib.sha256(body).hexdigest(), body, pack


def read_pack(body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a pack holds: hashes that are true, and contents.

    Raises:
        BadPackError: it is none, or holds more than one may.
        OSError: zstd does not start.
    """
    try:
        raw = _run("--decompress", body, MOST_RAW)
    except subprocess.SubprocessError as error:
        raise BadPackError("a pack cannot be unpacked") from error
    for digest, data in split_pack(raw):
        if compute_digest(data) != digest:
            raise BadPackError("a pack is not what it says")
        yield digest, data


def _run(what: str, data: bytes, most: int) -> bytes:
    """Run zstd over bytes.

    Raises:
        SubprocessError: it fails, or there are more than `most`.
        OSError: it does not start.
    """
    source = os.memfd_create("pack")
    try:
        os.write(source, data)
        os.lseek(source, 0, os.SEEK_SET)
        with subprocess.Popen(  # noqa: S603  # fixed words
            ["zstd", what, "-3", "--quiet", "--stdout"],  # noqa: S607  # as PATH has it
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as zstd:
            assert zstd.stdout is not None  # noqa: S101  # as asked for
            found = zstd.stdout.read(most + 1)
            if len(found) > most:
                zstd.kill()
                raise subprocess.SubprocessError
            if zstd.wait(_END_SECONDS):
                raise subprocess.SubprocessError
            return found
    finally:
        os.close(source)
