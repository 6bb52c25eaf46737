"""How conversations are: `/status`, `/threads` and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from agent_contract.agentthread import Phase
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.settings import Models
from agent_gateway.resources.values import ThreadValue
from agent_gateway.store.rows import Thread, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Pressed
from agent_gateway.wording import commands as texts
from agent_gateway.wording.confirm import GONE
from agent_gateway.wording.settings import MOST_THREADS, build_thread_button, parse_thread

MOST_COUNTED: Final = 2000
"""Conversations that `/threads` counts; there may be more."""


class Resources(Protocol):
    """AgentThreads as they are known here."""

    def cached(self, name: str) -> ThreadValue | None:
        """Return an AgentThread as it was seen last."""


class StatusCommands:
    """Says how things are; changes and locks nothing.

    Args:
        resources: AgentThreads.
        models: Which model answers where.
        is_admin: Who sees the conversations of all chats.
        max_runs: The most runs at once.
    """

    def __init__(self, resources: Resources, models: Models, *, is_admin: Callable[[int], bool], max_runs: int) -> None:
        self._resources = resources
        self._models = models
        self._is_admin = is_admin
        self._max_runs = max_runs

    async def status(self, tx: Transaction, command: Command, facts: Facts) -> Outcome:
        """Say how this conversation and the whole are."""
        thread = await tx.threads.by_address(command.address)
        if thread is None:
            return Outcome(texts.status_text(texts.StatusFacts(await tx.runs.count_open(), self._max_runs)))
        return Outcome(texts.status_text(await self._describe(tx, thread, facts)))

    async def threads(self, tx: Transaction, command: Command) -> Outcome:
        """List the threads of this chat in which somebody wrote lately, with a button each; an administrator sees all."""
        chat_id = None if self._is_admin(command.person_id) else command.address.chat_id
        threads = await tx.threads.recent(chat_id, MOST_THREADS)
        found = await tx.threads.count(chat_id, MOST_COUNTED)
        ready = await tx.runs.ready()
        lines = [_line(t, self._resources.cached(t.name), ready=t.id in ready) for t in threads]
        buttons = tuple(build_thread_button(t.id, t.name, t.title) for t in threads)
        more = max(found - len(threads), 0)
        return Outcome(texts.threads_text(lines, more, at_least=found >= MOST_COUNTED), buttons)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Say how the conversation of a pressed button is; None for a button of another kind."""
        thread_id = parse_thread(pressed.data)
        if thread_id is None:
            return None
        thread = await tx.threads.by_id(thread_id)
        own = thread is not None and thread.address.chat_id == pressed.address.chat_id
        if thread is None or not (own or self._is_admin(pressed.person_id)):
            return Outcome(GONE)  # whether another chat's thread exists is nobody's business
        return Outcome(texts.short_status_text(await self._describe(tx, thread, facts)))

    async def _describe(self, tx: Transaction, thread: Thread, facts: Facts) -> texts.StatusFacts:
        resource = self._resources.cached(thread.name)
        turn, run = await tx.turns.running(thread.id), await tx.runs.open(thread.id)
        seconds = None
        if turn is not None and turn.started_at is not None:
            seconds = (datetime.now(UTC) - turn.started_at).total_seconds()
        status = resource.status.run if resource else None
        model, following = self._models.of_run(facts, thread, run)
        return texts.StatusFacts(
            active=await tx.runs.count_open(),
            most=self._max_runs,
            thread=_line(thread, resource, ready=thread.id in await tx.runs.ready()),
            message=status.message if status else None,
            model=model,
            next_model=following,
            answering=turn is not None,
            seconds=seconds,
            queued=await tx.turns.count_queued(thread.id),
            context=await tx.usage.context_used(thread.id),
            pod=run.pod_name if run is not None else None,
            subagents=await tx.settings.count_open_children(thread.id),
        )


def _line(thread: Thread, resource: ThreadValue | None, *, ready: bool) -> texts.ThreadLine:
    status = resource.status if resource else None
    run = status.run if status else None
    phase = (status.phase if status else None) or Phase.IDLE
    if ready and phase in {Phase.PENDING, Phase.STARTING}:
        phase = Phase.RUNNING  # an agent that answers is not "starting"; the node's word of it comes a second later
    gone = "chat gone" if thread.address.topic_id is None else "topic gone"
    shown = {VenueState.OPEN: phase.value, VenueState.CLOSED: "topic closed", VenueState.ORPHANED: gone}[thread.venue]
    return texts.ThreadLine(thread.name, thread.title, shown, run.number if run else None, run.reason if run else None)
