"""`/status`, and how a conversation is said to be."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Protocol

from agent_contract.agentthread import Phase
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.request import Request
from agent_gateway.commands.settings import Models
from agent_gateway.resources.values import ThreadValue
from agent_gateway.store.rows import Thread, ThreadWork, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.wording import threads as texts
from agent_gateway.wording.threads import State


class Resources(Protocol):
    """AgentThreads as they are known here."""

    def cached(self, name: str) -> ThreadValue | None:
        """Return an AgentThread as it was seen last."""


class Describing:
    """Says how conversations are; changes and locks nothing.

    Args:
        resources: AgentThreads.
        models: Which model answers where.
        max_runs: The most runs at once.
    """

    def __init__(self, resources: Resources, models: Models, max_runs: int) -> None:
        self._resources = resources
        self._models = models
        self._max_runs = max_runs

    async def slots(self, tx: Transaction, *, admin: bool) -> texts.Slots | None:
        """Return how many agents are at work; nothing for who is no administrator."""
        return texts.Slots(await tx.runs.count_open(), self._max_runs) if admin else None

    async def lines(self, tx: Transaction, threads: Collection[Thread]) -> list[texts.ThreadLine]:
        """Return a line for each of some conversations."""
        work = await tx.threads.work([thread.id for thread in threads])
        return [_line(t, self._resources.cached(t.name), work.get(t.id, _NO_WORK)) for t in threads]

    async def describe(self, tx: Transaction, thread: Thread, facts: Facts) -> texts.StatusFacts:
        """Return what is told of one conversation."""
        resource, run = self._resources.cached(thread.name), await tx.runs.open(thread.id)
        work = (await tx.threads.work([thread.id])).get(thread.id, _NO_WORK)
        model, following = self._models.of_run(facts, thread, run)
        status = resource.status.run if resource else None
        return texts.StatusFacts(
            _line(thread, resource, work),
            model=model,
            next_model=following,
            queued=work.queued,
            helpers=await tx.settings.count_open_children(thread.id),
            message=status.message if status else None,
            context=await tx.usage.context_used(thread.id),
            pod=run.pod_name if run is not None else None,
            cold=run.cold if run is not None else None,
        )


class StatusCommands:
    """`/status`."""

    def __init__(self, describing: Describing) -> None:
        self._describing = describing

    async def status(self, tx: Transaction, request: Request) -> Outcome:
        """Say how this conversation is; an administrator is told of runs, pods and the whole."""
        command = request.command
        thread = await tx.threads.by_address(command.address)
        facts = await self._describing.describe(tx, thread, request.facts) if thread is not None else None
        slots = await self._describing.slots(tx, admin=request.admin)
        return Outcome(texts.status_text(command.language, facts, slots))


_NO_WORK = ThreadWork(running=False, since=None, queued=0, run=None)


def _line(thread: Thread, resource: ThreadValue | None, work: ThreadWork) -> texts.ThreadLine:
    status = resource.status if resource else None
    run = status.run if status else None
    phase = (status.phase if status else None) or Phase.IDLE
    if work.run == "ready" and phase in {Phase.PENDING, Phase.STARTING}:
        phase = Phase.RUNNING  # an agent that answers is not "starting"; the node's word of it comes a second later
    seconds = (datetime.now(UTC) - work.since).total_seconds() if work.since is not None else None
    return texts.ThreadLine(
        thread.id, thread.title, _compute_state(thread, work), seconds, thread.name, phase.value,
        run.number if run else None, run.reason if run else None,
    )  # fmt: skip


def _compute_state(thread: Thread, work: ThreadWork) -> State:
    if thread.venue is VenueState.CLOSED:
        return State.CLOSED
    if thread.venue is VenueState.ORPHANED:
        return State.CHAT_GONE if thread.address.topic_id is None else State.TOPIC_GONE
    if work.running:
        return State.WORKING
    if work.run == "ready":
        return State.READY
    if work.run is not None:
        return State.WAKING
    return State.WAITING if work.queued else State.ASLEEP
