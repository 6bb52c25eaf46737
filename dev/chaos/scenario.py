"""Run a plan on an installed release and take the snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import yaml

from dev.bench.clouds import Clouds
from dev.chaos.inject import Injector, need_node
from dev.chaos.plan import PEOPLE, Plan
from dev.chaos.players import play
from dev.chaos.record import read_cluster, read_rows, read_shown
from dev.chaos.remains import find_remains
from dev.chaos.snapshot import FaultSeen, Said, Snapshot
from dev.progress import step
from dev.release import CHART, CommandFailedError, Release, prepare

MAX_THREADS = 8
"""Fewer than there are conversations, so that some wait in line."""
SETTLE_SECONDS = 420.0
"""In which all must come to rest: the kubelet waits up to five minutes before it starts what was killed often."""
_LOOK = 3.0
"""Seconds between two looks at whether it has."""
_CLASS = {
    "timeouts": {"idle": 20, "turn": 120, "grace": 5},
    "resources": {"requests": {"cpu": "20m", "memory": "64Mi"}},
}


@contextmanager
def installed(namespace: str, name: str) -> Iterator[tuple[Release, Clouds]]:
    """Install the chart of this tree into a namespace made anew, with both simulators."""
    release, images = prepare(namespace, name)
    remove(release)
    gateway = {"maxThreads": MAX_THREADS} | ({"replicas": 2} if _has_standby() else {})
    values = {
        "images": images, "demo": {"enabled": True}, "telegram": {"allowedIds": list(PEOPLE)}, "gateway": gateway,
        "agents": {"class": _CLASS},
    }  # fmt: skip
    with step("installing", 30):
        release.install(values)
    need_node(release)
    with ExitStack() as stack:
        ports = [
            stack.enter_context(release.forward(f"service/{name}-demo-{part}", port))
            for part, port in (("telegram", 8081), ("model", 8082))
        ]
        yield release, Clouds(*ports)


def remove(release: Release) -> None:
    """Remove the release with everything in its namespaces."""
    release.remove()


def _has_standby() -> bool:
    """Say whether the chart lets one ask for a second gateway."""
    return "replicas" in yaml.safe_load((CHART / "values.yaml").read_text())["gateway"]


def run_plan(release: Release, clouds: Clouds, plan: Plan, settle: float = SETTLE_SECONDS) -> Snapshot:
    """Let people speak and things break, wait until all is at rest, and return what is there then."""
    injector = Injector(release, clouds)
    started, over = time.monotonic(), threading.Event()
    try:
        with step(f"chaos with seed {plan.seed}", plan.seconds), ThreadPoolExecutor(1) as pool:
            breaking = pool.submit(injector.run, plan.faults, started, over)
            try:
                said = play(clouds.telegram, plan, started)
                faults = breaking.result()
            finally:
                over.set()
    finally:
        injector.mend()
    with step("coming to rest", 60):
        return _settle(release, clouds, plan, said, faults, settle)


def _settle(
    release: Release, clouds: Clouds, plan: Plan, said: tuple[Said, ...], faults: tuple[FaultSeen, ...], settle: float
) -> Snapshot:
    """Look until nothing is left to do and the chats stand still, or the time is over."""
    started = time.monotonic()
    before: Snapshot | None = None
    while True:
        elapsed = time.monotonic() - started
        try:
            rows, cluster = read_rows(release), read_cluster(release)
        except CommandFailedError:
            if elapsed > settle:
                raise
            time.sleep(_LOOK)  # Postgres is still coming back
            continue
        now = Snapshot(
            seed=plan.seed, minutes=plan.size.minutes, wanted_messages=plan.size.messages,
            wanted_kills=plan.size.kills, said=said, faults=faults, shown=read_shown(clouds.telegram),
            rows=rows, cluster=cluster, rested=True, settle_seconds=round(elapsed, 1),
        )  # fmt: skip
        still = before is not None and now.shown == before.shown
        if still and find_remains(now).at_rest:
            return now
        if elapsed > settle:
            return now.model_copy(update={"rested": False})
        before = now
        time.sleep(_LOOK)
