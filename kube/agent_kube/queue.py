"""Keys that are to be looked at: each at most once in the queue, and by at most one worker at a time."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from agent_kube.errors import pause_of as asked_pause
from agent_kube.pace import Backoff

K = TypeVar("K", bound=Hashable)
LOOK_SECONDS = 120.0
"""After which a look is ended and counts as failed."""
BACKOFF = Backoff(first=0.2, factor=4.0, cap=60.0)
_log = logging.getLogger(__name__)


class WorkQueue(Generic[K]):
    """A deduplicating queue with workers, first come, first served.

    No operation takes longer because more keys wait (a delayed key costs a logarithm). The queue holds each key at most
    once, so it is bounded by how many keys there are.

    Args:
        look: Does what a key needs. An exception is logged and the key tried again; a look that wants to come back at a
            known time calls `add_later`.
        workers: How many keys are looked at at once.
        expected: Exceptions that are no mistake of ours: logged by their sentence, all others with their trace.
        fatal: Exceptions that end the queue: `run` raises the first of them, after all other looks were cancelled.
        backoff: Pauses of a key that fails, by how often it failed in a row.
        pause_of: The pause that an exception asks for, None where it leaves it to `backoff`.
        look_seconds: After which a look is ended and counts as failed.
        clock: Seconds that never jump.
    """

    def __init__(
        self,
        look: Callable[[K], Awaitable[None]],
        *,
        workers: int,
        expected: tuple[type[Exception], ...] = (),
        fatal: tuple[type[BaseException], ...] = (),
        backoff: Backoff = BACKOFF,
        pause_of: Callable[[BaseException], float | None] = asked_pause,
        look_seconds: float = LOOK_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._expected = expected
        self._fatal = fatal
        self._backoff = backoff
        self._pause_of = pause_of
        self._look_seconds = look_seconds
        self._clock = clock
        self._workers = workers
        self._filled = asyncio.Event()
        self._due: OrderedDict[K, float] = OrderedDict()
        self._idle: OrderedDict[K, None] = OrderedDict()
        self._active: set[K] = set()
        self._again: dict[K, Callable[[K], None]] = {}
        self._failures: dict[K, int] = {}
        self._timers: dict[K, asyncio.TimerHandle] = {}

    def add(self, key: K) -> None:
        """Note that a key is to be looked at; during a look of it, that it is to be looked at once more."""
        if key in self._active:
            self._again[key] = self.add
        elif key not in self._due:
            self._idle.pop(key, None)
            self._due[key] = self._clock()
            self._filled.set()

    def add_idle(self, key: K) -> None:
        """Note that a key is to be looked at when no other is due: for what only makes sure."""
        if key in self._active:
            self._again.setdefault(key, self.add_idle)
        elif key not in self._due and key not in self._idle:
            self._idle[key] = None
            self._filled.set()

    def add_later(self, key: K, seconds: float) -> None:
        """Note that a key is to be looked at after a while; of several such notes the earliest counts."""
        loop = asyncio.get_running_loop()
        when, timer = loop.time() + seconds, self._timers.get(key)
        if timer is not None:
            if timer.when() <= when:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(when, self._add_due, key)

    def _add_due(self, key: K) -> None:
        del self._timers[key]
        self.add(key)

    @property
    def length(self) -> int:
        """Return how many keys wait to be looked at now, those for idle times included."""
        return len(self._due) + len(self._idle)

    @property
    def active(self) -> int:
        """Return how many keys are being looked at."""
        return len(self._active)

    @property
    def delayed(self) -> int:
        """Return how many keys are to be looked at later."""
        return len(self._timers)

    @property
    def failing(self) -> int:
        """Return how many keys failed when they were last looked at."""
        return len(self._failures)

    @property
    def oldest_wait(self) -> float:
        """Return the seconds that the first key in the queue has waited; 0 where none waits, or only for idle times."""
        first = next(iter(self._due.values()), None)
        return 0.0 if first is None else self._clock() - first

    async def run(self) -> None:
        """Look at keys, for ever.

        Raises:
            BaseException: one of `fatal`, as a look raised it.
        """
        slots = asyncio.Semaphore(self._workers)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await slots.acquire()
                    key = await self._take()
                    group.create_task(self._work(key)).add_done_callback(lambda _: slots.release())
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        finally:
            self._put_back()

    async def _take(self) -> K:
        while not self._due and not self._idle:
            self._filled.clear()
            await self._filled.wait()
        key, _ = self._due.popitem(last=False) if self._due else self._idle.popitem(last=False)
        self._active.add(key)
        return key

    async def _work(self, key: K) -> None:
        try:
            async with asyncio.timeout(self._look_seconds):
                await self._look(key)
        except self._fatal:
            raise
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._retry(key, error)  # something inside the look was cancelled, not the look
        except Exception as error:  # noqa: BLE001  # a mistake in one key must not end the work on all others
            self._retry(key, error)
        else:
            self._failures.pop(key, None)
        self._active.discard(key)
        again = self._again.pop(key, None)
        if again is not None:
            again(key)

    def _put_back(self) -> None:
        """Queue what was being looked at when the queue ended, so that it can run again."""
        interrupted, self._active = self._active, set()
        self._again.clear()
        for key in interrupted:
            self.add(key)

    def _retry(self, key: K, error: BaseException) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        asked = self._pause_of(error)
        pause = self._backoff.pause(failures) if asked is None else self._backoff.at_least(asked)
        expected = isinstance(error, self._expected)
        _log.log(
            logging.WARNING if expected else logging.ERROR,
            "retry",
            exc_info=None if expected else error,
            # the text of a mistake may hold what somebody wrote: only a known kind is told by its sentence
            extra={
                "key": str(key),
                "error": type(error).__name__,
                "problem": str(error) if expected else "",
                "pause": pause,
            },
        )
        self.add_later(key, pause)


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    found = errors.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
