"""Start the gateway beside thousands of AgentThreads at rest: `python -m dev.bench.resync [COUNT …]`.

It has to start, to stay small, and never to keep its event loop, which proves that it leads, from others for long.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import asyncpg
from aiohttp.test_utils import TestServer

from agent_gateway.store.errors import Away
from agent_gateway.store.schema import bring_up_to_date
from dev.bench.bounds import bench_guard
from dev.bench.metered import FILE
from dev.bench.outside import BOT_ID, FIRST_CHAT, NAMESPACE, TOKEN, Outside
from dev.progress import UserError, step
from tests.support.ports import free_port
from tests.support.postgres import execute, running_postgres

COUNTS: Final = (10_000, 20_000)
MOST_PIECE: Final = 0.1
"""Seconds of CPU that one round of the loop may take while it lists."""
START_SECONDS: Final = 120.0
_AFTER_SECONDS: Final = 5.0
"""How long it is watched after its list: what the list brought is taken up then."""
_DATABASE: Final = "openclaw_resync"


@dataclass(frozen=True, slots=True)
class Measured:
    """A start beside many AgentThreads.

    Attributes:
        listed: Seconds from the first page to the watch.
        polls: How often Telegram had been asked for updates by then.
        peak: MiB of memory, at most.
        piece: Seconds of CPU of the longest round of the loop since the first page.
        cpu: Seconds of CPU in all.
        code: With which it ended when it was asked to.
    """

    listed: float
    polls: int
    peak: float
    piece: float
    cpu: float
    code: int


def main() -> int:
    """Run the benchmark; 1 where the loop was held too long."""
    counts = [int(given) for given in sys.argv[1:]] or list(COUNTS)
    with running_postgres() as server:
        found = {count: asyncio.run(_measure(server, count)) for count in counts}
    print(f"{'AgentThreads':>12} {'listed':>8} {'peak':>9} {'longest piece':>14} {'CPU':>7} {'polls':>6} {'exit':>5}")
    for count, m in found.items():
        sizes = f"{m.listed:6.1f} s {m.peak:5.0f} MiB {m.piece * 1000:11.0f} ms {m.cpu:5.1f} s"
        print(f"{count:>12} {sizes} {m.polls:>6} {m.code:>5}")
    return int(any(m.piece > MOST_PIECE or m.code for m in found.values()))


async def _measure(server: str, count: int) -> Measured:
    dsn = urlunsplit(urlsplit(server)._replace(path=f"/{_DATABASE}"))
    await execute(server, f"DROP DATABASE IF EXISTS {_DATABASE}", f"CREATE DATABASE {_DATABASE}")
    try:
        try:
            await bring_up_to_date(dsn, print)
        except Away as error:
            raise UserError(str(error)) from error
        with step(f"A gateway beside {count} AgentThreads", 30):
            return await start_beside(dsn, count)
    finally:
        await execute(server, f"DROP DATABASE {_DATABASE} WITH (FORCE)")


async def start_beside(dsn: str, count: int) -> Measured:
    """Give a migrated database as many conversations, start the gateway on it, and see how that goes.

    Raises:
        UserError: it ends, or has not read its list in time.
    """
    await _fill(dsn, count)
    outside = Outside(count)
    with tempfile.TemporaryDirectory() as folder:
        async with TestServer(outside.app()) as server:
            meter = Path(folder) / "rounds"
            environment = build_environment(str(server.make_url("")).rstrip("/"), dsn) | {FILE: str(meter)}
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "dev.bench.metered", env=environment, stderr=asyncio.subprocess.DEVNULL
            )
            try:
                listed = await _wait_for_watch(process, outside)
                await _wait_for_ready(process, environment["PORT_METRICS"])
                await asyncio.sleep(_AFTER_SECONDS)
                polls, (peak, cpu) = outside.polls, _read_usage(process.pid)
                process.send_signal(signal.SIGTERM)
                code = await asyncio.wait_for(process.wait(), 30)
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
            piece = max(
                (took for when, took in _read_rounds(meter) if when >= (outside.list_begun or 0.0)), default=0.0
            )
    return Measured(listed, polls, peak, piece, cpu, code)


def build_environment(base: str, dsn: str) -> dict[str, str]:
    """Return the settings of a gateway whose Telegram and API server are both at `base`."""
    return {
        "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "DATABASE_URL": dsn,
        "TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_API_BASE": base, "KUBE_API_URL": base, "NAMESPACE": NAMESPACE,
        "HOST": "127.0.0.1", "PORT_METRICS": str(free_port()), "PORT_RUNNERS": str(free_port()),
    }  # fmt: skip


async def _wait_for_watch(process: asyncio.subprocess.Process, outside: Outside) -> float:
    deadline = time.monotonic() + START_SECONDS
    while outside.watch_begun is None:
        if process.returncode is not None:
            raise UserError(f"The gateway ended with {process.returncode} while it listed.")
        if time.monotonic() > deadline:
            raise UserError(f"The gateway has not read its list within {START_SECONDS:.0f} s.")
        await asyncio.sleep(0.05)
    return outside.watch_begun - (outside.list_begun or outside.watch_begun)


async def _wait_for_ready(process: asyncio.subprocess.Process, port: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < deadline:
            if process.returncode is not None:
                raise UserError(f"The gateway ended with {process.returncode} after its list.")
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                if answer.status == 200:
                    return
            await asyncio.sleep(0.05)
    raise UserError(f"The gateway is not ready after {START_SECONDS:.0f} s.")


def _read_usage(pid: int) -> tuple[float, float]:
    """Return MiB at the most, and seconds of CPU."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return peak, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _read_rounds(meter: Path) -> list[tuple[float, float]]:
    found = [line.split() for line in meter.read_text().splitlines()]
    return [(float(when), float(took)) for when, took in found]


async def _fill(dsn: str, count: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "INSERT INTO threads (bot_id, chat_id, name, run_counter) "
            "SELECT $1, g, 'tg-' || g, 1 FROM generate_series($2::bigint, $2::bigint + $3::bigint - 1) g",
            BOT_ID, FIRST_CHAT, count,
        )  # fmt: skip
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=30))
