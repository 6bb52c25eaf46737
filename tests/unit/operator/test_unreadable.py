"""A resource with a value of another release is never guessed at, and says so itself."""

from __future__ import annotations

import pytest

from agent_contract import names
from tests.support.kubeclient import RUNNING, World, build_raw_thread
from tests.support.operator import NAME, job_name

THREADS, SUBS = names.AGENT_THREADS, names.SUB_AGENTS
PATCH = f"PATCH {THREADS}/status"
TOMORROW = {"type": "carrier-pigeon", "botId": 1, "chatId": 42}


@pytest.fixture
async def world():
    world = World()
    world.add_class()
    return world


def accepted(world, plural=THREADS, name=NAME):
    conditions = world.client.objects[plural, name]["status"]["conditions"]
    return next(one for one in conditions if one["type"] == "Accepted")


async def look(world, name=NAME):
    await world.context.threads.reconcile(name)


async def test_nothing_is_begun_of_it_and_describe_says_why(world):
    world.add(THREADS, {**build_raw_thread(), "spec": {**build_raw_thread()["spec"], "channel": TOMORROW}})
    assert world.context.threads.queue.length == 1
    await look(world)
    assert world.calls == [f"GET {THREADS}", PATCH]
    found = accepted(world)
    assert (found["status"], found["reason"], found["observedGeneration"]) == ("False", "SpecInvalid", 1)
    assert "spec.channel.type: Input should be 'telegram'" in found["message"]
    assert "carrier-pigeon" not in found["message"]
    world.tell(THREADS, NAME)
    await look(world)
    assert world.calls == [f"GET {THREADS}"]  # it stands there already


async def test_what_runs_goes_on_and_is_followed_again_when_it_can_be_read(world):
    world.add(THREADS, build_raw_thread())
    await look(world)
    world.put_pod(job_name(), "Running", **RUNNING)
    await look(world)
    before = world.client.get(THREADS, NAME)
    world.client.calls.clear()
    world.add(THREADS, {**before, "spec": {**before["spec"], "channel": TOMORROW}}, "MODIFIED")
    await look(world)
    assert world.calls == [f"GET {THREADS}", PATCH]
    assert world.client.get("jobs", job_name())
    status = world.client.get(THREADS, NAME)["status"]
    assert status["run"] == before["status"]["run"]
    assert {one["type"] for one in status["conditions"]} == {one["type"] for one in before["status"]["conditions"]}
    again = world.client.get(THREADS, NAME)
    world.add(THREADS, {**again, "spec": before["spec"]}, "MODIFIED")
    await look(world)
    assert accepted(world)["status"] == "True"


async def test_a_sub_agent_says_so_too(world):
    spec = {"task": "count", "workspace": "Mirror"}
    world.add(SUBS, {"metadata": {"name": "x-k1", "generation": 1}, "spec": spec})
    await world.context.subagents.reconcile("x-k1")
    assert accepted(world, SUBS, "x-k1")["reason"] == "SpecInvalid"
    assert "spec.workspace" in accepted(world, SUBS, "x-k1")["message"]


async def test_conditions_that_cannot_be_read_are_made_anew(world):
    raw = {**build_raw_thread(), "status": {"conditions": [{"type": "Accepted"}]}}
    world.add(THREADS, raw)
    await look(world)
    assert accepted(world)["reason"] == "SpecInvalid"


async def test_a_class_says_so_too_and_nothing_of_it_is_begun(world):
    raw = {"metadata": {"name": "odd", "generation": 2}, "spec": {"egress": "ByPigeon"}}
    world.add(names.AGENT_CLASSES, raw)
    await world.context._classes.reconcile("odd")
    found = accepted(world, names.AGENT_CLASSES, "odd")
    assert (found["status"], found["reason"], found["observedGeneration"]) == ("False", "SpecInvalid", 2)
    assert "spec.egress" in found["message"]
    assert "ByPigeon" not in found["message"]
    world.add(THREADS, build_raw_thread(classRef={"name": "odd"}))
    await look(world)
    assert world.run["reason"] == "ClassInvalid"
