"""One look at one sub-agent: slots among siblings, and whose Jobs are deleted."""

from __future__ import annotations

import asyncio

import pytest

from agent_contract import names
from agent_kube.errors import Away, Refused
from tests.support.kubeclient import RUNNING, World, ended

SUBS = names.SUB_AGENTS
PATCH = f"PATCH {SUBS}/status"


@pytest.fixture
async def world():
    world = World()
    world.add_class(subAgents={"maxConcurrent": 2})
    return world


def add(world, number, **spec):
    name = f"tg-42-r1-k{number}"
    parent = {"kind": "AgentThread", "name": "tg-42", "uid": "parent", "callId": f"c{number}"}
    world.client.pass_by(1)
    meta = {"name": name, "generation": 1, "labels": {names.LABEL_THREAD: "tg-42"}}
    world.add(SUBS, {"metadata": meta, "spec": {"task": "count", "parent": parent, **spec}})
    return name


async def look(world, name):
    await world.context.subagents.reconcile(name)


def job_of(name):
    return names.build_job_name(name, f"uid-{name}", names.SUBAGENT_RUN)


def status(world, name):
    return world.client.get(SUBS, name).get("status", {})


async def test_of_siblings_that_want_the_last_slot_at_once_one_gets_it(world):
    children = [add(world, number) for number in range(1, 5)]
    await asyncio.gather(*(look(world, name) for name in children))
    assert [("jobs", job_of(name)) in world.client.objects for name in children] == [True, True, False, False]
    assert [status(world, name).get("reason") for name in children[2:]] == ["ConcurrencyLimit"] * 2


async def test_one_that_sorts_before_another_which_just_begins_waits_for_it(world):
    """Both are made in one second: the API server counts no finer, so that their names decide."""
    world.add_class(subAgents={"maxConcurrent": 1})
    later, sooner = add(world, 2), add(world, 1)
    for name in (later, sooner):
        raw = world.client.get(SUBS, name)
        raw["metadata"]["creationTimestamp"] = "2026-01-02T03:04:05Z"
        world.add(SUBS, raw)
    go, asked = asyncio.Event(), world.client.request

    async def held(method, path, **call):
        if method == "POST":
            await go.wait()
        return await asked(method, path, **call)

    world.context.view.subagents._entries.pop(sooner)  # it is made when the other has begun
    world.client.request = held
    first = asyncio.create_task(look(world, later))
    await asyncio.sleep(0)
    world.tell(SUBS, sooner, "ADDED")
    await look(world, sooner)
    go.set()
    await first
    assert status(world, sooner)["reason"] == "ConcurrencyLimit"
    assert [("jobs", job_of(name)) in world.client.objects for name in (later, sooner)] == [True, False]


async def test_one_that_ends_wakes_those_that_wait(world):
    children = [add(world, number) for number in range(1, 4)]
    for name in children:
        await look(world, name)
    world.context.subagents.queue._due.clear()
    world.put_pod(job_of(children[0]), "Running", **RUNNING)
    await look(world, children[0])
    world.put_pod(job_of(children[0]), "Succeeded", **ended(0))
    await look(world, children[0])
    assert status(world, children[0])["phase"] == "Succeeded"
    assert list(world.context.subagents.queue._due) == [children[2]]
    world.calls.clear()
    await look(world, children[2])
    assert world.calls == ["POST jobs", PATCH]


async def test_one_that_is_deleted_wakes_those_that_wait_and_its_job_goes(world):
    children = [add(world, number) for number in range(1, 4)]
    for name in children:
        await look(world, name)
    world.context.subagents.queue._due.clear()
    world.delete(SUBS, children[0])
    assert list(world.context.subagents.queue._due) == [children[0], children[2]]
    await look(world, children[0])
    assert ("jobs", job_of(children[0])) not in world.client.objects
    assert ("jobs", job_of(children[1])) in world.client.objects


async def test_a_job_that_could_not_be_made_gives_its_slot_back(world):
    children = [add(world, number) for number in range(1, 4)]
    world.client.refusals = {"POST jobs": [Away("no answer"), Refused("no", 403)]}
    with pytest.raises(Away):
        await look(world, children[0])
    await look(world, children[1])
    assert (status(world, children[1])["reason"], "jobName" in status(world, children[1])) == ("CreateRefused", False)
    await look(world, children[0])
    await look(world, children[2])
    assert [("jobs", job_of(name)) in world.client.objects for name in children] == [True, False, True]


async def test_a_foreign_job_with_its_label_or_name_is_left_alone(world):
    """L1: labels say whom to look at, and prove nothing."""
    name = add(world, 1)
    labels = {names.LABEL_MANAGED_BY: names.MANAGED_BY, names.LABEL_SUBAGENT: name}
    somebody = [{"kind": "CronJob", "name": "x", "uid": "somebody", "controller": True}]
    for job in (job_of(name), "unrelated"):
        world.client.put("jobs", {"metadata": {"name": job, "labels": labels, "ownerReferences": somebody}})
    world.remember_jobs()
    await look(world, name)
    assert (status(world, name)["reason"], world.calls) == ("CreateRefused", [PATCH])
    world.add(SUBS, {**world.client.get(SUBS, name), "status": {"phase": "Succeeded"}})
    await look(world, name)
    world.delete(SUBS, name)
    await look(world, name)
    assert world.calls == []


async def test_the_job_of_an_earlier_one_of_its_name_goes_before_it_begins(world):
    name = add(world, 1)
    former = names.build_job_name(name, "uid-former", names.SUBAGENT_RUN)
    labels = {names.LABEL_MANAGED_BY: names.MANAGED_BY, names.LABEL_SUBAGENT: name}
    owner = [{"kind": "SubAgent", "name": name, "uid": "uid-former", "controller": True}]
    world.client.put("jobs", {"metadata": {"name": former, "labels": labels, "ownerReferences": owner}})
    world.remember_jobs()
    await look(world, name)
    assert world.calls == ["DELETE jobs", "POST jobs"]
    assert ("jobs", job_of(name)) in world.client.objects


async def test_an_expired_one_is_deleted_by_its_uid(world):
    name = add(world, 1)
    raw = world.client.get(SUBS, name)
    world.add(SUBS, {**raw, "status": {"phase": "Failed", "finishedAt": "2020-01-01T00:00:00Z"}})
    await look(world, name)
    assert (world.calls, (SUBS, name) in world.client.objects) == ([f"DELETE {SUBS}"], False)
    assert world.client.bodies[-1] == {"preconditions": {"uid": f"uid-{name}"}}
