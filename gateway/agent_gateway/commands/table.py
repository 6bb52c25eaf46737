"""What the commands do. Each answers through the outbox, in the transaction that ends its update."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from agent_gateway.commands.cleanup import Cleanup
from agent_gateway.commands.export import Export
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.forget import Forget
from agent_gateway.commands.outcome import Outcome
from agent_gateway.commands.settings import SettingCommands
from agent_gateway.commands.status import StatusCommands
from agent_gateway.commands.steering import Steering
from agent_gateway.commands.subagents import SubAgentCommands
from agent_gateway.commands.turns import TurnCommands, whoami_text
from agent_gateway.effects import CloseViews, FillMenu, ShutDownRun, WakeThread
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.updates import Command, Pressed, Prompt
from agent_gateway.wording import commands as texts
from agent_gateway.wording.subagents import OLD_BUTTON

_log = logging.getLogger(__name__)
ASKS_CLUSTER = frozenset({"status", "model", "spawn"})
"""Commands whose answer depends on what the cluster says."""


class Pressable(Protocol):
    """Buttons of one kind."""

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Carry out a pressed button; None for one of another kind."""


class Commands:
    """The commands of the chat.

    Args:
        is_admin: Who may end anyone's thread.
        turns: `/stop`, `/retry`, `/new`.
        steering: `/steer`.
        subagents: `/spawn`, `/subagents`, `/cancel`.
        state: `/status`, `/threads`.
        settings: `/model`, `/verbose`.
        cleanup: `/cleanup`.
        export: `/export`.
        forget: `/forget`.
        buttons: Every kind of button.
    """

    def __init__(
        self,
        *,
        is_admin: Callable[[int], bool],
        turns: TurnCommands,
        steering: Steering,
        subagents: SubAgentCommands,
        state: StatusCommands,
        settings: SettingCommands,
        cleanup: Cleanup,
        export: Export,
        forget: Forget,
        buttons: Sequence[Pressable],
    ) -> None:
        self._is_admin = is_admin
        self._turns = turns
        self._steering = steering
        self._subagents = subagents
        self._state = state
        self._settings = settings
        self._cleanup = cleanup
        self._export = export
        self._forget = forget
        self._buttons = tuple(buttons)

    async def answer(
        self, tx: Transaction, update_id: int, command: Command, facts: Facts
    ) -> Outcome | Prompt | None:  # fmt: skip
        """Carry out a command; None for one of a group that may be meant for another bot.

        A command whose words are to be asked like any message gives a Prompt.
        """
        match command.name:
            case "steer":
                return await self._steering.command(tx, update_id, command)
            case "stop":
                return await self._turns.stop(tx, command)
            case "retry":
                return await self._turns.retry(tx, command)
            case "new":
                return await self._turns.new(tx, command)
            case "cleanup":
                return await self._cleanup.ask(tx, command)
            case "export":
                return await self._export.ask(tx, update_id, command)
            case "forget":
                return await self._forget.ask(tx, command)
            case "model":
                return await self._settings.model(tx, command, facts)
            case "verbose":
                return await self._settings.verbose(tx, command)
            case "kill":
                return await self._kill(tx, command)
            case "spawn":
                return await self._subagents.spawn(tx, command, facts)
            case "cancel":
                return await self._subagents.cancel(tx, command)
            case _:
                return await self._tell(tx, command, facts)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome:
        """Carry out a pressed button."""
        for button in self._buttons:
            outcome = await button.press(tx, pressed, facts)
            if outcome is not None:
                return outcome
        return Outcome(OLD_BUTTON)

    async def _tell(self, tx: Transaction, command: Command, facts: Facts) -> Outcome | None:
        """Answer what changes nothing."""
        admin = self._is_admin(command.person_id)
        match command.name:
            case "start":
                if admin and command.address.chat_id == command.person_id:
                    tx.after(FillMenu(command.person_id))  # the first chat with an administrator has no menu yet
                return Outcome(texts.start_text(admin=admin))
            case "help":
                return Outcome(texts.help_text(admin=admin))
            case "whoami":
                return Outcome(whoami_text(command, admin=admin))
            case "status":
                return await self._state.status(tx, command, facts)
            case "threads":
                return await self._state.threads(tx, command)
            case "subagents":
                return await self._subagents.tree(tx, command)
            case name if command.addressed:
                return Outcome(texts.unknown_text(name, admin=admin))
            case _:
                return None

    async def _kill(self, tx: Transaction, command: Command) -> Outcome:
        name = command.args.split()[0] if command.args.split() else ""
        if not name:
            return Outcome(texts.KILL_USAGE)
        thread = await tx.threads.by_name(name)
        own = thread is not None and thread.address.chat_id == command.address.chat_id
        if thread is None and await tx.subagents.by_name(name) is not None:
            return await self._subagents.cancel(tx, command)
        if thread is None or not (own or self._is_admin(command.person_id)):
            # whether another chat's thread exists is nobody's business
            return Outcome(texts.kill_unknown_text(name))
        cancelled = await tx.turns.cancel_queued(thread.id)
        below = await tx.subagents.cancel_children(thread.id, "parent")
        await tx.audit.add(command.person_id, "kill", name)
        run = await tx.runs.open(thread.id)
        if run is None and not cancelled and not below:
            return Outcome(texts.kill_idle_text(name))
        tx.after(CloseViews(tuple(cancelled)))
        if run is not None:
            await tx.runs.ask_stop(thread.id, run.number, "killed")
            tx.after(ShutDownRun(thread.id, run.number, "killed"))
        tx.after(WakeThread(thread.id))
        number = run.number if run is not None else None
        _log.info("kill", extra={"agent_thread": name, "run": number, "cancelled": len(cancelled)})
        return Outcome(_kill_text(name, len(cancelled)))


def _kill_text(name: str, cancelled: int) -> str:
    done = texts.kill_done_text(name)
    if not cancelled:
        return done
    return f"{done}\n{cancelled} waiting {'message was' if cancelled == 1 else 'messages were'} cancelled."
