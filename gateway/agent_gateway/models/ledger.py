"""The meter: what a model call may use is reserved from every budget that it belongs to, and settled after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID, uuid4

from agent_gateway.errors import LeadershipLost
from agent_gateway.metrics import LIMITS
from agent_gateway.models.estimate import estimate_tokens
from agent_gateway.models.meter import MAX_OUTPUT, ModelCall, Refused, Reservation, Spent
from agent_gateway.models.metrics import count_spent
from agent_gateway.models.prices import PriceList, Prices
from agent_gateway.models.refusals import build_busy, build_spent, build_unpriced
from agent_gateway.store import Store
from agent_gateway.store.errors import Away
from agent_gateway.store.spending import Account, Ask, Lost, Outcome

LEAST_OUTPUT: Final = 256
"""Tokens of output that must fit into a budget beside the prompt, so that a call is worth its money."""
WAIT_SECONDS: Final = 20.0
"""How long a call waits for others to give back what they reserved."""
AT_ONCE: Final = 4
"""Calls that ask the database at the same time: they wait for each other there, and others need its connections."""
KEEP_SECONDS: Final = 1.0
LOST_STATUS: Final = 499
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Due:
    """A settlement that the database has not taken yet."""

    reservation: Reservation
    spent: Spent


@dataclass(slots=True)
class _Open:
    """What this process reserved and has not settled."""

    prices: dict[UUID, Prices | None] = field(default_factory=dict)
    due: dict[UUID, _Due] = field(default_factory=dict)


class Ledger:
    """Keeps the budgets of one gateway.

    Args:
        store: Where the accounts are.
        prices: What models cost.
        zone: Time zone in which a day ends.
        near: Told of accounts near their limit, with the call that found them so.
        wait: Seconds that a call waits for others to give back what they reserved.
    """

    def __init__(
        self,
        store: Store,
        prices: PriceList,
        zone: str,
        near: Callable[[ModelCall, tuple[Account, ...]], None] = lambda _call, _near: None,
        *,
        wait: float = WAIT_SECONDS,
    ) -> None:
        self._store = store
        self._prices = prices
        self._zone = zone
        self._near = near
        self._wait = wait
        self._open = _Open()
        self._freed = asyncio.Condition()
        self._asking = asyncio.Semaphore(AT_ONCE)

    async def reserve(self, call: ModelCall) -> Reservation | Refused:
        """Reserve what a call may use at most; wait where only calls under way stand before it.

        Raises:
            Away: the database does not answer: nothing may go out.
            LeadershipLost: another gateway leads.
        """
        prices = self._prices.find(call.provider, call.model)
        reservation = Reservation(uuid4(), call, call.max_output or MAX_OUTPUT)
        ask = _build_ask(reservation, prices)
        deadline = asyncio.get_running_loop().time() + self._wait
        while True:
            outcome = await self._ask(ask, prices)
            if outcome.kind != "busy" or not await self._until_freed(deadline):
                break
        if outcome.near:
            self._near(call, outcome.near)
        if outcome.kind == "reserved":
            return reservation
        refused = _refuse(outcome, call)
        LIMITS.labels(refused.limit).inc()
        return refused

    async def settle(self, reservation: Reservation, spent: Spent) -> None:
        """Give back what was reserved and record what was used; where the database does not answer, as soon as it does."""
        self._open.due[reservation.id] = _Due(reservation, spent)
        try:
            await self._settle(reservation.id)
        except (Away, LeadershipLost) as error:
            _log.warning("settlement_waits", extra={"error": type(error).__name__, "waiting": len(self._open.due)})

    async def run(self) -> None:
        """Settle for ever what is due: of this gateway as told, of those before it as estimates.

        Raises:
            LeadershipLost: another gateway leads.
        """
        while True:
            try:
                await self.look()
            except Away:
                _log.debug("settlements_wait")
            await asyncio.sleep(KEEP_SECONDS)

    async def look(self) -> None:
        """Settle what is due.

        Raises:
            Away: the database does not answer.
            LeadershipLost: another gateway leads.
        """
        for key in list(self._open.due):
            await self._settle(key)
        for lost in await self._store.spending.lost(self._epoch(), self._open.prices):
            if lost.key not in self._open.prices:
                await self._settle_lost(lost)

    async def _ask(self, ask: Ask, prices: Prices | None) -> Outcome:
        """Reserve; what nobody knows to be reserved is given back."""
        self._open.prices[ask.key] = prices
        try:
            async with self._asking:
                outcome = await self._store.spending.reserve(self._epoch(), ask, self._zone)
        except BaseException:  # it may be reserved; the call is not made
            self._open.due[ask.key] = _Due(ask.reservation, Spent(0, 0, 0, 0, LOST_STATUS, 0))
            raise
        if outcome.kind != "reserved":
            self._open.prices.pop(ask.key, None)
        return outcome

    async def _settle(self, key: UUID) -> None:
        due = self._open.due.get(key)
        if due is None:
            return
        spent, call, prices = due.spent, due.reservation.call, self._open.prices.get(key)
        cost = prices.cost(spent.input, spent.output, spent.cached, spent.written) if prices is not None else 0
        async with self._asking:
            class_name = await self._store.spending.settle(self._epoch(), key, spent, cost)
        self._open.due.pop(key, None)
        self._open.prices.pop(key, None)
        if class_name is not None:
            priced = call.model if prices is not None else ""
            tokens = spent.input + spent.output
            count_spent(call.provider, priced, class_name, cost, tokens, estimated=spent.estimated)
        async with self._freed:
            self._freed.notify_all()

    async def _settle_lost(self, lost: Lost) -> None:
        """Take all that was reserved for used: more it cannot be."""
        spent = Spent(lost.input, lost.output, 0, 0, LOST_STATUS, 0, lost.model, estimated=True)
        await self._store.spending.settle(self._epoch(), lost.key, spent, lost.money or 0)
        _log.info("reservation_of_the_lost", extra={"tokens": lost.input + lost.output})

    async def _until_freed(self, deadline: float) -> bool:
        """Wait until a call gave something back; False when the time is over."""
        async with self._freed:
            try:
                async with asyncio.timeout_at(deadline):
                    await self._freed.wait()
            except TimeoutError:
                return False
        return True

    def _epoch(self) -> int:
        if self._store.fence is None:
            raise LeadershipLost("this gateway does not lead")
        return self._store.fence.epoch


def _build_ask(reservation: Reservation, prices: Prices | None) -> Ask:
    call, output = reservation.call, reservation.max_output
    tokens = estimate_tokens(call.input_bytes)
    least = min(output, LEAST_OUTPUT)
    return Ask(
        reservation,
        reservation.id,
        tokens,
        prices.most(tokens, output) if prices is not None else None,
        prices.most(tokens, least) if prices is not None else None,
        tokens + least,
    )


def _refuse(outcome: Outcome, call: ModelCall) -> Refused:
    if outcome.account is None:
        raise RuntimeError(f"a call was refused by no account: {outcome.kind}")
    match outcome.kind:
        case "spent":
            return build_spent(outcome.account)
        case "unpriced":
            return build_unpriced(outcome.account, call)
        case _:
            return build_busy(outcome.account)
