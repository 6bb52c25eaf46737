"""What an agent is told of a call that no budget bears, and how the chat reads that again. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent_gateway.models.meter import ModelCall, Refused
from agent_gateway.models.prices import MICRO
from agent_gateway.store.spending import Account, Amount, Scope

PAYMENT_REQUIRED: Final = 402
"""RFC 9110 §15.5.3. pi takes it for an end; 429 it tries again."""
TOO_MANY: Final = 429
BUSY: Final = "budget_busy"
UNPRICED: Final = "budget_without_price"
_SPENT: Final = re.compile(
    r"\((turn|thread|person|class|day)_budget: ([$0-9.kM tokens]{1,40}) of ([$0-9.kM tokens]{1,40})\)"
)
_WHOSE: Final = {
    Scope.TURN: "this answer",
    Scope.THREAD: "this conversation",
    Scope.PERSON: "this person's day",
    Scope.CLASS: "the day of this class of agents",
    Scope.DAY: "the day",
}


@dataclass(frozen=True, slots=True)
class SpentBudget:
    """A budget that is used up, as an error names it: `used` of `limit`, in dollars or tokens."""

    scope: Scope
    used: str
    limit: str


def build_spent(account: Account) -> Refused:
    """Return the refusal of a call that a budget does not bear any more."""
    limit = f"{account.scope}_budget"
    used, most = describe_use(account)
    return Refused(
        limit,
        PAYMENT_REQUIRED,
        f"The budget of {_WHOSE[account.scope]} is used up ({limit}: {used} of {most}). Nothing more can be asked of a "
        "model within it. Do not try again.",
    )


def build_unpriced(account: Account, call: ModelCall) -> Refused:
    """Return the refusal of a call whose price nobody knows, where a budget is in money."""
    return Refused(
        UNPRICED,
        PAYMENT_REQUIRED,
        f"The budget of {_WHOSE[account.scope]} is in money, and {call.model or 'the model'} of {call.provider} has no "
        f"price ({UNPRICED}). An administrator sets its price, or a budget in tokens. Do not try again.",
    )


def build_busy(account: Account) -> Refused:
    """Return the refusal of a call for which a budget has room only when others have ended."""
    return Refused(
        BUSY,
        TOO_MANY,
        f"What is left of the budget of {_WHOSE[account.scope]} is reserved by calls under way ({BUSY}). Try again.",
    )


def read_spent(text: str) -> SpentBudget | None:
    """Return the budget that an error says is used up; None for another error."""
    found = _SPENT.search(text)
    return SpentBudget(Scope(found[1]), found[2], found[3]) if found is not None else None


def describe_use(account: Account) -> tuple[str, str]:
    """Return what was used and what may be, in the unit that is scarcer: `$3.00` and `$5.00`, or tokens."""
    if _is_money(account.spent, account.most):
        return format_money(account.spent.money or 0), format_money(account.most.money or 0)
    return format_tokens(account.spent.tokens or 0), format_tokens(account.most.tokens or 0)


def format_money(micro: int) -> str:
    """Return dollars as people read them: cents, and of less than ten cents two digits more."""
    digits = 4 if 0 < abs(micro) < MICRO // 10 else 2
    return f"${micro / MICRO:.{digits}f}"


def format_tokens(tokens: int) -> str:
    """Return a number of tokens, short, with its unit."""
    return f"{shorten_tokens(tokens)} tokens"


def shorten_tokens(tokens: int) -> str:
    """Return a number, short: `950`, `12.3k`, `4.5M`."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if tokens >= size:
            return f"{tokens / size:.1f}".removesuffix(".0") + unit
    return str(tokens)


def _is_money(spent: Amount, most: Amount) -> bool:
    if most.money is None or most.tokens is None:
        return most.money is not None
    return (spent.money or 0) * max(most.tokens, 1) >= (spent.tokens or 0) * max(most.money, 1)
