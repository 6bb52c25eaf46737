"""Whether this run can take turns, how its gateway learns of it, and how long the start took."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable

from agent_contract import wire
from agent_runner.processes import seconds_since_start


class Readiness:
    """Said in the hello, or, where the run becomes ready behind it, by a frame of its own.

    Args:
        run: The run's number.
        warm: There is none yet: a welcome names it.
    """

    def __init__(self, run: int, *, warm: bool = False) -> None:
        self._run = run
        self.warm = warm
        """No conversation has this pod."""
        self._loaded = asyncio.Event()
        self._said = False
        self._timings: dict[str, float] = {}
        self.announced = False
        """Whether the run is ready."""

    def note(self, step: str, seconds: float | None = None) -> None:
        """Note when a step of the start was done, the first time: by default now, in seconds since the pod's start."""
        self._timings.setdefault(step, round(seconds_since_start() if seconds is None else seconds, 3))
        if step == "pi_ready":
            self._loaded.set()

    async def wait_and(self, connect: Callable[[], Awaitable[None]]) -> None:
        """Connect as soon as there is something to connect for: of a pod that no conversation has, once its pi answers."""
        if self.warm:
            await self._loaded.wait()
        await connect()

    def claim(self, run: int) -> bool:
        """Be the run that a welcome names; False where that is known."""
        claimed, self.warm = self.warm, False
        self._run = run if claimed else self._run
        return claimed

    def build_hello(self, seen: Iterable[int], acked: int) -> wire.Hello:
        """Return the first frame of a connection.

        Args:
            seen: The turns that this run was given.
            acked: The last event that the gateway has.
        """
        self._said = self.announced
        return wire.Hello(
            run=self._run,
            versions={"python": sys.version.split()[0], "protocol": str(wire.PROTOCOL)},
            turns_seen=sorted(seen),
            acked=acked,
            states=True,
            ready=self.announced,
            warm=self.warm,
        )

    def announce(self, files_problem: str) -> wire.Ready:
        """Become ready; return the frame that says so."""
        self.announced = True
        self.note("ready")
        return wire.Ready(timings=self._timings, files_problem=files_problem)

    def build_late(self, files_problem: str) -> wire.Ready | None:
        """Return the frame for a connection whose hello said that the run is not ready; None where that holds, or it said it.

        No hello has room for why files are not there, and the frame that said so may be lost: it is said behind each.
        """
        late = self.announced and (not self._said or bool(files_problem))
        return wire.Ready(timings=self._timings, files_problem=files_problem) if late else None

    def describe(self) -> dict[str, float]:
        """Return the seconds from the pod's start to each step."""
        return dict(self._timings)
