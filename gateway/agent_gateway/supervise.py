"""One supervisor for every loop of the gateway.

A loop that fails is begun again with growing pauses; only what is fatal, lost leadership, ends all of them. Their end
has a bound: clean-up may need just what has failed, such as a database that does not answer any more.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from agent_gateway.errors import LeadershipLost
from agent_gateway.logs import describe_fault
from agent_gateway.metrics import LOOP_FAILURES

_log = logging.getLogger(__name__)
_MOST_DOUBLINGS = 32


class LoopReturned(Exception):
    """A loop that should run for ever returned."""


@dataclass(frozen=True, slots=True)
class Loop:
    """One thing that runs as long as this gateway leads."""

    name: str
    """Unique; stands in logs, metrics and problems."""
    run: Callable[[], Awaitable[None]]
    """Begins the loop; called again after each failure."""
    finite: bool = False
    """Whether it may return. One that fails is begun again all the same."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a loop that failed is begun again; all in seconds."""

    first_pause: float = 0.5
    """After the first failure; each further one in a row doubles it."""
    longest_pause: float = 30.0
    jitter: float = 0.25
    """The part of a pause that chance may take away, so that loops do not come back all at once."""
    healthy: float = 60.0
    """A loop that ran for so long has no failures in a row any more."""
    patience: float = 30.0
    """How long a loop may fail before it is a problem; one that has run for so long since is none."""
    end: float = 5.0
    """How long the loops may take to end; those that take longer are given up."""


@dataclass(frozen=True, slots=True)
class LoopState:
    """How a loop is. Times are the supervisor's clock, in seconds."""

    name: str
    state: Literal["running", "pausing", "ended"]
    since: float
    """When that state began."""
    failures: int = 0
    """Failures in a row."""
    failing_since: float | None = None
    """When the first of the failures in a row happened."""
    last_error: str | None = None
    """The class of the last error; its text may hold what a person wrote."""


def compute_pause(policy: Policy, failures: int, chance: float) -> float:
    """Return the seconds before a loop is begun again.

    Args:
        policy: Its bounds.
        failures: Failures in a row, at least 1.
        chance: A number from 0 to 1.
    """
    pause = policy.first_pause * 2.0 ** min(failures - 1, _MOST_DOUBLINGS)
    return min(pause, policy.longest_pause) * (1 - policy.jitter * chance)


def note_failure(policy: Policy, running: LoopState, error: str, now: float) -> LoopState:
    """Return the state of a running loop that has just failed with an error of that class."""
    anew = running.failing_since is None or now - running.since >= policy.healthy
    return replace(
        running,
        state="pausing",
        since=now,
        failures=1 if anew else running.failures + 1,
        failing_since=now if anew else running.failing_since,
        last_error=error,
    )


def describe_problem(policy: Policy, state: LoopState, now: float) -> str | None:
    """Say in a sentence that a loop keeps failing; None where it does not, or not for long."""
    if state.failing_since is None or now - state.failing_since <= policy.patience or state.state == "ended":
        return None
    if state.state == "running" and now - state.since >= policy.patience:
        return None
    seconds = round(now - state.failing_since)
    return f"The loop {state.name!r} has been failing for {seconds} s ({state.last_error}, {state.failures} in a row)."


class Supervisor:
    """Runs loops until something fatal happens.

    Args:
        loops: What runs; their names differ.
        policy: Pauses and bounds.
        fatal: Errors that end all loops, also as part of an exception group.
        clock: Seconds that never go back.
        chance: Numbers from 0 to 1, for the pauses.

    Raises:
        ValueError: two loops have one name.
    """

    def __init__(
        self,
        loops: Sequence[Loop],
        *,
        policy: Policy = Policy(),
        fatal: tuple[type[Exception], ...] = (LeadershipLost,),
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if len({loop.name for loop in loops}) < len(loops):
            raise ValueError("two loops have one name")
        self._loops = tuple(loops)
        self._policy = policy
        self._fatal = fatal
        self._clock = clock
        self._chance = chance
        self._states: dict[str, LoopState] = {}
        self._given_up: tuple[str, ...] = ()
        self._ending = False

    def states(self) -> list[LoopState]:
        """Return how each loop is that was begun, in their order."""
        return [self._states[loop.name] for loop in self._loops if loop.name in self._states]

    def problems(self) -> list[str]:
        """Say in a sentence each which loops have been failing for longer than the policy's patience."""
        now = self._clock()
        return [words for state in self.states() if (words := describe_problem(self._policy, state, now))]

    @property
    def given_up(self) -> tuple[str, ...]:
        """The loops that did not end in time: their tasks still run, and `asyncio.run` would wait for them."""
        return self._given_up

    async def run(self) -> None:
        """Run every loop; return once all are finite and have ended. To be called once.

        Whether it returns, raises or is cancelled, every loop has ended by then or was given up after `policy.end`.

        Raises:
            LeadershipLost: another gateway may lead now (or another of the fatal errors).
        """
        tasks = [asyncio.create_task(self._keep(loop), name=loop.name) for loop in self._loops]
        try:
            pending = set(tasks)
            while pending:
                done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            await self._end(tasks)

    async def _keep(self, loop: Loop) -> None:
        state = LoopState(loop.name, "running", self._clock())
        while True:
            self._states[loop.name] = state
            error = await self._attempt(loop)
            now = self._clock()
            if error is None or self._ending:
                self._states[loop.name] = replace(state, state="ended", since=now)
                return
            state = self._states[loop.name] = note_failure(self._policy, state, type(error).__name__, now)
            pause = compute_pause(self._policy, state.failures, self._chance())
            LOOP_FAILURES.labels(loop.name).inc()
            _log.error("loop_failed", extra={
                "loop": loop.name, "fault": describe_fault(error), "failures": state.failures, "pause": round(pause, 3),
            })  # fmt: skip
            await asyncio.sleep(pause)
            state = replace(state, state="running", since=self._clock())

    async def _attempt(self, loop: Loop) -> BaseException | None:
        """Run a loop once; return what it failed with, None where it may return and did."""
        try:
            await loop.run()
        except asyncio.CancelledError as leaked:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            return leaked  # of something that the loop waited for: nobody cancelled the loop
        except Exception as error:
            leaves = list(_leaves(error))
            fatal = next((leaf for leaf in leaves if isinstance(leaf, self._fatal)), None)
            if fatal is error or self._ending:
                raise
            if fatal is not None:
                raise fatal from error
            return leaves[0]
        return None if loop.finite else LoopReturned()

    async def _end(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        """Cancel every loop and wait for them, but not for longer than the policy says."""
        self._ending = True
        waiting = {task for task in tasks if not task.done()}
        for task in tasks:
            task.add_done_callback(self._note_end)
            task.cancel()
        if not waiting:
            return
        _, late = await asyncio.wait(waiting, timeout=self._policy.end)
        self._given_up = tuple(sorted(task.get_name() for task in late))
        if late:
            _log.error("loops_given_up", extra={"loops": self._given_up, "seconds": self._policy.end})

    def _note_end(self, task: asyncio.Task[None]) -> None:
        """Take a task's error, so that asyncio does not log its text; what is fatal is raised by `run` itself."""
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, self._fatal):
            _log.warning("loop_end_failed", extra={"loop": task.get_name(), "fault": describe_fault(error)})


def _leaves(error: BaseException) -> Iterable[BaseException]:
    """Yield the errors of a group, or the one that is none."""
    if not isinstance(error, BaseExceptionGroup):
        yield error
        return
    for part in error.exceptions:
        yield from _leaves(part)
