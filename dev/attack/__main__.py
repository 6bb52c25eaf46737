"""Attack the system from an agent's pod: `python -m dev.attack [--short] [--only PREFIX…] [--keep] [--list]`."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Final

from dev.attack.campaign import Campaign, find_all
from dev.attack.inside.base import Result, untried
from dev.attack.order import SHORT
from dev.attack.report import THREAT_MODEL, describe, find_failures, read_open, summarize, write
from dev.attack.strike import Struck
from dev.attack.system import installed
from dev.paths import ROOT
from dev.progress import UserError, main_guard

NAMESPACE: Final = "openclaw-attack"
NAME: Final = "oc"
REPORT: Final = ROOT / "build" / "attack" / "report.json"


def main() -> int:
    """Do what the command line asks for; 1 where something is not as the threat model says."""
    # what is put up beside the node is taken down then too
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    arguments = _parse()
    tried = find_all()
    names = choose(tried, arguments.only, short=arguments.short)
    if arguments.list:
        for name in names:
            print(f"{name:24} {tried[name]}")
        return 0
    done = attack(NAMESPACE, names, keep=arguments.keep)
    failures = find_failures(done, read_open(THREAT_MODEL.read_text()))
    return 1 if failures else 0


def choose(tried: Iterable[str], only: Sequence[str], *, short: bool) -> list[str]:
    """Return the names that are wanted.

    Raises:
        UserError: none is.
    """
    names = [name for name in tried if not short or name in SHORT]
    chosen = [name for name in names if not only or any(name.startswith(prefix) for prefix in only)]
    if not chosen:
        raise UserError("No attack is called so: --list shows all.")
    return chosen


def attack(namespace: str, names: Sequence[str], *, keep: bool, patience: float = 1.0) -> list[Struck]:
    """Install the system, do the attacks, print a line each, and return what became of them.

    Args:
        namespace: Of the release, which is made for them.
        names: Of the attacks.
        keep: Whether to leave the release.
        patience: How many times as long as on a quiet machine all may take before time is held against the defence.
    """
    tried, done, started = find_all(), list[Struck](), time.monotonic()

    def hear(struck: Struck) -> None:
        done.append(struck)
        print(describe(struck, tried[struck.name]), flush=True)

    with installed(namespace, NAME) as system:
        before = system.watch.restarts()
        Campaign(system, names, hear, patience).run()
        restarts = system.watch.restarts() - before
    if not keep:
        system.release.remove()
    if restarts:
        done.append(Struck("gateway", untried(f"the gateway was started again {restarts} times meanwhile")))
    missing = set(names) - {one.name for one in done}
    done += [Struck(name, untried("it was not reached")) for name in sorted(missing)]
    done.sort(key=lambda one: (one.outcome.result is Result.HELD, one.name))
    write(REPORT, done)
    print(summarize(done, find_failures(done, read_open(THREAT_MODEL.read_text())), time.monotonic() - started))
    return done


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.attack", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a handful of them")
    parser.add_argument("--only", nargs="+", default=[], metavar="PREFIX", help="those whose names begin so")
    parser.add_argument("--keep", action="store_true", help="leave the namespace, to be looked at")
    parser.add_argument("--list", action="store_true", help="list them and do nothing")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main_guard(main))
