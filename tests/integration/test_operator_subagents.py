"""Sub-agents: the operator against a real API server."""

from __future__ import annotations

import itertools

import pytest

from agent_contract import names
from agent_kube.client import KubeClient
from agent_kube.errors import KubeError
from tests.support.eventually import eventually
from tests.support.operating import Agents, Operator, prepare_namespace

pytestmark = pytest.mark.apiserver
NAMESPACE = "subagents"
numbers = itertools.count(1)


class SubAgents(Agents):
    """The namespace, with sub-agents in the place of threads."""

    def __init__(self, client):
        super().__init__(client, NAMESPACE)
        self.threads = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.SUB_AGENTS}"

    async def make(self, name=None, parent=None, **spec):
        name = name or f"sub-{next(numbers)}"
        spec = {"task": "count the stars", **spec}
        if parent:
            spec["parent"] = {"kind": "AgentThread", "name": "tg-1", "uid": parent, "callId": name}
        body = {"apiVersion": names.API_VERSION, "kind": "SubAgent", "metadata": {"name": name}, "spec": spec}
        return (await self.client.request("POST", self.threads, body=body))["metadata"]["name"]

    async def status(self, name, **wanted):
        """Wait until the status holds what is wanted; a run's number is none of it."""
        wanted.pop("number", None)

        async def look():
            self.seen = (await self.thread(name)).get("status", {})
            return all(self.seen.get(key) == value for key, value in wanted.items())

        try:
            await eventually(look)
        except AssertionError as error:
            raise AssertionError(f"wanted {wanted}, found {self.seen}") from error
        return self.seen

    async def pods(self, name, run=1):  # a sub-agent has one
        query = {"labelSelector": f"{names.LABEL_SUBAGENT}={name}"}
        return (await self.client.request("GET", f"{self.core}/pods", params=query))["items"]

    async def end_with(self, pod, code, words, reason=None):
        """Report the end of a pod's container with its termination message."""
        state = {"exitCode": code, "reason": reason or "Completed", "message": words}
        await self.report(pod, "Failed" if code else "Succeeded", terminated=state)


