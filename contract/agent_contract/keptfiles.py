"""The files of a conversation as they were after a turn: a list of entries that name their contents by hash.

A kept state is a list of entries and the packs that hold what the entries name. The list is whole, or says what differs
from a whole one that is stored once. The standard library alone: a process that is started for each turn reads this.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

CHUNK_BYTES: Final = 1 << 20
"""A file's contents are named in pieces of this size, the last one smaller."""
MAX_PACK_BYTES: Final = 16 << 20
"""Of a pack, and of a whole list, as they are sent."""
MAX_STATE_BYTES: Final = 1 << 20
"""Of what a state says besides its packs and its whole list."""
MAX_PACKS: Final = 2000
"""Of one state."""
MAX_FILES: Final = 200_000
MAX_LIST_BYTES: Final = 96 << 20
"""Of a list as it is read, in memory."""
MAX_NAME_BYTES: Final = 4096
MAX_DEPTH: Final = 100
STATE_TYPE: Final = "application/vnd.openclaw.kept-state"
"""Media type of a kept state with its packs, as a run begins with it."""
WORKSPACE: Final = "workspace"
HOME: Final = "home"
"""The first part of a name: which folder it stands in."""
DEFAULT_EXCLUDE: Final = (
    "node_modules", ".venv", "venv", "__pycache__", "target", ".tox", ".nox", ".cache", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".gradle", ".next", ".nuxt", ".turbo", ".parcel-cache", ".terraform", ".direnv",
)  # fmt: skip
"""What tools make anew: the default of `workspace.exclude`."""
_DIGEST: Final = re.compile(r"[0-9a-f]{40}")
_MAX_LINE: Final = 8 << 20
_ROOTS: Final = (WORKSPACE, HOME)


class BadListError(Exception):
    """A list of entries is none; the text says what is wrong and names no file."""


class Entry(NamedTuple):
    """A file, folder or link.

    Attributes:
        kind: `f` file, `d` folder, `l` symbolic link, `h` a further name of a file.
        path: From `workspace/` or `home/` on; bytes that are not UTF-8 as surrogates (PEP 383).
        mode: The nine bits of its rights.
        mtime: Nanoseconds since 1970.
        size: Bytes of a file.
        chunks: Of a file, piece by piece: the hash of its contents, or how many pieces in a row are a hole.
        target: What a link says; of a further name the first one.
    """

    kind: str
    path: str
    mode: int = 0
    mtime: int = 0
    size: int = 0
    chunks: tuple[str | int, ...] = ()
    target: str = ""


class Bounds(NamedTuple):
    """How much a list may name.

    Attributes:
        files: Files, folders and links.
        bytes: Of all files.
        text: Bytes of the list itself, unpacked.
    """

    files: int = MAX_FILES
    bytes: int = 64 << 30
    text: int = MAX_LIST_BYTES


def encode_entries(entries: Iterable[Entry], removed: Iterable[str] = ()) -> bytes:
    """Return a list as it is stored; `removed` are names that a whole list has and this one does not."""
    packer = zlib.compressobj(6)
    parts = [packer.compress(json.dumps(_to_row(entry), separators=(",", ":")).encode() + b"\n") for entry in entries]
    parts += [packer.compress(json.dumps(["-", path]).encode() + b"\n") for path in removed]
    return b"".join([*parts, packer.flush()])


def decode_entries(data: bytes, bounds: Bounds = Bounds()) -> tuple[dict[str, Entry], set[str]]:  # noqa: B008  # frozen
    """Read a list, whoever wrote it.

    Args:
        data: As it is stored.
        bounds: How much it may name.

    Returns:
        Entries by their names, and names that are removed.

    Raises:
        BadListError: it is none, or names too much.
    """
    found: dict[str, Entry] = {}
    removed: set[str] = set()
    total = 0
    for line in _unpack(data, bounds.text):
        row = _parse(line)
        if row[0] == "-" and len(row) == 2:
            removed.add(_read_path(row[1]))
        else:
            entry = _read_row(row)
            if entry.path in found:
                raise BadListError("a name is given twice")
            found[entry.path] = entry
            total += _weigh(entry)
        if len(found) + len(removed) > bounds.files:
            raise BadListError(f"more than {bounds.files} files and folders")
        if total > bounds.bytes:
            raise BadListError(f"files of more than {bounds.bytes / (1 << 20):g} MiB")
    return found, removed


def overlay(whole: Mapping[str, Entry], entries: Mapping[str, Entry], removed: Iterable[str]) -> dict[str, Entry]:
    """Return a whole list with what differs from it."""
    gone = set(removed)
    return {path: entry for path, entry in whole.items() if path not in gone and path not in entries} | dict(entries)


