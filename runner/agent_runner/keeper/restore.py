"""A kept state written into empty folders: folders, then contents, then links, then rights; no link is ever followed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

from agent_contract.keptfiles import (
    CHUNK_BYTES,
    HOME,
    MAX_PACK_BYTES,
    MAX_PACKS,
    MAX_STATE_BYTES,
    WORKSPACE,
    BadListError,
    Bounds,
    Entry,
    check_whole,
    decode_entries,
    overlay,
)
from agent_contract.packs import BadPackError
from agent_runner.keeper.index import Index, Known
from agent_runner.keeper.packs import Pack, read_pack
from agent_runner.keeper.scan import sign
from agent_runner.projectfile import NAMES, PROJECT_FOLDER

_PAGE: Final = 4096
_ZEROS: Final = bytes(_PAGE)


class BrokenError(Exception):
    """What came is not whole: it may be whole another time."""


class UnfitError(Exception):
    """What is stored cannot be written here; the text says why and names no file."""


_AT_START: Final = frozenset(f"{WORKSPACE}/{name}" for name in (*NAMES, PROJECT_FOLDER))
"""What pi reads when it begins a session."""


class Source(Protocol):
    """Where a state comes from."""

    def read_frame(self, most: int) -> tuple[dict[str, Any], bytes]:
        """Return the next part with what is said of it.

        Raises:
            BrokenError: there is none, or it is larger.
        """
        ...


class Restorer:
    """Writes one state.

    Args:
        workspace: The folder, empty.
        home: The folder of settings; None where they are not brought back.
        index: The folder of the index.
        bounds: How much there may be.
    """

    def __init__(self, workspace: str, home: str | None, index: str, bounds: Bounds) -> None:
        self._roots = {"workspace": os.fsencode(workspace), "home": os.fsencode(home) if home is not None else None}
        self._bounds = bounds
        self._index = Index(index)
        self._folder = index
        self._entries: dict[str, Entry] = {}
        self._wanted: dict[str, list[tuple[str, int]]] = {}
        """Hashes that are to come, with the files and pieces that they are of."""
        self._written = 0

    def restore(self, source: Source, on_listed: Callable[[bool], None] = lambda _: None) -> dict[str, Any]:
        """Write what comes; return what its state says of what it lacks.

        Args:
            source: Where it comes from.
            on_listed: Told, before any of it is written, whether an agent may begin before it is there: none of it is read
                as a session begins, and nothing of it is missing.

        Raises:
            BrokenError: it is not whole.
            UnfitError: it is whole and cannot be written.
        """
        head = self._read_state(source)
        on_listed(_AT_START.isdisjoint(self._entries) and not head.get("over"))
        try:
            self._make_folders()
            self._write_contents(source)
            self._finish()
        except (BadPackError, OSError) as error:
            raise UnfitError(
                str(error) if isinstance(error, BadPackError) else os.strerror(error.errno or 0)
            ) from error
        over = head.get("over")
        names = [name for name in over if isinstance(name, str)] if isinstance(over, list) else []
        return {"over": names, "overCount": head.get("overCount", 0)}

    def _read_state(self, source: Source) -> dict[str, Any]:
        about, body = source.read_frame(MAX_STATE_BYTES)
        if about.get("type") != "state":
            raise BrokenError("something else came")
        line, _, data = body.partition(b"\n")
        self._index.last = hashlib.sha256(body).hexdigest()
        try:
            head = json.loads(line)
            entries, removed = decode_entries(data, self._bounds)
            if head.get("whole"):
                _, whole = source.read_frame(MAX_PACK_BYTES)
                entries = overlay(decode_entries(whole, self._bounds)[0], entries, removed)
                self._index.whole = str(head["whole"])
                Path(self._folder).mkdir(parents=True, exist_ok=True)
                self._index.list_path.write_bytes(whole)
            check_whole(entries, self._bounds)
        except BadListError as error:
            raise UnfitError(str(error)) from error
        except (ValueError, AttributeError) as error:
            raise UnfitError("what is said of them is broken") from error
        self._entries = {p: e for p, e in entries.items() if self._roots[p.partition("/")[0]] is not None}
        for path, entry in self._entries.items():
            for number, digest in _number(entry):
                self._wanted.setdefault(digest, []).append((path, number))
        return dict(head)

    def _make_folders(self) -> None:
        """Make folders that we may write into, and every file, empty; what stands in the home's way goes."""
        for path, entry in sorted(self._entries.items()):
            full = self._full(path)
            if entry.kind == "d":
                with contextlib.suppress(FileExistsError):
                    os.mkdir(full, 0o700)  # noqa: PTH102  # bytes
            elif entry.kind == "f":
                if path.startswith(f"{HOME}/"):
                    with contextlib.suppress(FileNotFoundError):
                        os.unlink(full)  # noqa: PTH108  # bytes
                os.close(os.open(full, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))

    def _write_contents(self, source: Source) -> None:
        for _ in range(MAX_PACKS + 1):
            about, body = source.read_frame(MAX_PACK_BYTES)
            if about.get("type") == "end":
                if self._wanted:
                    raise UnfitError("contents are missing")
                return
            chunks: dict[str, int] = {}
            for digest, data in read_pack(body):
                chunks[digest] = len(data)
                for path, number in self._wanted.pop(digest, ()):
                    self._write(path, number, data)
            name = str(about.get("id"))
            self._index.packs[name] = Pack(len(body), sum(chunks.values()), chunks)
        raise UnfitError("too many packs came")

    def _write(self, path: str, number: int, data: bytes) -> None:
        size = self._entries[path].size
        if len(data) != min(CHUNK_BYTES, size - number * CHUNK_BYTES):
            raise UnfitError("a file's pieces do not fit its size")
        fd = os.open(self._full(path), os.O_WRONLY | os.O_NOFOLLOW)
        try:
            for at, part in _split(data):
                self._written += len(part)
                if self._written > self._bounds.bytes:
                    raise UnfitError(f"they have more than {self._bounds.bytes / (1 << 20):g} MiB")
                os.pwrite(fd, part, number * CHUNK_BYTES + at)
        finally:
            os.close(fd)

    def _finish(self) -> None:
        """Give files their sizes, times, rights and further names; folders their rights, the lowest first."""
        for path, entry in self._entries.items():
            if entry.kind == "f":
                full = self._full(path)
                os.truncate(full, entry.size)
                os.chmod(full, entry.mode)  # noqa: PTH101  # bytes
                os.utime(full, ns=(entry.mtime, entry.mtime))
        for path, entry in self._entries.items():
            if entry.kind == "h":
                os.link(self._full(entry.target), self._full(path))
        for path, entry in self._entries.items():
            if entry.kind == "l":
                os.symlink(entry.target.encode("utf-8", "surrogateescape"), self._full(path))  # noqa: PTH211
        for path, entry in self._entries.items():
            if entry.kind == "f":
                signature = sign(os.stat(self._full(path), follow_symlinks=False))  # noqa: PTH116
                self._index.files[path] = Known(signature, entry.size, entry.chunks)
        for path, entry in sorted(self._entries.items(), reverse=True):
            if entry.kind == "d":
                os.chmod(self._full(path), entry.mode)  # noqa: PTH101
        if self._roots["home"] is not None:
            Path(self._folder).mkdir(parents=True, exist_ok=True)
            self._index.save()

    def _full(self, path: str) -> bytes:
        root, _, rest = path.partition("/")
        top = self._roots[root]
        assert top is not None  # noqa: S101  # else it is no entry
        return top + b"/" + rest.encode("utf-8", "surrogateescape")


def _number(entry: Entry) -> Iterator[tuple[int, str]]:
    """Yield the pieces of a file that are no hole, with their numbers."""
    at = 0
    for chunk in entry.chunks:
        if isinstance(chunk, str):
            yield at, chunk
            at += 1
        else:
            at += chunk


def _split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield what of a piece is not zeros, page by page where it has any."""
    if _ZEROS not in data:
        yield 0, data
        return
    begin = None
    for at in range(0, len(data), _PAGE):
        zero = data[at : at + _PAGE] == _ZEROS[: len(data) - at]
        if zero and begin is not None:
            yield begin, data[begin:at]
            begin = None
        elif not zero and begin is None:
            begin = at
    if begin is not None:
        yield begin, data[begin:]
