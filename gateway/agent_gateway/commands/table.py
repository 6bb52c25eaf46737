"""What the commands do. Each answers through the outbox, in the transaction that ends its update."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from agent_gateway.commands.again import AgainButtons
from agent_gateway.commands.cleanup import Cleanup
from agent_gateway.commands.confirm import Questions
from agent_gateway.commands.export import Export
from agent_gateway.commands.forget import Forget
from agent_gateway.commands.settings import SettingCommands
from agent_gateway.commands.status import StatusCommands
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.stopbutton import StopButton
from agent_gateway.commands.subagents import SubAgentCommands
from agent_gateway.commands.turns import Outcome, TurnCommands, whoami_text
from agent_gateway.conversations.closing import Closer, close_views
from agent_gateway.runners.registry import Registry
from agent_gateway.store import Store
from agent_gateway.store.rows import Button
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Pressed, Prompt
from agent_gateway.wake import Wake
from agent_gateway.wording import commands as texts

_log = logging.getLogger(__name__)
_KILL_GRACE = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says, and what is to be done once that is committed."""

    text: str
    then: list[Callable[[], Awaitable[None] | None]] = field(default_factory=list)
    buttons: tuple[Button, ...] = ()


class Pressable(Protocol):
    """Buttons of one kind."""

    async def press(self, tx: Transaction, pressed: Pressed) -> Outcome | None:
        """Carry out a pressed button; None for one of another kind."""


class Commands:
    """The commands of the chat."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        views: Closer,
        wake: Wake,
        *,
        is_admin: Callable[[int], bool],
        subagents: SubAgentCommands,
        turns: TurnCommands,
        stop_button: StopButton,
        steering: Steering,
        again: AgainButtons,
        state: StatusCommands,
        settings: SettingCommands,
        fill_menu: Callable[[int], Awaitable[object]],
    ) -> None:
        self._store = store
        self._registry = registry
        self._views = views
        self._wake = wake
        self._is_admin = is_admin
        self._subagents = subagents
        self._turns = turns
        self._steering = steering
        self._state = state
        self._settings = settings
        self._fill_menu = fill_menu
        self._questions = Questions(store, wake, is_admin=is_admin)
        self._cleanup = Cleanup(store, registry, wake, self._questions, is_admin=is_admin)
        self._export = Export(store)
        self._forget = Forget(store, registry, wake, self._questions)
        self._questions.actions = {"cleanup": self._cleanup, "forget": self._forget}
        self._buttons: tuple[Pressable, ...] = (stop_button, again, self._questions, settings, state)

    async def answer(self, tx: Transaction, update_id: int, command: Command) -> Answer | Prompt | None:
        """Carry out a command; None for one of a group that may be meant for another bot.

        A command whose words are to be asked like any message gives a Prompt.
        """
        admin = self._is_admin(command.person_id)
        match command.name:
            case "steer":
                steered = await self._steering.command(tx, update_id, command)
                return steered if isinstance(steered, Prompt) else _answer(steered)
            case "start":
                return self._start(command, admin=admin)
            case "help":
                return Answer(texts.help_text(admin=admin))
            case "status":
                return Answer(await self._state.status(command))
            case "threads":
                return _answer(await self._state.threads(command))
            case "stop":
                return _answer(await self._turns.stop(tx, command))
            case "retry":
                return _answer(await self._turns.retry(tx, command))
            case "new":
                return _answer(await self._turns.new(tx, command))
            case "whoami":
                return Answer(whoami_text(command, admin=admin))
            case "cleanup":
                return _answer(await self._cleanup.ask(tx, command))
            case "export":
                return _answer(await self._export.export(tx, update_id, command))
            case "forget":
                return _answer(await self._forget.ask(tx, command))
            case "model":
                return _answer(await self._settings.model(tx, command))
            case "verbose":
                return _answer(await self._settings.verbose(tx, command))
            case "kill":
                return await self._kill(tx, command)
            case "spawn":
                terms = await self._subagents.read_terms(command.address)
                return Answer((await self._subagents.spawn(tx, command, terms)).text)
            case "subagents":
                return Answer(await self._subagents.tree(command))
            case "cancel":
                return Answer((await self._subagents.cancel(tx, command)).text)
            case name if command.addressed:
                return Answer(texts.unknown_text(name, admin=admin))
            case _:
                return None

    async def press(self, tx: Transaction, pressed: Pressed) -> Answer:
        """Carry out a pressed button."""
        for button in self._buttons:
            outcome = await button.press(tx, pressed)
            if outcome is not None:
                return _answer(outcome)
        return Answer((await self._subagents.press(tx, pressed, pressed.data)).text)

    def _start(self, command: Command, *, admin: bool) -> Answer:
        """Greet; the first chat with an administrator begins so, and has no menu yet."""
        then: list[Callable[[], Awaitable[None] | None]] = []
        if admin and command.address.chat_id == command.person_id:

            async def fill() -> None:
                await self._fill_menu(command.person_id)

            then.append(fill)
        return Answer(texts.start_text(admin=admin), then)

    async def _kill(self, tx: Transaction, command: Command) -> Answer:
        name = command.args.split()[0] if command.args.split() else ""
        if not name:
            return Answer(texts.KILL_USAGE)
        thread = await tx.threads.by_name(name)
        own = thread is not None and thread.address.chat_id == command.address.chat_id
        if thread is None and await tx.subagents.by_name(name) is not None:
            return Answer((await self._subagents.cancel(tx, command)).text)
        if thread is None or not (own or self._is_admin(command.person_id)):
            # whether another chat's thread exists is nobody's business
            return Answer(texts.kill_unknown_text(name))
        cancelled = await tx.turns.cancel_queued(thread.id)
        below = await tx.subagents.cancel_children(thread.id, "parent")
        await tx.audit.add(command.person_id, "kill", name)
        run = await tx.runs.open(thread.id)
        if run is None and not cancelled and not below:
            return Answer(texts.kill_idle_text(name))
        number = run.number if run else None
        if number is not None:
            await tx.runs.ask_stop(thread.id, number, "killed")
        _log.info("kill", extra={"agent_thread": name, "run": number, "cancelled": len(cancelled)})

        async def end() -> None:
            await close_views(self._store, self._views, self._wake, thread, cancelled)
            if number is None:
                return
            link = self._registry.link(thread.id)
            if link is not None and link.run == number:
                await link.shutdown("killed", _KILL_GRACE)
            self._wake.thread(thread.id)  # the stop is recorded: it is carried out there, however often that takes

        return Answer(_kill_text(name, len(cancelled)), [end])


def _answer(outcome: Outcome) -> Answer:
    return Answer(outcome.text, outcome.then, outcome.buttons)


def _kill_text(name: str, cancelled: int) -> str:
    done = texts.kill_done_text(name)
    if not cancelled:
        return done
    return f"{done}\n{cancelled} waiting {'message was' if cancelled == 1 else 'messages were'} cancelled."
