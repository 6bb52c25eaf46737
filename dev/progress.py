"""Say what is being done, how long it took the last time and how long it takes now."""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Iterator

from dev.paths import CACHE

_FILE = CACHE / "durations.json"
_WRITING = threading.Lock()


class UserError(Exception):
    """Something that the person at the terminal can mend; its text says what and how."""


@contextlib.contextmanager
def step(name: str, expect: float | None = None) -> Iterator[None]:
    """Print the step's name, the time it is expected to take, a sign of life every 30 s, and its time at the end.

    `expect` (seconds) stands in until the step was timed once on this machine.
    """
    known = _read().get(name, expect)
    hint = f" (about {_human(known)})" if known and known >= 2 else ""
    print(f"· {name}{hint} …", flush=True)
    start = time.monotonic()
    done = threading.Event()
    threading.Thread(target=_tick, args=(name, start, known, done), daemon=True).start()
    try:
        yield
    finally:
        done.set()
    took = time.monotonic() - start
    if took >= 1:
        print(f"  {name}: {_human(took)}", flush=True)
    _write(name, took)


def _tick(name: str, start: float, known: float | None, done: threading.Event) -> None:
    while not done.wait(30):
        took = time.monotonic() - start
        left = f", about {_human(known - took)} left" if known and known > took else ""
        print(f"  {name}: {_human(took)} so far{left}", flush=True)


def _human(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _read() -> dict[str, float]:
    try:
        value: dict[str, float] = json.loads(_FILE.read_text())
    except (OSError, ValueError):
        return {}  # a hint only: without it the step is merely not announced with a time
    return value


def _write(name: str, took: float) -> None:
    CACHE.mkdir(parents=True, exist_ok=True)
    with _WRITING:
        _FILE.write_text(json.dumps(_read() | {name: round(took, 1)}))


def main_guard(main: object) -> int:
    """Run a command's main; a UserError becomes one sentence and exit code 1."""
    try:
        return int(main() or 0)  # type: ignore[operator]
    except UserError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
