"""Warm pools: the Jobs that wait for conversations, kept as many as the classes ask for and as there is room."""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from typing import Final

from agent_contract.agentclass import AgentClass
from agent_contract.conditions import ConditionType
from agent_contract.warmpool import WarmPoolStatus, asks_for_pool
from agent_kube.errors import Conflict, KubeError, NotFound, Refused
from agent_kube.queue import WorkQueue
from agent_operator.builders.model import choose_model
from agent_operator.builders.warm import build_pool_job, find_cold, read_hash
from agent_operator.causes import explain_refusal
from agent_operator.classes import Classes
from agent_operator.conditions import find, set_all
from agent_operator.config import OperatorConfig
from agent_operator.errors import NameUnknown, NotLeading
from agent_operator.jobs import Job
from agent_operator.kube import Kube
from agent_operator.merge import compute_changes
from agent_operator.metrics import POOL, POOL_DROPPED, POOL_MADE
from agent_operator.ownjobs import OwnJobs
from agent_operator.plans import ClassLookup
from agent_operator.pool import Asked, ObservedPool, PoolPlan, decide_pool, share_room
from agent_operator.poolline import Line
from agent_operator.poolrest import Rest
from agent_operator.pooltimes import OUT_OF_HOURS, find_wanted
from agent_operator.reconcile import explain_no_model
from agent_operator.records import ClassRecord
from agent_operator.view import View

SOON: Final = 0.05
"""Seconds until a pool is observed again of which something just changed."""
CONFLICT_AGAIN: Final = 0.5
"""Seconds until a status that somebody else wrote before us is reconciled anew."""
REFUSED_AGAIN: Final = 30.0
"""Seconds until a Job that was refused is tried again."""
_NO_BOUND: Final = 2**31
_STATES: Final = ("wanted", "ready", "starting", "draining", "claimed")
_log = logging.getLogger(__name__)


