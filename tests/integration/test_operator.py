"""The operator against a real API server: what it makes, what it says, and what it mends after it was away."""

from __future__ import annotations

import asyncio
import itertools
import re
import signal

import pytest

from agent_contract import names
from tests.support.eventually import eventually
from tests.support.operating import AT, Operator, prepare_namespace

pytestmark = pytest.mark.apiserver
NAMESPACE = "agents"
chats = itertools.count(1)
_COLLECTED = re.compile(
    r"ResourceWarning: (unclosed <socket\.socket |Enable tracemalloc to get the object allocation traceback)"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("operator")


@pytest.fixture(scope="module")
def process(apiserver, folder):
    """One operator for all tests; each uses threads of its own."""
    operator = Operator(prepare_namespace(apiserver, NAMESPACE, folder), NAMESPACE, folder / "log")
    path = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.AGENT_CLASSES}"
    meta = {"name": "default"}
    apiserver.call("POST", path, {"apiVersion": names.API_VERSION, "kind": "AgentClass", "metadata": meta})
    yield operator
    operator.stop()


def conditions(status):
    return {c["type"]: (c["status"], c["reason"]) for c in status["conditions"]}


# --- a run ---------------------------------------------------------------------------------------


async def test_an_undisturbed_run_is_one_job_and_told_step_by_step(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    changes = []

    async def watch():
        params = {"fieldSelector": f"metadata.name={name}"}
        async with agents.client.watch(agents.threads, params) as events:
            async for event in events:
                changes.append(event["object"])  # noqa: PERF401  # it is read while it grows

    watching = asyncio.create_task(watch())
    try:
        pod = await agents.run(name)
        job = await agents.job(name)
        thread = await agents.thread(name)
        (owner,) = job["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("AgentThread", thread["metadata"]["uid"], True)
        assert owner["blockOwnerDeletion"] is True
        run = thread["status"]["run"]
        assert (run["jobName"], run["podName"], run["podUid"], run["startedAt"]) == (
            job["metadata"]["name"], pod["metadata"]["name"], pod["metadata"]["uid"], "2026-01-02T03:04:05Z",
        )  # fmt: skip
        assert conditions(thread["status"]) == {
            "Accepted": ("True", "Usable"), "PodScheduled": ("True", "Running"), "Ready": ("True", "Running"),
            "Suspended": ("False", "NotSuspended"),
        }  # fmt: skip
        await agents.end(pod, 0)
        status = await agents.status(name, phase="Idle", reason="IdleTimeout", exitCode=0)
        assert status["run"]["finishedAt"] == "2026-01-02T03:04:05Z"
        await eventually(lambda: _complete(agents, name))
        await eventually(lambda: changes and changes[-1].get("status", {}).get("phase") == "Idle")
    finally:
        watching.cancel()
    phases = [c.get("status", {}).get("phase") for c in changes]
    assert [p for p in phases if p and p != "Pending"] == ["Starting", "Running", "Idle"]
    meta = (await agents.thread(name))["metadata"]
    assert not {"annotations", "finalizers"} & set(meta)


async def _complete(agents, name):
    job = await agents.job(name)
    assert job is not None, "a finished Job stays to be looked at"
    assert "kopf" not in str(job["metadata"])
    return any(c["type"] == "Complete" for c in job["status"].get("conditions", []))


@pytest.mark.parametrize(
    ("code", "more", "reason"),
    [
        (70, None, "AgentFailed"),
        (64, None, "BadConfig"),
        (69, None, "GatewayRefused"),
        (75, None, "GatewayLost"),
        (124, None, "DeadlineExceeded"),
        (137, "OOMKilled", "OOMKilled"),
        (143, None, "Error"),
    ],
)
async def test_how_a_run_ends(operator, agents, code, more, reason):
    name = await agents.make_thread(next(chats), run=1)
    await agents.end(await agents.run(name), code, more)
    status = await agents.status(name, phase="Idle", reason=reason, exitCode=code)
    assert status["run"]["message"].endswith(".")
    assert len(await agents.pods(name)) == 1


async def test_what_a_pod_says_at_its_end_is_no_part_of_its_threads_status(operator, agents):
    """An agent's tools may write the termination message, so that it is no word of ours, and may be of the conversation."""
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.run(name)
    ended = {"exitCode": 70, "reason": "Error", "startedAt": AT, "finishedAt": AT, "message": "pi: \x00\x01 died"}
    await agents.report(pod, "Failed", terminated=ended)
    status = await agents.status(name, phase="Idle", reason="AgentFailed")
    assert status["run"]["message"] == "pi did not start or kept dying."


async def test_the_next_run_keeps_the_end_of_the_one_before(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    await agents.end(await agents.run(name), 70)
    await agents.status(name, phase="Idle")
    await agents.change(name, run=2)
    await agents.run(name, run=2)
    status = await agents.status(name, number=2, phase="Running")
    assert (status["previousRun"]["number"], status["previousRun"]["reason"]) == (1, "AgentFailed")
    assert await agents.job(name, 1) is not None


async def test_a_newer_run_ends_the_older(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.run(name)
    await agents.change(name, run=2)
    await _leave_slowly(agents, name, pod, number=2)
    assert await agents.job(name, 2) is None, "two pods of one conversation"
    await agents.remove(pod)
    await agents.run(name, run=2)
    status = await agents.status(name, number=2, phase="Running")
    assert status["previousRun"]["reason"] == "Superseded"


async def _leave_slowly(agents, name, pod, **wanted):
    """Wait until a run's Job is gone and its pod uses its grace; the run is not over as long."""
    await eventually(lambda: _deleting(agents, pod))
    job = pod["metadata"]["ownerReferences"][0]["name"]
    await eventually(lambda: _missing(agents, f"{agents.jobs}/{job}"))
    await agents.change(name, title="a reason to look")
    status = await agents.status(name, phase="Stopping", **wanted)
    assert "finishedAt" not in status["run"]


async def _deleting(agents, pod):
    found = await agents.find(f"{agents.core}/pods/{pod['metadata']['name']}")
    return found is None or "deletionTimestamp" in found["metadata"]


# --- it is ended ---------------------------------------------------------------------------------


async def test_stop(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.run(name)
    await agents.change(name, stop=1)
    await _leave_slowly(agents, name, pod, reason="Stopped")
    await agents.remove(pod)
    await agents.status(name, phase="Idle", reason="Stopped")


async def test_stop_before_it_began(operator, agents):
    name = await agents.make_thread(next(chats), run=1, stop=1)
    await agents.status(name, phase="Idle", reason="Stopped")
    assert await agents.job(name) is None


async def test_a_hold_ends_the_run_and_the_next_waits_for_its_release(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.run(name)
    await agents.change(name, suspend=True)
    await _leave_slowly(agents, name, pod, reason="Suspended")
    await agents.remove(pod)
    await agents.status(name, phase="Suspended", number=1, reason="Suspended")
    await agents.change(name, run=2)
    status = await agents.status(name, phase="Suspended", number=2, reason="Suspended")
    assert conditions(status)["Suspended"] == ("True", "Suspended")
    await agents.change(name, suspend=False)
    await agents.run(name, run=2)


async def test_a_pod_deleted_by_hand_ends_the_run_and_has_no_successor(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.run(name)
    await agents.delete(f"{agents.core}/pods/{pod['metadata']['name']}")
    await agents.status(name, phase="Stopping", reason="Deleted")
    await agents.end(pod, 143)
    await agents.status(name, phase="Idle", reason="Deleted", exitCode=143)
    await agents.remove(pod)
    await eventually(lambda: _failed(agents, name))
    assert await agents.pods(name) == []


async def _failed(agents, name):
    job = await agents.job(name)
    return any(c["type"] == "Failed" for c in job["status"].get("conditions", []))


async def test_a_job_deleted_by_hand_is_not_made_again(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.run(name)
    await agents.delete(f"{agents.jobs}/{await agents.job_name(name)}", propagationPolicy="Background")
    await _leave_slowly(agents, name, pod, reason="Deleted")
    await agents.remove(pod)
    await agents.status(name, phase="Idle", reason="Deleted")
    assert await agents.job(name) is None


async def test_a_thread_deleted_takes_its_job_and_pod_along(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    pod, job = await agents.run(name), await agents.job_name(name)
    await agents.delete(f"{agents.threads}/{name}")
    assert await agents.find(f"{agents.threads}/{name}") is None
    await eventually(lambda: _missing(agents, f"{agents.jobs}/{job}"))
    await eventually(lambda: _deleting(agents, pod))


async def _missing(agents, path):
    return await agents.find(path) is None


async def test_labels_taken_away_do_not_end_a_run(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.run(name)
    labels = dict.fromkeys((names.LABEL_MANAGED_BY, names.LABEL_THREAD))
    await agents.patch(f"{agents.jobs}/{await agents.job_name(name)}", {"metadata": {"labels": labels}})
    await agents.change(name, title="a reason to look")
    await agents.end(pod, 0)
    await agents.status(name, phase="Idle", reason="IdleTimeout")


# --- it waits ------------------------------------------------------------------------------------


async def test_a_class_that_is_missing_and_then_appears(operator, agents):
    name = await agents.make_thread(next(chats), run=1, classRef={"name": "later"})
    status = await agents.status(name, phase="Failed", reason="ClassNotFound")
    assert "There is no AgentClass later in agents." in status["run"]["message"]
    assert conditions(status)["Accepted"] == ("False", "ClassNotFound")
    await agents.make_class("later", image="own:1")
    pod = await agents.pod(name)
    assert pod["spec"]["containers"][0]["image"] == "own:1"
    status = await agents.status(name, phase="Pending")
    assert conditions(status)["Accepted"] == ("True", "Usable")
    assert "reason" not in status["run"]


async def test_an_idle_thread_learns_of_its_class_too(operator, agents):
    name = await agents.make_thread(next(chats), classRef={"name": "later-too"})
    await agents.status(name, phase="Failed")
    await agents.make_class("later-too")
    status = await agents.status(name, phase="Idle")
    assert conditions(status)["Accepted"] == ("True", "Usable")


async def test_a_class_without_a_usable_model_says_so_and_is_mended_by_an_edit(operator, agents):
    await agents.make_class("odd", model={"provider": "moonshotai"})
    name = await agents.make_thread(next(chats), run=1, classRef={"name": "odd"})
    status = await agents.status(name, phase="Failed", reason="ClassInvalid")
    assert "spec.model.name" in status["run"]["message"]

    async def accepted():
        found = await agents.find(f"{agents.classes}/odd")
        return conditions(found["status"]) if found.get("status") else None

    enforced = {"PodSecurity": ("False", "NotEnforced")}
    assert await eventually(accepted) == {"Accepted": ("False", "ClassInvalid"), **enforced}
    await agents.patch(f"{agents.classes}/odd", {"spec": {"model": {"name": "kimi-k2"}}})
    await agents.pod(name)

    async def mended():
        return (await accepted()) == {"Accepted": ("True", "Usable"), **enforced}

    await eventually(mended)


async def test_a_foreign_job_of_that_name_is_left_alone_and_told_of(operator, agents):
    operator.stop()
    name = await agents.make_thread(next(chats), run=1)
    job = await agents.job_name(name)
    container = {"name": "x", "image": "x"}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    body = {"metadata": {"name": job}, "spec": {"suspend": True, "template": template}}
    made = await agents.client.request("POST", agents.jobs, body=body)
    operator.start_and_wait()
    status = await agents.status(name, phase="Failed", reason="CreateRefused")
    assert job in status["run"]["message"]
    assert (await agents.job(name))["metadata"]["uid"] == made["metadata"]["uid"]
    looks = operator.metric("openclaw_operator_reconciles_total")
    await agents.delete(f"{agents.jobs}/{job}", propagationPolicy="Background")
    await agents.change(name, title="a reason to look")
    await agents.run(name)
    assert operator.metric("openclaw_operator_reconciles_total") < looks + 30


async def test_a_quota_is_told_in_the_api_servers_words(operator, agents):
    quota = {"metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}
    await agents.client.request("POST", f"{agents.core}/resourcequotas", body=quota)
    try:
        path = f"{agents.core}/resourcequotas/none"

        async def counted():
            return (await agents.find(path))["status"].get("hard")

        await eventually(counted)
        name = await agents.make_thread(next(chats), run=1)
        status = await agents.status(name, phase="Pending", reason="QuotaExceeded")
        assert "exceeded quota: none" in status["run"]["message"]
        assert conditions(status)["PodScheduled"] == ("False", "QuotaExceeded")
    finally:
        await agents.delete(f"{agents.core}/resourcequotas/none")


async def test_a_job_that_the_api_server_refuses_is_told_and_tried_again(operator, agents):
    quota = {"metadata": {"name": "no-jobs"}, "spec": {"hard": {"count/jobs.batch": "0"}}}
    await agents.client.request("POST", f"{agents.core}/resourcequotas", body=quota)
    try:

        async def counted():
            return (await agents.find(f"{agents.core}/resourcequotas/no-jobs"))["status"].get("hard")

        await eventually(counted)
        name = await agents.make_thread(next(chats), run=1)
        status = await agents.status(name, phase="Pending", reason="QuotaExceeded")
        assert "jobName" not in status["run"]
    finally:
        await agents.delete(f"{agents.core}/resourcequotas/no-jobs")
    await agents.change(name, title="a reason to look")
    await agents.pod(name)


async def test_an_image_that_cannot_be_pulled(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    pod = await agents.pod(name)
    await agents.bind(pod)
    await agents.report(pod, "Pending", waiting={"reason": "ErrImagePull", "message": "not found"})
    status = await agents.status(name, phase="Starting", reason="ImagePullBackOff")
    assert "runner:1" in status["run"]["message"]
    assert "not found" in status["run"]["message"]


# --- it was away ---------------------------------------------------------------------------------


async def test_what_changed_while_it_was_killed(operator, agents):
    await agents.make_class("passing")
    lost, bumped, stopped, ended, deleted = [
        await agents.make_thread(next(chats), run=1, classRef={"name": "passing"}) for _ in range(5)
    ]
    pods = {name: await agents.run(name) for name in (lost, bumped, stopped, ended, deleted)}
    operator.stop(signal.SIGKILL)
    await agents.delete(f"{agents.jobs}/{await agents.job_name(lost)}", propagationPolicy="Background")
    await agents.change(bumped, run=2)
    await agents.change(stopped, stop=1)
    await agents.end(pods[ended], 70)
    await agents.delete(f"{agents.core}/pods/{pods[deleted]['metadata']['name']}")
    await agents.end(pods[deleted], 143)
    await agents.remove(pods[deleted])
    await agents.delete(f"{agents.classes}/passing")
    operator.start_and_wait()
    for name in (lost, bumped, stopped):
        await eventually(lambda name=name: _deleting(agents, pods[name]))
        await agents.remove(pods[name])
    await agents.status(lost, phase="Idle", reason="Deleted")
    await agents.status(stopped, phase="Idle", reason="Stopped")
    await agents.status(ended, phase="Idle", reason="AgentFailed")
    await agents.status(deleted, phase="Idle", reason="Deleted")
    status = await agents.status(bumped, phase="Failed", number=2, reason="ClassNotFound")
    assert (status["previousRun"]["number"], status["previousRun"]["reason"]) == (1, "Superseded")
    assert await agents.job(bumped, 1) is None
    await agents.make_class("passing")
    await agents.run(bumped, run=2)


async def test_killed_between_making_the_job_and_saying_so(operator, agents):
    name = await agents.make_thread(next(chats), run=1)
    await agents.run(name)
    operator.stop(signal.SIGKILL)
    thread = await agents.thread(name)
    del thread["status"]
    await agents.client.request("PUT", f"{agents.threads}/{name}/status", body=thread)
    uid = (await agents.job(name))["metadata"]["uid"]
    operator.start_and_wait()
    await agents.status(name, phase="Running", number=1)
    assert (await agents.job(name))["metadata"]["uid"] == uid


async def test_threads_at_rest_cost_a_restart_nothing(operator, agents):
    resting = []
    for _ in range(3):
        name = await agents.make_thread(next(chats), run=1)
        await agents.end(await agents.run(name), 0)
        await agents.status(name, phase="Idle")
        await eventually(lambda name=name: _complete(agents, name))
        resting.append(name)
    resting.append(await agents.make_thread(next(chats)))
    await agents.status(resting[-1], phase="Idle")
    before = {n: (await agents.thread(n))["metadata"]["resourceVersion"] for n in resting}
    await _remove_unfinished(agents)
    assert operator.stop() == 0
    operator.start_and_wait()
    new = await agents.make_thread(next(chats))
    await agents.status(new, phase="Idle")
    # the new one is looked at when it comes and after its own write: a look at each of those at rest would be more
    assert operator.metric("openclaw_operator_reconciles_total") < 2 + len(resting)
    assert {n: (await agents.thread(n))["metadata"]["resourceVersion"] for n in resting} == before


async def _remove_unfinished(agents):
    """Delete what earlier tests left under way: it is due again and again, however long a restart takes."""
    for thread in (await agents.client.request("GET", agents.threads))["items"]:
        if not _rests(thread):
            await agents.delete(f"{agents.threads}/{thread['metadata']['name']}")
            if job := thread.get("status", {}).get("run", {}).get("jobName"):
                await eventually(lambda job=job: _missing(agents, f"{agents.jobs}/{job}"))


def _rests(thread):
    status = thread.get("status", {})
    accepted = conditions(status).get("Accepted", ("",))[0] == "True" if "conditions" in status else False
    run = status.get("run")
    return accepted and (run is None or "finishedAt" in run)


# --- what it leaves behind -----------------------------------------------------------------------


async def test_nothing_in_the_log_is_a_warning_or_a_trace(operator, agents):
    name = await agents.make_thread(next(chats))
    await agents.status(name, phase="Idle")
    # a call that is given up in the moment its connection stands may leave the socket to be collected (Python 3.11)
    log = [line for line in operator.log.splitlines() if not _COLLECTED.search(line)]
    lines = [line for line in log if "Warning" in line or "Traceback" in line or "ERROR" in line]
    assert lines == []


async def test_no_thread_bears_anything_of_kopfs(operator, agents):
    for thread in (await agents.client.request("GET", agents.threads))["items"]:
        assert not {"annotations", "finalizers"} & set(thread["metadata"])
        assert {f["subresource"] for f in thread["metadata"]["managedFields"] if f.get("subresource")} <= {"status"}
