"""One look at one thread: observe, decide, apply."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from agent_contract.agentclass import AgentClass
from agent_contract.agentthread import AgentThread, Phase, Reason
from agent_operator.builders.job import choose_model
from agent_operator.classes import read_class
from agent_operator.config import OperatorConfig
from agent_operator.errors import Conflict, Refused
from agent_operator.kube import Kube
from agent_operator.metrics import RECONCILES, STATUS_WRITES
from agent_operator.observe import observe
from agent_operator.reasons import Why
from agent_operator.reconcile import Plan, Wanted, compute_run, decide, needs_write
from agent_operator.status import compute_class_condition
from agent_operator.workqueue import WorkQueue

_log = logging.getLogger(__name__)
_REFUSED_AGAIN = 30.0


class Service:
    """Brings threads nearer to what is wanted of them."""

    def __init__(self, kube: Kube, config: OperatorConfig) -> None:
        self._kube = kube
        self._config = config
        self.queue: WorkQueue[str] | None = None

    async def reconcile(self, name: str) -> None:
        """Look at one thread.

        Raises:
            KubeError: the API server refused something; the thread is looked at again.
        """
        RECONCILES.inc()
        raw = await self._kube.read_thread(name)
        if raw is None or "deletionTimestamp" in raw["metadata"]:
            return  # what it owns goes by owner references
        try:
            thread = AgentThread.model_validate(raw)
        except ValidationError as error:
            # the API server's schema lets nothing of the kind in; an older stored object might be
            _log.error("thread_unreadable", extra={"agent_thread": name, "fields": error.error_count()})
            return
        observed = await observe(self._kube, thread, compute_run(thread))
        wanted = await self._read_class(thread)
        plan = decide(thread, wanted, observed, self._config, datetime.now(UTC))
        await self._apply(raw, thread, plan)

    async def reconcile_class(self, name: str) -> None:
        """Say on a class whether it can be used, and look at the threads that may wait for it."""
        raw = await self._kube.read_class(name)
        if raw is not None:
            try:
                found = AgentClass.model_validate(raw)
            except ValidationError as error:
                # the API server's schema lets nothing of the kind in; an older stored object might be
                _log.error("class_unreadable", extra={"agent_class": name, "fields": error.error_count()})
                return
            problem = self._class_problem(found)
            generation = int(raw["metadata"].get("generation", 0))
            conditions = compute_class_condition(found, generation, problem, datetime.now(UTC))
            if [c.to_dict() for c in conditions] != [c.to_dict() for c in found.status.conditions]:
                await self._kube.write_class_conditions(raw, conditions)

    def _class_problem(self, found: AgentClass) -> Why | None:
        provider = found.spec.model.provider or self._config.default_provider
        own = found.spec.model.name
        default = self._config.default_model if provider == self._config.default_provider else ""
        if provider and (own or default):
            return None
        return Why(
            Reason.CLASS_INVALID,
            "No model is named: set spec.model.provider and spec.model.name, or the chart's llm.provider and llm.model.",
        )

    async def _read_class(self, thread: AgentThread) -> Wanted:
        name = thread.spec.class_ref.name
        wanted = await read_class(self._kube, self._config, name)
        if wanted.found is None or choose_model(thread.spec.model, wanted.found.spec, self._config) is not None:
            return wanted
        why = Why(Reason.CLASS_INVALID, f"Neither thread, class {name} nor operator names a model.")
        return Wanted(wanted.found, why)

    async def _apply(self, raw: Mapping[str, Any], thread: AgentThread, plan: Plan) -> None:
        for name in plan.delete:
            await self._kube.delete_job(name)
            _log.info("job_deleted", extra={"agent_thread": thread.name, "job": name})
        status, again = plan.status, plan.again
        if plan.create is not None:
            try:
                await self._kube.create_job(plan.create)
                number = status.run.number if status.run else 0
                _log.info(
                    "step", extra={"step": "job_created", "agent_thread": thread.name, "run": number, "t": _now_ms()}
                )
            except Conflict:
                # it stands already, ours or not: the next look sees whose it is
                if self.queue is not None:
                    self.queue.add_later(thread.name, 0.05)
                return
            except Refused as error:
                status, again = _refused(status, str(error)), _REFUSED_AGAIN
        if needs_write(thread.status, status):
            await self._kube.write_status(raw, status)
            STATUS_WRITES.inc()
            if status.phase is Phase.RUNNING and thread.status.phase is not Phase.RUNNING and status.run:
                started = status.run.started_at
                _log.info("step", extra={
                    "step": "container_started", "agent_thread": thread.name, "run": status.run.number, "t": _now_ms(),
                    "started_at": started.isoformat() if started else None,
                })  # fmt: skip
        if again is not None and self.queue is not None:
            self.queue.add_later(thread.name, again)


def _refused(status: Any, words: str) -> Any:
    """Say in the status that the API server refuses the Job; its name is left out, so that it is tried again."""
    reason = Reason.QUOTA_EXCEEDED if "exceeded quota" in words else Reason.CREATE_REFUSED
    run = status.run.model_copy(update={"job_name": None, "reason": reason, "message": words[:1024]})
    return status.model_copy(update={"run": run})


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
