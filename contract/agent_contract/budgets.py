"""What may be spent: budgets of a class, in money or tokens."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from agent_contract.base import Wire

Money = Annotated[str, Field(pattern=r"^[0-9]{1,9}([.][0-9]{1,6})?$", max_length=16)]
MICRO = 1_000_000


class Budget(Wire):
    """A limit in money, in tokens or in both, of which the first that is reached counts."""

    money: Money | None = None
    """US dollars, such as "2.50"; absent means no limit in money."""
    tokens: Annotated[int, Field(ge=0, le=10**15)] | None = None
    """Tokens, those read and those written; absent means no limit in tokens."""

    @property
    def micro(self) -> int | None:
        """Return the money in micro-dollars."""
        return None if self.money is None else int(Decimal(self.money) * MICRO)


class Budgets(Wire):
    """What agents of this class may spend on models. Sub-agents spend from their parents' budgets too."""

    turn: Budget = Budget()
    """One answer, with the sub-agents that it starts."""
    thread: Budget = Budget()
    """One conversation, or one sub-agent, in its whole life."""
    person: Budget = Budget()
    """What one person may ask for in a day."""
    day: Budget = Budget()
    """All agents of this class together in a day."""
