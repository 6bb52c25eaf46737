"""Measure `/undo` and `/fork`: what twenty turns store, how fast one goes back, what a copy costs: `python -m dev.bench.undo`.

Files go through the real port into a real Postgres; then the turn is taken back, and the next run begins with what was before.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_gateway.store.migrate import migrate
from agent_gateway.store.rows import Address as Venue
from agent_gateway.store.rows import Thread
from agent_runner.holdback import Holdback
from agent_runner.keeping import Keeping
from agent_runner.processes import reap
from agent_runner.programs import Programs
from agent_runner.transfers import Address, Transfers
from dev.bench.bounds import bench_guard
from dev.bench.keep import build_class, build_config, build_setup, fill, read_cpu
from dev.progress import step
from tests.conftest import BOT_ID
from tests.support.postgres import running_postgres

_runners: Any = import_module("tests.support.runners")  # the tests have no types
TURNS: Final = 20
MOST_SECONDS: Final = 3.0
"""From the press until the next run has the files of before."""
MOST_GROWTH: Final = 1.3
"""Bytes stored for each byte that a turn wrote."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured.

    Attributes:
        files: How many.
        mib: Of them.
        changed: Bytes that the turns wrote.
        stored: Bytes that are stored more than before them.
        undo: Seconds of the transactions that took turns back, the longest.
        restore: Seconds until the next run had the files, the longest.
        core: Seconds of a core for that, the most, without Postgres's.
        fork: Seconds of the transaction that copies.
        forked: Bytes that the copy stores.
    """

    files: int
    mib: int
    changed: int
    stored: int
    undo: float
    restore: float
    core: float
    fork: float
    forked: int

    @property
    def growth(self) -> float:
        """Return stored bytes for each changed one."""
        return self.stored / self.changed


def change(folder: Path, turn: int) -> int:
    """Do what a turn does, with contents that nothing makes smaller: edit, write, move and delete; return the bytes it wrote."""
    source = random.Random(turn)  # the same each time
    paths = sorted(folder.glob(f"pkg{turn % 5}/*/*.js"))
    written = 0
    for path in source.sample(paths, 20):
        data = source.randbytes(len(path.read_bytes()))
        path.write_bytes(data)
        written += len(data)
    (folder / f"new{turn}.bin").write_bytes(source.randbytes(700_000))
    paths[0].rename(folder / f"moved{turn}.js")
    paths[1].unlink(missing_ok=True)
    return written + 700_000


def digest(folder: Path) -> str:
    """Return what stands for all names and contents of a folder."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(str(path.relative_to(folder)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


class Bench:
    """One conversation through the port."""

    def __init__(self, store: Store, port: Any, work: Path) -> None:
        self._store, self._port, self._work = store, port, work
        self._programs = Programs()
        self.folder = work / "workspace"
        self._run = 0
        self.thread: Thread

    def collect(self) -> None:
        """Take the ends of processes."""
        for pid, code in reap():
            self._programs.collect(pid, code)

    async def begin_run(self) -> None:
        """Let the next run be there."""
        self._run += 1
        await self._port.make_run(self.thread, self._run)
        await self._port.join(f"token-{self._run}", self._run, states=True)
        (self._work / "token").write_text(_runners.make_token(f"token-{self._run}"))

    async def keep(self, turn_id: int) -> None:
        """Keep the files as of a turn."""
        url = self._port.url
        transfers = Transfers(Address(url, self._work / "token"))
        setup = build_setup(url, self._work, "state", self.folder)
        await Keeping(transfers, setup, build_config(url), self._programs).keep(turn_id)

    async def turn(self, number: int) -> tuple[int, int, str]:
        """Ask, change and keep; return the turn, the bytes it wrote and what the files were before."""
        before = digest(self.folder)
        turn = await self._port.make_turn(self.thread, update=number)
        await self._store.turns.deliver_next(self.thread.id, self._run)
        await self._store.turns.started(turn.id, self._run, 1)
        written = change(self.folder, number)
        await self.keep(turn.id)
        await self._store.pool.execute("UPDATE turns SET state = 'done' WHERE id = $1", turn.id)
        return turn.id, written, before

    async def undo(self, count: int) -> float:
        """Take the last turns back, and end the run; return the seconds."""
        begun = time.monotonic()
        async with self._store.transaction() as tx:
            await tx.undos.hold(self.thread.id)
            turn = (await tx.undos.list_turns(self.thread.id))[count - 1]
            files = await tx.undos.read_files(self.thread.id, turn)
            await tx.undos.undo(self.thread, turn, files, 42)
            await tx.runs.ask_stop(self.thread.id, self._run, "killed")
        seconds = time.monotonic() - begun
        await self._store.runs.end(self.thread.id, self._run, "Stopped", None)
        return seconds

    async def restore(self) -> tuple[float, float, str]:
        """Begin the next run with what is stored; return the seconds, those of a core, and what the files are."""
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        shutil.rmtree(self._work / "state", ignore_errors=True)
        begun, core = time.monotonic(), read_cpu()
        await self.begin_run()
        url = self._port.url
        transfers = Transfers(Address(url, self._work / "token"))
        setup = build_setup(url, self._work, "state", self.folder)
        async with transfers.open_workspace() as (_, parts):
            await Keeping(transfers, setup, build_config(url), self._programs).restore(
                parts, lambda _: None, Holdback().wait
            )
        seconds, core = time.monotonic() - begun, read_cpu() - core
        return seconds, core, digest(self.folder)

    async def fork(self) -> float:
        """Copy the conversation; return the seconds."""
        begun = time.monotonic()
        async with self._store.transaction() as tx:
            await tx.history.hold_thread(self.thread.id)
            turns = await tx.undos.list_turns(self.thread.id)
            point = await tx.forks.find_point(self.thread, turns[0], None)
            target = await tx.threads.get_or_create(Venue(BOT_ID, 43), "tg-43", "copy")
            if not await tx.forks.copy(self.thread, target, point):
                raise SystemExit("nothing was copied")
        return time.monotonic() - begun

    async def stored(self) -> int:
        """Return the bytes of all that is kept."""
        return int(
            await self._store.pool.fetchval(
                "SELECT (SELECT COALESCE(sum(length(data)), 0) FROM kept_pack_rows)"
                " + (SELECT COALESCE(sum(length(body)), 0) FROM kept_states)"
            )
        )


