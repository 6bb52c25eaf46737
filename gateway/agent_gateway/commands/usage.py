"""`/usage`: what was spent here, by whoever asks, and for administrators in all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.store.chatrows import Button
from agent_gateway.store.rows import Address
from agent_gateway.store.spending import Scope, Spending
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.budgets import Line, class_name, usage_text

MOST: Final = 10
"""Classes, people or answers that are listed."""
WEEK: Final = 7
_DATA: Final = re.compile(r"us:(all|people|turns)")


class UsageCommand:
    """Tells what was spent: of a conversation to everybody in it, of a person to themselves, of all to administrators.

    What concerns others is told in private alone: in a group everybody reads along.

    Args:
        zone: Time zone in which a day ends.
        is_admin: Who is an administrator.
    """

    def __init__(self, zone: str, *, is_admin: Callable[[int], bool]) -> None:
        self._zone = zone
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Tell it."""
        command = request.command
        return await self.build_page(tx, "all", command.address, command.person_id, command.language)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Show another page in place of what stands; None for a button of another kind."""
        found = _DATA.fullmatch(pressed.data)
        if found is None:
            return None
        shown = await self.build_page(tx, found[1], pressed.address, pressed.person_id, pressed.language)
        await show_instead(tx, pressed, shown.text, shown.buttons)
        return Outcome("")

    async def build_page(self, tx: Transaction, page: str, address: Address, person_id: int, language: str) -> Outcome:
        """Build one page: `all`, `turns` or `people`."""
        admin = self._is_admin(person_id) and address.chat_id == person_id
        thread = await tx.threads.by_address(address)
        if page == "people" and admin:
            people = await tx.spending.spent_most(Scope.PERSON, self._zone, MOST)
            text = usage_text(language, keys.usage_people(language), [Line(name, one) for name, one in people])
        elif page == "turns" and thread is not None:
            turns = await tx.spending.spent_turns(thread.id, MOST)
            lines = [Line(f"{number}.", one) for number, (_, one) in enumerate(turns, 1)]
            text = usage_text(language, keys.usage_turns(language), lines)
        else:
            lines = await self._own(tx, thread.id if thread is not None else None, person_id, language)
            lines += await self._everyone(tx, language) if admin else []
            text = usage_text(language, keys.usage_title(language), lines)
        return Outcome(text, _build_buttons(language, page, admin=admin))

    async def _own(self, tx: Transaction, thread_id: int | None, person_id: int, language: str) -> list[Line]:
        lines = []
        if thread_id is not None:
            last = await tx.spending.spent_turns(thread_id, 1)
            lines += [Line(keys.usage_last(language), one) for _, one in last]
            whole = await tx.spending.spent_in_all(Scope.THREAD, str(thread_id))
            lines.append(Line(keys.budget_thread(language), whole))
        today, week = await self._by(tx, Scope.PERSON, str(person_id))
        return [*lines, Line(keys.usage_you(language), today), Line(keys.usage_you_week(language), week)]

    async def _everyone(self, tx: Transaction, language: str) -> list[Line]:
        today, week = await self._by(tx, Scope.DAY, "")
        classes = await tx.spending.spent_most(Scope.CLASS, self._zone, MOST)
        listed = [Line(class_name(language, name), one) for name, one in classes]
        return [Line(keys.usage_all(language), today), Line(keys.usage_all_week(language), week), *listed]

    async def _by(self, tx: Transaction, scope: Scope, subject: str) -> tuple[Spending, Spending]:
        today = await tx.spending.spent_by(scope, subject, self._zone, 1)
        return today, await tx.spending.spent_by(scope, subject, self._zone, WEEK)


def _build_buttons(language: str, page: str, *, admin: bool) -> tuple[Button, ...]:
    pages = {"all": keys.usage_title(language), "turns": keys.usage_turns(language)}
    if admin:
        pages["people"] = keys.usage_people(language)
    return tuple(Button(words, f"us:{name}") for name, words in pages.items() if name != page)
