"""The attacks of a waiting pod that need no cluster: each can be tried on the runners' port, and none succeeds."""

from __future__ import annotations

import asyncio

import pytest

from agent_contract import wire
from agent_gateway.runners import holding, identity
from agent_gateway.runners.handshake import Handshakes
from agent_gateway.store.rows import ThreadKind
from dev.attack.inside.__main__ import load
from dev.attack.inside.base import ATTACKS, Facts, Result
from dev.attack.inside.doing import perform
from tests.support.attacker import Attacker, take_time
from tests.support.claims import running_lab

pytestmark = pytest.mark.postgres
load()
TRIED = ("pool-doors", "pool-hello", "pool-speaks", "pool-two", "pool-pings", "pool-flood")


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    take_time(monkeypatch)


async def attack(store, name):
    """Do an attack from a pod of the pool, beside another conversation; return what became of it, and the lab."""
    async with running_lab(store) as lab:
        port = lab.port
        runner, *_ = await lab.warm()
        await lab.ask(43)
        await runner.get(wire.Turn)  # the other conversation is at work
        port.kube.add_warm_pod(9, token="token-1")
        facts = Facts(mark="mark4711", neighbour={"turn": 7, "thread": "tg-43", "run": 1})
        outcome = await perform(ATTACKS[name], Attacker(facts, str(port.url).rstrip("/"), "zai", "scripted"))
        marked = await store.pool.fetchval("SELECT count(*) FROM outbox WHERE text LIKE '%mark4711%'")
        return outcome, marked + await store.pool.fetchval("SELECT count(*) FROM session_entries")


@pytest.mark.parametrize("name", TRIED)
async def test_an_attack_of_a_pod_that_waits_holds(store, name):
    outcome, left = await attack(store, name)
    assert outcome.result is Result.HELD, outcome.words
    assert left == 0


async def take_for_another(self, _token, _address):
    """Know the caller as the other conversation's pod."""
    thread = await self._store.threads.by_name("tg-43", ThreadKind.CONVERSATION)
    run = await self._store.runs.open(thread.id)
    return identity.Identity(thread.name, thread.id, run.number, run.pod_name, run.pod_uid, run.job_name)


async def hear_none(_socket):
    await asyncio.Event().wait()


def begin_all(self, pod_uid, abort):
    self._open.setdefault(pod_uid, abort)


@pytest.mark.parametrize(
    ("name", "place", "defence", "taken_away"),
    [
        ("pool-doors", identity.Authenticator, "identify", take_for_another),
        ("pool-speaks", holding, "_answer_pings", hear_none),
        ("pool-two", Handshakes, "begin", begin_all),
        ("pool-pings", holding, "WAITING_BYTES", 64 << 20),
    ],
)
async def test_it_succeeds_where_what_holds_it_is_taken_away(store, monkeypatch, name, place, defence, taken_away):
    monkeypatch.setattr(place, defence, taken_away)
    outcome, _ = await attack(store, name)
    assert outcome.result is Result.OPEN, outcome.words
