"""Kept states in memory: what the keeper hands over, and given back as a run begins with it."""

from __future__ import annotations

import hashlib
import json

from agent_contract.keptfiles import DEFAULT_EXCLUDE, MAX_FILES, Bounds, decode_entries, overlay
from agent_gateway.runners.keeps import read_state
from agent_runner.keeper.keep import Keeper, Task
from agent_runner.keeper.restore import BrokenError, Restorer


class Kept:
    """Takes packs and states, and gives them."""

    def __init__(self):
        self.packs = {}
        self.states = []
        self.same = 0
        self.sent = 0
        """Bytes of packs."""
        self.about = {}
        self.left = None
        """Packs that are taken before it goes away; None for all."""

    def offer(self, kind, body, **about):
        """Take something."""
        self.about = about
        if kind == "same":
            self.same += 1
        elif kind == "pack":
            if self.left == 0:
                return {}
            self.left = None if self.left is None else self.left - 1
            assert about["id"] == hashlib.sha256(body).hexdigest()
            self.packs[about["id"]] = body
            self.sent += len(body)
        else:
            head = json.loads(body.partition(b"\n")[0])
            missing = [name for name in [*head["packs"], *filter(None, [head["whole"]])] if name not in self.packs]
            if missing:
                return {"missing": missing}
            self.states.append(body)
        return {"ok": True}

    def entries(self, number=-1):
        """Return the entries of a state."""
        line, _, data = self.states[number].partition(b"\n")
        whole = json.loads(line)["whole"]
        found, removed = decode_entries(data)
        return overlay(decode_entries(self.packs[whole])[0], found, removed) if whole else found

    def frames(self, number=-1):
        """Return a state as a run begins with it."""
        body = self.states[number]
        head = json.loads(body.partition(b"\n")[0])
        names = [*filter(None, [head["whole"]]), *head["packs"]]
        packs = [({"type": "pack", "id": name}, self.packs[name]) for name in names]
        return [({"type": "state"}, body), *packs, ({"type": "end"}, b"")]


class Frames:
    """Gives frames one after the other."""

    def __init__(self, frames):
        self._frames = list(frames)

    def read_frame(self, most):
        """Return the next one."""
        if not self._frames:
            raise BrokenError("they end in the middle")
        about, body = self._frames.pop(0)
        assert len(body) <= most
        return about, body


class Place:
    """A workspace, a home and an index in folders of their own."""

    def __init__(self, folder):
        self.workspace, self.home, self.index = folder / "workspace", folder / "home", folder / "index"
        self.workspace.mkdir(parents=True)
        self.home.mkdir()

    def keep(self, kept, *, exclude=DEFAULT_EXCLUDE, limit=1 << 30, most=MAX_FILES, copy=False):
        """Keep it."""
        task = Task(str(self.workspace), str(self.home), str(self.index), tuple(exclude), limit, most, copy)
        Keeper(task, kept).keep()

    def restore(self, frames, bounds=Bounds()):  # noqa: B008  # frozen
        """Write what was kept."""
        restorer = Restorer(str(self.workspace), str(self.home), str(self.index), bounds)
        return restorer.restore(Frames(frames))


async def store_state(store, thread, run, turn, kept, number=-1):
    """Store a state with its packs, as a run's runner does."""

    async def parts(body):
        yield body

    for name, body in kept.packs.items():
        if not await store.kept.has_pack(thread.id, name):
            await store.kept.save_pack(thread.id, run, name, parts(body), 1 << 30)
    assert await store.kept.save_state(thread.id, run, turn, read_state(kept.states[number])) == []
