"""Warm pools against a real API server: made, claimed, refused, drained, and never more than was asked for."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import signal
from collections import Counter

import pytest

from agent_contract import names
from agent_kube.errors import Refused
from tests.support.eventually import LONG, eventually
from tests.support.operating import Operator, prepare_namespace
from tests.support.pooling import PoolNode, choose

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(7200 if "FUZZ_CLAIMS" in os.environ else 600)]
NAMESPACE = "pools"
chats = itertools.count(1)
MAX_THREADS = 12
_AT_ONCE = 3
"""Conversations of the test with kills that work at the same time."""


@pytest.fixture(scope="module")
def process(apiserver, tmp_path_factory):
    """One operator for all tests; each uses a class of its own."""
    folder = tmp_path_factory.mktemp("pools")
    kubeconfig = prepare_namespace(apiserver, NAMESPACE, folder)
    operator = Operator(kubeconfig, NAMESPACE, folder / "log", OPERATOR_MAX_THREADS=str(MAX_THREADS))
    yield operator
    operator.stop()


@pytest.fixture
async def node(operator, agents, request):
    """A class of the test's own with a pool of two, and a node that runs its pods."""
    name = f"pool-{request.node.name.replace('_', '-')}"[:40].rstrip("-")
    await agents.make_class(name, warmPool={"replicas": 2})
    async with PoolNode(agents, name) as found:
        yield found
        for thread in found.threads:
            await agents.delete(f"{agents.threads}/{thread}")
        await agents.delete(f"{agents.classes}/{name}")
        await eventually(lambda: _none_waits(found))


async def _none_waits(node):
    return not node.waiting


async def claim(node, run=1, **more):
    """Do what a gateway does for a new conversation: make its AgentThread with the pod that it has."""
    found = await choose(node)
    return await wish(node, run, {**found, **more}), found


async def wish(node, run, found):
    spec = {"run": run, "claim": {"run": run, **found}, "classRef": {"name": node.agent_class}}
    node.threads.append(await node.agents.make_thread(next(chats), **spec))
    return node.threads[-1]


async def test_it_is_filled_and_shown(node):
    told = await node.status(ready=2, starting=0, replicas=2)
    assert len(told["hash"]) == 16
    assert "reason" not in told
    raw = await node.pool_class()
    (condition,) = [c for c in raw["status"]["conditions"] if c["type"] == "WarmPool"]
    assert (condition["status"], condition["reason"]) == ("True", "Full")
    for job in await node.jobs():
        labels = job["metadata"]["labels"]
        assert (labels[names.LABEL_POOL], labels[names.LABEL_POOL_HASH]) == (node.agent_class, told["hash"])
        assert names.find_pool_number(job["metadata"]["name"], node.agent_class, node.uid) in {1, 2}
        assert not {names.LABEL_THREAD, names.LABEL_RUN} & set(labels)
    assert node.most == 2


