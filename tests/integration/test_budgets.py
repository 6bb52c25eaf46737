"""Reservations and accounts on a real Postgres: who pays, what fits, what comes back."""

from __future__ import annotations

import asyncio

import pytest

from agent_gateway.errors import LeadershipLost
from agent_gateway.models.meter import Refused, Reservation
from agent_gateway.store.leadership import take_over
from agent_gateway.store.spending import Scope
from tests.conftest import BOT_ID
from tests.support.spending import (
    ZONE,
    account,
    add_child,
    add_conversation,
    add_turn,
    build_ledger,
    reserved,
    set_budget,
    spend,
    used,
)

pytestmark = pytest.mark.postgres


@pytest.fixture
async def payer(store):
    return await add_conversation(store)


@pytest.fixture
def ledger(store):
    return build_ledger(store, wait=0.2)


async def test_a_call_is_reserved_at_its_most_and_settled_at_what_it_used(store, ledger, payer):
    reservation = await ledger.reserve(payer.call(size=300, output=100))
    assert isinstance(reservation, Reservation)
    assert (await account(store, "turn", payer.turn))["reserved_money"] == 100 + 200
    await ledger.settle(reservation, used(90, 10))
    for scope, subject in (
        ("turn", payer.turn),
        ("thread", payer.thread),
        ("person", 7),
        ("class", "default"),
        ("day", ""),
    ):
        found = await account(store, scope, subject)
        assert (found["money"], found["tokens"], found["calls"]) == (110, 100, 1), scope
        assert (found["reserved_money"], found["reserved_tokens"]) == (0, 0)
    row = await store.pool.fetchrow("SELECT * FROM usage")
    assert (row["money"], row["input"], row["output"], row["estimated"], row["class_name"]) == (
        110,
        90,
        10,
        False,
        "default",
    )


async def test_the_same_settlement_counts_once(store, ledger, payer):
    reservation = await ledger.reserve(payer.call())
    await ledger.settle(reservation, used())
    await ledger.settle(reservation, used())
    assert (await account(store, "day"))["calls"] == 1


async def test_a_sub_agent_pays_from_all_above_it(store, ledger, payer):
    child = await add_child(store, payer, 1, class_name="small")
    grandchild = await add_child(store, child, 2, class_name="small")
    assert await spend(ledger, grandchild) is None
    for scope, subject in (
        ("turn", payer.turn), ("thread", payer.thread), ("thread", child.thread), ("thread", grandchild.thread),
        ("person", 7), ("class", "default"), ("class", "small"), ("day", ""),
    ):  # fmt: skip
        assert (await account(store, scope, subject))["calls"] == 1, (scope, subject)
    assert await account(store, "turn", grandchild.turn) is None


@pytest.mark.parametrize("scope", list(Scope))
async def test_each_budget_refuses_by_its_name(store, ledger, payer, scope):
    await set_budget(store, scope, money=500)
    assert await spend(ledger, payer, 100, 50) is None
    assert await spend(ledger, payer, 100, 50) is None
    refused = await spend(ledger, payer)
    assert isinstance(refused, Refused)
    assert (refused.limit, refused.status) == (f"{scope}_budget", 402)
    assert "$0.0004 of $0.0005" in refused.message


async def test_a_budget_in_tokens_needs_no_price(store, ledger, payer):
    await set_budget(store, "turn", tokens=300)
    assert await spend(ledger, payer, 100, 50, model="unknown") is None
    refused = await spend(ledger, payer, model="unknown", size=600)
    assert isinstance(refused, Refused)
    assert "150 tokens of 300 tokens" in refused.message
    assert (await account(store, "day"))["unpriced_tokens"] == 150


async def test_a_budget_in_money_refuses_a_model_without_a_price(store, ledger, payer):
    await set_budget(store, "day", money=10**9)
    refused = await ledger.reserve(payer.call(model="unknown"))
    assert isinstance(refused, Refused)
    assert (refused.limit, refused.status) == ("budget_without_price", 402)


async def test_the_nearest_limit_holds(store, ledger, payer):
    await set_budget(store, "thread", money=0, source="settings")
    assert isinstance(await spend(ledger, payer), Refused)
    await set_budget(store, "thread", money=10**6, source="class", class_name="default")
    assert await spend(ledger, payer) is None
    await set_budget(store, "thread", money=0)
    assert isinstance(await spend(ledger, payer), Refused)
    await set_budget(store, "thread", subject=payer.thread)  # sets none
    assert await spend(ledger, payer) is None


async def test_a_call_waits_for_what_others_reserved(store, ledger, payer):
    await set_budget(store, "thread", money=450)
    first = await ledger.reserve(payer.call(size=300, output=100))
    waiting = asyncio.create_task(build_ledger(store, wait=0.1).reserve(payer.call(size=300, output=100)))
    refused = await waiting
    assert isinstance(refused, Refused)
    assert (refused.limit, refused.status) == ("budget_busy", 429)
    waiting = asyncio.create_task(build_ledger(store, wait=60).reserve(payer.call(size=300, output=20)))
    await ledger.settle(first, used(50, 50))
    assert isinstance(await waiting, Reservation)


