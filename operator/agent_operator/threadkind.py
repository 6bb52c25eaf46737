"""What is particular to AgentThreads: a run after the other, each with a Job of its own."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from agent_contract import names
from agent_contract.agentthread import AgentThread, AgentThreadStatus, Phase, Reason
from agent_kube.tracing.steps import tell_step
from agent_operator.builders.model import choose_model
from agent_operator.causes import Cause
from agent_operator.claims import find_claim, name_job
from agent_operator.classes import Classes
from agent_operator.config import OperatorConfig
from agent_operator.controller import Step
from agent_operator.kube import Kube
from agent_operator.metrics import CLAIMS, CONTAINER_SECONDS
from agent_operator.ownjobs import OwnJobs
from agent_operator.plans import ClassLookup, Plan
from agent_operator.reconcile import compute_run, decide
from agent_operator.records import JobRecord, ThreadRecord
from agent_operator.view import View

_log = logging.getLogger(__name__)


class ThreadKind:
    """Decides about AgentThreads.

    Args:
        view: What stands.
        kube: The API server.
        classes: The AgentClasses.
        config: Of the operator.
    """

    plural = names.AGENT_THREADS
    word = "agent_thread"

    def __init__(self, view: View, kube: Kube, classes: Classes, config: OperatorConfig) -> None:
        self._view = view
        self._kube = kube
        self._classes = classes
        self._config = config
        self._jobs = OwnJobs(view, kube)

    async def decide(self, record: ThreadRecord) -> Step | None:
        """Observe and decide.

        Raises:
            KubeError: the API server does not answer what has to be known.
            NameUnknown: the gateway's address is not known.
        """
        thread = record.unpack()
        number, run = compute_run(thread), thread.status.run
        if number is not None:
            begun = run is not None and run.number == number and run.job_name is not None and run.finished_at is None
            name = name_job(thread, number)
            await self._jobs.confirm(name, begun=begun)
            if not begun and find_claim(thread, number) is not None:
                await self._jobs.confirm_claimed(name)
        lookup = await self._find_class(thread)
        observed = self._view.observe_thread(thread, number)
        if observed.job is None and observed.claimed is None:
            lookup = await self._classes.with_gateway(lookup)
        plan = decide(thread, lookup, observed, self._config, self._kube.now())
        return Step(plan, thread.status.to_dict(), _find_begun(thread, plan))

    async def _find_class(self, thread: AgentThread) -> ClassLookup:
        name = thread.spec.class_ref.name
        lookup = await self._classes.find(name)
        if lookup.found is None or choose_model(thread.spec.model, lookup.found.spec, self._config) is not None:
            return lookup
        cause = Cause(Reason.CLASS_INVALID, f"Neither thread, class {name} nor operator names a model.")
        return ClassLookup(lookup.found, cause)

    def refuse(self, step: Step, cause: Cause) -> dict[str, Any]:
        """Return the status that says why the API server does not take the Job: without its name, it is tried again."""
        status: AgentThreadStatus = step.plan.status
        if status.run is None:
            return status.to_dict()
        changes = {"job_name": None, "reason": cause.reason, "message": cause.message}
        return status.model_copy(update={"run": status.run.model_copy(update=changes)}).to_dict()

    def done(self, record: ThreadRecord, step: Step, *, written: bool) -> None:
        """Log when a container was seen to run."""
        status: AgentThreadStatus = step.plan.status
        if written and status.run is not None and status.run.reason == Reason.CLAIM_REFUSED:
            CLAIMS.labels("refused").inc()
        if not written or status.phase is not Phase.RUNNING or step.old.get("phase") == Phase.RUNNING or not status.run:
            return
        started = status.run.started_at
        job = self._view.find_job_record(status.run.job_name or "")
        seconds = compute_container_seconds(job, started)
        if seconds is not None:
            CONTAINER_SECONDS.observe(seconds)
        told = started.isoformat() if started else None
        tell_step(_log, "container_started", agent_thread=record.name, run=status.run.number, started_at=told)

    async def gone(self, name: str, record: ThreadRecord | None) -> None:
        """Do nothing: what it owns goes by owner references."""


def compute_container_seconds(record: JobRecord | None, started_at: datetime | None) -> float | None:
    """Return how long the container of a run's own Job took to run; None of one that waited in a pool: it ran before."""
    if record is None or started_at is None or record.job.pool:
        return None
    return max(0.0, (started_at - record.created_at).total_seconds())


def _find_begun(thread: AgentThread, plan: Plan[AgentThreadStatus]) -> str:
    """Return the Job of a new run where that it was made is all that is new."""
    run, known = plan.status.run, thread.status.run
    fresh = known is None or (run is not None and known.number < run.number and known.finished_at is not None)
    if plan.status.phase is not Phase.PENDING or run is None or not run.job_name or run.reason is not None:
        return ""
    return run.job_name if fresh and run.pod_name is None else ""
