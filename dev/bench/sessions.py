"""What an old conversation's start costs beside a new one's: `python -m dev.bench.sessions`.

A real runner with the real pi opens sessions over the runners' port on a real Postgres, and answers one prompt of the scripted
model: a new one; one of 5,000 lines and 100 pictures; the same as an earlier release stored it, at its first start and the
next; and its whole file, as earlier releases sent it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final
from uuid import uuid4

from aiohttp.test_utils import TestServer

from agent_contract import wire
from agent_gateway.quotas import Quotas
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_gateway.store.rows import Thread, TurnState
from agent_simulators.model import create_app
from dev.bench.bounds import bench_guard
from dev.bench.madesessions import MadeSession, make_png
from dev.progress import step
from tests.conftest import BOT_ID, in_database
from tests.support.eventually import eventually
from tests.support.pi import install_pi
from tests.support.postgres import execute, running_postgres
from tests.support.runner import RunnerProcess
from tests.support.runner_gateway import TestGateway
from tests.support.runners import make_token, running_port

NO_QUOTAS: Final = Quotas(session=1 << 40, turn=1 << 40, run=1 << 40, sessions=1 << 40)
_PICTURE: Final = 400
"""Pixels a side, of noise: some 480 kB."""
_RECENT: Final = 100
"""Lines behind the last compaction."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One start.

    Attributes:
        ready: Seconds from the runner's start until turns may come.
        cpu: Seconds of CPU of runner and pi in these.
        answered: Seconds from the prompt to the answer's end.
        pi: The most memory of pi, in MB.
        runner: The most memory of the runner, in MB.
        file: Size of the session file, in MB.
    """

    ready: float
    cpu: float
    answered: float
    pi: float
    runner: float
    file: float


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="dev.bench.sessions", description="Measure starts of old conversations.")
    parser.add_argument("--lines", type=int, default=5000)
    parser.add_argument("--pictures", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, default=Path("build/bench-sessions.json"))
    asked = parser.parse_args()
    with running_postgres() as server:
        dsn = in_database(server, "openclaw_sessions")
        asyncio.run(execute(server, "CREATE DATABASE openclaw_sessions"))
        code = "import sys; from agent_gateway.store.migrate import migrate; migrate(sys.argv[1])"
        subprocess.run([sys.executable, "-c", code, dsn], check=True)
        found = asyncio.run(measure(dsn, asked.lines, asked.pictures, asked.rounds))
    _print(found)
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps({name: asdict(sample) for name, sample in found.items()}, indent=1))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores; {asked.json}")
    return 0


def build_session(lines: int, pictures: int) -> list[str]:
    """Return the lines of an old conversation; a fifth of its pictures came since its last compaction."""
    made, turns, recent = MadeSession(), lines // 4, _RECENT // 4
    before, after = pictures - pictures // 5, pictures // 5
    shown = 0
    for number in range(1, turns + 1):
        begun = max(0, number - (turns - recent))
        if begun == 1:
            made.compact(8)
        wanted = before * min(number, turns - recent) // (turns - recent) + after * begun // recent
        made.add_turn(*(make_png(_PICTURE, _PICTURE, noise=n) for n in range(shown, wanted)))
        shown = wanted
    return made.lines


async def measure(dsn: str, lines: int, pictures: int, rounds: int) -> dict[str, Sample]:
    """Return the median of each kind of start."""
    store = await Store.open(dsn, BOT_ID)
    await take_over(store, "tg")
    with step(f"a session of {lines} lines and {pictures} pictures", 60):
        session = build_session(lines, pictures)
    pi = install_pi()
    server = TestServer(create_app())
    await server.start_server()
    model = str(server.make_url("")).rstrip("/")
    kinds: dict[str, list[Sample]] = {}
    try:
        async with running_port(store, provider="test", llm_url=f"{model}/v1", models=("m",), quotas=NO_QUOTAS) as port:
            for number in range(rounds):
                with step(f"round {number + 1} of {rounds}", 120):
                    base = 1000 + 10 * number
                    fresh, aged, old = [await port.make_thread(base + n, f"tg-{base + n}") for n in range(3)]
                    await _store_session(store, aged, session)
                    await _store_old(store, old, session)
                    for name, thread, run in (
                        ("new", fresh, 1), ("old", aged, 1), ("of an earlier release, first", old, 1),
                        ("of an earlier release, next", old, 2),
                    ):  # fmt: skip
                        kinds.setdefault(name, []).append(await _start(port, thread, run, pi))
                    kinds.setdefault("whole file", []).append(await _start_whole(model, session, pi))
    finally:
        await server.close()
        await store.close()
    return {name: _take_medians(samples) for name, samples in kinds.items()}


async def _store_session(store: Store, thread: Thread, lines: Sequence[str]) -> None:
    await store.runs.want(thread.id, 1, "uid-1")
    for at in range(0, len(lines), 20):
        await store.sessions.add_entries(thread, 1, 0, lines[at : at + 20], None, NO_QUOTAS)


async def _store_old(store: Store, thread: Thread, lines: Sequence[str]) -> None:
    """Store lines as earlier releases did."""
    for at in range(0, len(lines), 200):
        page = lines[at : at + 200]
        await store.pool.execute(
            "INSERT INTO session_entries (session_id, ordinal, entry_id, line)"
            " SELECT $1, $2 + n, id, line FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS new (id, line, n)",
            thread.session_id, at, [json.loads(line)["id"] for line in page], page,
        )  # fmt: skip


async def _start(port: Any, thread: Thread, run: int, pi: Any) -> Sample:
    """Start a runner over the real port, and let its agent answer."""
    store, token = port.store, uuid4().hex
    if run > 1:
        await store.runs.end(thread.id, run - 1, "Completed", None)
    await port.make_run(thread, run, f"pod-{token}", token)
    proof = str(make_token(token))  # type: ignore[no-untyped-call]
    async with _running(pi, port.url, thread.name, run, proof) as (runner, begun):

        async def is_ready() -> Any:
            return (await store.runs.get(thread.id, run)).ready_at

        await eventually(is_ready, timeout=120)
        ready, cpu = time.monotonic() - begun, _read_cpu(runner)
        asked = time.monotonic()
        turn = await port.make_turn(thread, update=1000 * thread.id + run)
        turn = await eventually(lambda: store.turns.deliver_next(thread.id, run))
        await port.deps.registry.link(thread.id).send_turn(turn)

        async def find_ended() -> Any:
            found = await store.turns.by_id(turn.id)
            return found if found.state in {TurnState.DONE, TurnState.FAILED} else None

        ended: Any = await eventually(find_ended, timeout=120)
        if ended.state is not TurnState.DONE:
            raise RuntimeError(f"the turn ended with {ended.reason}")
        return _read_sample(runner, ready, cpu, time.monotonic() - asked)


async def _start_whole(model: str, lines: Sequence[str], pi: Any) -> Sample:
    """Start a runner on the whole file."""
    gateway = TestGateway("token-1")
    gateway.stored = list(lines)
    await gateway.start(model)
    try:
        async with _running(pi, gateway.url, "tg-1", 1, "token-1") as (runner, begun):
            await eventually(lambda: gateway.readies, timeout=120)
            ready, cpu, asked = time.monotonic() - begun, _read_cpu(runner), time.monotonic()
            events = await gateway.ask(1, "hello", 120)
            if not isinstance(events[-1], wire.TurnSettled):
                raise RuntimeError(f"the turn ended with {events[-1]}")
            return _read_sample(runner, ready, cpu, time.monotonic() - asked)
    finally:
        await gateway.stop()


@contextlib.asynccontextmanager
async def _running(pi: Any, url: str, thread: str, run: int, token: str) -> AsyncIterator[tuple[RunnerProcess, float]]:
    with tempfile.TemporaryDirectory(prefix="bench-sessions-") as folder:
        runner = RunnerProcess(
            Path(folder), url, pi, token, thread=thread, run=run, images=True, contextWindow=1_000_000
        )
        begun = time.monotonic()
        await runner.start()
        try:
            yield runner, begun
        finally:
            await runner.stop()


def _read_sample(runner: RunnerProcess, ready: float, cpu: float, answered: float) -> Sample:
    file = runner.state / "restored.jsonl"
    size = file.stat().st_size / 1e6 if file.exists() else 0.0
    return Sample(ready, cpu, answered, _read_peak(runner.pi_pid()), _read_peak(runner.pid), size)


def _read_cpu(runner: RunnerProcess) -> float:
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in (runner.pid, runner.pi_pid())]
    return sum(int(field) for found in fields for field in found[11:13]) / os.sysconf("SC_CLK_TCK")


def _read_peak(pid: int) -> float:
    return int(Path(f"/proc/{pid}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024


def _take_medians(samples: Sequence[Sample]) -> Sample:
    return Sample(*(median(values) for values in zip(*(asdict(s).values() for s in samples), strict=True)))


def _print(found: dict[str, Sample]) -> None:
    first = found["new"]
    print("| start | ready s | of new | CPU s | of new | answer s | pi MB | of new | runner MB | of new | file MB |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for name, one in found.items():
        print(
            f"| {name} | {one.ready:.2f} | {one.ready / first.ready:.2f} | {one.cpu:.2f} | {one.cpu / first.cpu:.2f} | {one.answered:.2f} | {one.pi:.0f} |"
            f" {one.pi / first.pi:.2f} | {one.runner:.0f} | {one.runner / first.runner:.2f} | {one.file:.1f} |"
        )


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=60))
