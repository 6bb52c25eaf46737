"""`/budget`: what may be spent here, and how administrators set it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from agent_gateway.commands.amounts import DEFAULT, OFF, Wish, parse_wish
from agent_gateway.commands.confirm import ask
from agent_gateway.commands.facts import Facts
from agent_gateway.commands.outcome import Outcome, show_instead
from agent_gateway.commands.request import Request
from agent_gateway.models.prices import MICRO
from agent_gateway.store.budgets import Limit
from agent_gateway.store.chatrows import Button
from agent_gateway.store.confirms import Confirm
from agent_gateway.store.spending import Amount, Scope, Usage
from agent_gateway.store.transaction import Transaction
from agent_gateway.telegram.inbound.incoming import Command, Pressed
from agent_gateway.wording import keys
from agent_gateway.wording.budgets import any_name, limit_text, usage_line

ACTION: Final = "budget"
SCOPES: Final = tuple(Scope)
CHOICES: Final = (1, 5, 20, 100)
"""Dollars that buttons offer; of an answer a tenth."""
_DATA: Final = re.compile(r"bg:(turn|thread|person|class|day)(?::([0-9]{1,4}|off|default))?")
_CENTS: Final = MICRO // 100


class BudgetCommands:
    """Shows the budgets of a conversation; an administrator sets them, for everyone or for this conversation.

    Args:
        zone: Time zone in which a day ends.
        is_admin: Who is an administrator.
    """

    def __init__(self, zone: str, *, is_admin: Callable[[int], bool]) -> None:
        self._zone = zone
        self._is_admin = is_admin

    async def command(self, tx: Transaction, request: Request) -> Outcome:
        """Show the budgets, or ask whether one is to be set."""
        command, language = request.command, request.command.language
        if not command.args.strip():
            return await self._show(tx, command, admin=request.admin)
        if not request.admin:
            return Outcome(keys.access_only_admins(language))
        wish = parse_wish(command.args)
        if wish is None:
            return Outcome(keys.budget_usage(language))
        thread = await tx.threads.by_address(command.address) if wish.here else None
        if wish.here and thread is None:
            return Outcome(keys.usage_none(language))
        return await _ask(tx, command, wish, thread.id if thread is not None else 0)

    async def press(self, tx: Transaction, pressed: Pressed, facts: Facts) -> Outcome | None:  # noqa: ARG002  # of buttons
        """Offer amounts, or ask whether one is to be set; None for a button of another kind."""
        found = _DATA.fullmatch(pressed.data)
        if found is None:
            return None
        if not self._is_admin(pressed.person_id):
            return Outcome(keys.access_only_admins(pressed.language))
        scope, chosen, language = Scope(found[1]), found[2], pressed.language
        if chosen is None:
            text = keys.budget_choose(language, what=any_name(language, scope))
            await show_instead(tx, pressed, text, _build_choices(language, scope))
            return Outcome("")
        asked = await _ask(tx, pressed, _read_choice(scope, chosen), 0)
        await show_instead(tx, pressed, asked.text, asked.buttons)
        return Outcome("")

    async def do(self, tx: Transaction, confirm: Confirm, pressed: Pressed) -> Outcome:
        """Set the limit that was asked about."""
        language = pressed.language
        if not self._is_admin(pressed.person_id):
            return Outcome(keys.access_only_admins(language))
        (index, thread_id), (money, tokens), (known, _) = confirm.subject
        scope, amount = SCOPES[index], Amount(_decode(money), _decode(tokens))
        limit = Limit(scope, "chat", "", str(thread_id) if thread_id else "", amount)
        if known:
            await tx.budgets.put(limit, pressed.person_id)
        else:
            await tx.budgets.drop(limit)
        what = keys.budget_thread(language) if thread_id else any_name(language, scope)
        words = limit_text(language, amount) if known else keys.budget_default(language)
        await tx.audit.add(pressed.person_id, "set budget", f"{scope}_budget {limit.subject}".strip())
        return Outcome(keys.budget_set(language, what=what, limit=words))

    async def _show(self, tx: Transaction, command: Command, *, admin: bool) -> Outcome:
        language = command.language
        thread = await tx.threads.by_address(command.address)
        newest = await tx.spending.newest_turn(thread.id) if thread is not None else None
        turn_id, run = newest if newest is not None else (None, 0)
        used = await tx.budgets.of_call(thread.id if thread is not None else 0, run, turn_id, self._zone)
        shown = [one for one in used if not _is_another(one, command.person_id)]
        lines = [usage_line(language, one) for one in shown]
        buttons = tuple(Button(any_name(language, scope), f"bg:{scope}") for scope in SCOPES) if admin else ()
        return Outcome("\n".join([keys.budget_title(language), *lines]), buttons)


def _is_another(one: Usage, person_id: int) -> bool:
    """Say whether an account is another person's, which is nobody's business here."""
    return one.account.scope is Scope.PERSON and one.account.subject != str(person_id)


async def _ask(tx: Transaction, asked: Command | Pressed, wish: Wish, thread_id: int) -> Outcome:
    language, amount = asked.language, wish.amount
    what = keys.budget_thread(language) if wish.here else any_name(language, wish.scope)
    known = amount is not None
    limit = limit_text(language, amount) if amount is not None else keys.budget_default(language)
    money, tokens = (amount.money, amount.tokens) if amount is not None else (None, None)
    subject = [(SCOPES.index(wish.scope), thread_id), (_encode(money), _encode(tokens)), (int(known), 0)]
    question = keys.budget_ask(language, what=what, limit=limit)
    return await ask(tx, asked, ACTION, subject, question, keys.budget_ask_do(language))


def _build_choices(language: str, scope: Scope) -> tuple[Button, ...]:
    cents = [dollars * (10 if scope is Scope.TURN else 100) for dollars in CHOICES]
    given = [Button(limit_text(language, Amount(one * _CENTS)), f"bg:{scope}:{one}") for one in cents]
    none = Button(keys.budget_none(language), f"bg:{scope}:{OFF}")
    return (*given, none, Button(keys.budget_default(language), f"bg:{scope}:{DEFAULT}"))


def _read_choice(scope: Scope, chosen: str) -> Wish:
    match chosen:
        case "off":
            return Wish(scope, Amount())
        case "default":
            return Wish(scope, None)
        case _:
            return Wish(scope, Amount(int(chosen) * _CENTS))


def _encode(value: int | None) -> int:
    return -1 if value is None else value


def _decode(value: int) -> int | None:
    return None if value < 0 else value