class Pools:
    """Keeps the warm pool of each class.

    Args:
        view: What stands.
        kube: The API server.
        classes: The AgentClasses.
        config: Of the operator.
    """

    def __init__(self, view: View, kube: Kube, classes: Classes, config: OperatorConfig) -> None:
        self._view = view
        self._kube = kube
        self._classes = classes
        self._config = config
        self._jobs = OwnJobs(view, kube)
        self._dropped: dict[str, frozenset[str]] = {}
        """UIDs of deleted Jobs that a watch still shows, by class."""
        self._lines: dict[str, Line] = {}
        self._rests: dict[str, Rest] = {}
        self._numbers: dict[str, tuple[str, int]] = {}
        """UID of a class, and the number of its newest Job, which its status may be yet to tell: no name is used again."""
        # one class at a time: what is free of MAX_THREADS is shared by all
        self.queue: WorkQueue[str] = WorkQueue(
            self.reconcile, workers=1, expected=(KubeError, NameUnknown), fatal=(NotLeading,)
        )

    def names(self) -> list[str]:
        """Return the classes that ask for a pool, have told of one, or have Jobs of one."""
        return [one.name for one in self._view.classes.values() if one.found is not None and self._has_pool(one.found)]

    async def reconcile(self, name: str) -> None:
        """Bring the pool of one class nearer to what is asked for.

        Raises:
            KubeError: the API server did not do what was asked; it is requeued.
            NameUnknown: the gateway's address is not known; it is requeued.
            NotLeading: another operator leads.
        """
        entry = self._view.classes.get(name)
        if entry is None:
            self._forget(name)
            return
        record = entry.value
        if record is None or record.found is None or entry.words is not None:
            return  # what cannot be read now is left as it is, and says so itself
        if not self._classes.is_ours(record) or not self._has_pool(record.found):
            return
        lookup = await self._classes.with_gateway(await self._classes.find(name))
        asked = self._ask(record.found, lookup)
        told = record.found.status.warm_pool
        observed = self._observe(record, told.made if told is not None else 0)
        plan = decide_pool(asked, observed, self._kube.now())
        for job, why in plan.drop:
            await self._drop(name, job, why)
        status = await self._make(record, lookup, plan)
        now = self._kube.now()
        for again in (plan.requeue_after, self._lines[name].compute_left(now), self._rests[name].compute_left(now)):
            if again is not None:
                self.queue.add_later(name, again)
        await self._tell(record, status)

    def _ask(self, found: AgentClass, lookup: ClassLookup) -> Asked:
        pool, model = found.spec.warm_pool, choose_model(None, found.spec, self._config)
        name, now = str(found.metadata["name"]), self._kube.now()
        wanted, ahead = find_wanted(pool, now), min(pool.ahead, found.status.in_line or 0)
        self._lines[name] = line = self._lines.get(name, Line()).follow(ahead, now)
        cold = find_cold(found)
        problem = lookup.problem if lookup.found is None else None if model is not None else explain_no_model()
        if problem is not None:
            cold = problem.reason.value, problem.message
        digest = ""
        if cold is None and model is not None:
            digest = read_hash(build_pool_job(found, 0, model, self._config, lookup.gateway))
        return Asked(
            wanted.replicas, self._find_room(name), pool.max_age, digest, cold, self._view.squeezed,
            ahead=ahead, standing=asks_for_pool(pool),
            closed=(wanted.reason, wanted.message) if wanted.reason else None, stays=line.pods,
        )  # fmt: skip

    def _find_room(self, name: str) -> int:
        """Return how many pods the pool of a class may have of what conversations leave free."""
        if not self._config.max_threads:
            return _NO_BOUND
        now = self._kube.now()
        asked = {
            one.name: find_wanted(one.found.spec.warm_pool, now).replicas
            for one in self._view.classes.values()
            if one.found is not None and self._classes.is_ours(one) and find_cold(one.found) is None
        }
        free = max(0, self._config.max_threads - self._view.count_active())
        return share_room(asked, free).get(name, 0)

    def _observe(self, record: ClassRecord, made: int) -> ObservedPool:
        uid, newest = self._numbers.get(record.name, ("", 0))
        found = self._view.observe_pool(record.name, record.uid, max(made, newest) if uid == record.uid else made)
        shown = {one.job.uid for one in found.members}
        dropped = frozenset(uid for uid in self._dropped.get(record.name, ()) if uid in shown)
        self._dropped[record.name] = dropped
        self._rests[record.name] = rest = self._rests.get(record.name, Rest()).follow(found.claimed, self._kube.now())
        members = tuple(one for one in found.members if one.job.uid not in dropped)
        return replace(found, members=members, rests=rest.until is not None)

    async def _drop(self, name: str, job: Job, why: str) -> None:
        """Delete a Job, unless it changed since: it may have been claimed."""
        record = self._view.find_job_record(job.name)
        if record is None or not await self._kube.delete_waiting(job.name, job.uid, record.version):
            return
        self._dropped[name] = self._dropped.get(name, frozenset()) | {job.uid}
        POOL_DROPPED.labels(name, why).inc()
        _log.info("pool_dropped", extra={"agent_class": name, "job": job.name, "why": why})
        self.queue.add_later(name, SOON)

    async def _make(self, record: ClassRecord, lookup: ClassLookup, plan: PoolPlan) -> WarmPoolStatus | None:
        """Make Jobs, and return the status that says how far that came."""
        status, found = plan.status, record.found
        model = choose_model(None, found.spec, self._config) if found is not None else None
        if status is None or found is None or model is None:
            return status
        for done, number in enumerate(plan.make):
            job = build_pool_job(found, number, model, self._config, lookup.gateway)
            left = {"starting": status.starting - len(plan.make) + done, "made": number}
            try:
                made = await self._kube.create_job(job)
            except Conflict:  # another operator made it, or somebody: that number is used
                await self._jobs.ask(job.metadata.name)
                self.queue.add_later(record.name, SOON)
                return status.model_copy(update=left)
            except Refused as error:
                cause = explain_refusal(str(error))
                self.queue.add_later(record.name, REFUSED_AGAIN)
                told = {"reason": cause.reason.value, "message": cause.message}
                return status.model_copy(update={**left, "made": number - 1, **told})
            self._numbers[record.name] = record.uid, number
            self._view.note_job(job.metadata.name, made)
            POOL_MADE.labels(record.name).inc()
        return status

    async def _tell(self, record: ClassRecord, status: WarmPoolStatus | None) -> None:
        """Write how the pool stands, where that is new."""
        if record.found is None:
            return
        _count(record.name, status)
        old = record.found.status
        conditions = [one for one in old.conditions if one.type != ConditionType.WARM_POOL]
        if status is not None and asks_for_pool(record.found.spec.warm_pool):
            full = status.reason in {None, OUT_OF_HOURS}
            finding = find(ConditionType.WARM_POOL, full, status.reason or "Full", status.message or "")
            conditions = set_all(old.conditions, (finding,), record.generation, self._kube.now())
        new = {"conditions": [one.to_dict() for one in conditions]}
        before = {"conditions": [one.to_dict() for one in old.conditions]}
        told = old.warm_pool.to_dict() if old.warm_pool is not None else {}
        changes = compute_changes(
            {**before, **({"warmPool": told} if told else {})},
            {**new, **({"warmPool": status.to_dict()} if status is not None else {})},
        )
        if not changes:
            return
        try:
            answer = await self._kube.write_class_status(record.name, record.version, changes)
        except Conflict:
            self.queue.add_later(record.name, CONFLICT_AGAIN)
        except NotFound:
            self._forget(record.name)
        else:
            self._view.classes.take_answer(answer)

    def _has_pool(self, found: AgentClass) -> bool:
        told = found.status.warm_pool is not None and not found.status.warm_pool.is_closed
        return told or asks_for_pool(found.spec.warm_pool) or self._view.has_pool_jobs(str(found.metadata["name"]))

    def _forget(self, name: str) -> None:
        """Forget a class that is gone: what it owned goes with it."""
        self._dropped.pop(name, None)
        self._lines.pop(name, None)
        self._rests.pop(name, None)
        self._numbers.pop(name, None)
        for state in _STATES:
            with contextlib.suppress(KeyError):
                POOL.remove(name, state)


def _count(name: str, status: WarmPoolStatus | None) -> None:
    told = status or WarmPoolStatus()
    counts = (told.replicas, told.ready, told.starting, told.draining, told.claimed)
    for state, count in zip(_STATES, counts, strict=True):
        POOL.labels(name, state).set(count)
