"""Large JSON of others: how much of it is read, and where, so that none of it holds the event loop or the memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")
MAX_CONTAINERS: Final = 400_000
"""Brackets and braces, those in texts included: each may cost many times its byte."""
MAX_COMMAS: Final = 800_000
MAX_NODES: Final = 100_000
"""Values of what is read."""
SMALL: Final = 64 << 10
"""Bytes up to which a text is read in the loop itself."""


def is_bulky(data: bytes | bytearray) -> bool:
    """Say whether a text may hold so many values that it is not read at all."""
    return data.count(b"[") + data.count(b"{") > MAX_CONTAINERS or data.count(b",") > MAX_COMMAS


async def do_aside(size: int, one_at_a_time: asyncio.Lock, work: Callable[[], T]) -> T:
    """Do what a text asks for, and return what comes of it: for a large one in a thread, one at a time.

    Args:
        size: Bytes of the text.
        one_at_a_time: Whoever else does such work has the same.
        work: Knows nothing of the loop.
    """
    if size <= SMALL:
        return work()
    async with one_at_a_time:
        return await asyncio.to_thread(work)
