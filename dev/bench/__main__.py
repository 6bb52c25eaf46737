"""Measure the way of a message beside two baselines in the same run; print a table and write JSON: `python -m dev.bench`.

New conversations, live ones, returning ones with and without files, many at once, and, where asked for, those that find a warm
pod; beside a bare Job whose container starts pi, a prompt sent straight to a pi that runs, and claims of agent-sandbox. Each
phase has its own deadline and tells its figures as it ends; a run that is ended tells what it has, and removes what it made.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Final

from dev.bench.baselines import arguments
from dev.bench.bounds import InterruptedRunError, ending_well
from dev.bench.clouds import Clouds
from dev.bench.latencyplan import BESIDE, build_phases, count_chats, mend, read
from dev.bench.latencyreport import report, tell_new_rows
from dev.bench.latencytable import Row
from dev.bench.leftovers import clear
from dev.bench.phases import Phase, Phases, tell_error
from dev.bench.scenes import Bench
from dev.images import build_all
from dev.paths import ROOT
from dev.progress import UserError, main_guard, step
from dev.release import CommandFailedError, Release, prepare

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
_ENDED: Final = 130


def main() -> int:
    """Run the benchmark; 1 where something that was asked for is not measured, 130 where somebody ended it."""
    parser = argparse.ArgumentParser(prog="dev.bench")
    parser.add_argument("-n", type=int, default=20, help="samples of each kind")
    parser.add_argument("--only", nargs="*", default=SCENES, choices=SCENES, help="of the scenes")
    parser.add_argument("--mib", nargs="*", type=int, default=[0, 100], help="sizes of returning workspaces")
    parser.add_argument("--burst", type=int, default=20, help="conversations at once")
    parser.add_argument("--pool", action="store_true", help="measure new conversations with warm pods too")
    parser.add_argument("--minutes", type=float, default=20, help="that a phase may take at most")
    asked = parser.parse_args()
    with ending_well():
        release, images = prepare(NAMESPACE, NAME)
        with step("removing what an earlier run left", 5):
            clear(release, beside=True)
        try:
            return _run(release, images, asked)
        finally:
            _leave(release)


def _leave(release: Release) -> None:
    try:
        with step("removing the benchmark's own", 20):
            clear(release, beside=True)
    except (UserError, CommandFailedError, subprocess.TimeoutExpired) as error:
        print(f"\nNot all of it could be removed: {tell_error(error)}", file=sys.stderr)


def _run(release: Release, images: dict[str, object], asked: argparse.Namespace) -> int:
    first, load = int(time.time()) % 1_000_000 * 1000, os.getloadavg()[0]
    chats = [first + number for number in range(count_chats(asked))]
    release.install({
        "images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": chats},
        "gateway": {"maxThreads": 100},
        # nothing is left out of what returns
        "agents": {"class": {"workspace": {"snapshotLimit": f"{max([256, *(2 * mib for mib in asked.mib)])}Mi"}}},
    })  # fmt: skip
    release.kubectl("apply", "-f", "-", stdin=json.dumps(_LET_IN))
    built = build_all()
    sizes = {target: round(archive.stat().st_size / 1e6) for target, (_, archive) in built.items()}
    given = arguments(f"http://{NAME}-demo-model.{NAMESPACE}.svc:8082/v1", KEY)
    told: dict[str, Row] = {}
    with ExitStack() as stack:
        ports = [stack.enter_context(release.forward(f"service/{NAME}-demo-{n}", p))
                 for n, p in (("telegram", 8081), ("model", 8082))]  # fmt: skip
        bench = Bench(release, Clouds(*ports), built["runner"][0], given, asked.n)
        phases = Phases(60 * asked.minutes, mend=lambda: mend(bench))
        phases.told = lambda _: tell_new_rows(read(bench, sizes, phases.missing), told)
        _play(phases, build_phases(bench, asked, iter(chats)))
    measured = read(bench, sizes, phases.missing)
    report(measured, RESULT, load)
    if phases.ended:
        return _ENDED
    return int(any(name not in BESIDE for name in phases.missing))


def _play(phases: Phases, plan: list[Phase]) -> None:
    for phase in plan:
        try:
            phases.run(phase)
        except InterruptedRunError as error:  # between two of them
            phases.ended = str(error)


if __name__ == "__main__":
    sys.exit(main_guard(main))
