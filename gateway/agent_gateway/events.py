"""Where parts that know nothing of each other meet: who publishes an effect does not know who performs it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from agent_gateway.effects import Effect
from agent_gateway.logs import describe_fault

_log = logging.getLogger(__name__)
_E = TypeVar("_E", bound=Effect)
MOST_AT_WORK: Final = 200
"""Effects that are performed at once; one more is dropped, as each may be lost."""


class Events:
    """Hands each published effect to the one who performs its kind."""

    def __init__(self) -> None:
        self._handlers: dict[type, Callable[[Any], Awaitable[None] | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def on(self, kind: type[_E], handler: Callable[[_E], Awaitable[None] | None]) -> None:
        """Let `handler` perform effects of a kind.

        Raises:
            ValueError: somebody performs them already.
        """
        if kind in self._handlers:
            raise ValueError(f"{kind.__name__} is performed already")
        self._handlers[kind] = handler

    def publish(self, effects: Sequence[Effect]) -> None:
        """Perform effects in order; one that takes time, or fails, holds up nobody."""
        for effect in effects:
            handler = self._handlers.get(type(effect))
            if handler is None:
                continue
            try:
                work = handler(effect)
            except Exception as error:  # noqa: BLE001  # a hint that fails must not undo what is committed
                self._failed(effect, error)
                continue
            if work is not None:
                self._start(effect, work)

    async def close(self) -> None:
        """Give up what is still being performed."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, effect: Effect, work: Awaitable[None]) -> None:
        if len(self._tasks) >= MOST_AT_WORK:
            _log.warning("effect_dropped", extra={"effect": type(effect).__name__})
            if asyncio.iscoroutine(work):
                work.close()
            return
        task = asyncio.ensure_future(self._perform(effect, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _perform(self, effect: Effect, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001  # as above
            self._failed(effect, error)

    def _failed(self, effect: Effect, error: Exception) -> None:
        _log.warning("effect_failed", extra={"effect": type(effect).__name__, "error": describe_fault(error)})
