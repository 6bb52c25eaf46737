"""The process that compares two kept states: what it reads came from pods, so it knows nothing and is bounded.

It reads frames from its standard input, each a line of JSON with a number of bytes: the two lists with what they differ from,
then packs, the newest first, until it has what it wants. It writes one report.
"""

from __future__ import annotations

import hashlib
import json
import sys
from typing import BinaryIO, Final

from backports import zstd

from agent_contract.diffs import encode_report
from agent_contract.keptfiles import (
    MAX_PACK_BYTES,
    MAX_STATE_BYTES,
    BadListError,
    Bounds,
    Entry,
    decode_entries,
    overlay,
)
from agent_contract.packs import MOST_RAW, BadPackError, compute_digest, split_pack
from agent_gateway.diffs.lines import Steps
from agent_gateway.diffs.pairs import MOST_READ, find_pairs, find_wanted
from agent_gateway.diffs.patch import Contents, describe

BOUNDS: Final = Bounds(files=100_000, bytes=1 << 50, text=24 << 20)
"""Of what is read here: a run may keep more, in its own memory."""
UNREADABLE: Final = 3
"""Its exit code where a state cannot be read."""
_WINDOW: Final = 27
"""The logarithm of the bytes that a pack may look back."""


def main() -> None:
    """Read, compare, write."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    try:
        before, after = _read_states(source)
    except (BadListError, EOFError):
        sys.exit(UNREADABLE)
    pairs, more = find_pairs(before, after)
    wanted = find_wanted(pairs)
    contents = Contents(_read_contents(source, wanted))
    source.close()  # whoever feeds it need not go on
    steps = Steps()
    target.write(encode_report((describe(pair, contents, steps) for pair in pairs), more))
    target.flush()


def _read_states(source: BinaryIO) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """Read both; a list that both differ from is read once."""
    lists: dict[bytes, dict[str, Entry]] = {}
    found = []
    for _ in range(2):
        body, whole = _read_frame(source, MAX_STATE_BYTES), _read_frame(source, MAX_PACK_BYTES)
        entries, removed = decode_entries(body.partition(b"\n")[2], BOUNDS) if body else ({}, set())
        if whole:
            name = hashlib.sha256(whole).digest()
            lists[name] = lists.get(name) or decode_entries(whole, BOUNDS)[0]
            entries = overlay(lists[name], entries, removed)
        found.append(entries)
    return found[0], found[1]


def _read_frame(source: BinaryIO, most: int) -> bytes:
    """Return the next frame.

    Raises:
        EOFError: there is none, or it is larger.
    """
    line = source.readline(64)
    size = int(json.loads(line)) if line else -1
    if not 0 <= size <= most:
        raise EOFError
    data = source.read(size)
    if len(data) != size:
        raise EOFError
    return data


def _read_contents(source: BinaryIO, wanted: set[str]) -> dict[str, bytes]:
    """Read packs until all that is wanted is there, or no more come; one that cannot be read is passed over.

    What is longer than the lists said, beyond the most that is read, is left out.
    """
    found: dict[str, bytes] = {}
    left = MOST_READ
    while len(found) < len(wanted):
        try:
            body = _read_frame(source, MAX_PACK_BYTES)
        except EOFError:
            break
        try:
            for digest, data in split_pack(_unpack(body)):
                if digest not in wanted or digest in found or len(data) > left or compute_digest(data) != digest:
                    continue
                found[digest] = data
                left -= len(data)
        except (BadPackError, zstd.ZstdError):
            continue
    return found


def _unpack(body: bytes) -> bytes:
    unpacker = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW})
    raw = unpacker.decompress(body, MOST_RAW + 1)
    if len(raw) > MOST_RAW or not unpacker.eof:
        raise BadPackError("a pack is too large, or ends in the middle")
    return raw


if __name__ == "__main__":
    main()
