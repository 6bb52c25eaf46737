"""Packs of kept files, unpacked: contents one after the other, each behind its hash and its length.

The standard library alone: processes that are started for one look at files read this.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from agent_contract.keptfiles import CHUNK_BYTES

RAW_BYTES: Final = 8 << 20
"""A pack that holds so many is full."""
MOST_RAW: Final = RAW_BYTES + 2 * CHUNK_BYTES + (1 << 20)
"""A pack never has more, unpacked."""
DIGEST_BYTES: Final = 20
LENGTH_BYTES: Final = 4


class BadPackError(Exception):
    """A pack cannot be read; the text names no file."""


def compute_digest(data: bytes) -> str:
    """Return what contents are known by: collisions are a thing of one conversation with itself."""
    return hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()


def split_pack(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what an unpacked pack holds: what contents say that they are, and the contents; whoever uses them checks it.

    Raises:
        BadPackError: it is none.
    """
    at = 0
    while at < len(raw):
        digest = raw[at : at + DIGEST_BYTES].hex()
        size = int.from_bytes(raw[at + DIGEST_BYTES : at + DIGEST_BYTES + LENGTH_BYTES], "big")
        at += DIGEST_BYTES + LENGTH_BYTES
        data = raw[at : at + size]
        at += size
        if len(data) != size or size > CHUNK_BYTES:
            raise BadPackError("a pack is not what it says")
        yield digest, data
