"""What the handlers share: the service, its queues, and the sweep that makes up for lost events."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from agent_contract.agentclass import AgentClass, TtlSeconds
from agent_contract.agentthread import AgentThread, Phase
from agent_contract.subagent import SubAgent
from agent_operator import subagents
from agent_operator.config import OperatorConfig
from agent_operator.errors import KubeError
from agent_operator.kube import Kube
from agent_operator.metrics import QUEUE_LENGTH, SWEPT, THREADS
from agent_operator.reconcile import wants_attention
from agent_operator.service import Service
from agent_operator.subservice import SubService
from agent_operator.workqueue import WorkQueue

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 60.0
_AFTER_FAILURE = 5.0
WORKERS = 8


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a Job or pod is: a sub-agent's where one is named, else a thread's."""

    subagent: str | None
    thread: str | None


@dataclass(slots=True)
class Context:
    """Lives as long as the operator."""

    config: OperatorConfig
    kube: Kube
    service: Service
    threads: WorkQueue[str]
    subagents: WorkQueue[str]
    classes: WorkQueue[str]
    owners: dict[str, Owner] = field(default_factory=dict)
    """Owner by the UID of its Jobs and pods, for Events, which name nothing else."""
    ttls: dict[str, int] = field(default_factory=dict)
    """How long each class keeps finished sub-agents, as last watched."""
    swept_at: float = 0.0
    problem: str | None = "The operator is starting."
    loops: list[asyncio.Task[None]] = field(default_factory=list)
    _sweep_now: asyncio.Event = field(default_factory=asyncio.Event)

    def thread_changed(self, raw: Mapping[str, Any]) -> None:
        """Look at a thread, unless nothing is to be done for it."""
        try:
            resting = not wants_attention(AgentThread.model_validate(raw))
        except ValidationError:
            resting = False  # the look itself says so
        if not resting:
            self.threads.add(raw["metadata"]["name"])

    def subagent_changed(self, raw: Mapping[str, Any], *, gone: bool) -> None:
        """Look at a sub-agent, unless nothing is to be done for it."""
        try:
            sub = SubAgent.model_validate(raw)
            ttl = self.ttls.get(sub.spec.class_ref.name, TtlSeconds().sub_agent)
            resting = not gone and not subagents.wants_attention(sub, datetime.now(UTC), ttl)
        except ValidationError:
            resting = False  # the look itself says so
        if not resting:
            self.subagents.add(raw["metadata"]["name"])

    def look_at(self, owner: Owner) -> None:
        """Look at whose a Job or pod is."""
        if owner.subagent:
            self.subagents.add(owner.subagent)
        elif owner.thread:
            self.threads.add(owner.thread)

    def class_changed(self, raw: Mapping[str, Any]) -> None:
        """Look at a class, and at every unfinished thread: any may wait for it."""
        name = str(raw["metadata"]["name"])
        with contextlib.suppress(ValidationError):  # the look itself says so
            self.ttls[name] = AgentClass.model_validate(raw).spec.ttl_seconds_after_finished.sub_agent
        self.classes.add(name)
        self._sweep_now.set()

    def dead(self) -> bool:
        """Say whether one of the loops has ended, which none should."""
        return any(loop.done() for loop in self.loops)

    async def sweep_once(self) -> None:
        """Enqueue all that is unfinished or due."""
        try:
            listed = await self.kube.list_threads()
            children = await self.kube.list_subagents()
        except KubeError as error:
            self.problem = str(error)
            _log.warning("sweep_failed", extra={"problem": str(error)})
            return
        phases: Counter[str] = Counter()
        for raw in listed:
            phases[raw.get("status", {}).get("phase", "None")] += 1
            self.thread_changed(raw)
        for raw in children:
            self.subagent_changed(raw, gone=False)
        for phase in Phase:
            THREADS.labels(phase.value).set(phases[phase.value])
        QUEUE_LENGTH.set(self.threads.length)
        self.swept_at = time.monotonic()
        self.problem = None
        SWEPT.set_to_current_time()

    async def sweep(self) -> None:
        """Sweep for ever: a lost event costs a minute, never a run."""
        while True:
            self._sweep_now.clear()
            await self.sweep_once()
            with contextlib.suppress(TimeoutError):
                pause = SWEEP_SECONDS if self.problem is None else _AFTER_FAILURE
                await asyncio.wait_for(self._sweep_now.wait(), pause)


def build_context(config: OperatorConfig, kube: Kube) -> Context:
    """Put the parts together; nothing runs yet."""
    service = Service(kube, config)
    threads: WorkQueue[str] = WorkQueue(service.reconcile, workers=WORKERS, expected=(KubeError,))
    classes: WorkQueue[str] = WorkQueue(service.reconcile_class, workers=1, expected=(KubeError,))
    service.queue = threads
    sub_service = SubService(kube, config)
    children: WorkQueue[str] = WorkQueue(sub_service.reconcile, workers=WORKERS, expected=(KubeError,))
    sub_service.queue = children
    return Context(config, kube, service, threads, children, classes)
