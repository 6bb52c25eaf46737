"""What was kept already, so that only what changed is read: in the runner's own folder, as long as its pod lives.

The index says what the last kept state had. Beside it a journal grows by each pack that was taken: a process that is
ended in the middle does no work twice. Whoever writes into either harms the conversation's own files alone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from agent_runner.keeper.packs import Pack
from agent_runner.keeper.scan import Signature

Chunks = tuple[str | int, ...]


class Known:
    """A file as it was read.

    Attributes:
        signature: As it was before that.
        size: How much was read.
        chunks: Of what was read.
    """

    __slots__ = ("chunks", "signature", "size")

    def __init__(self, signature: Signature, size: int, chunks: Chunks) -> None:
        self.signature = signature
        self.size = size
        self.chunks = chunks


class Index:
    """Reads and writes what is known.

    Args:
        folder: Of the index.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self.files: dict[str, Known] = {}
        self.packs: dict[str, Pack] = {}
        self.over: dict[str, tuple[Signature, int]] = {}
        """Files that there was no room for, with how much there was."""
        self.whole = ""
        """The pack with the whole list that states differ from."""
        self.last = ""
        """What the last state that was taken said."""

    @property
    def list_path(self) -> Path:
        """Where the whole list is."""
        return self._folder / "list"

    @classmethod
    def load(cls, folder: str) -> Self:
        """Read what there is; what cannot be read is as good as nothing."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        index = cls(folder)
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            index._read(json.loads((index._folder / "index").read_bytes()))
        with contextlib.suppress(
            OSError, ValueError, TypeError, KeyError, AttributeError
        ):  # it was ended while it wrote
            for line in (index._folder / "journal").read_bytes().splitlines():
                index._read_step(json.loads(line))
        return index

    def save(self) -> None:
        """Write all of it; the journal begins anew."""
        raw = {
            "files": {path: [known.signature, known.size, known.chunks] for path, known in self.files.items()},
            "packs": self.packs,
            "over": self.over,
            "whole": self.whole,
            "last": self.last,
        }
        new = self._folder / "index.new"
        new.write_text(json.dumps(raw, separators=(",", ":")))
        new.replace(self._folder / "index")
        (self._folder / "journal").unlink(missing_ok=True)

    def note(self, name: str, pack: Pack, files: Iterable[tuple[str, Known]]) -> None:
        """Take note of a pack that was taken, and of files that are whole with it."""
        step = {"pack": [name, *pack], "files": [[path, k.signature, k.size, k.chunks] for path, k in files]}
        self._read_step(step)
        with (self._folder / "journal").open("a") as journal:
            journal.write(json.dumps(step, separators=(",", ":")) + "\n")

    def drop(self, names: Iterable[str]) -> None:
        """Know packs no more that are not stored."""
        for name in names:
            self.packs.pop(name, None)
            if name == self.whole:
                self.whole = ""

    def _read_step(self, step: dict[str, Any]) -> None:
        name, size, raw, chunks = step["pack"]
        self.packs[name] = Pack(size, raw, dict(chunks))
        for path, signature, length, pieces in step["files"]:
            self.files[path] = Known(_sign(signature), length, tuple(pieces))

    def _read(self, raw: dict[str, Any]) -> None:
        files = {path: Known(_sign(s), size, tuple(c)) for path, (s, size, c) in raw["files"].items()}
        packs = {name: Pack(size, whole, dict(chunks)) for name, (size, whole, chunks) in raw["packs"].items()}
        over = {path: (_sign(s), room) for path, (s, room) in raw["over"].items()}
        self.whole, self.last = str(raw["whole"]), str(raw["last"])
        self.files, self.packs, self.over = files, packs, over


def _sign(raw: Iterable[int]) -> Signature:
    size, contents, rights, number, mode = raw
    return size, contents, rights, number, mode
