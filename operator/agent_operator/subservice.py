"""One look at one sub-agent: observe, decide, apply."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from weakref import WeakValueDictionary

from pydantic import ValidationError

from agent_contract import names
from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgent, SubAgentPhase, SubAgentStatus
from agent_operator.classes import read_class
from agent_operator.config import OperatorConfig
from agent_operator.errors import Conflict, Refused
from agent_operator.kube import Kube
from agent_operator.metrics import RECONCILES, STATUS_WRITES
from agent_operator.observe import Observed, observe_subagent, read_job
from agent_operator.reconcile import Wanted
from agent_operator.subagents import Place, SubPlan, compute_place, decide_subagent, is_over
from agent_operator.workqueue import WorkQueue

_log = logging.getLogger(__name__)
_REFUSED_AGAIN = 30.0


class SubService:
    """Brings sub-agents nearer to what is wanted of them."""

    def __init__(self, kube: Kube, config: OperatorConfig) -> None:
        self._kube = kube
        self._config = config
        self.queue: WorkQueue[str] | None = None
        self._beginning: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def reconcile(self, name: str) -> None:
        """Look at one sub-agent.

        Raises:
            KubeError: the API server refused something; it is looked at again.
        """
        RECONCILES.inc()
        raw = await self._kube.read_subagent(name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            # its Job would go by owner reference; who deletes a sub-agent shall not wait for the garbage collector
            await self._delete_jobs(name, keep=None)
            await self._look_at_siblings()
            return
        try:
            sub = SubAgent.model_validate(raw)
        except ValidationError as error:
            # the API server's schema lets nothing of the kind in; an older stored object might be
            _log.error("subagent_unreadable", extra={"subagent": name, "fields": error.error_count()})
            return
        observed = await observe_subagent(self._kube, sub)
        wanted = await read_class(self._kube, self._config, sub.spec.class_ref.name)
        if observed.job is None and sub.status.job_name is None and not is_over(sub):
            await self._delete_jobs(name, keep=sub.uid)  # of an earlier one of this name
            parent = sub.spec.parent.uid if sub.spec.parent is not None else sub.uid
            # one of a parent's at a time: until its status is written, nobody sees that one has begun
            async with self._beginning.setdefault(parent, asyncio.Lock()):
                place = await self._find_place(sub, wanted)
                await self._bring_on(raw, sub, wanted, observed, place)
        else:
            await self._bring_on(raw, sub, wanted, observed, Place(0, 1))

    async def _find_place(self, sub: SubAgent, wanted: Wanted) -> Place:
        if wanted.found is None:
            return Place(0, 1)
        return compute_place(sub, await self._kube.list_subagents(), wanted.found.spec.sub_agents.max_concurrent)

    async def _bring_on(
        self, raw: Mapping[str, Any], sub: SubAgent, wanted: Wanted, observed: Observed, place: Place
    ) -> None:
        await self._apply(raw, sub, decide_subagent(sub, wanted, observed, place, self._config, datetime.now(UTC)))

    async def _delete_jobs(self, name: str, keep: str | None) -> None:
        for raw in await self._kube.list_jobs(name, names.LABEL_SUBAGENT):
            job = read_job(raw)
            if job.owner_uid != keep and not job.deleting:
                await self._kube.delete_job(job.name)
                _log.info("job_deleted", extra={"subagent": name, "job": job.name})

    async def _apply(self, raw: Mapping[str, Any], sub: SubAgent, plan: SubPlan) -> None:
        if plan.expired:
            await self._kube.delete_subagent(sub.name, sub.uid)
            _log.info("subagent_expired", extra={"subagent": sub.name})
            return
        for name in plan.delete:
            await self._kube.delete_job(name)
            _log.info("job_deleted", extra={"subagent": sub.name, "job": name})
        status, again = plan.status, plan.again
        if plan.create is not None:
            try:
                await self._kube.create_job(plan.create)
                _log.info("step", extra={"step": "job_created", "subagent": sub.name, "t": time.time_ns() // 1_000_000})
            except Conflict:
                self._later(sub.name, 0.05)  # it stands already: the next look sees whose it is
                return
            except Refused as error:
                status, again = _refused(status, str(error)), _REFUSED_AGAIN
        if sub.status.to_dict() != status.to_dict():
            await self._kube.write_subagent_status(raw, status)
            STATUS_WRITES.inc()
            if status.phase is not None and status.phase.over:
                await self._look_at_siblings()
        if again is not None:
            self._later(sub.name, again)

    async def _look_at_siblings(self) -> None:
        """Let those look whether it is their turn that wait for a place."""
        for raw in await self._kube.list_subagents():
            if (raw.get("status") or {}).get("reason") == Reason.CONCURRENCY_LIMIT and self.queue is not None:
                self.queue.add(raw["metadata"]["name"])

    def _later(self, name: str, seconds: float) -> None:
        if self.queue is not None:
            self.queue.add_later(name, seconds)


def _refused(status: SubAgentStatus, words: str) -> SubAgentStatus:
    """Say in the status that the API server refuses the Job; its name is left out, so that it is tried again."""
    reason = Reason.QUOTA_EXCEEDED if "exceeded quota" in words else Reason.CREATE_REFUSED
    return status.model_copy(
        update={"job_name": None, "phase": SubAgentPhase.PENDING, "reason": reason.value, "message": words[:1024]}
    )
