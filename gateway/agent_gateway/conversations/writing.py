"""Writes runs of conversations into their resources: a run is stored first, then written."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Final

from agent_contract.lenient import MAX_RUN
from agent_contract.text import clean
from agent_gateway.conversations.runs import WRITE_PAUSES, compute_next_run
from agent_gateway.conversations.slots import Slots
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.resources.agentthreads import KIND, AgentThreads
from agent_gateway.resources.values import ThreadValue
from agent_gateway.resources.words import explain_wait
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread
from agent_kube.errors import KubeError, NotFound, Refused

_log = logging.getLogger(__name__)
_LEAVING_SECONDS: Final = 5.0


class RunWriter:
    """Writes runs.

    Args:
        store: Conversations.
        resources: AgentThreads.
        slots: Gives slots away.
    """

    def __init__(self, store: Store, resources: AgentThreads, slots: Slots) -> None:
        self._store = store
        self._resources = resources
        self._slots = slots

    async def request(self, thread: Thread) -> float | None:
        """Compute the next run from what stands in the API server, take a slot with its record, then write it.

        Returns the seconds to the next look.

        Raises:
            KubeError: the API server refuses to tell, or does not answer.
            RunConflict: the resource changed meanwhile.
        """
        found = await self._resources.get(thread.name)
        number = compute_next_run(thread, found)
        if (found is not None and found.deleting) or number > MAX_RUN:
            return _LEAVING_SECONDS  # the watch is behind; it is told once that has seen it
        class_name = self._resources.class_of(found)
        known = await self._resources.find_class(class_name)
        limits = known.spec.timeouts if known is not None else None
        uid = found.uid if found is not None else None
        taken = await self._slots.take(thread.id, number, uid, class_name, limits)
        if taken is not None:
            self._slots.leave(thread.id)
            await self._write(replace(thread, model=taken[0]), number, found)
        return 0.0

    async def write_again(self, s: Snapshot, number: int) -> None:
        """Write a run that is stored; one that is found written is only recorded as this resource's."""
        try:
            found = await self._resources.get(s.thread.name)
        except KubeError as error:
            await self._count_refusal(s.thread, number, error)
            return
        if found is not None and (found.spec.run or 0) >= number:
            await self._store.runs.want(s.thread.id, number, found.uid)
            return
        model = await self._store.runs.want(s.thread.id, number, None)  # as it was recorded, whatever was chosen since
        written = await self._write(replace(s.thread, model=model), number, found)
        if written and s.run is not None and s.run.attempts:
            await self._store.runs.accepted(s.thread.id, number)

    async def stop(self, thread: Thread, number: int, why: str) -> None:
        """Record that a run is to end, and write it."""
        await self._store.runs.ask_stop(thread.id, number, why)
        await self._resources.stop_run(thread.name, number)
        _log.info("run_stopped", extra={"agent_thread": thread.name, "run": number, "why": why})

    async def is_gone(self, s: Snapshot) -> bool:
        """Say whether the API server confirms that the resource of the open run is gone."""
        found = await self._resources.get(s.thread.name)
        return found is None or s.run is None or found.uid != s.run.thread_uid

    async def _write(self, thread: Thread, number: int, found: ThreadValue | None) -> bool:
        """Write a run; False where it is refused, which is counted."""
        try:
            written = await self._resources.want_run(thread, number, found)
        except KubeError as error:
            await self._count_refusal(thread, number, error)
            return False
        if found is None:
            await self._store.runs.want(thread.id, number, written.uid)
        _log.info(
            "step",
            extra={
                "step": "resource_patched",
                "agent_thread": thread.name,
                "run": number,
                "t": time.time_ns() // 1_000_000,
            },
        )
        return True

    async def _count_refusal(self, thread: Thread, number: int, error: KubeError) -> None:
        """Count that the API server refuses a run; one that does not answer, or is busy, counts for nothing.

        Raises:
            KubeError: it does not answer, or is busy.
        """
        if not isinstance(error, Refused | NotFound):
            raise error
        run = await self._store.runs.get(thread.id, number)
        before = run.attempts if run is not None else 0
        pause = WRITE_PAUSES[min(before, len(WRITE_PAUSES) - 1)]
        await self._store.runs.count_refusal(thread.id, number, clean(explain_wait(error, KIND)), pause)
        _log.warning("run_refused", extra={"agent_thread": thread.name, "run": number, "status": error.status})