def check_whole(entries: Mapping[str, Entry], bounds: Bounds = Bounds()) -> None:  # noqa: B008  # frozen
    """Look whether a whole list can be written into empty folders.

    Raises:
        BadListError: something stands below what is no folder, or is a further name of what is no file; or it is too much.
    """
    if len(entries) > bounds.files:
        raise BadListError(f"more than {bounds.files} files and folders")
    if sum(_weigh(entry) for entry in entries.values()) > bounds.bytes:
        raise BadListError(f"files of more than {bounds.bytes / (1 << 20):g} MiB")
    for path, entry in entries.items():
        parent = path.rpartition("/")[0]
        if parent not in _ROOTS:
            above = entries.get(parent)
            if above is None or above.kind != "d":
                raise BadListError("something stands below what is no folder")
        if entry.kind == "h":
            first = entries.get(entry.target)
            if first is None or first.kind != "f":
                raise BadListError("a further name is of no file")


def _weigh(entry: Entry) -> int:
    """Return about how many bytes a file takes: its holes take none."""
    return min(entry.size, sum(CHUNK_BYTES for chunk in entry.chunks if isinstance(chunk, str)))


def _to_row(entry: Entry) -> list[Any]:
    match entry.kind:
        case "f":
            return ["f", entry.path, entry.mode, entry.mtime, entry.size, *entry.chunks]
        case "d":
            return ["d", entry.path, entry.mode, entry.mtime]
        case _:
            return [entry.kind, entry.path, entry.target]


def _unpack(data: bytes, most: int) -> Iterator[bytes]:
    """Yield lines; never more in memory than a piece of the list and one line."""
    unpacker, rest, total = zlib.decompressobj(), b"", 0
    left = data
    while not unpacker.eof:
        try:
            part = unpacker.decompress(left, 1 << 20)
        except zlib.error as error:
            raise BadListError("it cannot be unpacked") from error
        left = unpacker.unconsumed_tail
        total += len(part)
        if total > most:
            raise BadListError("it is too long")
        if not part and not left and not unpacker.eof:
            raise BadListError("it ends in the middle")
        *lines, rest = (rest + part).split(b"\n")
        if len(rest) > _MAX_LINE:
            raise BadListError("a line is too long")
        yield from lines
    if rest or unpacker.unused_data:
        raise BadListError("something follows its end")


def _parse(line: bytes) -> list[Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadListError("a line is broken") from error
    if not isinstance(row, list) or len(row) < 2 or not isinstance(row[0], str):
        raise BadListError("a line is broken")
    return row


def _read_row(row: list[Any]) -> Entry:
    kind, path = row[0], _read_path(row[1])
    if kind == "d" and len(row) == 4:
        return Entry("d", path, _read_mode(row[2]), _read_number(row[3], 1 << 63))
    if kind == "l" and len(row) == 3:
        return Entry("l", path, target=_read_name(row[2]))
    if kind == "h" and len(row) == 3:
        return Entry("h", path, target=_read_path(row[2]))
    if kind != "f" or len(row) < 5:
        raise BadListError("a line is broken")
    size = _read_number(row[4], 1 << 53)
    chunks = tuple(_read_chunk(chunk) for chunk in row[5:])
    if sum(chunk if isinstance(chunk, int) else 1 for chunk in chunks) != -(-size // CHUNK_BYTES):
        raise BadListError("a file's pieces do not fit its size")
    return Entry("f", path, _read_mode(row[2]), _read_number(row[3], 1 << 63), size, chunks)


def _read_chunk(value: Any) -> str | int:
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value
    if type(value) is int and value > 0:
        return value
    raise BadListError("a file's pieces are broken")


def _read_number(value: Any, below: int) -> int:
    if type(value) is not int or not 0 <= value < below:
        raise BadListError("a number is none")
    return value


def _read_mode(value: Any) -> int:
    return _read_number(value, 0o1000)


def _read_name(value: Any) -> str:
    """Read what a link says, or a part of a name: any bytes but a zero."""
    if not isinstance(value, str) or not value or "\0" in value:
        raise BadListError("a name is none")
    try:
        size = len(value.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError as error:
        raise BadListError("a name is none") from error
    if size > MAX_NAME_BYTES:
        raise BadListError("a name is too long")
    return value


def _read_path(value: Any) -> str:
    path = _read_name(value)
    root, *parts = path.split("/")
    if root not in _ROOTS or not parts or any(part in {"", ".", ".."} for part in parts):
        raise BadListError("a name leads elsewhere")
    if len(parts) > MAX_DEPTH:
        raise BadListError(f"more than {MAX_DEPTH} folders stand within each other")
    return path
