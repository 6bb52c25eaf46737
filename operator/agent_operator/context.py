"""What the handlers share: the caches, the controllers, and the check that makes up for what no event says."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from agent_contract import names
from agent_contract.agentthread import Phase
from agent_kube.cache import Cache
from agent_kube.client import KubeClient
from agent_kube.errors import KubeError
from agent_kube.queue import WorkQueue
from agent_kube.tracing.steps import note_step
from agent_operator.classes import Classes
from agent_operator.config import OperatorConfig
from agent_operator.controller import Controller
from agent_operator.errors import NotLeading
from agent_operator.intake import Intake
from agent_operator.kube import Kube
from agent_operator.leading import Check, Leading
from agent_operator.metrics import CHECKED, PROBLEM, QUEUE_LENGTH, QUEUE_WAIT, THREADS
from agent_operator.pools import Pools
from agent_operator.records import Owner, SubAgentRecord, ThreadRecord
from agent_operator.subagentkind import SubAgentKind
from agent_operator.threadkind import ThreadKind
from agent_operator.view import View

_CLASS_WORKERS: Final = 2
_STUCK_SECONDS: Final = 300.0
"""The first in a queue waits no longer than that while its workers work: each reconcile is ended after two minutes."""


class Context:
    """Lives as long as the operator.

    Args:
        config: Of the operator.
        client: The API server.
        leading: Whether this operator works.
    """

    def __init__(self, config: OperatorConfig, client: KubeClient, leading: Leading) -> None:
        self.leading = leading
        self.kube = Kube(client, config.namespace, Check(leading))
        self.view = View(client, config.namespace, self.requeue_owner, self._requeue_pools)
        self._classes = Classes(self.view.classes, self.kube, config)
        self.classes: WorkQueue[str] = WorkQueue(
            self._classes.reconcile, workers=_CLASS_WORKERS, expected=(KubeError,), fatal=(NotLeading,)
        )
        threads = ThreadKind(self.view, self.kube, self._classes, config)
        self.threads: Controller[ThreadRecord] = Controller(threads, self.view.threads, self.view, self.kube)
        children = SubAgentKind(self.view, self.kube, self._classes, config, self.requeue_subagent)
        self.subagents: Controller[SubAgentRecord] = Controller(children, self.view.subagents, self.view, self.kube)
        self.pools = Pools(self.view, self.kube, self._classes, config)
        self._thread_intake = Intake(self.view.threads, names.AGENT_THREADS, config.bot)
        self._subagent_intake = Intake(self.view.subagents, names.SUB_AGENTS, config.bot)
        self._class_intake = Intake(self.view.classes, names.AGENT_CLASSES, "")
        self.checked_at = time.monotonic()
        self.waits_for: str | None = "The operator is starting."
        """Why it has not begun, in words; None once it has."""
        self._client = client
        PROBLEM.set_function(lambda: 0 if self.problem is None else 1)
        QUEUE_LENGTH.set_function(lambda: sum(queue.length for queue in self._reconciled()))
        QUEUE_WAIT.set_function(lambda: max(queue.oldest_wait for queue in self._reconciled()))

    def _reconciled(self) -> tuple[WorkQueue[str], ...]:
        return self.threads.queue, self.subagents.queue

    async def work(self) -> None:
        """Reconcile what is queued, for ever.

        Raises:
            NotLeading: this operator may not work any more.
        """
        async with asyncio.TaskGroup() as group:
            for queue in (self.threads.queue, self.classes):
                group.create_task(queue.run())
            group.create_task(self._work_on_pools())
            await self._subagent_intake.wait_synced()  # until then it is not known who has a slot
            group.create_task(self.subagents.queue.run())

    async def _work_on_pools(self) -> None:
        """Reconcile pools once it is known who else asks for one, and which conversations work."""
        await self._class_intake.wait_synced()
        await self._thread_intake.wait_synced()
        await self.pools.queue.run()

    async def follow_gateway(self) -> None:
        """Know where the gateway is, for ever."""
        await self._classes.gateway.follow()

    @property
    def intakes(self) -> tuple[Intake[Any], ...]:
        """Return what takes kopf's events."""
        return self._thread_intake, self._subagent_intake, self._class_intake

    @property
    def problem(self) -> str | None:
        """Return in words why this operator could not work now; None where it could."""
        # Events are words that may be missed
        problems = [self.waits_for, self.view.jobs.problem, self.view.pods.problem, self.leading.problem]
        found = next((words for words in problems if words is not None), None)
        if found is None and not self.synced:
            return "What stands in the namespace is being read."
        return found

    @property
    def synced(self) -> bool:
        """Say whether all that stands has been read once."""
        return self.view.jobs.synced and self.view.pods.synced and all(one.synced for one in self.intakes)

    @property
    def stuck(self) -> bool:
        """Say whether what is queued is not taken."""
        return self.leading.held() and any(
            queue.oldest_wait > _STUCK_SECONDS for queue in (*self._reconciled(), self.classes, self.pools.queue)
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    # A standby queues nothing: what is due is found by a walk when it takes over.

    def take_thread(self, event: Mapping[str, Any]) -> None:
        """Take an event about an AgentThread, and queue it unless nothing is to be done for it."""
        change = self._thread_intake.take(event)
        old, new = change.old, change.new
        if new is None and old is not None:
            self._add(self.threads.queue, old.name)
        elif new is not None and new is not old and not new.resting:
            note_step("thread_seen", record=new)
            self._add(self.threads.queue, new.name)
        self._add_unreadable(self.threads, self.view.threads, event)

    def take_subagent(self, event: Mapping[str, Any]) -> None:
        """Take an event about a SubAgent, and queue it unless nothing is to be done for it."""
        change = self._subagent_intake.take(event)
        old, new = change.old, change.new
        if new is None and old is not None:
            self._add(self.subagents.queue, old.name)
            for sibling in self.view.siblings(old.parent) if old.parent else ():
                if sibling.waiting:
                    self._add(self.subagents.queue, sibling.name)
        elif new is not None and new is not old and self._is_due(new, self.kube.now()):
            self._add(self.subagents.queue, new.name)
        self._add_unreadable(self.subagents, self.view.subagents, event)

    def _add_unreadable(self, controller: Controller[Any], cache: Cache[Any], event: Mapping[str, Any]) -> None:
        """Look at a resource that cannot be read, so that it says so itself."""
        name = event["object"]["metadata"]["name"]
        entry = cache.get(name)
        if entry is not None and entry.words is not None:
            self._add(controller.queue, name)

    def take_class(self, event: Mapping[str, Any]) -> None:
        """Take an event about an AgentClass, and queue it with all that may wait for it."""
        change = self._class_intake.take(event)
        old, new = change.old, change.new
        if new is None or (old is not None and (old.uid, old.generation) == (new.uid, new.generation)):
            if old is not None and (new is None or old.in_line != new.in_line):
                self._add(self.pools.queue, old.name)
            return
        self._add(self.classes, new.name)
        self._requeue_pools()
        now = self.kube.now()
        for thread in self.view.threads.values():
            if thread.class_name == new.name and not thread.resting:
                self._add(self.threads.queue, thread.name)
        for sub in self.view.subagents.values():
            if sub.class_name == new.name and self._is_due(sub, now):
                self._add(self.subagents.queue, sub.name)

    def requeue_owner(self, owner: Owner) -> None:
        """Queue whose a Job or pod is."""
        if owner.subagent:
            self.requeue_subagent(owner.subagent)
        elif owner.thread and self.view.threads.get(owner.thread) is not None:
            self._add(self.threads.queue, owner.thread)
        if owner.agent_class:
            self._add(self.pools.queue, owner.agent_class)

    def _requeue_pools(self) -> None:
        for name in self.pools.names():
            self._add(self.pools.queue, name)

    def requeue_subagent(self, name: str) -> None:
        """Queue a sub-agent."""
        if self.view.subagents.get(name) is not None:
            self._add(self.subagents.queue, name)

    def _add(self, queue: WorkQueue[str], name: str) -> None:
        if self.leading.held():
            queue.add(name)

    def walk(self) -> None:
        """Queue all that is unfinished or due, behind what somebody waits for; this asks the API server for nothing."""
        phases: Counter[str] = Counter()
        for thread in self.view.threads.values():
            phases[thread.phase] += 1
            if not thread.resting:
                self.threads.queue.add_idle(thread.name)
        now = self.kube.now()
        self._add_idle(sub for sub in self.view.subagents.values() if self._is_due(sub, now))
        self._classes.doubt_enforced()
        for name in self._classes.names():
            self.classes.add_idle(name)
        for name in self.pools.names():
            self.pools.queue.add_idle(name)
        for phase in Phase:
            THREADS.labels(phase.value).set(phases[phase.value])

    def _add_idle(self, due: Iterable[SubAgentRecord]) -> None:
        for sub in due:
            self.subagents.queue.add_idle(sub.name)

    def _is_due(self, sub: SubAgentRecord, now: datetime) -> bool:
        """Say whether a sub-agent must be reconciled: it is unfinished, or is kept no longer."""
        if not sub.terminal:
            return True
        kept = timedelta(seconds=self._classes.ttl(sub.class_name))
        return sub.finished_at is not None and now - sub.finished_at >= kept

    async def forget_deleted(self) -> None:
        """Ask for what kopf's last list left out, and forget what is gone.

        Raises:
            KubeError: the API server does not answer.
        """
        for intake in self.intakes:
            intake.find_suspects()
            while intake.suspects:
                name = intake.suspects[-1]
                if await self.kube.read_resource(intake.plural, name) is None:
                    self._take_gone(intake.plural, name)
                intake.suspects.pop()

    def _take_gone(self, plural: str, name: str) -> None:
        event = {"type": "DELETED", "object": {"metadata": {"name": name}}}
        match plural:
            case names.SUB_AGENTS:
                self.take_subagent(event)
            case names.AGENT_CLASSES:
                self.take_class(event)
            case _:
                self.take_thread(event)

    def note_check(self) -> None:
        """Note that a check has ended."""
        self.checked_at = time.monotonic()
        CHECKED.set_to_current_time()
