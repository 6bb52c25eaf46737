"""The list of a state: what it says itself, and what it differs from."""

from __future__ import annotations

import hashlib
from typing import Any, Final, Protocol

from agent_contract.keptfiles import MAX_PACK_BYTES, BadListError, Entry, decode_entries, encode_entries
from agent_runner.keeper.index import Index

INLINE_BYTES: Final = 64 << 10
"""Of a list that a state says itself; a longer one is stored once, and states say what differs from it."""
_SHOWN: Final = 200


class Ended(Exception):
    """Whoever asked is gone, or wants no more."""


class Wire(Protocol):
    """Where packs and states go."""

    def offer(self, kind: str, body: bytes, **about: Any) -> dict[str, Any]:
        """Hand something over, and wait for the answer.

        Raises:
            Ended: nobody takes it.
        """
        ...


def write_list(index: Index, entries: dict[str, Entry], wire: Wire) -> bytes:
    """Return what differs from the whole list that is stored; where that is much, a new one is stored first.

    Raises:
        Ended: nobody takes it.
        OSError: it is too long, or cannot be written down.
    """
    before = _read_whole(index)
    if before is not None:
        changed = [entry for path, entry in entries.items() if before.get(path) != entry]
        data = encode_entries(changed, [path for path in before if path not in entries])
        if len(data) <= INLINE_BYTES:
            return data
    data = encode_entries(entries.values())
    if len(data) <= INLINE_BYTES:
        index.whole = ""
        return data
    if len(data) > MAX_PACK_BYTES:
        raise OSError("the list of files is too long")
    name = hashlib.sha256(data).hexdigest()
    if not wire.offer("pack", data, id=name).get("ok"):
        raise Ended
    index.list_path.write_bytes(data)
    index.whole = name
    return encode_entries([])


def _read_whole(index: Index) -> dict[str, Entry] | None:
    if not index.whole:
        return None
    try:
        data = index.list_path.read_bytes()
        if hashlib.sha256(data).hexdigest() != index.whole:
            return None
        return decode_entries(data)[0]
    except (OSError, BadListError):
        return None


def show(path: str) -> str:
    """Return a name from the top for people, of a bounded length."""
    name = path.partition("/")[2].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…"
