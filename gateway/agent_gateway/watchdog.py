"""A thread beside the event loop: it ends a process whose loop hangs, and one that does not end in time."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Final

TICK_SECONDS: Final = 0.25
HANG_SECONDS: Final = 60.0
"""An event loop that stands still for so long is taken for stuck."""
EXIT_CODE: Final = 1


class Watchdog:
    """Ends the process where the event loop cannot.

    Args:
        hang: Seconds without `feed` that are taken for a hang.
        clock: Seconds that never go back.
        end: Ends the process with a code, at once.
    """

    def __init__(
        self,
        *,
        hang: float = HANG_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._hang = hang
        self._clock = clock
        self._end = end
        self._fed = clock()
        self._strikes = 0
        self._deadline: float | None = None
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch; to be called once."""
        self._thread.start()

    def feed(self) -> None:
        """Say that the event loop goes round."""
        self._fed = self._clock()

    def end_within(self, seconds: float) -> None:
        """End the process after so long, whatever it does then; an earlier deadline stands."""
        deadline = self._clock() + seconds
        if self._deadline is None or deadline < self._deadline:
            self._deadline = deadline

    def look(self) -> str | None:
        """Say why the process is to end now; None where it may go on."""
        now = self._clock()
        if self._deadline is not None and now >= self._deadline:
            return "the process did not end in time"
        # twice: a process that was itself held up must be given the time to go round once
        self._strikes = self._strikes + 1 if now - self._fed > self._hang else 0
        return "the event loop stands still" if self._strikes > 1 else None

    def _run(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            words = self.look()
            if words is not None:
                sys.stderr.write(f'{{"level": "ERROR", "message": "killed_by_watchdog", "problem": "{words}"}}\n')
                faulthandler.dump_traceback(all_threads=True)
                self._end(EXIT_CODE)
                return
