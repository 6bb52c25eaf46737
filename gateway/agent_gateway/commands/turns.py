"""Commands about this conversation's own turns: stop one, ask one again, begin anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from agent_contract.names import build_thread_name
from agent_gateway.conversations.closing import close_views
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Address, Button, Thread, Turn
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command
from agent_gateway.wake import Wake
from agent_gateway.wording import commands as texts

_GRACE = 5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said, and what is to be done once it is committed."""

    text: str
    then: list[Callable[[], Awaitable[None] | None]] = field(default_factory=list)
    buttons: tuple[Button, ...] = ()
    """Under what is said."""


class Opener(Protocol):
    """What the chat shows of a turn."""

    def open(self, turn: Turn, address: Address, reply_to: int | None) -> None:
        """Begin to show a turn."""

    async def finish(self, turn_id: int) -> tuple[int, ...]:
        """Show nothing more of it; return the messages that stand."""


class TurnCommands:
    """`/stop`, `/retry` and `/new`."""

    def __init__(self, store: Store, registry: Registry, views: Opener, wake: Wake, bot_name: str) -> None:
        self._store = store
        self._registry = registry
        self._views = views
        self._wake = wake
        self._bot_name = bot_name

    async def stop(self, tx: Transaction, command: Command) -> Outcome:
        """Stop the running answer; where none runs yet, what waits for one."""
        thread = await tx.threads.by_address(command.address)
        running = await tx.turns.running(thread.id) if thread is not None else None
        if thread is None:
            return Outcome(texts.NOTHING_RUNS)
        await tx.audit.add(command.person_id, "stop", thread.name)
        if running is None:
            return await self._stop_waiting(tx, thread)
        await tx.turns.ask_stop(running.id)

        async def abort() -> None:
            link = self._registry.link(thread.id)
            if link is not None and link.run == running.run:
                await link.abort(running.id)  # a runner that is away, or has not got the turn yet, is told later
            self._wake.thread(thread.id)

        return Outcome("", [abort])  # the answer itself says that it was stopped

    async def _stop_waiting(self, tx: Transaction, thread: Thread) -> Outcome:
        cancelled = await tx.turns.cancel_queued(thread.id)
        if not cancelled:
            return Outcome(texts.NOTHING_RUNS)

        async def close() -> None:
            await close_views(self._store, self._views, self._wake, thread, cancelled)

        return Outcome(texts.stopped_waiting_text(len(cancelled)), [close])

    async def retry(self, tx: Transaction, command: Command) -> Outcome:
        """Ask again what was asked last."""
        thread = await tx.threads.by_address(command.address)
        last = await tx.turns.last_asked(thread.id) if thread is not None else None
        if thread is None or last is None:
            return Outcome(texts.NOTHING_ASKED_YET)
        if await tx.turns.running(thread.id) is not None or await tx.turns.count_queued(thread.id):
            return Outcome(texts.BUSY)
        turn = await tx.turns.add(thread.id, None, command.message_id, command.person_id, last.text, last.files)

        def show() -> None:
            self._wake.thread(thread.id)
            self._views.open(turn, thread.address, turn.message_id)

        return Outcome("", [show])

    async def new(self, tx: Transaction, command: Command) -> Outcome:
        """Begin a fresh session in the same thread: what was said stays in the history, and the files stay."""
        address = command.address
        name = build_thread_name(self._bot_name, address.chat_id, address.topic_id)
        thread = await tx.threads.get_or_create(address, name, command.title)
        if await tx.turns.running(thread.id) is not None or await tx.turns.count_queued(thread.id):
            return Outcome(texts.BUSY)
        run = await tx.runs.open(thread.id)
        await tx.threads.begin_session(thread.id)
        await tx.audit.add(command.person_id, "new", thread.name)
        if run is not None:  # it holds the old session
            await tx.runs.ask_stop(thread.id, run.number, "killed")

        async def end() -> None:
            link = self._registry.link(thread.id)
            if run is not None and link is not None and link.run == run.number:
                await link.shutdown("a new session begins", _GRACE)
            self._wake.thread(thread.id)

        return Outcome(texts.NEW_SESSION, [end])


def whoami_text(command: Command, *, admin: bool) -> str:
    """Tell a person who they are to this bot."""
    facts: list[Any] = [f"Your id is {command.person_id}."]
    if command.address.chat_id != command.person_id:
        facts.append(f"This chat's id is {command.address.chat_id}.")
    if command.address.topic_id is not None:
        facts.append(f"This topic's id is {command.address.topic_id}.")
    facts.append("You are an administrator of this bot." if admin else "You may use this bot.")
    return " ".join(facts)
