"""Measure what keeping files costs a turn, and what an end loses: `python -m dev.bench.keep`.

First the ways that there are (tar whole, GNU tar's increments, a shadow index of git, ours) on the same folder, each without
a gateway. Then ours through the real port into a real Postgres.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from agent_contract.names import ENV_CONFIG
from agent_contract.runnerconfig import RunnerConfig
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from agent_gateway.store.migrate import migrate
from agent_runner.holdback import Holdback
from agent_runner.keeping import Keeping
from agent_runner.launch import Setup, read_setup
from agent_runner.processes import reap
from agent_runner.programs import Programs
from agent_runner.transfers import Address, Transfers
from dev.bench.bounds import bench_guard
from dev.bench.keepways import LIMIT, WAYS
from dev.progress import step
from tests.conftest import BOT_ID
from tests.support.postgres import running_postgres

_runners: Any = import_module("tests.support.runners")  # the tests have no types
CHANGED: Final = 20
"""Files that a turn changes."""
GRACE: Final = 9.0
"""Seconds that a pod has for its files once it is ended: nine tenths of `timeouts.grace`."""
MOST_TURN: Final = 5.0
"""Seconds of a core for a turn that changed little, in the largest folder."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one step cost.

    Attributes:
        wall: Seconds.
        cpu: Seconds of a core, of all processes.
        sent: Bytes.
    """

    wall: float
    cpu: float
    sent: int


def fill(folder: Path, files: int, size: int) -> None:
    """Write files that pack to about a third, most of them small, a few large."""
    source = random.Random(1)  # the same each time
    words = [source.randbytes(source.randint(3, 9)).hex() for _ in range(2000)]
    each = size * 3 // 4 // files
    for number in range(files):
        path = folder / f"pkg{number // 400}" / f"dir{number // 20 % 20}" / f"file{number}.js"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = " ".join(source.choices(words, k=max(1, each // 13))).encode()
        path.write_bytes(text + source.randbytes(max(1, each // 10)))
    for number in range(8):
        (folder / f"large{number}.bin").write_bytes(source.randbytes(size // 64) + bytes(size // 64))


def change(folder: Path, turn: int) -> None:
    """Do what a turn does."""
    source = random.Random(turn)
    paths = sorted(folder.glob(f"pkg{turn % 5}/*/*.js"))
    for path in source.sample(paths, min(CHANGED, len(paths))):
        path.write_text(path.read_text(errors="replace")[:1000] + f"// {turn}\n")


@contextmanager
def measured(found: list[Cost], read_sent: Callable[[], int]) -> Iterator[None]:
    """Add what the block costs."""
    before = read_cpu()
    begun, sent = time.monotonic(), read_sent()
    yield
    found.append(Cost(time.monotonic() - begun, read_cpu() - before, read_sent() - sent))


def read_cpu() -> float:
    """Return the seconds of a core that this process and those it has waited for took."""
    return sum(
        use.ru_utime + use.ru_stime
        for use in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def compare(folder: Path, work: Path) -> dict[str, list[Cost]]:
    """Measure each way: the first time, a turn that changed little, one that changed nothing."""
    found: dict[str, list[Cost]] = {}
    for number, (name, way) in enumerate(WAYS.items()):
        step(name)
        place = work / f"way{number}"
        place.mkdir()
        one, costs = way(place), found.setdefault(name, [])
        for turn in range(3):
            if turn == 1:
                change(folder, number)
            with measured(costs, one.sent):
                one.keep(folder)
        shutil.rmtree(place)
    return found


async def measure_port(folder: Path, work: Path) -> dict[str, Cost]:
    """Measure ours through the port."""
    with running_postgres() as dsn:
        migrate(dsn)
        store = await Store.open(dsn, BOT_ID)
        await take_over(store, "tg")
        async with _runners.running_port(store) as port:
            thread = await port.make_thread()
            await port.make_run(thread)
            await port.join(states=True)
            port.deps.classes._resources.found_class = build_class()  # noqa: SLF001  # a fake's
            found = await _measure(port.url, folder, work, _runners.make_token("token-1"))
        await store.close()
        return found


def build_class() -> Any:
    """Return a class with room for all."""
    from agent_contract.agentclass import AgentClass  # noqa: PLC0415

    return AgentClass.model_validate({"spec": {"workspace": {"snapshotLimit": f"{LIMIT}"}}})


async def _measure(url: str, folder: Path, work: Path, token: str) -> dict[str, Cost]:
    programs, sent = Programs(), 0

    def collect() -> None:
        for pid, code in reap():
            programs.collect(pid, code)

    asyncio.get_running_loop().add_signal_handler(signal.SIGCHLD, collect)
    (work / "token").write_text(token)
    found: dict[str, Cost] = {}
    transfers = Transfers(Address(url, work / "token"))
    for name in ("first", "nothing changed", "a turn", "the rest at /kill"):
        if name not in ("first", "nothing changed"):
            change(folder, 30 + len(found))
        setup = build_setup(url, work, "state", folder)
        keeping = Keeping(transfers, setup, build_config(url), programs)
        costs: list[Cost] = []
        with measured(costs, lambda: sent):
            kept = await keeping.keep(0)
        found[name] = Cost(costs[0].wall, costs[0].cpu, kept.bytes)
        step(f"{name}: {costs[0].wall:.2f} s")
    target = work / "restored"
    target.mkdir()
    setup = build_setup(url, work, "state2", target)
    costs = []
    with measured(costs, lambda: 0):
        async with transfers.open_workspace() as (_, parts):
            await Keeping(transfers, setup, build_config(url), programs).restore(parts, lambda _: None, Holdback().wait)
    found["the next start"] = costs[0]
    return found


def build_setup(url: str, work: Path, state: str, workspace: Path) -> Setup:
    """Return where a run has its folders; `state` is its own."""
    return read_setup(
        {
            ENV_CONFIG: build_config(url).model_dump_json(by_alias=True, exclude_none=True),
            "AGENT_STATE_DIR": str(work / state),
            "AGENT_HOME_DIR": str(work),
            "AGENT_WORKSPACE_DIR": str(workspace),
            "AGENT_TOKEN_FILE": str(work / "token"),
        }
    )


def build_config(url: str) -> RunnerConfig:
    """Return what a run is told."""
    return RunnerConfig(thread="tg-42", run=1, gateway_url=url, provider="p", model="m", snapshot_limit=LIMIT)


def _describe(name: str, cost: Cost) -> str:
    return f"  {name:<22}{cost.wall:9.2f} s {cost.cpu:9.2f} s {cost.sent / (1 << 20):10.2f} MiB"


def main() -> int:
    """Run; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=60_000)
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--folder", help="where it is all written; several times the size must be free")
    parser.add_argument("--no-ways", action="store_true", help="only ours, through the port")
    given = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-keep-", dir=given.folder))
    try:
        folder = work / "workspace"
        step(f"{given.files} files, {given.mib} MiB")
        fill(folder, given.files, given.mib << 20)
        ways = {} if given.no_ways else compare(folder, work)
        port = asyncio.run(measure_port(folder, work))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    _print(ways, port, given.mib)
    result = {
        "files": given.files, "mib": given.mib, "ways": {name: [asdict(cost) for cost in costs] for name, costs in ways.items()},
        "port": {name: asdict(cost) for name, cost in port.items()},
    }  # fmt: skip
    out = Path("build/bench-keep.json")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=1))
    return 0 if port["a turn"].cpu < MOST_TURN and port["the rest at /kill"].wall < GRACE else 1


def _print(ways: dict[str, list[Cost]], port: dict[str, Cost], mib: int) -> None:
    sys.stdout.write(f"\n{'':<24}{'wall':>9}   {'core':>9}   {'sent':>10}\n")
    for name, costs in ways.items():
        for what, cost in zip(("first", "a turn", "nothing changed"), costs, strict=True):
            sys.stdout.write(_describe(f"{name}, {what}", cost) + "\n")
    sys.stdout.write("through the port, into Postgres\n")
    for name, cost in port.items():
        sys.stdout.write(_describe(name, cost) + "\n")
    first, turn, rest = port["first"], port["a turn"], port["the rest at /kill"]
    sys.stdout.write(f"a turn that changes {CHANGED} files pays {turn.cpu / first.cpu:.1%} of the first time\n")
    whole = ways["tar whole"][0].wall if ways else first.wall
    lost = "all was lost" if whole > GRACE else "in time"
    sys.stdout.write(
        f"/kill, a drain: {GRACE:g} s; {mib} MiB whole need {whole:.1f} s ({lost}), the rest {rest.wall:.2f} s\n"
    )
    sys.stdout.write("SIGKILL loses what changed since the last turn's keep, which takes as long\n")


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=120))
