"""Conversations and sub-agents that spend, as rows; and what the accounts say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agent_gateway.models.ledger import Ledger
from agent_gateway.models.meter import ModelCall, Reservation, Spent
from agent_gateway.models.prices import PriceList, build_prices
from agent_gateway.store.budgets import Limit
from agent_gateway.store.rows import Address
from agent_gateway.store.spending import Amount, Scope
from tests.conftest import BOT_ID

PROVIDER, MODEL = "zai", "priced"
PRICES = PriceList({(PROVIDER, MODEL): build_prices({"input": 1, "output": 2})})
"""One micro-dollar for a token of input, two for one of output."""
ZONE = "UTC"


@dataclass(frozen=True, slots=True)
class Payer:
    """A thread with a running turn."""

    thread: int
    turn: int
    run: int = 1

    def call(self, size: int = 300, output: int = 100, model: str = MODEL) -> ModelCall:
        return ModelCall(self.thread, self.run, self.turn, PROVIDER, model, size, output)


def build_ledger(store: Any, **more: Any) -> Ledger:
    return Ledger(store, PRICES, ZONE, **more)


async def add_conversation(store: Any, chat: int = 42, person: int = 7, class_name: str = "default") -> Payer:
    async with store.transaction() as tx:
        thread = await tx.threads.get_or_create(Address(BOT_ID, chat), f"tg-{chat}", "title")
    await store.runs.want(thread.id, 1, "uid", class_name)
    return await add_turn(store, thread.id, person)


async def add_turn(store: Any, thread_id: int, person: int = 7) -> Payer:
    async with store.transaction() as tx:
        turn = await tx.turns.add(thread_id, None, 7, person, "hello")
    await store.pool.execute("UPDATE turns SET state = 'started', run = 1 WHERE id = $1", turn.id)
    return Payer(thread_id, turn.id)


async def add_child(store: Any, parent: Payer, number: int, class_name: str = "default") -> Payer:
    """A sub-agent that a turn asked for; its own turn is one of its own thread."""
    name = f"tg-{parent.thread}-r1-k{number}"
    child = await store.pool.fetchval(
        "INSERT INTO threads (bot_id, chat_id, name, title, kind) VALUES ($1, 42, $2, 't', 'subagent') RETURNING id",
        BOT_ID, name,
    )  # fmt: skip
    await store.pool.execute(
        "INSERT INTO subagents (thread_id, parent_id, parent_run, call_id, number, turn_id, task, class_name, timeout, "
        "workspace, depth) VALUES ($1, $2, $3, $4, $5, $6, 't', $7, 600, 'Empty', 1)",
        child, parent.thread, parent.run, name, number, parent.turn, class_name,
    )  # fmt: skip
    turn = await store.pool.fetchval(
        "INSERT INTO turns (thread_id, text, state) VALUES ($1, 't', 'started') RETURNING id", child
    )
    return Payer(child, turn)


async def set_budget(
    store: Any, scope: str, money: int | None = None, tokens: int | None = None, subject: object = "", source: str = "chat",
    class_name: str = "",
) -> None:  # fmt: skip
    await store.budgets.put(Limit(Scope(scope), source, class_name, str(subject), Amount(money, tokens)))


def used(prompt: int = 100, output: int = 50, *, status: int = 200, estimated: bool = False) -> Spent:
    return Spent(prompt, output, 0, 0, status, 9, MODEL, estimated=estimated)


async def spend(ledger, payer, prompt=100, output=50, most=100, **more):
    """Make a whole call; return the refusal, or None."""
    reserved = await ledger.reserve(payer.call(output=most, **more))
    if not isinstance(reserved, Reservation):
        return reserved
    await ledger.settle(reserved, used(prompt, output))
    return None


async def account(store, scope, subject=""):
    row = await store.pool.fetchrow("SELECT * FROM accounts WHERE scope = $1 AND subject = $2", scope, str(subject))
    return None if row is None else dict(row)


async def reserved(store):
    """What is reserved in all accounts."""
    row = await store.pool.fetchrow("SELECT sum(reserved_money) AS money, sum(reserved_tokens) AS tokens FROM accounts")
    return int(row["money"] or 0), int(row["tokens"] or 0)
