"""All that is known of one sub-agent at one moment, and who reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from agent_contract.terms import Timeouts
from agent_gateway.conversations.snapshot import LinkState, read_link
from agent_gateway.resources.subagents import SubAgents
from agent_gateway.resources.values import ClassValue, SubAgentValue
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Run, SubAgentRow, Turn, TurnState
from agent_gateway.store.subagentrows import SubAgentFacts
from agent_kube.known import Present, Unknown


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known of one sub-agent at one moment."""

    child: SubAgentRow
    now: datetime
    """By the database's clock, as every time here but those of the resource."""
    run: Run | None = None
    """Its run, while that is not over."""
    turn: Turn | None = None
    """Its task, while that has not ended."""
    link: LinkState | None = None
    resource: SubAgentValue | None = None
    """As last watched."""
    resource_known: bool = True
    """False until the watch has listed once: absence means nothing before."""
    timeouts: Timeouts | None = None
    """None where they are not known: nothing is ended by them then."""
    gateway_since: datetime | None = None
    """When this gateway began to lead: runners had no chance to connect before."""
    still_wanted: bool = True
    """The turn that asked for it still runs, or no turn asked for it."""
    result_due: bool = False
    """A tool call waits for its result, can be reached, and was not sent it."""

    @property
    def running(self) -> Turn | None:
        """Return its task, if its run was given it."""
        return self.turn if self.turn is not None and self.turn.state is not TurnState.QUEUED else None

    @property
    def waiting(self) -> Turn | None:
        """Return its task, if no run was given it."""
        return self.turn if self.turn is not None and self.turn.state is TurnState.QUEUED else None

    @property
    def own_resource(self) -> SubAgentValue | None:
        """Return the resource, if it is this sub-agent's: one whose create was not answered is known by its call."""
        found, child = self.resource, self.child
        if found is None:
            return None
        if child.uid is not None:
            return found if found.uid == child.uid else None
        return found if is_of_call(found, child) else None


def is_of_call(found: SubAgentValue, child: SubAgentRow) -> bool:
    """Say whether a resource was created for a sub-agent's call."""
    return child.call_id is not None and found.call_id == child.call_id


class ClassSource(Protocol):
    """AgentClasses as last known."""

    async def find_class(self, name: str) -> ClassValue | None:
        """Return a class; None where it is not known."""


class Results(Protocol):
    """What is known of results on their way to a parent's runner."""

    def is_due(self, facts: SubAgentFacts) -> bool:
        """Say whether a result is to be sent, and can be."""


class SnapshotReader:
    """Reads snapshots: one statement, and what this process knows.

    Args:
        store: Conversations.
        classes: AgentClasses.
        resources: SubAgents.
        registry: Connections of runners.
        results: Results on their way.
        clock: Seconds that never jump.
    """

    def __init__(
        self,
        store: Store,
        classes: ClassSource,
        resources: SubAgents,
        registry: Registry,
        results: Results,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._classes = classes
        self._resources = resources
        self._registry = registry
        self._results = results
        self._clock = clock
        self._since = clock()

    async def read(self, thread_id: int) -> Snapshot | None:
        """Return what is known of a thread's sub-agent; None where there is none."""
        facts = await self._store.subagents.read_facts(thread_id)
        if facts is None:
            return None
        known = self._resources.known(facts.child.name)
        return Snapshot(
            child=facts.child,
            now=facts.now,
            run=facts.run,
            turn=facts.turn,
            link=read_link(self._registry, thread_id, facts.now),
            resource=known.value if isinstance(known, Present) else None,
            resource_known=not isinstance(known, Unknown),
            timeouts=await self._read_timeouts(facts),
            gateway_since=facts.now - timedelta(seconds=self._clock() - self._since),
            still_wanted=facts.still_wanted,
            result_due=self._results.is_due(facts),
        )

    async def _read_timeouts(self, facts: SubAgentFacts) -> Timeouts | None:
        """Return what its run was promised; for one that was not recorded with it, what its class says."""
        if facts.run is None or facts.run.limits is not None:
            return facts.run.limits if facts.run is not None else None
        found = await self._classes.find_class(facts.child.class_name)
        return found.spec.timeouts if found is not None else None
