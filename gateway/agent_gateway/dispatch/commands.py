"""What the commands do. Each answers through the outbox, in the transaction that ends its update."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from agent_contract.agentthread import AgentThread, Phase
from agent_gateway.dispatch.again import AgainButtons
from agent_gateway.dispatch.steering import Steering
from agent_gateway.dispatch.stopbutton import StopButton
from agent_gateway.dispatch.subagents import SubAgentService
from agent_gateway.dispatch.subcommands import SubAgentCommands
from agent_gateway.dispatch.turncommands import Outcome, TurnCommands, whoami_text
from agent_gateway.dispatch.wake import Wake
from agent_gateway.resources.agentthreads import AgentThreads
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.database import Connection
from agent_gateway.store.rows import Place, Thread
from agent_gateway.telegram import commands as texts
from agent_gateway.telegram.texts import failure_text
from agent_gateway.telegram.updates import Command, Pressed, Prompt

_log = logging.getLogger(__name__)
_KILL_GRACE = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says, and what is to be done once that is committed."""

    text: str
    then: list[Callable[[], Awaitable[None] | None]] = field(default_factory=list)


class Closer(Protocol):
    """Ends what a turn shows."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more; return the messages that stand."""


class Commands:
    """The commands of the chat."""

    def __init__(
        self,
        store: Store,
        resources: AgentThreads,
        registry: Registry,
        views: Closer,
        wake: Wake,
        *,
        is_admin: Callable[[int], bool],
        max_runs: int,
        model: str,
        subagents: SubAgentCommands,
        service: SubAgentService,
        turns: TurnCommands,
        stop_button: StopButton,
        steering: Steering,
        again: AgainButtons,
    ) -> None:
        self._store = store
        self._resources = resources
        self._registry = registry
        self._views = views
        self._wake = wake
        self._is_admin = is_admin
        self._max_runs = max_runs
        self._model = model
        self._subagents = subagents
        self._service = service
        self._turns = turns
        self._stop_button = stop_button
        self._steering = steering
        self._again = again

    async def answer(self, connection: Connection, update_id: int, command: Command) -> Answer | Prompt | None:
        """Carry out a command; None for one of a group that may be meant for another bot.

        A command whose words are to be asked like any message gives a Prompt.
        """
        match command.name:
            case "steer":
                steered = await self._steering.command(connection, update_id, command)
                return steered if isinstance(steered, Prompt) else _answer(steered)
            case "start":
                return Answer(texts.start_text())
            case "help":
                return Answer(texts.help_text())
            case "status":
                return Answer(await self._status(command))
            case "threads":
                return Answer(await self._threads(command))
            case "stop":
                return _answer(await self._turns.stop(connection, command))
            case "retry":
                return _answer(await self._turns.retry(connection, command))
            case "new":
                return _answer(await self._turns.new(connection, command))
            case "whoami":
                return Answer(whoami_text(command, admin=self._is_admin(command.person_id)))
            case "kill":
                return await self._kill(connection, command)
            case "spawn":
                return Answer(await self._subagents.spawn(connection, command))
            case "subagents":
                return Answer(await self._subagents.tree(command))
            case "cancel":
                text, due = await self._subagents.cancel(connection, command)
                return Answer(text, [lambda: self._service.look(due)])
            case name if command.addressed:
                return Answer(texts.unknown_text(name))
            case _:
                return None

    async def press(self, connection: Connection, pressed: Pressed) -> Answer:
        """Carry out a pressed button."""
        for button in (self._stop_button, self._again):
            outcome = await button.press(connection, pressed)
            if outcome is not None:
                return _answer(outcome)
        text, due = await self._subagents.press(connection, pressed, pressed.data)
        return Answer(text, [lambda: self._service.look(due)])

    async def _status(self, command: Command) -> str:
        active = await self._store.open_runs()
        thread = await self._store.thread_by_address(command.address)
        if thread is None:
            return texts.status_text(texts.StatusFacts(active, self._max_runs))
        resource = self._resources.cached(thread.name)
        turn = await self._store.running_turn(thread.id)
        seconds = None
        if turn is not None and turn.started_at is not None:
            seconds = (datetime.now(UTC) - turn.started_at).total_seconds()
        run = resource.status.run if resource else None
        facts = texts.StatusFacts(
            active=active,
            most=self._max_runs,
            thread=_line(thread, resource, ready=thread.id in await self._store.ready_runs()),
            message=run.message if run else None,
            model=self._model,
            answering=turn is not None,
            seconds=seconds,
            queued=await self._store.queued_count(thread.id),
        )
        return texts.status_text(facts)

    async def _threads(self, command: Command) -> str:
        """List the threads of this chat; an administrator sees all."""
        threads = await self._store.list_threads()
        if not self._is_admin(command.person_id):
            threads = [t for t in threads if t.address.chat_id == command.address.chat_id]
        ready = await self._store.ready_runs()
        return texts.threads_text([_line(t, self._resources.cached(t.name), ready=t.id in ready) for t in threads])

    async def _kill(self, connection: Connection, command: Command) -> Answer:
        name = command.args.split()[0] if command.args.split() else ""
        if not name:
            return Answer(texts.KILL_USAGE)
        thread = await self._store.thread_by_name(name)
        own = thread is not None and thread.address.chat_id == command.address.chat_id
        if thread is None and await self._store.subagent_by_name(name) is not None:
            text, due = await self._subagents.cancel(connection, command)
            return Answer(text, [lambda: self._service.look(due)])
        if thread is None or not (own or self._is_admin(command.person_id)):
            # whether another chat's thread exists is nobody's business
            return Answer(texts.kill_unknown_text(name))
        cancelled = await self._store.cancel_queued(connection, thread.id)
        below = await self._service.cancel_all(connection, thread.id)
        await self._store.add_audit(connection, command.person_id, "kill", name)
        run = await self._store.open_run(thread.id)
        if run is None and not cancelled and not below:
            return Answer(texts.kill_idle_text(name))
        number = run.number if run else None
        if number is not None:
            await self._store.ask_stop(connection, thread.id, number, "killed")
        _log.info("kill", extra={"agent_thread": name, "run": number, "cancelled": len(cancelled)})

        async def end() -> None:
            await self._service.look(below)
            for turn_id in cancelled:
                await self._close_view(thread, turn_id)
            if number is None:
                return
            link = self._registry.link(thread.id)
            if link is not None and link.run == number:
                await link.shutdown("killed", _KILL_GRACE)
            self._wake.thread(thread.id)  # the stop is recorded: it is carried out there, however often that takes

        return Answer(_kill_text(name, len(cancelled)), [end])

    async def _close_view(self, thread: Thread, turn_id: int) -> None:
        """Show nothing more of a turn that was cancelled; a line that said what it waited for is replaced."""
        shown = await self._views.finish(turn_id)
        if shown:
            text = failure_text("aborted")
            await self._store.put(None, thread.address, text, f"cancelled:{turn_id}", message_ids=shown)
            self._wake.outbox()


def _answer(outcome: Outcome) -> Answer:
    return Answer(outcome.text, outcome.then)


def _kill_text(name: str, cancelled: int) -> str:
    done = texts.kill_done_text(name)
    if not cancelled:
        return done
    return f"{done}\n{cancelled} waiting {'message was' if cancelled == 1 else 'messages were'} cancelled."


def _line(thread: Thread, resource: AgentThread | None, *, ready: bool) -> texts.ThreadLine:
    status = resource.status if resource else None
    run = status.run if status else None
    phase = (status.phase if status else None) or Phase.IDLE
    if ready and phase in {Phase.PENDING, Phase.STARTING}:
        phase = Phase.RUNNING  # an agent that answers is not "starting"; the node's word of it comes a second later
    gone = "chat gone" if thread.address.topic_id is None else "topic gone"
    shown = {Place.OPEN: phase.value, Place.CLOSED: "topic closed", Place.ORPHANED: gone}[thread.place]
    return texts.ThreadLine(thread.name, thread.title, shown, run.number if run else None, run.reason if run else None)
