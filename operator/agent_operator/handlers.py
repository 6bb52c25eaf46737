"""The routing table: kopf's watches fill the caches and wake the controllers.

Only `on.event` is used: no annotation, finalizer, timer or index of kopf's stands anywhere. A handler keeps what an event
says and queues a name, without waiting for anything; what is to be done is decided by looking.
"""

from __future__ import annotations

from typing import Any

import kopf

from agent_contract import names
from agent_operator.context import Context


@kopf.on.event(names.GROUP, names.VERSION, names.AGENT_THREADS)
async def thread_changed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Keep a thread that changed."""
    _context(memo).take_thread(event)


@kopf.on.event(names.GROUP, names.VERSION, names.SUB_AGENTS)
async def subagent_changed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Keep a sub-agent that changed, or forget one that went."""
    _context(memo).take_subagent(event)


@kopf.on.event(names.GROUP, names.VERSION, names.AGENT_CLASSES)
async def class_changed(event: kopf.RawEvent, memo: kopf.Memo, **_: Any) -> None:
    """Keep a class that changed."""
    _context(memo).take_class(event)


def _context(memo: kopf.Memo) -> Context:
    context: Context = memo.context
    return context
