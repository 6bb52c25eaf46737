"""One look at the workspace: what changed goes out in packs, then the state that they are of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from agent_contract.keptfiles import MAX_PACKS, Entry
from agent_contract.packs import RAW_BYTES
from agent_runner.keeper.choose import choose_rewritten
from agent_runner.keeper.index import Index, Known
from agent_runner.keeper.lists import Ended, Wire, show, write_list
from agent_runner.keeper.packs import Pack, Packer
from agent_runner.keeper.reading import read_file
from agent_runner.keeper.scan import Exclude, Found, Scanner

_RETRY_ROOM: Final = 1 << 20
_NAMED: Final = 20
"""Files that are left out and named."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be kept.

    Attributes:
        workspace: The folder.
        home: The folder whose settings are kept too; None for none.
        index: The folder of the index.
        exclude: What is left out.
        limit: Bytes that the packs of a state may have.
        most: Files, folders and links.
        copy: It is for a sub-agent: a state is wanted, whether anything changed or not.
    """

    workspace: str
    home: str | None
    index: str
    exclude: tuple[str, ...]
    limit: int
    most: int
    copy: bool = False


@dataclass(slots=True)
class _Work:
    """What this look has found so far."""

    done: dict[str, Known] = field(default_factory=dict)
    """Files whose contents are stored."""
    pending: list[tuple[str, Known]] = field(default_factory=list)
    """Files that were read, and whose last pieces stand in the pack that is being filled."""
    over: list[Found] = field(default_factory=list)
    """Files that there is no room for."""
    unread: int = 0


class Keeper:
    """Keeps a workspace once.

    Args:
        task: What.
        wire: Where it goes.
    """

    def __init__(self, task: Task, wire: Wire) -> None:
        self._task = task
        self._wire = wire
        self._index = Index.load(task.index)
        self._packer = Packer()
        self._work = _Work()
        self._stored: set[str] = set()
        self._anew: set[str] = set()
        """Packs whose contents are packed anew."""
        self._total = 0
        """Bytes of the packs that go on being used, and of the new ones."""

    def keep(self) -> None:
        """Hand over what changed, or that nothing did.

        Raises:
            Ended: nobody takes it.
            OSError: something cannot be read or written here.
        """
        for _ in range(2):
            missing = self._keep()
            if not missing:
                return
            self._index.drop(missing)
            self._index.last = ""
            self._work, self._packer = _Work(), Packer()
        raise Ended

    def _keep(self) -> list[str]:
        scan = Scanner(Exclude(self._task.exclude), self._task.most).scan(self._task.workspace, self._task.home)
        files = [found for found in scan.found if found.kind == "f"]
        self._begin(files)
        todo = [found for found in files if not self._is_known(found)]
        full = False
        for found in sorted(todo, key=lambda one: one.signature[0]):  # the small ones first: those are people's work
            full = full or not self._read(found)
            if full and found.path not in self._work.done:
                self._work.over.append(found)
        if full or not self._flush():
            self._spare()
        excluded = [show(f"/{path}") for path in scan.excluded[:_NAMED]]
        return self._finish(scan.found, {"excluded": excluded, "unread": scan.unfit + self._work.unread})

    def _spare(self) -> None:
        """Go on using the packs that there was no room to pack anew."""
        self._stored.update(digest for name in self._anew for digest in self._index.packs[name].chunks)
        left, self._work.over = self._work.over, []
        for found in left:
            known = self._index.files.get(found.path)
            if known is not None and known.signature == found.signature and self._has(known):
                self._work.done[found.path] = known
            else:
                self._work.over.append(found)
        self._anew = set()

    def _begin(self, files: list[Found]) -> None:
        """Find what is stored and goes on being used."""
        home = {digest: name for name, pack in self._index.packs.items() for digest in pack.chunks}
        used: dict[str, dict[str, int]] = {}
        for found in files:
            known = self._index.files.get(found.path)
            if known is None or known.signature != found.signature:
                continue
            for chunk in known.chunks:
                if isinstance(chunk, str) and (name := home.get(chunk)) is not None:
                    used.setdefault(name, {})[chunk] = self._index.packs[name].chunks[chunk]
        sums = {name: sum(sizes.values()) for name, sizes in used.items()}
        self._anew = choose_rewritten(self._index.packs, sums, self._task.limit)
        self._stored = {digest for digest, name in home.items() if name not in self._anew}
        self._total = sum(self._index.packs[name].bytes for name in sums if name not in self._anew)

    def _is_known(self, found: Found) -> bool:
        """Say whether a file need not be read: as it is it is stored, or there was no room for it and is no more now."""
        known = self._index.files.get(found.path)
        if known is not None and known.signature == found.signature and self._has(known):
            self._work.done[found.path] = known
            return True
        signature, room = self._index.over.get(found.path, (None, 0))
        if signature == found.signature and self._task.limit - self._total <= room + _RETRY_ROOM:
            self._work.over.append(found)
            return True
        return False

    def _has(self, known: Known) -> bool:
        return all(isinstance(chunk, int) or chunk in self._stored for chunk in known.chunks)

    def _read(self, found: Found) -> bool:
        """Read a file into packs; False where there is no room for what is to go out by then."""
        # a file that may be over the limit shares no pack with smaller ones
        near = self._packer.chunks and self._total + self._packer.raw + found.signature[0] > self._task.limit
        room = self._flush() if near else True

        def take(digest: str, data: bytes) -> None:
            nonlocal room
            if not room or digest in self._stored or digest in self._packer.chunks:
                return
            raw = self._packer.raw + len(data)
            if raw > RAW_BYTES or (self._packer.chunks and self._total + raw > self._task.limit):
                room = self._flush()
            if room:
                self._packer.add(digest, data)

        known = read_file(found.full, take)
        if known is None:
            self._work.unread += 1
        elif room:
            self._work.pending.append((found.path, known))
        return room

    def _flush(self) -> bool:
        """Hand over the pack that is being filled; False where it would be more than may be kept."""
        whole, self._work.pending = self._work.pending, []
        if not self._packer.chunks:
            self._work.done.update(whole)
            return True
        name, body, pack = self._packer.finish()
        if self._total + pack.bytes > self._task.limit:
            kept = {path for path, known in whole if self._has(known)}
            self._work.done.update((path, known) for path, known in whole if path in kept)
            by_path = {path for path, _ in whole} - kept
            self._work.over += [Found(path, b"", "f", known.signature) for path, known in whole if path in by_path]
            return False
        self._hand_over(name, body, pack, whole)
        return True

    def _hand_over(self, name: str, body: bytes, pack: Pack, whole: list[tuple[str, Known]]) -> None:
        if not self._wire.offer("pack", body, id=name).get("ok"):
            raise Ended
        self._index.note(name, pack, whole)
        self._stored.update(pack.chunks)
        self._total += pack.bytes
        self._work.done.update(whole)

    def _finish(self, found: list[Found], about: dict[str, Any]) -> list[str]:
        """Hand over the state; return the packs that are not stored."""
        entries = {entry.path: entry for entry in self._list(found)}
        packs = self._find_packs(entries)
        if len(packs) > MAX_PACKS:
            raise OSError(f"more than {MAX_PACKS} packs")
        changed = write_list(self._index, entries, self._wire)
        over = sorted({show(one.path) for one in self._work.over})
        head = {
            "whole": self._index.whole or None,
            "packs": packs,
            "files": sum(entry.kind != "d" for entry in entries.values()),
            "size": sum(entry.size for entry in entries.values()),
            "over": over[:_NAMED],
            "overCount": len(over),
        }
        body = json.dumps(head, separators=(",", ":")).encode() + b"\n" + changed
        digest = hashlib.sha256(body).hexdigest()
        if digest == self._index.last and not self._task.copy:
            self._wire.offer("same", b"")
        else:
            answer = self._wire.offer("state", body, **about, over=over[:_NAMED], overCount=len(over))
            if missing := answer.get("missing"):
                return [str(name) for name in missing]
            if not answer.get("ok"):
                raise Ended
        self._remember(packs, self._index.last if self._task.copy else digest)
        return []

    def _find_packs(self, entries: dict[str, Entry]) -> list[str]:
        """Return packs that hold what the entries name, each content in one; those that were packed anew are passed over."""
        names = sorted(self._index.packs, key=lambda name: name not in self._anew)
        home = {digest: name for name in names for digest in self._index.packs[name].chunks}
        needed = {chunk for entry in entries.values() for chunk in entry.chunks if isinstance(chunk, str)}
        return sorted({home[digest] for digest in needed})

    def _list(self, found: list[Found]) -> Iterator[Entry]:
        """Yield what is kept; a further name of a file that is not kept goes with it."""
        for one in found:
            match one.kind:
                case "f" if one.path in self._work.done:
                    known = self._work.done[one.path]
                    mtime = max(one.signature[1], 0)
                    yield Entry("f", one.path, one.signature[4], mtime, known.size, known.chunks)
                case "d":
                    yield Entry("d", one.path, one.signature[4])
                case "l":
                    yield Entry("l", one.path, target=one.target)
                case "h" if one.target in self._work.done:
                    yield Entry("h", one.path, target=one.target)

    def _remember(self, packs: list[str], digest: str) -> None:
        used = set(packs)
        self._index.packs = {name: pack for name, pack in self._index.packs.items() if name in used}
        self._index.files = dict(self._work.done)
        room = self._task.limit - sum(pack.bytes for pack in self._index.packs.values())
        self._index.over = {one.path: (one.signature, room) for one in self._work.over}
        self._index.last = digest
        self._index.save()
