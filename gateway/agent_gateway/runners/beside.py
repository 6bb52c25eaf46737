"""Work beside a connection, whose faults end it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any

from agent_gateway.logs import describe_fault

_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def working_beside(
    work: Coroutine[Any, Any, None], on_fault: Callable[[], object], ids: Mapping[str, object]
) -> AsyncIterator[None]:
    """Do some work as long as the block runs.

    Args:
        work: Cancelled with the block's end.
        on_fault: Called where it raises: a connection that lacks it must not look alive.
        ids: What the log names the fault by.
    """

    def note_end(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("connection_failed", extra={**ids, "error": describe_fault(error)})
            on_fault()

    task = asyncio.create_task(work)
    task.add_done_callback(note_end)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
