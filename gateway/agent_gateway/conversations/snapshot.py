"""All that is known of one conversation at one moment, and who reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from agent_contract.names import DEFAULT_CLASS
from agent_contract.terms import Timeouts
from agent_gateway.conversations.slots import Slots
from agent_gateway.resources.values import ClassValue, ThreadValue, find_run
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Run, Thread, Turn
from agent_gateway.store.threads import ThreadFacts
from agent_kube.known import Known, Present

_MOST_ENDS: Final = 10_000
"""Ends of runs that are remembered while their last frames may be on the way; more than run at once."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """The connection to a run's runner; times by the database's clock."""

    run: int
    connected: bool
    ready: bool
    lost_since: datetime | None = None
    turn: int | None = None
    """The turn that the runner was sent."""
    since: datetime | None = None
    """When it connected."""
    sent_at: datetime | None = None
    """When it was sent a turn last."""
    extended: tuple[int, int] = (0, 0)
    """The turn that it was given more time for, and how many seconds in all."""
    unready_since: datetime | None = None
    """Since when its runner came back, and perhaps went again, without its agent."""
    contested: bool = False
    """Its pod took the connection from itself again and again."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known of one thread at one moment."""

    thread: Thread
    run: Run | None
    """The run that is not over."""
    last: Run | None
    """The newest run that is over."""
    running: Turn | None
    """The turn that was delivered or started."""
    waiting: Turn | None
    """The oldest turn that is queued."""
    link: LinkState | None
    resource: Known[ThreadValue]
    now: datetime
    """By the database's clock, as every time here but those of the resource."""
    learned: Timeouts | None = None
    """What the open run's class says, where its row holds no limits."""
    problem: str | None = None
    """Why resources cannot be read, in words."""
    free_slot: bool = True
    gateway_since: datetime | None = None
    """When this gateway began to lead: runners had no chance to connect before."""
    warms: bool = False
    """Something will be asked within seconds, as by a schedule."""
    end_seen: datetime | None = None
    """When this gateway first saw in the status that the open run is over."""

    @property
    def found(self) -> ThreadValue | None:
        """Return the resource as last read; None where there is none, or nothing is known."""
        return self.resource.value if isinstance(self.resource, Present) else None

    @property
    def class_name(self) -> str:
        """Return the name of the class of the next run."""
        return self.found.spec.class_ref.name if self.found is not None else DEFAULT_CLASS

    @property
    def limits(self) -> Timeouts | None:
        """Return what the open run was promised; None while that is not known: then no time of it is over."""
        return self.run.limits if self.run is not None else None

    @property
    def live_link(self) -> LinkState | None:
        """Return the link where it is that of the open run and connected."""
        link = self.link
        ours = link is not None and self.run is not None and link.run == self.run.number
        return link if ours and link is not None and link.connected else None

    @property
    def ready(self) -> bool:
        """Say whether the open run's agent takes turns now."""
        return self.live_link is not None and self.live_link.ready


class Resources(Protocol):
    """AgentThreads and their classes, as the snapshot reads them."""

    @property
    def problem(self) -> str | None:
        """Why resources cannot be read, in words."""

    def known(self, name: str) -> Known[ThreadValue]:
        """Return what is known of a resource."""

    def unreadable(self, name: str) -> str | None:
        """Return why one resource cannot be read, in words."""

    def find_class_name(self, thread_name: str) -> str | None:
        """Return the name of a thread's class; None where nothing is known of its resource."""

    async def find_class(self, name: str) -> ClassValue | None:
        """Return a class as last known; None where it is not known."""


class SnapshotReader:
    """Reads snapshots: one statement, and what this process knows.

    Args:
        store: Conversations.
        resources: AgentThreads.
        registry: Connections of runners.
        slots: Who may begin a run.
        clock: Seconds that never jump.
    """

    def __init__(
        self,
        store: Store,
        resources: Resources,
        registry: Registry,
        slots: Slots,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._resources = resources
        self._registry = registry
        self._slots = slots
        self._clock = clock
        self._since = clock()
        self._ends: dict[int, tuple[int, float]] = {}

    async def read(self, thread_id: int) -> Snapshot | None:
        """Return what is known of a thread; None where there is no such thread.

        Raises:
            Away: the database does not answer.
        """
        facts = await self._store.threads.facts(thread_id)
        if facts is None:
            return None
        resource = self._resources.known(facts.thread.name)
        found = resource.value if isinstance(resource, Present) else None
        wants_run = facts.run is None and facts.running is None
        free = await self._is_free(facts) if wants_run else True
        return Snapshot(
            thread=facts.thread,
            run=facts.run,
            last=facts.last,
            running=facts.running,
            waiting=facts.waiting,
            link=read_link(self._registry, thread_id, facts.now),
            resource=resource,
            now=facts.now,
            learned=await self._learn(facts.run, facts.thread.name),
            problem=self._resources.problem or self._resources.unreadable(facts.thread.name),
            free_slot=free,
            warms=facts.warms,
            gateway_since=self._at(facts.now, self._since),
            end_seen=self._see_end(facts, found),
        )

    async def _is_free(self, facts: ThreadFacts) -> bool:
        if facts.waiting is not None:
            return await self._slots.is_free(facts.waiting, facts.now)
        return await self._slots.has_room(facts.thread.id) if facts.warms else True

    async def _learn(self, run: Run | None, thread_name: str) -> Timeouts | None:
        """Return the timeouts of a run's class, where they were not known when it was wanted."""
        if run is None or run.limits is not None:
            return None
        name = run.class_name or self._resources.find_class_name(thread_name)
        known = await self._resources.find_class(name) if name is not None else None
        return known.spec.timeouts if known is not None else None

    def _see_end(self, facts: ThreadFacts, found: ThreadValue | None) -> datetime | None:
        """Return when the end of the open run was first seen here: the API server's clock may be another."""
        status = find_run(found, facts.run.number) if facts.run is not None and found is not None else None
        if facts.run is None or status is None or status.finished_at is None:
            self._ends.pop(facts.thread.id, None)
            return None
        known = self._ends.get(facts.thread.id)
        if known is None or known[0] != facts.run.number:
            if len(self._ends) >= _MOST_ENDS:
                self._ends.pop(next(iter(self._ends)))
            known = self._ends[facts.thread.id] = facts.run.number, self._clock()
        return self._at(facts.now, known[1])

    def _at(self, now: datetime, seconds: float) -> datetime:
        """Return a moment of our own clock, which only tells how long ago it was, by the database's."""
        return now - timedelta(seconds=self._clock() - seconds)


def read_link(registry: Registry, thread_id: int, now: datetime) -> LinkState | None:
    """Return what is known of a thread's connection, its times by the clock that says `now`."""
    link = registry.link(thread_id)
    if link is None:
        return None

    def at(seconds: float | None) -> datetime | None:
        return now - timedelta(seconds=time.monotonic() - seconds) if seconds is not None else None

    return LinkState(
        link.run, link.connected, link.ready, at(link.lost_at), link.turn_id, at(link.connected_at), at(link.sent_at),
        link.extended, at(link.unready_at), link.contested,
    )  # fmt: skip
