"""How long another conversation waits for its first text while one pod uses up one thing after the other."""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import cycle
from typing import Final

from dev.attack.inside.__main__ import LOADS
from dev.attack.inside.__main__ import load as load_attacks
from dev.attack.inside.base import ATTACKS, Facts
from dev.attack.inside.loads import LOAD_SECONDS
from dev.attack.strike import Striker
from dev.attack.system import LIMITS, Chat, System, installed
from dev.bench.bounds import bench_guard
from dev.bench.clouds import call
from dev.bench.paths import send
from dev.bench.stats import summarise
from dev.paths import ROOT
from dev.progress import step

NAMESPACE: Final = "openclaw-neighbours"
RESULT: Final = ROOT / "build" / "bench-neighbours.json"
GOAL, WORST_GOAL = 1.5, 3.0
_ALONE: Final = 30
_VICTIMS: Final = 5
"""Conversations that are timed in turns: one alone would soon wait for what Telegram lets a chat be sent in a second."""
_SETTLE: Final = 4.0
"""Seconds until a load has begun."""
Load = Callable[[], str]


def main() -> int:
    """Measure, print a line for each load, and say whether the goals are met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=[], help="of the loads")
    only = parser.parse_args().only
    load_attacks()
    with installed(NAMESPACE, "oc") as system:
        rows = _measure(system, only)
    system.release.remove()
    alone = rows.pop("alone")
    base = summarise(alone)
    print(f"\nalone: {base.p50:.0f} ms (median of {base.n}, worst {base.worst:.0f})\n")
    print(f"{'while one pod uses up':24} {'median ms':>10} {'ratio':>6} {'worst ms':>10} {'ratio':>6}")
    good = True
    for name, samples in rows.items():
        if not samples:
            print(f"{name:24} nothing was measured")
            good = False
            continue
        found = summarise(samples)
        ratio, worst = found.p50 / base.p50, found.worst / base.p50
        good &= ratio <= GOAL and worst <= WORST_GOAL
        print(f"{name:24} {found.p50:10.0f} {ratio:6.2f} {found.worst:10.0f} {worst:6.2f}   n={found.n}")
    print(f"\ngoal: median ≤ {GOAL} x, worst ≤ {WORST_GOAL:g} x of the median alone: {'met' if good else 'NOT met'}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"alone": alone, **rows}, indent=1))
    return 0


def _measure(system: System, only: Sequence[str]) -> dict[str, Sequence[float]]:
    victims = [system.open_chat() for _ in range(_VICTIMS)]
    for victim in victims:
        system.ask(victim, "hello", "Echo: hello", 90)
    turns = cycle(victims)
    rows: dict[str, Sequence[float]] = {}
    with step(f"timing {_ALONE} messages alone", 20):
        rows["alone"] = [_time(system, next(turns)) for _ in range(_ALONE)]
    for name, load in build_loads(system).items():
        if only and name not in only:
            continue
        with step(f"timing messages beside {name}", LOAD_SECONDS + 10):
            rows[name] = _beside(system, turns, load, name)
        if rows[name]:
            found = summarise(rows[name])
            print(f"  {name}: median {found.p50:.0f} ms, worst {found.worst:.0f} ms, n={found.n}", flush=True)
    return rows


def _time(system: System, victim: Chat) -> float:
    """Return the milliseconds from a message to the first text of its answer."""
    marks = send(system.clouds, victim.number, f"hello {time.monotonic_ns() % 10**6}")
    time.sleep(0.3)
    return marks["visible"] - marks["received"]


def _beside(system: System, turns: Iterator[Chat], load: Load, name: str) -> Sequence[float]:
    words: list[str] = []
    worker = threading.Thread(target=lambda: words.append(load()), daemon=True)
    worker.start()
    time.sleep(_SETTLE)
    until, samples = time.monotonic() + LOAD_SECONDS - _SETTLE, []
    while time.monotonic() < until and worker.is_alive():
        samples.append(_time(system, next(turns)))
    worker.join(timeout=60)
    print(f"  {name}: {words[0] if words else 'it did not end'}")
    return samples


def build_loads(system: System) -> Mapping[str, Load]:
    """Build what uses up each thing: from inside a pod, and by a person who writes."""
    striker = Striker(system, Facts(limits=LIMITS))

    def strike(name: str) -> str:
        chat = system.open_chat()
        system.ask(chat, "hello", "Echo: hello", 90)
        struck = striker.strike(chat, [name])[name]
        system.end(chat)
        return struck.outcome.words

    def write() -> str:
        chat, count, until = system.open_chat(), 0, time.monotonic() + LOAD_SECONDS
        while time.monotonic() < until:
            call(system.clouds.telegram, "/sim/messages", {"chat": chat.number, "text": f"long 3000 {count}"})
            count += 1
            time.sleep(0.05)
        system.end(chat)
        return f"{count} messages"

    inside: dict[str, Load] = {ATTACKS[name].name.removeprefix("load-"): partial(strike, name) for name in LOADS}
    return inside | {"messages": write}


if __name__ == "__main__":
    sys.exit(bench_guard(main, minutes=90))
