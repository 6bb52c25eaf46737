"""What the handlers share: the service, its queues, and the sweep that makes up for lost events."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from dataclasses import dataclass, field

from agent_contract.agentthread import AgentThread, Phase
from agent_operator.config import OperatorConfig
from agent_operator.errors import KubeError
from agent_operator.kube import Kube
from agent_operator.metrics import QUEUE_LENGTH, SWEPT, THREADS
from agent_operator.reconcile import wants_attention
from agent_operator.service import Service
from agent_operator.workqueue import WorkQueue

_log = logging.getLogger(__name__)
SWEEP_SECONDS = 60.0
WORKERS = 8


@dataclass(slots=True)
class Context:
    """Lives as long as the operator."""

    config: OperatorConfig
    kube: Kube
    service: Service
    threads: WorkQueue[str]
    classes: WorkQueue[str]
    owners: dict[str, str] = field(default_factory=dict)
    """Thread by the UID of its Jobs and pods, for Events, which name nothing else."""
    swept_at: float = 0.0
    problem: str | None = "The operator is starting."
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def class_changed(self, name: str) -> None:
        """Look at a class, and at every unfinished thread: any may wait for it."""
        self.classes.add(name)
        self.tasks = [t for t in self.tasks if not t.done()]
        self.tasks.append(asyncio.create_task(self.sweep_once()))

    async def sweep_once(self) -> None:
        """Enqueue all that is unfinished or due."""
        try:
            listed = await self.kube.list_threads()
        except KubeError as error:
            self.problem = str(error)
            _log.warning("sweep_failed", extra={"problem": str(error)})
            return
        phases: Counter[str] = Counter()
        for raw in listed:
            thread = AgentThread.model_validate(raw)
            phases[thread.status.phase.value if thread.status.phase else "None"] += 1
            if wants_attention(thread):
                self.threads.add(thread.name)
        for phase in Phase:
            THREADS.labels(phase.value).set(phases[phase.value])
        QUEUE_LENGTH.set(self.threads.length)
        self.swept_at = time.monotonic()
        self.problem = None
        SWEPT.set_to_current_time()

    async def sweep(self) -> None:
        """Sweep for ever: a lost event costs a minute, never a run."""
        while True:
            await self.sweep_once()
            await asyncio.sleep(SWEEP_SECONDS if self.problem is None else 5)


def build_context(config: OperatorConfig, kube: Kube) -> Context:
    """Put the parts together; nothing runs yet."""
    service = Service(kube, config)
    threads: WorkQueue[str] = WorkQueue(service.reconcile, workers=WORKERS, retried=(KubeError,))
    classes: WorkQueue[str] = WorkQueue(service.reconcile_class, workers=1, retried=(KubeError,))
    service.queue = threads
    return Context(config, kube, service, threads, classes)
