"""What is particular to SubAgents: one Job, slots among the children of a parent, and an end that is kept for a while."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from agent_contract import names
from agent_contract.subagent import SubAgent, SubAgentPhase, SubAgentStatus
from agent_operator.causes import Cause
from agent_operator.classes import Classes
from agent_operator.config import OperatorConfig
from agent_operator.controller import Step
from agent_operator.jobs import Job
from agent_operator.kube import Kube
from agent_operator.ownjobs import OwnJobs
from agent_operator.plans import ClassLookup
from agent_operator.records import SubAgentRecord
from agent_operator.siblings import Slots, compute_slots
from agent_operator.subagents import SubPlan, decide_subagent, is_terminal
from agent_operator.view import View

_log = logging.getLogger(__name__)


class SubAgentKind:
    """Decides about SubAgents.

    Args:
        view: What stands.
        kube: The API server.
        classes: The AgentClasses.
        config: Of the operator.
        requeue: Called with the name of a sibling that may have got a slot.
    """

    plural = names.SUB_AGENTS
    word = "subagent"

    def __init__(
        self, view: View, kube: Kube, classes: Classes, config: OperatorConfig, requeue: Callable[[str], None]
    ) -> None:
        self._view = view
        self._kube = kube
        self._classes = classes
        self._config = config
        self._requeue = requeue
        self._jobs = OwnJobs(view, kube)
        self._beginning: set[str] = set()
        """UIDs of those whose Job is being made: nobody else sees yet that they have a slot."""

    async def decide(self, record: SubAgentRecord) -> Step | None:
        """Observe and decide.

        Raises:
            KubeError: the API server does not answer what has to be known.
            NameUnknown: the gateway's address is not known.
        """
        sub = record.unpack()
        if not is_terminal(sub):
            name = names.build_job_name(sub.name, sub.uid, names.SUBAGENT_RUN)
            await self._jobs.confirm(name, begun=sub.status.job_name is not None)
        lookup = await self._classes.find(sub.spec.class_ref.name)
        begins = sub.status.job_name is None and not is_terminal(sub)
        if begins and self._view.observe_subagent(sub).job is None:
            await self._delete_former(sub)
            lookup = await self._classes.with_gateway(lookup)
        # from here on nothing is waited for: of two siblings that want the last slot, one sees that the other has it
        observed = self._view.observe_subagent(sub)
        slots = self._find_slots(sub, lookup) if begins and observed.job is None else Slots(0, 1)
        plan = decide_subagent(sub, lookup, observed, slots, self._config, self._kube.now())
        if plan.create is not None:
            self._beginning.add(sub.uid)
        return Step(plan, sub.status.to_dict(), _find_begun(sub, plan))

    def _find_slots(self, sub: SubAgent, lookup: ClassLookup) -> Slots:
        if lookup.found is None or sub.spec.parent is None:
            return Slots(0, 1)
        siblings = [self._read_sibling(one) for one in self._view.siblings(sub.spec.parent.uid)]
        return compute_slots(sub, siblings, lookup.found.spec.sub_agents.max_concurrent)

    def _read_sibling(self, record: SubAgentRecord) -> dict[str, Any]:
        """Return a sibling with the Job that it has, whether or not its status says so yet."""
        raw = record.unpack_raw()
        name = names.build_job_name(record.name, record.uid, names.SUBAGENT_RUN)
        job = self._view.find_job(name)
        if record.uid in self._beginning or (job is not None and job.owner_uid == record.uid):
            raw["status"] = {**raw["status"], "jobName": name}
        return raw

    async def _delete_former(self, sub: SubAgent) -> None:
        """Delete the Job of an earlier sub-agent of this name, which the garbage collector may not have seen yet."""
        for job in self._view.jobs_labelled(sub.name):
            if job.owner_uid != sub.uid and _is_former(job, sub.name):
                await self._jobs.delete_all(job.owner_uid or "")

    def refuse(self, step: Step, cause: Cause) -> dict[str, Any]:
        """Return the status that says why the API server does not take the Job: without its name, it is tried again."""
        status: SubAgentStatus = step.plan.status
        changes = {
            "job_name": None,
            "phase": SubAgentPhase.PENDING,
            "reason": cause.reason.value,
            "message": cause.message,
        }
        return status.model_copy(update=changes).to_dict()

    def done(self, record: SubAgentRecord, step: Step, *, written: bool) -> None:
        """Requeue siblings that wait for a slot when one has ended, or cannot begin."""
        self._beginning.discard(record.uid)
        status: SubAgentStatus = step.plan.status
        if written and (status.finished_at is not None or step.plan.create is not None):
            self._wake_siblings(record.parent)

    async def gone(self, name: str, record: SubAgentRecord | None) -> None:
        """Delete its Job: who deletes a sub-agent shall not wait for the garbage collector.

        Raises:
            KubeError: the API server did not do what was asked.
        """
        for job in self._view.jobs_labelled(name):
            if _is_former(job, name):
                await self._jobs.delete_all(job.owner_uid or "")
        if record is not None:
            self._wake_siblings(record.parent)

    def _wake_siblings(self, parent: str) -> None:
        for sibling in self._view.siblings(parent) if parent else ():
            if sibling.waiting:
                self._requeue(sibling.name)


def _is_former(job: Job, subagent: str) -> bool:
    """Say whether a Job was made for a sub-agent of a name: it is named after its owner's UID, as nobody else's is."""
    return job.owner_uid is not None and job.name == names.build_job_name(subagent, job.owner_uid, names.SUBAGENT_RUN)


def _find_begun(sub: SubAgent, plan: SubPlan) -> str:
    """Return its Job where that it was made is all that is new."""
    old, new = sub.status, plan.status
    if old.job_name is not None or old.reason is not None or new.reason is not None or new.pod_name is not None:
        return ""
    return new.job_name or "" if new.phase is SubAgentPhase.PENDING else ""
