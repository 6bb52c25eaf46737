"""How conversations are: `/status`, `/threads` and its buttons."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from agent_contract.agentthread import Phase
from agent_gateway.commands.settings import Models
from agent_gateway.commands.turns import Outcome
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.resources.values import ThreadValue
from agent_gateway.store import Store
from agent_gateway.store.rows import Thread, VenueState
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Pressed
from agent_gateway.wording import commands as texts
from agent_gateway.wording.confirm import GONE
from agent_gateway.wording.settings import MOST_THREADS, build_thread_button, parse_thread


class StatusCommands:
    """Says how things are; changes nothing.

    Args:
        store: Conversations.
        resources: AgentThreads.
        models: Which model answers where.
        is_admin: Who sees the conversations of all chats.
        max_runs: The most runs at once.
    """

    def __init__(
        self,
        store: Store,
        resources: AgentThreads,
        models: Models,
        *,
        is_admin: Callable[[int], bool],
        max_runs: int,
    ) -> None:
        self._store = store
        self._resources = resources
        self._models = models
        self._is_admin = is_admin
        self._max_runs = max_runs

    async def status(self, command: Command) -> str:
        """Say how this conversation and the whole are."""
        thread = await self._store.threads.by_address(command.address)
        if thread is None:
            return texts.status_text(texts.StatusFacts(await self._store.runs.count_open(), self._max_runs))
        return texts.status_text(await self._facts(thread))

    async def threads(self, command: Command) -> Outcome:
        """List the threads of this chat, with a button each; an administrator sees all."""
        chat_id = None if self._is_admin(command.person_id) else command.address.chat_id
        threads = await self._store.threads.newest(chat_id)
        ready = await self._store.runs.ready()
        lines = [_line(t, self._resources.cached(t.name), ready=t.id in ready) for t in threads]
        buttons = tuple(build_thread_button(t.id, t.name, t.title) for t in threads[-MOST_THREADS:])
        return Outcome(texts.threads_text(lines), buttons=buttons)

    async def press(self, tx: Transaction, pressed: Pressed) -> Outcome | None:  # as of every button
        """Say how the conversation of a pressed button is; None for a button of another kind."""
        thread_id = parse_thread(pressed.data)
        if thread_id is None:
            return None
        thread = await tx.threads.by_id(thread_id)
        own = thread is not None and thread.address.chat_id == pressed.address.chat_id
        if thread is None or not (own or self._is_admin(pressed.person_id)):
            return Outcome(GONE)  # whether another chat's thread exists is nobody's business
        return Outcome(texts.short_status_text(await self._facts(thread)))

    async def _facts(self, thread: Thread) -> texts.StatusFacts:
        store = self._store
        resource = self._resources.cached(thread.name)
        turn, run = await store.turns.running(thread.id), await store.runs.open(thread.id)
        seconds = None
        if turn is not None and turn.started_at is not None:
            seconds = (datetime.now(UTC) - turn.started_at).total_seconds()
        status = resource.status.run if resource else None
        model, following = await self._models.of_run(thread, run)
        return texts.StatusFacts(
            active=await store.runs.count_open(),
            most=self._max_runs,
            thread=_line(thread, resource, ready=thread.id in await store.runs.ready()),
            message=status.message if status else None,
            model=model,
            next_model=following,
            answering=turn is not None,
            seconds=seconds,
            queued=await store.turns.count_queued(thread.id),
            context=await store.usage.context_used(thread.id),
            pod=run.pod_name if run is not None else None,
            subagents=await store.settings.count_open_children(thread.id),
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