async def test_the_last_call_may_exceed_by_its_output_alone(store, ledger, payer):
    await set_budget(store, "thread", money=900)
    assert await spend(ledger, payer, 100, 0) is None
    last = await ledger.reserve(payer.call(size=300, output=10_000))
    assert isinstance(last, Reservation)
    assert isinstance(await build_ledger(store, wait=0.05).reserve(payer.call(size=3, output=1)), Refused)
    await ledger.settle(last, used(100, 10_000))
    assert (await account(store, "thread", payer.thread))["money"] <= 900 + 2 * 10_000


async def test_many_at_once_neither_wait_in_a_ring_nor_overspend(store, ledger, payer):
    """Chains that share accounts in different places: each is locked in one order."""
    await set_budget(store, "thread", money=20_000, subject=payer.thread)
    others = [await add_conversation(store, chat, person=7) for chat in range(100, 104)]
    children = [await add_child(store, one, n) for n, one in enumerate([payer, payer, *others])]
    patient = build_ledger(store, wait=20)

    async def work(one):
        for _ in range(10):
            await spend(patient, one, 100, 90)

    await asyncio.gather(*(work(one) for one in [payer, *others, *children]))
    assert await reserved(store) == (0, 0)
    assert (await account(store, "thread", payer.thread))["money"] <= 20_000
    assert (await account(store, "day"))["calls"] == await store.pool.fetchval("SELECT count(*) FROM usage")


async def test_reservations_of_a_dead_gateway_are_settled_as_estimates(store, ledger, payer):
    await ledger.reserve(payer.call(size=300, output=100))
    await take_over(store, "tg")
    await build_ledger(store).look()
    found = await account(store, "thread", payer.thread)
    assert (found["money"], found["estimated_money"], found["estimated_tokens"]) == (300, 300, 200)
    assert await reserved(store) == (0, 0)
    assert await store.pool.fetchval("SELECT estimated FROM usage")


async def test_a_gateway_that_lost_its_lead_neither_reserves_nor_settles(store, ledger, payer, dsn):
    reservation = await ledger.reserve(payer.call())
    other = await type(store).open(dsn, BOT_ID)
    await take_over(other, "tg")
    with pytest.raises(LeadershipLost):
        await ledger.reserve(payer.call())
    await ledger.settle(reservation, used())  # it waits, for ever
    assert (await account(store, "day"))["calls"] == 0
    await other.close()


async def test_what_the_database_does_not_take_is_settled_once_it_does(store, ledger, payer):
    reservation = await ledger.reserve(payer.call())
    await store.pool.execute("ALTER TABLE usage RENAME TO usage_gone")
    await ledger.settle(reservation, used(90, 10))
    assert (await account(store, "day"))["reserved_tokens"] > 0
    await store.pool.execute("ALTER TABLE usage_gone RENAME TO usage")
    await ledger.look()
    found = await account(store, "day")
    assert (found["calls"], found["money"], found["estimated_money"], found["reserved_tokens"]) == (1, 110, 0, 0)


async def test_a_day_ends_and_begins_by_the_zone(store, ledger, payer):
    await set_budget(store, "day", money=0)
    assert isinstance(await spend(ledger, payer), Refused)
    await store.pool.execute("UPDATE accounts SET day = day - 1 WHERE scope <> 'turn' AND day > '1970-01-01'")
    await set_budget(store, "day", money=10**6)
    assert await spend(ledger, payer) is None
    assert await store.pool.fetchval("SELECT count(*) FROM accounts WHERE scope = 'day'") == 2


async def test_what_stopped_a_turn_is_told_until_the_limit_is_higher(store, ledger, payer):
    await set_budget(store, "person", money=100)
    assert isinstance(await spend(ledger, payer), Refused)
    found = await store.budgets.find_spent(payer.thread, 1, payer.turn, ZONE)
    assert found is not None
    assert found.scope is Scope.PERSON
    await set_budget(store, "person", money=10**6)
    assert await store.budgets.find_spent(payer.thread, 1, payer.turn, ZONE) is None


async def test_the_budget_of_a_turn_is_new_with_the_next(store, ledger, payer):
    await set_budget(store, "turn", money=100)
    assert isinstance(await spend(ledger, payer), Refused)
    assert await store.budgets.find_spent(payer.thread, 1, payer.turn, ZONE) is None
    await store.pool.execute("UPDATE turns SET state = 'failed'")
    await set_budget(store, "turn", money=500)
    assert await spend(ledger, await add_turn(store, payer.thread)) is None
