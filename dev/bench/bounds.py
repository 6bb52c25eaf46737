"""A benchmark's time is bounded, and whoever ends it finds nothing left: exceptions at a deadline, and at SIGINT and SIGTERM.

Both are raised in the main thread wherever that is, in a call that waits or in a loop's select, as Python does of itself for
Ctrl-C alone. They are KeyboardInterrupts: an event loop lets those through at once, and cancels what it has as it is closed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Final

from dev.progress import main_guard

_AGAIN_SECONDS: Final = 60.0
"""What goes on after its deadline, as something that is cleaned up, is told so again."""
_ONE_PERSON_SECONDS: Final = 3.0
"""make, timeout(1) and a terminal each pass on what one person sent once."""


class TooLongError(KeyboardInterrupt):
    """A deadline has passed."""


class InterruptedRunError(KeyboardInterrupt):
    """Somebody ended the run."""


class _State:
    """What the handlers know: which bound holds, and when somebody last ended the run."""

    bound: float | None = None
    struck: float | None = None


@contextlib.contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Let what stands within take so long at most. One such bound holds at a time; the main thread alone can have it.

    Raises:
        TooLongError: it took longer.
    """
    main, done = threading.main_thread().ident or 0, threading.Event()

    def watch() -> None:
        left = seconds
        while not done.wait(left):
            signal.pthread_kill(main, signal.SIGUSR1)
            left = _AGAIN_SECONDS

    # it stays: a signal that comes at the very end must meet a handler
    signal.signal(signal.SIGUSR1, _on_deadline)
    watching = threading.Thread(target=watch, daemon=True)
    try:
        _State.bound = seconds
        watching.start()
        yield
    finally:
        _State.bound = None
        done.set()
        watching.join()


def _on_deadline(_number: int, _frame: FrameType | None) -> None:
    if _State.bound is not None:
        raise TooLongError(f"it took longer than {tell_seconds(_State.bound)}")


@contextlib.contextmanager
def ending_well() -> Iterator[None]:
    """Raise at SIGINT and SIGTERM, so that what stands in `finally` is done; what follows within three seconds is the same.

    Raises:
        InterruptedRunError: somebody ended the run.
    """
    before = {number: signal.signal(number, _on_end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        _State.struck = None
        for number, handler in before.items():
            signal.signal(number, handler)


def _on_end(number: int, _frame: FrameType | None) -> None:
    now = time.monotonic()
    if _State.struck is None or now - _State.struck > _ONE_PERSON_SECONDS:
        _State.struck = now
        raise InterruptedRunError(f"the run was ended by {signal.Signals(number).name}")


def tell_seconds(seconds: float) -> str:
    """Return a time in words."""
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:g} s"


def bench_guard(main: Callable[[], object], minutes: float) -> int:
    """Run a benchmark's main, and let it clean up when it is ended; return its exit code.

    Args:
        main: It. What it had printed stands.
        minutes: That it may take; `BENCH_MINUTES` in the environment says otherwise.
    """
    most = float(os.environ.get("BENCH_MINUTES") or minutes)

    def within() -> object:
        try:
            with ending_well(), bounded(60 * most):
                return main()
        except TooLongError as error:
            print(
                f"\nThe benchmark was ended: {error}. BENCH_MINUTES={2 * most:g} lets it take twice that.", flush=True
            )
            return 1

    return main_guard(within)
