"""What the chat says of budgets and of what was used; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agent_gateway.models.refusals import SpentBudget, describe_use, format_money, shorten_tokens
from agent_gateway.store.spending import Account, Amount, Scope, Spending, Usage
from agent_gateway.wording import keys
from agent_gateway.wording.decisions import escape

_NEAR: Final[dict[Scope, Callable[..., str]]] = {
    Scope.TURN: keys.budget_near_turn,
    Scope.THREAD: keys.budget_near_thread,
    Scope.PERSON: keys.budget_near_person,
    Scope.CLASS: keys.budget_near_class,
    Scope.DAY: keys.budget_near_day,
}
_NAMED: Final = frozenset({Scope.PERSON, Scope.CLASS})
_SPENT: Final[dict[Scope, Callable[..., str]]] = {
    Scope.TURN: keys.budget_spent_turn,
    Scope.THREAD: keys.budget_spent_thread,
    Scope.PERSON: keys.budget_spent_person,
    Scope.CLASS: keys.budget_spent_class,
    Scope.DAY: keys.budget_spent_day,
}
_ANY: Final[dict[Scope, Callable[[str], str]]] = {
    Scope.TURN: keys.budget_turn,
    Scope.THREAD: keys.budget_thread_any,
    Scope.PERSON: keys.budget_person,
    Scope.CLASS: keys.budget_class_any,
    Scope.DAY: keys.budget_day_any,
}
_TOKENS: Final = re.compile(r"([0-9.]{1,20}[kM]?) tokens")


def build_question(language: str, account: Account, title: str) -> tuple[str, tuple[str, str]]:
    """Return the question near a limit, in Markdown, and the words of its two buttons; `title`: of a chat elsewhere."""
    used, most = (localize(language, words) for words in describe_use(account))
    facts = {"used": used, "limit": most}
    if account.scope in _NAMED:
        facts["subject"] = escape(account.subject)
    text = _NEAR[account.scope](language, **facts)
    if title:
        text = f"{text}\n{keys.budget_near_where(language, title=escape(title))}"
    more = localize(
        language, describe_use(Account(account.scope, "", account.day, account.spent, account.limit, account.limit))[1]
    )
    return text, (keys.budget_go_on(language, more=more), keys.budget_stop_there(language, limit=most))


def spent_text(language: str, spent: SpentBudget, *, admin: bool) -> str:
    """Say that a budget is used up, and what helps."""
    facts = {"used": localize(language, spent.used), "limit": localize(language, spent.limit)}
    words = _SPENT[spent.scope](language, **facts)
    return f"{words}\n{keys.budget_spent_admin(language)}" if admin and spent.scope is not Scope.TURN else words


def unpriced_text(language: str, *, admin: bool) -> str:
    """Say that a budget in money cannot be kept, as the model has no price."""
    words = keys.budget_unpriced(language)
    return f"{words}\n{keys.budget_unpriced_admin(language)}" if admin else words


def still_spent_text(language: str, account: Account) -> str:
    """Say that a budget is used up as before."""
    used, limit = (localize(language, words) for words in describe_use(account))
    return keys.budget_still_spent(language, used=used, limit=limit)


def limit_text(language: str, amount: Amount) -> str:
    """Return a limit: dollars, tokens, both or none."""
    money = format_money(amount.money) if amount.money is not None else ""
    tokens = tokens_text(language, amount.tokens) if amount.tokens is not None else ""
    if money and tokens:
        return keys.budget_both(language, money=money, tokens=tokens)
    return money or tokens or keys.budget_none(language)


def tokens_text(language: str, tokens: int) -> str:
    """Return a number of tokens, short."""
    return keys.amount_tokens(language, number=shorten_tokens(tokens))


def localize(language: str, amount: str) -> str:
    """Return an amount, as an error or an account says it, in a person's language."""
    found = _TOKENS.fullmatch(amount)
    return amount if found is None else keys.amount_tokens(language, number=found[1])


@dataclass(frozen=True, slots=True)
class Line:
    """What something spent, with its name."""

    name: str
    spending: Spending


def any_name(language: str, scope: Scope) -> str:
    """Name what a limit bounds that holds for everyone."""
    return _ANY[scope](language)


def class_name(language: str, name: str) -> str:
    """Name a class's day."""
    return keys.budget_class(language, name=name)


def usage_line(language: str, used: Usage) -> str:
    """Say of an account what was spent and what may be: one line, or two on a phone."""
    account = used.account
    name = {
        Scope.TURN: keys.budget_turn(language),
        Scope.THREAD: keys.budget_thread(language),
        Scope.PERSON: keys.budget_person_now(language),
        Scope.CLASS: class_name(language, account.subject),
        Scope.DAY: keys.budget_day(language),
    }[account.scope]
    if account.most.money is None and account.most.tokens is None:
        return f"{name}: {keys.budget_none(language)}"
    spent, most = (localize(language, words) for words in describe_use(account))
    return f"{name}: {keys.budget_of(language, used=spent, limit=most)}"


def usage_text(language: str, title: str, lines: Sequence[Line]) -> str:
    """List what was spent: money and tokens, estimates marked."""
    shown = [line for line in lines if line.spending.calls]
    if not shown:
        return f"{title}\n{keys.usage_none(language)}"
    told = [f"{line.name}: {_value(language, line.spending)}" for line in shown]
    if any(line.spending.estimated for line in shown):
        told.append(keys.usage_estimated(language))
    unpriced = max(line.spending.unpriced for line in shown)
    if unpriced:
        told.append(keys.usage_unpriced(language, tokens=tokens_text(language, unpriced)))
    return "\n".join([title, *told])


def _value(language: str, spending: Spending) -> str:
    mark = "~" if spending.estimated else ""
    money, tokens = format_money(spending.money), tokens_text(language, spending.tokens)
    return f"{mark}{keys.usage_value(language, money=money, tokens=tokens)}"
