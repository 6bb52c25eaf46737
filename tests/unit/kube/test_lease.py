"""Who works: one at a time, whatever is frozen, slow or killed."""

from __future__ import annotations

import asyncio

import pytest

from agent_kube.errors import Away
from agent_kube.lease import Lease, LeaseTimes
from tests.support.eventually import PATIENCE
from tests.support.kubeclient import PlayedClient

TIMES = LeaseTimes(lasts=8, trusted=5, pause=0)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def client():
    return PlayedClient()


@pytest.fixture
def clock():
    return Clock()


def build(client, clock, identity):
    return Lease(client, "agents", "operator", identity, TIMES, clock)


def holder(client):
    return client.get("leases", "operator")["spec"]["holderIdentity"]


async def test_the_first_makes_it_and_keeps_it(client, clock):
    a, b = build(client, clock, "a"), build(client, clock, "b")
    assert not a.held()
    for _ in range(20):
        await a._step()
        await b._step()
        assert (a.held(), b.held(), holder(client)) == (True, False, "a")
        clock.now += 4
    assert client.get("leases", "operator")["spec"]["leaseTransitions"] == 1


async def test_one_that_is_silent_stops_before_another_begins(client, clock):
    a, b = build(client, clock, "a"), build(client, clock, "b")
    await a._step()
    await b._step()
    ended, begun = None, None
    for _ in range(30):
        clock.now += 0.5
        await b._step()
        ended = ended if a.held() or ended else clock.now
        begun = begun or (clock.now if b.held() else None)
        assert not (a.held() and b.held())
    assert ended < begun <= ended + 4
    await a._step()  # it comes back
    assert (a.held(), b.held()) == (False, True)


async def test_an_answer_that_was_long_in_coming_is_trusted_from_its_asking(client, clock):
    a = build(client, clock, "a")
    await a._step()
    clock.now += 3

    async def slow(*args, **kwargs):
        answer = await PlayedClient.request(client, *args, **kwargs)
        clock.now += 4.9
        return answer

    client.request = slow
    await a._step()
    clock.now += 0.2
    assert not a.held()


async def test_an_api_server_away_ends_it_and_is_told(client, clock):
    a = build(client, clock, "a")
    await a._step()
    client.refusals = {"PUT leases": [Away("no answer")], "GET leases": [Away("no answer")]}
    await a._step()
    assert a.held()
    assert "no answer" in a.problem
    clock.now += 6
    await a._step()
    assert not a.held()
    await a._step()
    assert (a.held(), a.problem) == (True, None)


async def test_one_that_leaves_gives_it_to_the_next_at_once(client, clock):
    a, b = build(client, clock, "a"), build(client, clock, "b")
    await a._step()
    await b._step()
    await a.give_up()
    assert (a.held(), holder(client)) == (False, "")
    await b._step()
    assert b.held()


async def test_a_standby_that_leaves_takes_nothing_from_who_holds_it(client, clock):
    a, b = build(client, clock, "a"), build(client, clock, "b")
    await a._step()
    await b._step()
    await b.give_up()
    assert holder(client) == "a"


async def test_waiting_ends_when_it_is_taken_and_when_its_time_is_over(client):
    now = asyncio.get_running_loop().time
    a = Lease(client, "agents", "operator", "a", LeaseTimes(lasts=3, trusted=1.5, pause=0), now)
    waiting = asyncio.create_task(a.wait(held=True))
    await a._step()
    await asyncio.wait_for(waiting, PATIENCE)
    await asyncio.wait_for(a.wait(held=False), PATIENCE)


async def test_two_that_take_a_free_one_at_once_are_told_apart(client, clock):
    a, b = build(client, clock, "a"), build(client, clock, "b")
    await a._step()
    await a.give_up()
    c = build(client, clock, "c")
    await b._read(clock())
    await c._read(clock())
    await asyncio.gather(b._step(), c._step())
    assert [b.held(), c.held()].count(True) == 1
