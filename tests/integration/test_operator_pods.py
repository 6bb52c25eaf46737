"""What admission, queues and late nodes make of a run's pod, with a real API server, Job controller and operator."""

from __future__ import annotations

import itertools
import urllib.error
from datetime import datetime, timedelta

import pytest

from agent_contract import names
from agent_kube.client import KubeClient
from tests.support.admission_webhook import PROXY, AdmissionWebhook
from tests.support.eventually import eventually, eventually_sync
from tests.support.operating import AT, Agents, Operator, prepare_namespace

pytestmark = pytest.mark.apiserver
NAMESPACE = "odd-pods"
chats = itertools.count(1)


@pytest.fixture(scope="module")
def operator(apiserver, tmp_path_factory):
    """One operator for all tests; each uses threads of its own."""
    folder = tmp_path_factory.mktemp("odd-pods")
    operator = Operator(prepare_namespace(apiserver, NAMESPACE, folder), NAMESPACE, folder / "log")
    path = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_CLASSES}"
    meta = {"name": "default"}
    apiserver.call("POST", path, {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": meta})
    operator.start_and_wait()
    yield operator
    operator.stop()


@pytest.fixture
async def agents(apiserver, operator):
    client = KubeClient(apiserver.url, ssl_context=apiserver.admin())
    yield Agents(client, NAMESPACE)
    await client.close()


@pytest.fixture
def webhook(apiserver, operator):
    webhook = AdmissionWebhook(apiserver, NAMESPACE)
    probe = {"metadata": {"name": "probe"}, "spec": {"containers": [{"name": "x", "image": "x"}]}}
    webhook.inject(PROXY)

    def is_asked():
        path = f"/api/v1/namespaces/{NAMESPACE}/pods?dryRun=All"
        try:
            return len(apiserver.call("POST", path, probe)["spec"]["containers"]) == 2
        except urllib.error.HTTPError as error:  # it was asked, and did not answer in time
            with error:
                return False

    eventually_sync(is_asked)
    yield webhook
    webhook.forget()


async def report(agents, pod, phase, **states):
    """Report the states of all containers of a pod."""
    statuses = [
        {
            "name": name.replace("_", "-"),
            "image": "x",
            "imageID": "x",
            "ready": False,
            "restartCount": 0,
            "state": state,
        }
        for name, state in states.items()
    ]
    status = {"phase": phase, "startTime": AT, "containerStatuses": statuses}
    await agents.patch(f"{agents.core}/pods/{pod['metadata']['name']}/status", {"status": status})


async def test_a_run_is_over_with_its_agent_though_a_sidecar_runs_on(agents, webhook):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.pod(name)
    assert [c["name"] for c in pod["spec"]["containers"]] == ["istio-proxy", names.CONTAINER]
    await agents.bind(pod)
    works = {"running": {"startedAt": AT}}
    await report(agents, pod, "Running", istio_proxy=works, agent=works)
    await agents.status(name, number=1, phase="Running")
    ended = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": AT, "finishedAt": AT}}
    await report(agents, pod, "Running", istio_proxy=works, agent=ended)
    await agents.status(name, phase="Idle", reason="IdleTimeout", exitCode=0)
    await eventually(lambda: _is_gone(agents, name))
    (left,) = await agents.pods(name)
    assert "deletionTimestamp" in left["metadata"]  # the kubelet ends what runs on
    await agents.remove(left)


async def _is_gone(agents, name):
    return await agents.job(name) is None


async def test_a_webhook_that_refuses_and_one_that_is_away_are_told_apart(agents, webhook):
    webhook.refusal = "images come from registry.example alone"
    refused = await agents.make_thread(next(chats), run=1)
    status = await agents.status(refused, phase="Pending", reason="CreateRefused")
    assert "images come from registry.example alone" in status["run"]["message"]
    webhook.stop()
    name = await agents.make_thread(next(chats), run=1)
    status = await agents.status(name, phase="Pending", reason="WebhookUnavailable")
    assert "pods.mesh.example" in status["run"]["message"]


async def test_what_a_run_may_take_counts_from_its_agents_start(agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.pod(name)
    job = await agents.job(name)
    before = job["spec"]["activeDeadlineSeconds"]
    await agents.bind(pod)
    late = datetime.fromisoformat(job["status"]["startTime"]) + timedelta(seconds=900)
    await agents.report(pod, "Running", running={"startedAt": late.strftime("%Y-%m-%dT%H:%M:%SZ")})
    await agents.status(name, number=1, phase="Running")

    async def is_moved():
        return (await agents.job(name))["spec"]["activeDeadlineSeconds"] == before + 900

    await eventually(is_moved)


async def test_a_queue_that_suspends_a_job_is_told_and_its_room_is_not_taken_twice(agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.pod(name)
    path = f"{agents.jobs}/{await agents.job_name(name)}"
    labels = {"labels": {"kueue.x-k8s.io/queue-name": "agents"}}
    await agents.patch(path, {"metadata": labels, "spec": {"suspend": True}})
    status = await agents.status(name, phase="Pending", reason="JobSuspended")
    assert "queue agents" in status["run"]["message"]
    await eventually(lambda: _has_no_pod(agents, name))
    await agents.patch(path, {"spec": {"suspend": False}})
    second = await agents.run(name)
    assert second["metadata"]["uid"] != pod["metadata"]["uid"]
    await agents.patch(path, {"spec": {"suspend": True}})
    await agents.status(name, phase="Stopping", reason="Preempted")
    await agents.remove(second)
    await agents.status(name, phase="Idle", reason="Preempted")
    assert await agents.pods(name) == []


async def _has_no_pod(agents, name):
    return not await agents.pods(name)


async def test_no_pod_begins_without_the_images_that_its_class_mounts(agents):
    """This API server has no image volumes: it would leave them out and say nothing."""
    await agents.make_class("pictured", skills=[{"image": "registry.example/skills:1"}])
    name = await agents.make_thread(next(chats), run=1, classRef={"name": "pictured"})
    status = await agents.status(name, phase="Pending", reason="CreateRefused")
    assert status["run"]["message"].startswith("This cluster mounts no images")
    assert "jobName" not in status["run"]
    await agents.change(name, classRef={"name": "default"})
    await agents.pod(name)
