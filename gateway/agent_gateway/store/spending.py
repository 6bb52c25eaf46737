"""What may be spent, what is reserved for model calls under way, and what was spent."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from agent_gateway.errors import LeadershipLost
from agent_gateway.models.meter import Reservation, Spent
from agent_gateway.store.session import Room

MOST_LOST: Final = 100
"""Reservations of gateways before us that are settled at once."""


class Scope(StrEnum):
    """Whose spending a budget bounds. Turns and threads have one for their whole lives, the others one for each day."""

    TURN = "turn"
    THREAD = "thread"
    PERSON = "person"
    CLASS = "class"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Amount:
    """Micro-dollars and tokens; None sets no limit in that."""

    money: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What a subject spent, and what it may spend.

    Attributes:
        scope: What kind of subject.
        subject: Its id, or a class's name.
        day: Which day; 1970-01-01 of what has one account for its whole life.
        spent: So far.
        most: What it may spend, with what people added.
        limit: What it may spend without that.
    """

    scope: Scope
    subject: str
    day: date
    spent: Amount
    most: Amount
    limit: Amount


@dataclass(frozen=True, slots=True)
class Spending:
    """What was spent, as it is shown.

    Attributes:
        money: Micro-dollars.
        tokens: Input and output.
        estimated: Some of it is an estimate.
        unpriced: Tokens of models without a price.
        calls: Model calls.
    """

    money: int
    tokens: int
    estimated: bool
    unpriced: int
    calls: int


@dataclass(frozen=True, slots=True)
class Usage:
    """An account that a call is paid from.

    Attributes:
        account: Whose, with its limit.
        class_name: The class whose limit it is.
        spending: What was spent.
        refused: A call was refused by it, and its limit is not higher since.
    """

    account: Account
    class_name: str
    spending: Spending
    refused: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a reservation.

    Attributes:
        kind: reserved, spent, busy or unpriced.
        account: The account that does not bear the call; None where all do.
        near: The accounts near their limit about which nobody was asked.
    """

    kind: str
    account: Account | None
    near: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is to be reserved.

    Attributes:
        reservation: The call, and the output tokens that are reserved.
        key: The reservation's id.
        input: Tokens of the prompt, estimated.
        cost: Micro-dollars at most; None of a model without a price.
        least_cost: Micro-dollars of a call that answers next to nothing.
        least_tokens: Tokens of such a call.
    """

    reservation: Reservation
    key: UUID
    input: int
    cost: int | None
    least_cost: int | None
    least_tokens: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A reservation whose gateway is gone."""

    key: UUID
    model: str
    input: int
    output: int
    money: int | None


@dataclass(frozen=True, slots=True)
class Untold:
    """What a thread spent, as its AgentThread is to say it.

    Attributes:
        subject: The thread's id, as in its account.
        name: Of the AgentThread; None of a sub-agent, which has none.
        spending: In its whole life.
    """

    subject: str
    name: str | None
    spending: Spending


class SpendingQueries(Room):
    """Reservations and accounts. The two that a model call waits for take one round trip each."""

    async def reserve(self, epoch: int, ask: Ask, zone: str) -> Outcome:
        """Reserve what a call may use, from all of its accounts or from none. Asked again with one key, it does nothing.

        Raises:
            LeadershipLost: another gateway leads.
        """
        call = ask.reservation.call
        raw = await self._session.value(
            "reserve_call", self._bot_id, epoch, ask.key, call.thread_id, call.run, call.turn_id, zone, call.provider,
            call.model, ask.input, ask.reservation.max_output, ask.cost, ask.least_cost, ask.least_tokens,
        )  # fmt: skip
        found = json.loads(raw)
        if found["outcome"] == "lost":
            raise LeadershipLost("another gateway leads")
        account = found.get("account")
        return Outcome(
            found["outcome"],
            _build(account) if account is not None else None,
            tuple(_build(one) for one in found.get("near", ())),
        )

    async def settle(self, epoch: int, key: UUID, spent: Spent, cost: int) -> str | None:
        """Record what a call used; return the class of its thread, None where it was settled before.

        Raises:
            LeadershipLost: another gateway leads.
        """
        found: str | None = await self._session.value(
            "settle_call", self._bot_id, epoch, key, spent.model, spent.input, spent.output, spent.cached, spent.written,
            cost, spent.estimated, spent.status, spent.milliseconds,
        )  # fmt: skip
        if found == "lost":
            raise LeadershipLost("another gateway leads")
        return found

    async def newest_turn(self, thread_id: int) -> tuple[int, int] | None:
        """Return id and run of the last turn of a conversation that an agent had."""
        row = await self._session.row("newest_turn", thread_id)
        return None if row is None else (row["id"], row["run"])

    async def spent_in_all(self, scope: Scope, subject: str) -> Spending:
        """Return what a turn or a thread spent in its whole life."""
        return _build_spending(await self._session.row("spent_in_all", self._bot_id, scope.value, subject))

    async def spent_by(self, scope: Scope, subject: str, zone: str, days: int) -> Spending:
        """Return what a subject spent in so many days, today included."""
        row = await self._session.row("spent_by", self._bot_id, scope.value, subject, zone, days)
        return _build_spending(row)

    async def spent_most(self, scope: Scope, zone: str, most: int) -> list[tuple[str, Spending]]:
        """Return who of a scope spent most today."""
        rows = await self._session.rows("spent_most", self._bot_id, scope.value, zone, most)
        return [(row["subject"], _build_spending(row)) for row in rows]

    async def spent_turns(self, thread_id: int, most: int) -> list[tuple[str, Spending]]:
        """Return what the last turns of a conversation spent, newest first."""
        rows = await self._session.rows("spent_turns", self._bot_id, thread_id, most)
        return [(row["subject"], _build_spending(row)) for row in rows]

    async def untold(self, most: int) -> list[Untold]:
        """Return what threads spent without a running turn whose AgentThreads do not say it."""
        rows = await self._session.rows("untold_spending", self._bot_id, most)
        return [Untold(row["subject"], row["name"], _build_spending(row)) for row in rows]

    async def mark_told(self, told: Untold) -> None:
        """Record that an AgentThread says what its thread spent."""
        await self._session.execute("mark_told", self._bot_id, told.subject, told.spending.calls)

    async def lost(self, epoch: int, known: Collection[UUID]) -> list[Lost]:
        """Return reservations of gateways before this one, and old ones that are not known here."""
        rows = await self._session.rows("lost_reservations", self._bot_id, epoch, list(known), MOST_LOST)
        return [Lost(row["id"], row["model"], row["input"], row["output"], row["money"]) for row in rows]


def _build_spending(row: Any) -> Spending:
    return Spending(row["money"], row["tokens"], row["estimated"], row["unpriced"], row["calls"])


def _build(raw: dict[str, Any]) -> Account:
    return Account(
        Scope(raw["scope"]),
        raw["subject"],
        date.fromisoformat(raw["day"]),
        Amount(raw["money"], raw["tokens"]),
        Amount(raw["most_money"], raw["most_tokens"]),
        Amount(raw["max_money"], raw["max_tokens"]),
    )
