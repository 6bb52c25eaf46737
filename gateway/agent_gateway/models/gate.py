"""How many model calls go out at once and a minute: of one run, and of all, where runs take turns."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final

from agent_gateway.models.errors import Refusal
from agent_gateway.models.meter import MAX_OUTPUT
from agent_gateway.models.metrics import WAITING
from agent_gateway.rates import Bucket, Rate

WAIT_SECONDS: Final = 120.0
"""How long a call waits for its turn at a provider."""
_KEPT: Final = 1024
"""Runs that are remembered; those that make no call are forgotten first."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one run may do.

    Attributes:
        at_once: Calls at the same time.
        a_minute: Calls in a minute.
        max_output: Tokens of one answer.
        bytes_at_once: Bytes of the requests of its calls under way.
    """

    at_once: int = 4
    a_minute: int = 60
    max_output: int = MAX_OUTPUT
    bytes_at_once: int = 24 << 20


@dataclass(slots=True)
class _Pace:
    calls: Bucket
    active: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    size: int
    turn: asyncio.Future[None]


class Paces:
    """Counts the calls of each run; what is over its limits is refused with the limit's name.

    Args:
        limits: Of each run.
        clock: Monotonic seconds.
    """

    def __init__(self, limits: CallLimits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._rate = Rate(limits.a_minute / 60, limits.a_minute)
        self._paces: OrderedDict[Hashable, _Pace] = OrderedDict()

    @contextmanager
    def hold(self, run: Hashable, size: int) -> Iterator[None]:
        """Count one call of a run, whose request has so many bytes; raises Refusal."""
        limits = self._limits
        pace = self._paces.get(run) or self._paces.setdefault(run, _Pace(Bucket(self._rate, self._clock)))
        self._paces.move_to_end(run)
        if pace.active >= limits.at_once:
            raise Refusal(
                429,
                "llm_calls_at_once",
                f"This run has {pace.active} model calls under way, the most (llm_calls_at_once).",
            )
        if not pace.calls.has():
            raise Refusal(
                429,
                "llm_calls_a_minute",
                f"This run has made {limits.a_minute} model calls within a minute, the most (llm_calls_a_minute).",
            )
        if pace.active and pace.size + size > limits.bytes_at_once:
            raise Refusal(
                429, "llm_bytes_at_once", "This run's model calls under way are too large together (llm_bytes_at_once)."
            )
        pace.calls.take()
        pace.active += 1
        pace.size += size
        try:
            yield
        finally:
            pace.active -= 1
            pace.size -= size
            self._forget()

    def _forget(self) -> None:
        if len(self._paces) <= _KEPT:
            return
        full = self._limits.a_minute - 1
        idle = [run for run, pace in self._paces.items() if pace.active == 0 and pace.calls.has(full)]
        for run in idle or [run for run, pace in self._paces.items() if pace.active == 0][:1]:
            del self._paces[run]


class Share:
    """Something of which there is so much for all; who waits gets it turn by turn, however much one run asks for.

    Args:
        most: How much there is, such as calls at once, or bytes.
        limit: Its name, for words.
        wait: Seconds that one waits for it.
    """

    def __init__(self, most: int, limit: str, wait: float = WAIT_SECONDS) -> None:
        self._free = most
        self._limit = limit
        self._wait_seconds = wait
        self._waiting: OrderedDict[Hashable, deque[_Waiting]] = OrderedDict()

    @asynccontextmanager
    async def hold(self, run: Hashable, size: int = 1) -> AsyncIterator[None]:
        """Wait for a part and hold it; raises Refusal where that takes too long."""
        if self._waiting or size > self._free:
            await self._wait(run, _Waiting(size, asyncio.get_running_loop().create_future()))
        else:
            self._free -= size
        try:
            yield
        finally:
            self._give_back(size)

    async def _wait(self, run: Hashable, one: _Waiting) -> None:
        self._waiting.setdefault(run, deque()).append(one)
        try:
            with WAITING.labels(self._limit).track_inprogress():
                async with asyncio.timeout(self._wait_seconds):
                    await one.turn
        except (TimeoutError, asyncio.CancelledError) as error:
            granted = one.turn.done() and not one.turn.cancelled()
            self._drop(run, one)
            self._give_back(one.size if granted else 0)
            if isinstance(error, TimeoutError):
                words = f"503 overloaded: too many model calls are under way ({self._limit})."
                raise Refusal(503, self._limit, words) from error
            raise

    def _drop(self, run: Hashable, one: _Waiting) -> None:
        queue = self._waiting.get(run)
        if queue is not None and one in queue:
            queue.remove(one)
            if not queue:
                del self._waiting[run]

    def _give_back(self, size: int) -> None:
        self._free += size
        while self._waiting:
            run, queue = next(iter(self._waiting.items()))
            if queue[0].size > self._free:
                return
            one = queue.popleft()
            self._waiting.move_to_end(run)
            if not queue:
                del self._waiting[run]
            if not one.turn.done():
                self._free -= one.size
                one.turn.set_result(None)
