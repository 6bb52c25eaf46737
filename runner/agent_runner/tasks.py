"""Tasks that nobody waits for, whose faults end the run all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


def start(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Start a task; a fault of it goes to the loop's exception handler at once, as one of a callback does.

    By itself asyncio tells of it when the task is collected, which one that is kept never is.
    """
    task = asyncio.create_task(work)
    task.add_done_callback(_tell_fault)
    return task


def _tell_fault(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        context = {"message": "a task that nobody waits for failed", "exception": error, "task": task}
        task.get_loop().call_exception_handler(context)
