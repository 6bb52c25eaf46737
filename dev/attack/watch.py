"""Watch the gateway from outside while it is attacked: whether it answers, how fast, how much memory it holds."""

from __future__ import annotations

import re
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Final

from dev.release import CommandFailedError, Release

EVERY: Final = 0.25
TIMEOUT: Final = 8.0
_MEMORY = re.compile(r"^process_resident_memory_bytes ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Look:
    """One look: when, how long the answer took (`TIMEOUT` where none came), and the memory then."""

    at: float
    seconds: float
    memory: int


@dataclass(frozen=True, slots=True)
class Worst:
    """The worst of some looks.

    Attributes:
        pause: Seconds of the longest answer.
        memory: The most bytes of memory.
    """

    pause: float
    memory: int


class Watch:
    """Looks four times a second, in a thread of its own."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._over = threading.Event()
        self._looks: list[Look] = []
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for the last look."""
        self._over.set()
        self._thread.join(timeout=30)

    def find_worst(self, began: float, ended: float) -> Worst:
        """Return the worst of what was seen from one time to another (of `time.time`)."""
        seen = [one for one in self._looks if one.at + one.seconds >= began and one.at <= ended]
        return Worst(max((one.seconds for one in seen), default=0.0), max((one.memory for one in seen), default=0))

    def restarts(self) -> int:
        """Return how often the gateway's containers were started again."""
        pods = self._release.get("pods", "-l", "app.kubernetes.io/component=gateway")["items"]
        return sum(int(s["restartCount"]) for p in pods for s in p["status"].get("containerStatuses", []))

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                with self._release.forward(f"service/{self._release.name}-gateway", 9090, tries_for=0) as port:
                    self._look_while_it_holds(port)
            except (CommandFailedError, TimeoutError):
                self._looks.append(Look(time.time(), TIMEOUT, 0))  # the gateway is away
                self._over.wait(1.0)

    def _look_while_it_holds(self, port: int) -> None:
        missed = 0
        while missed < 2 and not self._over.is_set():
            started, clock = time.time(), time.monotonic()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=TIMEOUT) as answer:
                    found = _MEMORY.search(answer.read().decode())
                missed = 0
                self._looks.append(Look(started, time.monotonic() - clock, int(float(found[1])) if found else 0))
            except (OSError, urllib.error.URLError):
                missed += 1
                self._looks.append(Look(started, TIMEOUT, 0))
            self._over.wait(EVERY)
