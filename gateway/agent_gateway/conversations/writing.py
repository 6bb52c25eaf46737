"""Writes runs of conversations into their resources: a run is stored first, then written."""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Final

from agent_contract.lenient import MAX_RUN
from agent_contract.text import clean
from agent_gateway.conversations.claiming import Claimer, Cold, Later
from agent_gateway.conversations.runs import WRITE_PAUSES, compute_next_run, find_claim
from agent_gateway.conversations.slots import Slots
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.resources.agentthreads import KIND, AgentThreads, RunConflict
from agent_gateway.resources.values import ClaimValue, ThreadValue
from agent_gateway.resources.words import explain_wait
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread
from agent_kube.errors import KubeError, NotFound, Refused
from agent_kube.known import Present, Unknown
from agent_kube.tracing.steps import tell_step

_log = logging.getLogger(__name__)
_LEAVING_SECONDS: Final = 5.0


class RunWriter:
    """Writes runs.

    Args:
        store: Conversations.
        resources: AgentThreads.
        slots: Gives slots away.
        claimer: Gives runs pods that are there already.
    """

    def __init__(self, store: Store, resources: AgentThreads, slots: Slots, claimer: Claimer) -> None:
        self._store = store
        self._resources = resources
        self._slots = slots
        self._claimer = claimer

    async def request(self, s: Snapshot) -> float | None:
        """Compute the next run from what the watch knows, take a slot with its record, then write it.

        Where the class has a warm pool, the run begins in a pod of that before it is written.

        What the watch knows may be behind: the write names the version that the number was computed from, and where that
        is not the newest any more, the API server is asked.

        Returns the seconds to the next look.

        Raises:
            KubeError: the API server refuses to tell, or does not answer.
            RunConflict: the resource changed meanwhile.
        """
        thread = s.thread
        found = await self._find(thread.name)
        number = compute_next_run(thread, found)
        if (found is not None and found.deleting) or number > MAX_RUN:
            return _LEAVING_SECONDS  # the watch is behind; it is told once that has seen it
        class_name = self._resources.class_of(found)
        known = await self._resources.find_class(class_name)
        limits = known.spec.timeouts if known is not None else None
        uid = found.uid if found is not None else None
        claim = await self._claimer.claim(s, number, found, class_name, known)
        if isinstance(claim, Later):
            return claim.seconds
        if not isinstance(claim, Cold):
            self._slots.leave_with_pod(thread.id)
            await self._write_first(thread, number, found, find_claim(claim.run))
            return 0.0
        taken = await self._slots.take(thread.id, number, uid, class_name, limits, claim.reason)
        if taken is not None:
            self._slots.leave(thread.id)
            chosen = replace(thread, model=taken.model, thinking=taken.thinking)
            await self._write_first(chosen, number, found, cold=claim.reason)
        return 0.0

    async def write_again(self, s: Snapshot, number: int) -> None:
        """Write a run that is stored; one that is found written is only recorded as this resource's."""
        try:
            found = await self._resources.get(s.thread.name)
        except KubeError as error:
            await self._count_refusal(s.thread, number, error)
            return
        claim = find_claim(s.run) if s.run is not None else None
        if found is not None and (found.spec.run or 0) >= number:
            await self._store.runs.want(s.thread.id, number, found.uid)
            return
        chosen = await self._store.runs.want(s.thread.id, number, None)  # as it was recorded, whatever was chosen since
        cold = s.run.cold if s.run is not None else None
        written = await self._write(
            replace(s.thread, model=chosen.model, thinking=chosen.thinking), number, found, claim, cold
        )
        if written and s.run is not None and s.run.attempts:
            await self._store.runs.accepted(s.thread.id, number)

    async def stop(self, thread: Thread, number: int, why: str) -> None:
        """Record that a run is to end, and write it."""
        await self._store.runs.ask_stop(thread.id, number, why)
        await self._resources.stop_run(thread.name, number)
        _log.info("run_stopped", extra={"agent_thread": thread.name, "run": number, "why": why})

    async def write_stop(self, thread: Thread, number: int) -> None:
        """Write that a run must not be running that is over already: its pod did not go by itself."""
        await self._resources.stop_run(thread.name, number)
        _log.warning("left_run_stopped", extra={"agent_thread": thread.name, "run": number})

    async def is_gone(self, s: Snapshot) -> bool:
        """Say whether the API server confirms that the resource of the open run is gone."""
        found = await self._resources.get(s.thread.name)
        return found is None or s.run is None or found.uid != s.run.thread_uid

    async def _find(self, name: str) -> ThreadValue | None:
        known = self._resources.known(name)
        if isinstance(known, Unknown) or self._resources.problem is not None:
            return await self._resources.get(name)
        return known.value if isinstance(known, Present) else None

    async def _write_first(
        self,
        thread: Thread,
        number: int,
        found: ThreadValue | None,
        claim: ClaimValue | None = None,
        cold: str | None = None,
    ) -> None:
        """Write a run; once more where the watch was behind, if it is the next one all the same."""
        try:
            await self._write(thread, number, found, claim, cold)
        except RunConflict:
            newest = await self._resources.get(thread.name)
            if newest is None or newest.deleting or compute_next_run(thread, newest) != number:
                raise
            await self._write(thread, number, newest, claim, cold)

    async def _write(
        self,
        thread: Thread,
        number: int,
        found: ThreadValue | None,
        claim: ClaimValue | None = None,
        cold: str | None = None,
    ) -> bool:
        """Write a run; False where it is refused, which is counted."""
        began = time.time_ns()
        try:
            written = await self._resources.want_run(thread, number, found, claim, cold)
        except KubeError as error:
            await self._count_refusal(thread, number, error)
            return False
        if found is None:
            await self._store.runs.want(thread.id, number, written.uid)
        tell_step(_log, "resource_patched", {"began": began}, agent_thread=thread.name, run=number)
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
