"""What renders: the port that answers and previews are written against."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class RenderingFailed(Exception):  # an outcome, not a fault
    """A text took too long or too much, or its formatting failed: it goes out plain."""


class Renderer(Protocol):
    """Does pure work that a text may make long."""

    async def run(self, work: Callable[..., T], *args: object, **named: object) -> T:
        """Return what `work`, a function of a module, returns.

        Raises:
            RenderingFailed: it returned nothing within its time and memory.
        """
        ...


class RenderHere:
    """Does it in a thread of this process, without a bound: for tests and tools."""

    async def run(self, work: Callable[..., T], *args: object, **named: object) -> T:
        """Return what `work` returns."""
        try:
            return await asyncio.to_thread(work, *args, **named)
        except Exception as error:
            raise RenderingFailed(type(error).__name__) from error
