"""Budgets of classes and settings become the rows that calls are held to."""

from __future__ import annotations

import pytest

from agent_contract.budgets import Budget
from agent_gateway.models.limits import LimitKeeper
from agent_gateway.models.meter import Refused
from agent_gateway.resources.reading import read_class
from tests.support.spending import add_child, add_conversation, build_ledger, set_budget, spend

pytestmark = pytest.mark.postgres


class PlayedClasses:
    """AgentClasses that a test writes."""

    def __init__(self):
        self.synced = True
        self._classes = {}

    def put(self, name, **budgets):
        self._classes[name] = read_class({"metadata": {"name": name}, "spec": {"budgets": budgets}})

    def drop(self, name):
        del self._classes[name]

    def all(self):
        return list(self._classes.values())


@pytest.fixture
def classes():
    return PlayedClasses()


def keeper(store, classes, **settings):
    return LimitKeeper(store, classes, settings, lambda: None)


async def stored(store):
    return {(one.scope.value, one.source, one.class_name): one.amount for one in await store.budgets.all()}


async def test_each_field_bounds_its_scope(store, classes):
    classes.put("default", turn={"money": "0.5"}, thread={"tokens": 1000}, person={"money": "2"}, day={"money": "20"})
    await keeper(store, classes, day=Budget(money="50.25")).look()
    found = {key: (amount.money, amount.tokens) for key, amount in (await stored(store)).items()}
    assert found == {
        ("turn", "class", "default"): (500_000, None),
        ("thread", "class", "default"): (None, 1000),
        ("person", "class", "default"): (2_000_000, None),
        ("class", "class", "default"): (20_000_000, None),
        ("day", "settings", ""): (50_250_000, None),
    }


async def test_a_change_holds_at_once_and_what_is_taken_out_goes(store, classes):
    looking = keeper(store, classes, turn=Budget(tokens=5))
    classes.put("default", turn={"money": "1"}, day={"money": "20"})
    await looking.look()
    classes.put("default", turn={"money": "2"})
    await looking.look()
    assert {key: one.money for key, one in (await stored(store)).items()} == {
        ("turn", "class", "default"): 2_000_000, ("turn", "settings", ""): None,
    }  # fmt: skip
    await keeper(store, classes).look()
    assert ("turn", "settings", "") not in await stored(store)


async def test_a_class_that_is_gone_or_not_read_yet_keeps_its_limits(store, classes):
    classes.put("default", turn={"money": "1"})
    await keeper(store, classes).look()
    classes.drop("default")
    await keeper(store, classes).look()
    classes.synced = False
    await keeper(store, classes).look()
    assert ("turn", "class", "default") in await stored(store)


async def test_what_the_chat_says_stays(store, classes):
    await set_budget(store, "day", money=7)
    await keeper(store, classes).look()
    assert ("day", "chat", "") in await stored(store)


async def test_a_child_of_another_class_is_no_way_around_a_budget(store, classes):
    classes.put("default", day={"tokens": 400})
    classes.put("free")
    await keeper(store, classes).look()
    parent, ledger = await add_conversation(store), build_ledger(store, wait=0.1)
    child = await add_child(store, parent, 1, class_name="free")
    assert await spend(ledger, child, 100, 100) is None
    assert await spend(ledger, child, 100, 100) is None
    refused = await spend(ledger, child)
    assert isinstance(refused, Refused)
    assert refused.limit == "class_budget"
