"""Measure the way of a message beside two baselines in the same run; print a table and write JSON: `python -m dev.bench`.

New conversations, live ones, returning ones with and without files, many at once, and, where asked for, those that find a warm
pod; beside a bare Job whose container starts pi, a prompt sent straight to a pi that runs, and claims of agent-sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from kubernetes_asyncio import client, config

from dev.bench.baselines import arguments, run_direct
from dev.bench.claimscene import measure_claims
from dev.bench.clouds import Clouds
from dev.bench.latencytable import Measured, report
from dev.bench.memory import read_memory
from dev.bench.paths import collect, read_steps
from dev.bench.scenes import Bench, measure_burst, measure_cold, measure_live, measure_pool, measure_returning
from dev.images import build_all
from dev.paths import ROOT
from dev.progress import UserError, main_guard, step
from dev.release import Release, prepare

_LET_IN = {
    "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "baselines"},
    "spec": {
        "podSelector": {"matchLabels": {"app.kubernetes.io/component": "demo-model"}},
        "ingress": [{"from": [{"podSelector": {}}]}],
    },
}  # fmt: skip
"""The baselines call the scripted model themselves."""
NAMESPACE, NAME, KEY = "openclaw-bench", "bench", "demo-key-of-the-scripted-model"
RESULT: Final = ROOT / "build" / "bench-latency.json"
SCENES: Final = ("cold", "live", "returning", "burst")


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="dev.bench")
    parser.add_argument("-n", type=int, default=20, help="samples of each kind")
    parser.add_argument("--only", nargs="*", default=SCENES, choices=SCENES, help="of the scenes")
    parser.add_argument("--mib", nargs="*", type=int, default=[0, 100], help="sizes of returning workspaces")
    parser.add_argument("--burst", type=int, default=20, help="conversations at once")
    parser.add_argument("--pool", action="store_true", help="measure new conversations with warm pods too")
    asked = parser.parse_args()
    first = int(time.time()) % 1_000_000 * 1000
    chats = [first + number for number in range(2 * (asked.n + asked.burst) + len(asked.mib) + 2)]
    release, images = prepare(NAMESPACE, NAME)
    release.install({
        "images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": chats},
        "gateway": {"maxThreads": 100},
        # nothing is left out of what returns
        "agents": {"class": {"workspace": {"snapshotLimit": f"{max([256, *(2 * mib for mib in asked.mib)])}Mi"}}},
    })  # fmt: skip
    release.kubectl("apply", "-f", "-", stdin=json.dumps(_LET_IN))
    measured = asyncio.run(_measure(release, asked, chats))
    report(measured, RESULT)
    return 0


async def _measure(release: Release, asked: argparse.Namespace, chats: list[int]) -> Measured:
    built = build_all()
    image = built["runner"][0]
    await config.load_kube_config(str(release.cluster.kubeconfig))
    begun, left = time.time(), iter(chats)
    async with client.ApiClient() as api:
        with ExitStack() as stack:
            ports = [stack.enter_context(release.forward(f"service/{NAME}-demo-{n}", p))
                     for n, p in (("telegram", 8081), ("model", 8082))]  # fmt: skip
            given = arguments(f"http://{NAME}-demo-model.{NAMESPACE}.svc:8082/v1", KEY)
            bench = Bench(release, Clouds(*ports), api, image, given, asked.n)
            live = next(left)
            direct: list[float] = []
            memory: dict[str, tuple[float, float]] = {}
            if "cold" in asked.only:
                await measure_cold(bench, [next(left) for _ in range(asked.n)])
            if "live" in asked.only:
                measure_live(bench, live)
                memory = read_memory(_pod_uids(release))
                await bench.end([live])
                with step(f"measuring {asked.n} prompts straight to pi", asked.n):
                    direct = await run_direct(api, NAMESPACE, image, asked.n, given)
            for mib in sorted(asked.mib) if "returning" in asked.only else ():
                await measure_returning(bench, next(left), mib)
            if "burst" in asked.only:
                await measure_burst(bench, [next(left) for _ in range(asked.burst)], "cold, at once")
            if asked.pool:
                await _measure_pools(bench, asked, left)
        steps = read_steps(release, begun)
    for scene, marks in bench.marks.items():
        collect(steps, marks, bench.threads[scene])
    sizes = {target: round(archive.stat().st_size / 1e6) for target, (_, archive) in built.items()}
    return Measured(bench.marks, bench.jobs, direct, memory, sizes, bench.others, bench.waiting)


async def _measure_pools(bench: Bench, asked: argparse.Namespace, left: Iterator[int]) -> None:
    """Measure ours, and agent-sandbox's where that can be built here."""
    try:
        await measure_claims(bench, asked.burst)
    except UserError as error:
        print(f"  agent-sandbox is not measured: {error}")
    ones, many = ([next(left) for _ in range(count)] for count in (asked.n, asked.burst))
    await measure_pool(bench, ones, many, next(left), max(asked.mib))


def _pod_uids(release: Release) -> set[str]:
    found = [*release.get("pods")["items"], *release.agents.get("pods")["items"]]
    return {p["metadata"]["uid"] for p in found}


if __name__ == "__main__":
    sys.exit(main_guard(main))
