"""What agents ask of what is remembered, as it comes over the runners' port."""

from __future__ import annotations

import asyncio
import time
from typing import Final, Protocol
from weakref import WeakValueDictionary

from aiohttp import web

from agent_contract.memory import MAX_CALL_BYTES, MemoryAnswer, MemoryCall
from agent_gateway.metrics import LIMITS
from agent_gateway.rates import Buckets, Rate
from agent_gateway.runners.callbody import read_body, read_call
from agent_gateway.runners.identity import Identity
from agent_gateway.runners.tokens import Denied

CALLS: Final = Rate(0.5, 30)
"""Of a run."""
AT_ONCE: Final = 4
"""Calls that are answered at the same time: each is some milliseconds of the database's."""
OF_RUN: Final = 2
"""Of these, and of those that wait for one, of a run: its further calls wait behind its own."""
SECONDS: Final = 10.0
"""A call has come and is answered by then."""


class Memory(Protocol):
    """What is remembered."""

    async def call(self, who: Identity, call: MemoryCall) -> MemoryAnswer:
        """Do what an agent asks; raises Denied with words for it."""


class MemoryDoor:
    """Takes calls.

    Args:
        memory: Answers them.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._calls: Buckets[tuple[int, int]] = Buckets(CALLS, time.monotonic)
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._of_run: WeakValueDictionary[tuple[int, int], asyncio.Semaphore] = WeakValueDictionary()

    async def handle(self, request: web.Request, who: Identity) -> web.Response:
        """Answer one call.

        Raises:
            TooLarge: it is.
            Denied: it is none, comes too often or too slowly, or is refused.
        """
        run = (who.thread_id, who.run)
        if not self._calls.of(run).take():
            LIMITS.labels("memory-calls").inc()
            raise Denied(503, "Too much is asked of the memory: ask again in a moment (limit: memory-calls).")
        try:
            async with asyncio.timeout(SECONDS):
                call = read_call(MemoryCall, await read_body(request, MAX_CALL_BYTES, "memory-calls"))
                share = self._of_run.setdefault(run, asyncio.Semaphore(OF_RUN))
                async with share, self._at_once:
                    answer = await self._memory.call(who, call)
        except TimeoutError as error:
            raise Denied(503, "That took too long: ask again in a moment, with fewer words.") from error
        return web.Response(body=answer.model_dump_json(by_alias=True).encode(), content_type="application/json")