async def measure(work: Path, files: int, mib: int) -> Result:
    """Play twenty turns, then go back before several of them."""
    with running_postgres() as dsn:
        migrate(dsn)
        store = await Store.open(dsn, BOT_ID)
        await take_over(store, "tg")
        async with _runners.running_port(store) as port:
            port.deps.classes._resources.found_class = build_class()  # noqa: SLF001  # a fake's
            bench = Bench(store, port, work)
            asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, bench.collect)
            bench.thread = await port.make_thread()
            await bench.begin_run()
            fill(bench.folder, files, mib << 20)
            result = await _play(store, bench, files, mib)
        await store.close()
        return result


async def _play(store: Store, bench: Bench, files: int, mib: int) -> Result:
    await bench.turn(0)
    await store.sessions.add_entries(
        bench.thread, 1, 2, ['{"type":"message","id":"e1","parentId":null,"timestamp":"x"}']
    )
    first = await bench.stored()
    step(f"{first / (1 << 20):.1f} MiB stored of the first turn")
    turns = [await bench.turn(number) for number in range(1, TURNS + 1)]
    stored, changed = await bench.stored() - first, sum(written for _, written, _ in turns)
    undos, restores, cores = [], [], []
    left = list(turns)
    for count in (1, 5, 10):
        undos.append(await bench.undo(count))
        seconds, core, found = await bench.restore()
        restores.append(seconds)
        cores.append(core)
        if found != left[-count][2]:
            raise SystemExit(f"the files are not what they were {count} turns before")
        del left[-count:]
        step(f"{count} turns: taken back in {undos[-1] * 1000:.0f} ms, files there after {seconds:.2f} s")
    before = await bench.stored()
    fork = await bench.fork()
    forked = await bench.stored() - before
    return Result(files, mib, changed, stored, max(undos), max(restores), max(cores), fork, forked)


def main() -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=4_000)
    parser.add_argument("--mib", type=int, default=100)
    parser.add_argument("--folder", help="where it is all written; several times the size must be free")
    given = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-undo-", dir=given.folder))
    try:
        (work / "workspace").mkdir()
        result = asyncio.run(measure(work, given.files, given.mib))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    total = result.undo + result.restore
    sys.stdout.write(
        f"{result.files} files, {result.mib} MiB\n"
        f"  {TURNS} turns wrote {result.changed / (1 << 20):.1f} MiB and stored {result.stored / (1 << 20):.1f}: "
        f"{result.growth:.2f} times (goal: at most {MOST_GROWTH:g})\n"
        f"  taken back in {result.undo * 1000:.0f} ms, files there {result.restore:.2f} s later: {total:.2f} s "
        f"(goal: at most {MOST_SECONDS:g}), {result.core:.2f} s of a core\n"
        f"  copied in {result.fork * 1000:.0f} ms, {result.forked / 1024:.1f} KiB more\n"
    )
    out = Path("build/bench-undo.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({**asdict(result), "growth": result.growth}, indent=1))
    return 0 if total <= MOST_SECONDS and result.growth <= MOST_GROWTH else 1


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