@pytest.fixture(scope="module")
def process(apiserver, tmp_path_factory):
    folder = tmp_path_factory.mktemp("operator")
    operator = Operator(prepare_namespace(apiserver, NAMESPACE, folder), NAMESPACE, folder / "log")
    path = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_CLASSES}"
    apiserver.call(
        "POST", path, {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": {"name": "default"}}
    )
    yield operator
    operator.stop()


@pytest.fixture
async def agents(apiserver):
    client = KubeClient(apiserver.url, ssl_context=apiserver.admin())
    yield SubAgents(client)
    await client.close()


def condition(status, kind):
    return next(c["status"] for c in status["conditions"] if c["type"] == kind)


async def test_one_without_a_parent_runs_and_its_answer_is_in_its_status(operator, agents):
    name = await agents.make(timeoutSeconds=60)
    before = operator.metric("openclaw_operator_status_writes_total")
    pod = await agents.run(name)
    job = await agents.job(name)
    (owner,) = job["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("SubAgent", (await agents.thread(name))["metadata"]["uid"])
    assert job["spec"]["activeDeadlineSeconds"] == 120 + 60 + 10
    await agents.end_with(pod, 0, "seven stars")
    status = await agents.status(name, phase="Succeeded", result="seven stars", reason="Completed")
    assert condition(status, "Complete") == "True"
    assert operator.metric("openclaw_operator_status_writes_total") - before <= 4


@pytest.mark.parametrize(
    ("code", "reason", "phase", "told"),
    [
        (65, None, "Failed", "TaskFailed"),
        (124, None, "TimedOut", "DeadlineExceeded"),
        (137, "OOMKilled", "Failed", "OOMKilled"),
    ],
)
async def test_ends_are_told_apart(operator, agents, code, reason, phase, told):
    name = await agents.make()
    await agents.end_with(await agents.run(name), code, "why it ended", reason)
    status = await agents.status(name, phase=phase, reason=told)
    assert condition(status, "Failed") == "True"
    if code == 65:
        assert status["message"] == "why it ended"


async def test_a_cancel_ends_its_pod_and_is_never_taken_back(operator, agents):
    name = await agents.make()
    pod = await agents.run(name)
    await agents.change(name, cancel=True)
    await eventually(lambda: _gone(agents, name))
    assert (await agents.thread(name))["status"]["phase"] == "Running"
    await agents.remove(pod)
    await agents.status(name, phase="Cancelled")
    with pytest.raises(KubeError, match="cancel cannot be taken back"):
        await agents.change(name, cancel=False)


async def _gone(agents, name):
    return await agents.job(name) is None


async def test_what_is_asked_for_cannot_be_changed(operator, agents):
    name = await agents.make(parent="uid-0")
    for change, words in (
        ({"task": "something else"}, "task cannot be changed"),
        ({"timeoutSeconds": 7}, "timeoutSeconds cannot be changed"),
        ({"parent": None}, "parent cannot be changed"),
    ):
        with pytest.raises(KubeError, match=words):
            await agents.change(name, **change)
    for bad in ({"task": ""}, {"task": "x" * 8193}, {"depth": 9}, {"workspace": "Share"}):
        with pytest.raises(KubeError, match="spec"):
            await agents.make(**bad)
    with pytest.raises(KubeError, match="63"):
        await agents.make(name="x" * 64)


async def test_a_deleted_one_takes_its_job_along_without_a_garbage_collector(operator, agents):
    name = await agents.make()
    await agents.run(name)
    job = f"{agents.jobs}/{await agents.job_name(name)}"
    await agents.delete(f"{agents.threads}/{name}")

    async def gone():
        return await agents.find(job) is None

    await eventually(gone)


async def test_one_deleted_while_the_operator_was_away_takes_its_job_along_when_it_is_made_anew(operator, agents):
    name = await agents.make()
    await agents.run(name)
    job = f"{agents.jobs}/{await agents.job_name(name)}"
    operator.stop()
    await agents.delete(f"{agents.threads}/{name}")
    await agents.make(name=name)
    operator.start_and_wait()

    async def anew():
        return await agents.find(job) is None and await agents.job(name)

    await eventually(anew)


async def test_the_fourth_waits_for_a_place_and_takes_it(operator, agents):
    parent = f"uid-{next(numbers)}"
    children = [await agents.make(parent=parent) for _ in range(4)]
    pods = [await agents.run(name) for name in children[:3]]
    await agents.status(children[3], phase="Pending", reason="ConcurrencyLimit")
    assert await agents.pods(children[3]) == []
    await agents.end_with(pods[1], 0, "done")
    await agents.run(children[3])


async def test_a_class_that_appears_lets_it_begin(operator, agents):
    name = await agents.make(classRef={"name": "late"})
    await agents.status(name, phase="Pending", reason="ClassNotFound")
    await agents.make_class("late")
    await agents.run(name)


async def test_an_image_on_its_way_is_told_before_the_next_sweep(operator, agents):
    name = await agents.make()
    pod = await agents.pod(name)
    await agents.bind(pod)
    await agents.status(name, phase="Starting")
    looks = []

    def rests():  # no look is on its way that would see the image by chance
        looks.append(operator.metric("openclaw_operator_reconciles_total"))
        return looks[-2:-1] == looks[-1:]

    await eventually(rests, interval=0.5)
    reference = {"kind": "Pod", "name": pod["metadata"]["name"], "namespace": NAMESPACE, "uid": pod["metadata"]["uid"]}
    event = {
        "metadata": {"name": f"{name}.pulling"}, "involvedObject": reference, "reason": "Pulling", "type": "Normal",
        "message": "Pulling image", "source": {"component": "kubelet"},
    }  # fmt: skip
    await agents.client.request("POST", f"{agents.core}/events", body=event)
    await agents.status(name, phase="Starting", reason="PullingImage")


async def test_a_restart_makes_no_second_job(operator, agents):
    name = await agents.make()
    pod = await agents.run(name)
    operator.stop()
    await agents.end_with(pod, 0, "seven")
    operator.start_and_wait()
    await agents.status(name, phase="Succeeded", result="seven")
    assert len(await agents.pods(name)) == 1


async def test_a_job_deleted_by_hand_is_never_made_again(operator, agents):
    name = await agents.make()
    pod = await agents.run(name)
    await agents.delete(f"{agents.jobs}/{await agents.job_name(name)}", propagationPolicy="Background")
    await agents.remove(pod)
    status = await agents.status(name, phase="Failed", reason="Deleted")
    assert condition(status, "Complete") == "False"
    assert await agents.job(name) is None


async def test_an_old_finished_one_is_deleted(operator, agents):
    name = await agents.make()
    await agents.end_with(await agents.run(name), 0, "seven")
    await agents.status(name, phase="Succeeded")
    past = {"status": {"finishedAt": "2020-01-01T00:00:00Z"}}
    await agents.patch(f"{agents.threads}/{name}/status", past)

    async def gone():
        return await agents.find(f"{agents.threads}/{name}") is None

    await eventually(gone)
