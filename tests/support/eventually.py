"""Wait for a predicate, never for a time."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


PATIENCE = 50.0
"""Seconds. A bound that is not reached costs nothing, and a slow machine may stand still for ten seconds at any moment; but
after a minute the product looks by itself at much that something should have woken."""
LONG = 240.0
"""Seconds, for what takes some here: the start of a process, the work on hundreds of rows."""


async def eventually(predicate: Callable[[], T | Awaitable[T]], timeout: float = PATIENCE, interval: float = 0.02) -> T:  # noqa: ASYNC109
    """Return the predicate's first truthy value.

    Raises:
        AssertionError: there was none in time; the text holds the last value.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return value  # type: ignore[return-value]
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {timeout} s; the last value was {value!r}")
        await asyncio.sleep(interval)


def eventually_sync(predicate: Callable[[], T], timeout: float = PATIENCE, interval: float = 0.05) -> T:
    """Return the predicate's first truthy value, without an event loop.

    Raises:
        AssertionError: there was none in time; the text holds the last value.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = predicate()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not true within {timeout} s; the last value was {value!r}")
        time.sleep(interval)
