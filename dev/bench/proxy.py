"""What the gateway's proxy adds to a model call: `python -m dev.bench.proxy`.

The scripted model, a process of its own, is asked straight and through the runners' port in turn, by one client, with prompts of
three sizes. Behind the port stand a real Postgres, a run that has a turn, and all that a call passes: who asks, what it may spend,
the reservation, the account. Client and port share a process, so a call through it counts what both do.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

import aiohttp

from agent_gateway.models.gate import CallLimits
from agent_gateway.store import Store
from agent_gateway.store.leadership import take_over
from dev.bench.bounds import bench_guard
from dev.bench.stats import summarise
from tests.conftest import BOT_ID, in_database
from tests.support.migrated import running_migrated
from tests.support.models import KEY, call, chat, holding
from tests.support.ports import free_port

GOAL_MS: Final = 20.0
"""What the proxy may add to the first byte of an answer, at the median of the usual prompt."""
_SIZES: Final = {"1 kB": 1_000, "100 kB": 100_000, "1 MB": 1_000_000}
_USUAL: Final = "100 kB"
_WARM: Final = 10
"""Calls before those that count."""
_START_SECONDS: Final = 30.0


def main() -> int:
    """Run the benchmark; returns 1 where the proxy adds more than the goal."""
    parser = argparse.ArgumentParser(prog="dev.bench.proxy", description="Measure the proxy of model calls.")
    parser.add_argument("-n", type=int, default=200, help="calls of each size and way")
    asked = parser.parse_args()
    with running_migrated() as server, _running_model() as model:
        missed = asyncio.run(_measure(in_database(server, "openclaw_template"), model, asked.n))
    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, Postgres with fsync off")
    return int(missed)


@contextlib.contextmanager
def _running_model() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "agent_simulators", "model", "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, env={**os.environ, "SIM_MODEL_KEY": KEY}, stdout=subprocess.DEVNULL) as process:
        try:
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()


async def _measure(dsn: str, model: str, count: int) -> bool:
    store = await Store.open(dsn, BOT_ID)
    await take_over(store, "tg")
    added: dict[str, float] = {}
    async with holding(store, model, key=KEY, call_limits=CallLimits(a_minute=1_000_000)) as port:
        await _wait_for(port.session, model)
        for name, size in _SIZES.items():
            straight: list[tuple[float, float]] = []
            through: list[tuple[float, float]] = []
            for number in range(_WARM + count):
                body = chat("hi")  # type: ignore[no-untyped-call]
                body["messages"].insert(0, {"role": "system", "content": "word " * (size // 5)})
                headers = {"Authorization": f"Bearer {KEY}"}
                request = port.session.post(f"{model}/chat/completions", json=body, headers=headers)
                proxied = call(port, body)  # type: ignore[no-untyped-call]
                for samples, asked in ((straight, request), (through, proxied)):
                    took = await _take(asked)
                    if number >= _WARM:
                        samples.append(took)
            added[name] = _tell(name, straight, through)
    await store.close()
    return added[_USUAL] > GOAL_MS


async def _wait_for(session: aiohttp.ClientSession, model: str) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.head(model):
                    return
            await asyncio.sleep(0.1)


async def _take(asked: Any) -> tuple[float, float]:
    """Return the milliseconds to the first byte of an answer, and to its last."""
    begun = time.perf_counter()
    async with asked as answer:
        answer.raise_for_status()
        await answer.content.readany()
        first = time.perf_counter()
        await answer.content.read()
    return (first - begun) * 1000, (time.perf_counter() - begun) * 1000


def _tell(name: str, straight: list[tuple[float, float]], through: list[tuple[float, float]]) -> float:
    """Print a size's figures; return the milliseconds that the proxy adds to the first byte, at the median."""
    first = [summarise([one for one, _ in samples]) for samples in (straight, through)]
    whole = [summarise([one for _, one in samples]) for samples in (straight, through)]
    print(
        f"a prompt of {name}: first byte p50 {first[0].p50:.1f} ms straight, {first[1].p50:.1f} through the gateway "
        f"(p90 {first[0].p90:.1f}, {first[1].p90:.1f}; worst {first[0].worst:.1f}, {first[1].worst:.1f}); "
        f"whole p50 {whole[0].p50:.1f} and {whole[1].p50:.1f}: {first[1].p50 - first[0].p50:.1f} ms more"
    )
    return first[1].p50 - first[0].p50


if __name__ == "__main__":
    sys.exit(bench_guard(main, 10))