async def test_a_claimed_pod_is_the_runs_and_the_pool_is_filled_again(node):
    await node.status(ready=2)
    thread, found = await claim(node)
    status = await node.agents.status(thread, phase="Running", number=1, jobName=found["jobName"])
    assert status["run"]["podUid"] == found["podUid"]
    raw, job = await node.agents.thread(thread), await node.agents.find(f"{node.agents.jobs}/{found['jobName']}")
    (owner,) = job["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("AgentThread", raw["metadata"]["uid"], True)
    allowance = int(job["metadata"]["annotations"][names.ANNOTATION_ALLOWANCE])
    assert 0 <= job["spec"]["activeDeadlineSeconds"] - allowance < 120
    (pod,) = await node.agents.pods(thread)  # by its labels
    assert (pod["metadata"]["uid"], pod["metadata"]["labels"][names.LABEL_POOL]) == (found["podUid"], node.agent_class)
    assert await node.agents.job(thread) is None  # none of its own was made
    told = await node.status(ready=2, claimed=1)
    assert told["made"] == 3
    await node.agents.end(pod, 0)
    await node.agents.status(thread, phase="Idle", reason="IdleTimeout")
    await node.status(claimed=0)
    await node.agents.change(thread, run=2)  # the next one starts cold
    assert (await node.agents.pod(thread, 2))["metadata"]["labels"].get(names.LABEL_POOL) is None
    assert node.most == 2


async def test_a_stop_ends_a_run_in_a_claimed_pod(node):
    thread, found = await claim(node)
    await node.agents.status(thread, phase="Running")
    await node.agents.change(thread, stop=1)
    await node.agents.status(thread, phase="Idle", reason="Stopped")
    assert await node.agents.find(f"{node.agents.jobs}/{found['jobName']}") is None


@pytest.mark.parametrize(
    ("wrong", "stays"),
    [({"podUid": "another"}, False), ({"jobName": "none-w9-01234567"}, True)],
    ids=["another pod", "no such Job"],
)
async def test_a_claim_that_cannot_be_carried_out_is_told_and_nobody_else_gets_the_pod(node, wrong, stays):
    thread, found = await claim(node, **wrong)
    status = await node.agents.status(thread, phase="Idle", number=1, reason="ClaimRefused")
    assert status["run"]["finishedAt"]
    assert "jobName" not in status["run"]
    await eventually(lambda: _stands(node, found["jobName"], stays))
    await node.agents.change(thread, run=2)
    await node.agents.pod(thread, 2)
    assert await node.agents.pods(thread, 1) == []
    await node.status(ready=2)


async def _stands(node, job, stays):
    return (await node.agents.find(f"{node.agents.jobs}/{job}") is not None) == stays


async def test_of_two_claims_of_a_pod_one_is_taken(node):
    """The gateway makes no second one; should it, or an administrator, one thread has the pod and the other is told."""
    first, found = await claim(node)
    second = await wish(node, 1, found)

    async def settled():
        runs = {name: (await node.agents.thread(name)).get("status", {}) for name in (first, second)}
        return runs if {one.get("phase") for one in runs.values()} == {"Running", "Idle"} else None

    runs = await eventually(settled)
    (taken,) = [name for name, status in runs.items() if status["phase"] == "Running"]
    (refused,) = set(runs) - {taken}
    assert runs[refused]["run"]["reason"] == "ClaimRefused"
    job = await node.agents.find(f"{node.agents.jobs}/{found['jobName']}")
    assert job["metadata"]["labels"][names.LABEL_THREAD] == taken
    (pod,) = await node.agents.pods(taken)
    assert pod["metadata"]["uid"] == found["podUid"]
    await node.agents.change(refused, run=2)
    await node.agents.pod(refused, 2)  # which waits for nothing of the other's


async def test_another_template_drains_it_step_by_step(node):
    before = await node.status(ready=2)
    await node.count_anew(2)
    await node.change(instructions="Be brief.")
    after = await node.status(ready=2, draining=0, made=4)
    assert after["hash"] != before["hash"]
    hashes = {j["metadata"]["labels"][names.LABEL_POOL_HASH] for j in await node.jobs()}
    assert hashes == {after["hash"]}
    assert (node.most, node.fewest) == (2, 1)


async def test_what_reaches_no_pod_drains_nothing(node):
    before = await node.status(ready=2)
    await node.change(subAgents={"maxChildren": 3}, warmPool={"replicas": 3})
    after = await node.status(ready=3)
    assert (after["hash"], after["made"]) == (before["hash"], 3)


async def test_no_more_than_conversations_leave_free(node):
    await node.change(warmPool={"replicas": 60})
    told = await node.status(reason="NoRoom")
    assert told["replicas"] <= MAX_THREADS
    assert "maxThreads" in told["message"]
    await node.change(warmPool={"replicas": 0})
    await eventually(lambda: _none_waits(node))
    await eventually(lambda: _says_nothing(node))


@pytest.mark.parametrize("restarts", [False, True], ids=["", "after a restart"])
async def test_a_pool_that_was_closed_uses_no_number_again(node, operator, restarts):
    """A Job of the name of one that just went may wait long for its pod."""
    await node.status(ready=2)
    await node.change(warmPool={"replicas": 0})
    await eventually(lambda: _none_waits(node))
    await eventually(lambda: _says_nothing(node))
    if restarts:
        operator.stop()
        operator.start_and_wait()
    await node.change(warmPool={"replicas": 1})
    assert (await node.status(ready=1))["made"] == 3


async def test_it_makes_room_for_pods_that_people_wait_for(node):
    await node.status(ready=2)
    name = await node.agents.make_thread(next(chats), run=1, classRef={"name": node.agent_class})
    node.threads.append(name)
    pod = await node.agents.pod(name)
    full = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available."}
    await node.agents.patch(
        f"{node.agents.core}/pods/{pod['metadata']['name']}/status", {"status": {"conditions": [full]}}
    )
    await node.agents.status(name, reason="Unschedulable")
    await node.status(reason="NoRoom", replicas=0)
    await eventually(lambda: _none_waits(node))
    await node.agents.change(name, stop=1)
    await node.status(ready=2)


async def test_those_who_are_next_in_line_have_pods_while_they_wait(node):
    """Though the class asks for none that wait otherwise."""
    await node.change(warmPool={"replicas": 0, "ahead": 1})
    told = await node.status(replicas=0, ready=0)
    assert len(told["hash"]) == 16  # whoever claims the first need not wait for it
    await eventually(lambda: _none_waits(node))
    await node.tell_line(2)
    await node.status(replicas=1, ready=1)
    await node.count_anew(1)
    thread, found = await claim(node)
    await node.tell_line(None)
    await node.agents.status(thread, phase="Running", number=1, jobName=found["jobName"])
    await node.status(replicas=0, ready=0, claimed=1)
    await eventually(lambda: _none_waits(node))
    assert node.most <= 2


async def test_at_some_times_of_the_week_another_number_waits(node):
    always = {"start": "00:00", "end": "00:00"}
    await node.status(ready=2)
    await node.change(warmPool={"replicas": 2, "times": [{**always, "replicas": 0}]})
    told = await node.status(replicas=0, ready=0, reason="OutOfHours")
    assert "UTC" in told["message"]
    await eventually(lambda: _none_waits(node))
    raw = await node.pool_class()
    (condition,) = [c for c in raw["status"]["conditions"] if c["type"] == "WarmPool"]
    assert (condition["status"], condition["reason"]) == ("True", "OutOfHours")
    await node.change(warmPool={"times": [{**always, "replicas": 1}]})
    await node.status(replicas=1, ready=1)
    await node.change(warmPool={"times": [{**always, "replicas": 1}], "timeZone": "Europe/Atlantis"})
    await node.status(ready=2, reason="BadZone")
    for wrong in ({"start": "8:00", "end": "18:00"}, {"start": "08:00", "end": "24:00"}, {**always, "days": ["mon"]}):
        with pytest.raises(Refused):
            await node.change(warmPool={"times": [{"replicas": 1, **wrong}]})


async def test_why_a_run_has_no_pod_that_waited_stands_in_its_status(node):
    name = await node.agents.make_thread(
        next(chats), run=1, cold={"run": 1, "reason": "PoolEmpty"}, classRef={"name": node.agent_class}
    )
    node.threads.append(name)
    await node.agents.pod(name)
    status = await node.agents.status(name, phase="Pending", number=1, cold="PoolEmpty")
    assert status["run"]["jobName"]
    await node.agents.change(name, run=2, cold=None)
    status = await node.agents.status(name, number=2)
    assert "cold" not in status["run"]
    assert status["previousRun"]["cold"] == "PoolEmpty"


async def _says_nothing(node):
    status = (await node.pool_class())["status"]
    told = {key for key, value in status["warmPool"].items() if value}
    return told == {"made"} and "WarmPool" not in {c["type"] for c in status["conditions"]}


async def test_a_class_that_only_starts_cold_says_why(node):
    await node.change(workspace={"storageClassName": "fast"})
    told = await node.status(reason="OwnVolume", ready=0, replicas=0)
    assert "hash" not in told
    await eventually(lambda: _none_waits(node))


async def test_kills_of_the_operator_make_none_too_many_and_lose_none(node, operator):
    """Each claim is followed once, whenever the operator is killed; the pool never has more than it shall."""
    await node.status(ready=2)
    claims, pods, over = int(os.environ.get("FUZZ_CLAIMS", "6")), [], 0
    async with killing(operator, int(os.environ.get("FUZZ_KILLS", "3"))):
        while over < claims:
            batch = [await claim(node) for _ in range(min(_AT_ONCE, claims - over))]
            for thread, found in batch:
                await eventually(lambda t=thread, f=found: _has(node, t, "Running", f["jobName"]), timeout=90)
                pods.append(found["podUid"])
                (pod,) = await node.agents.pods(thread)
                await node.agents.end(pod, 0)
            for thread, found in batch:
                await eventually(lambda t=thread, f=found: _has(node, t, "Idle", f["jobName"]), timeout=90)
            over += len(batch)
    await node.status(ready=2, claimed=0)
    assert node.most == 2
    assert len(pods) == len(set(pods)) == claims
    owners = Counter(j["metadata"]["ownerReferences"][0]["uid"] for j in await node.jobs())
    assert owners.total() == claims + 2
    assert owners.pop(node.uid) == 2  # and nothing leaks
    assert set(owners.values()) == {1}


async def _has(node, thread, phase, job):
    status = (await node.agents.thread(thread)).get("status", {})
    assert status.get("run", {}).get("reason") in {None, "IdleTimeout"}
    return status.get("phase") == phase and status["run"]["jobName"] == job


@contextlib.asynccontextmanager
async def killing(operator, kills):
    """Kill the operator at moments of chance after it began to work, as often as is said; it is up at the end."""
    seed = int(os.environ.get("FUZZ_SEED", "1"))
    moments = random.Random(seed)

    async def kill():
        for _ in range(kills):
            await eventually(lambda: _is_ready(operator), timeout=LONG)
            await asyncio.sleep(moments.uniform(0, 1.5))
            await asyncio.to_thread(operator.stop, signal.SIGKILL)
            operator.start()

    task = asyncio.create_task(kill())
    try:
        yield
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not operator.alive:
            operator.start()
    await eventually(lambda: _is_ready(operator), timeout=LONG)


async def _is_ready(operator):
    return (await asyncio.to_thread(operator.get, "readyz"))[0] == 200


# --- what the definition lets through ----------------------------------------------------------------

CLAIM = {"jobName": "default-w1-01234567", "podUid": "a"}


async def test_a_claim_comes_with_its_run_and_stays(operator, agents):
    name = await agents.make_thread(next(chats), run=1, suspend=True)
    for spec in (
        {"claim": {"run": 1, **CLAIM}},  # the run was begun without one
        {"claim": {"run": 2, **CLAIM}},  # it is not wanted
        {"run": 2, "claim": {"run": 3, **CLAIM}},
    ):
        with pytest.raises(Refused):
            await agents.change(name, **spec)
    await agents.change(name, run=2, claim={"run": 2, **CLAIM})
    for claim_ in ({"run": 2, **CLAIM, "podUid": "b"}, {"run": 1, **CLAIM}, None):
        with pytest.raises(Refused):
            await agents.change(name, claim=claim_)
    await agents.change(name, title="anything else")
    await agents.change(name, run=3)  # one of an older run may stay
    await agents.change(name, run=4, claim={"run": 4, **CLAIM, "podUid": "c"})
    await agents.change(name, run=5, claim=None)
