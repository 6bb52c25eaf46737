"""Carries commands out by the table's rows, and pressed buttons. Each answers in the transaction that ends its update."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, take_buttons
from agent_gateway.commands.parts import Parts
from agent_gateway.commands.request import Request
from agent_gateway.commands.table import BY_NAME, find_near
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed, Prompt
from agent_gateway.wording import commands as texts
from agent_gateway.wording import keys


def is_of_class(name: str, facts: Facts) -> bool:
    """Say whether a command stands for a template or a skill of the conversation's class."""
    found = facts.found_class
    return found is not None and any(one.name == name for one in found.spec.commands)


class Pressable(Protocol):
    """Buttons of one kind."""

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:
        """Carry out a pressed button; None for one of another kind."""


class Commands:
    """The commands and buttons of the chat.

    Args:
        parts: Each group of commands.
        buttons: Every kind of button.
        is_admin: Who is an administrator.
        unaddressed: In groups a command is for this bot also where it does not name it.
    """

    def __init__(
        self,
        parts: Parts,
        buttons: Sequence[Pressable],
        *,
        is_admin: Callable[[int], bool],
        unaddressed: bool = False,
    ) -> None:
        self._parts = parts
        self._buttons = tuple(buttons)
        self._is_admin = is_admin
        self._unaddressed = unaddressed

    async def answer(
        self, tx: Transaction, update_id: int, command: Command, facts: Facts
    ) -> Outcome | Prompt | None:  # fmt: skip
        """Carry out a command; None for one of a group that may be meant for another bot.

        A command whose words are to be asked like any message gives a Prompt.
        """
        row = BY_NAME.get(command.name)
        admin = self._is_admin(command.person_id)
        meant = command.addressed or self._unaddressed
        if row is None:
            if command.addressed and command.prompt is not None and is_of_class(command.name, facts):
                return command.prompt
            near = find_near(command.name, admin=admin)
            return Outcome(texts.unknown_text(command.language, command.name, near)) if command.addressed else None
        if row.changes and not meant:
            return None
        if row.admin and not admin:
            return Outcome(keys.access_only_admins(command.language))
        if row.group_admin and command.address.chat_id < 0 and not (admin or facts.group_admin):
            return Outcome(keys.group_admins_only(command.language))
        return await row.handler(self._parts, tx, Request(update_id, command, facts, admin))

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome:
        """Carry out a pressed button."""
        for button in self._buttons:
            outcome = await button.press(tx, pressed, facts)
            if outcome is not None:
                return outcome
        await take_buttons(tx, pressed)
        return Outcome(keys.button_gone(pressed.language))
