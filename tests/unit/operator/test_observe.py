from __future__ import annotations

import copy
from datetime import UTC, datetime

from agent_contract import names
from agent_operator.jobs import read_job
from agent_operator.observe import Observed
from agent_operator.pods import read_pod
from tests.support.kubeclient import World
from tests.support.operator import NAME, UID, job_name, make_thread

AT = "2026-01-02T03:04:05Z"
THEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def raw_job(run=1, owner=UID, uid=None, **status):
    owners = [{"uid": owner, "controller": True}] if owner else []
    labels = {names.LABEL_THREAD: NAME, names.LABEL_RUN: str(run)}
    meta = {"name": job_name(run), "uid": uid or f"job-{run}", "labels": labels, "ownerReferences": owners}
    return {"metadata": meta, "status": status}


def raw_pod(job="job-1", uid="pod-1", created=AT, spec=None, run=None, **status):
    name = job_name(run) if run else job
    meta = {
        "name": uid,
        "uid": uid,
        "creationTimestamp": created,
        "labels": {names.LABEL_THREAD: NAME, **({names.LABEL_RUN: str(run)} if run else {})},
        "ownerReferences": [{"uid": job, "name": name, "controller": True}],
    }
    return {
        "metadata": meta,
        "spec": spec or {"containers": [{"name": "agent", "image": "i"}]},
        "status": {"phase": "Pending", **status},
    }


def read_run(jobs, pods, thread, run, events=()):
    """Return what is observed where the watches have told of these."""
    view = World().context.view
    for number, raw in enumerate([*jobs, *pods, *events]):
        raw["metadata"] |= {"resourceVersion": str(number + 1)}
        raw["metadata"].setdefault("creationTimestamp", AT)
    for informer, raws in ((view.jobs, jobs), (view.pods, pods), (view.events, events)):
        for raw in raws:
            informer.remember(copy.deepcopy(raw))
    return view.observe_thread(thread, run)


RUNNING = {
    "phase": "Running",
    "containerStatuses": [{"name": "agent", "state": {"running": {"startedAt": AT}}}],
}
ENDED = {
    "phase": "Failed",
    "containerStatuses": [
        {
            "name": "agent",
            "state": {"terminated": {"exitCode": 70, "reason": "Error", "startedAt": AT, "finishedAt": AT}},
        }
    ],
}


async def test_without_a_run_nothing_stands():
    assert read_run([raw_job()], [raw_pod()], make_thread(), None) == Observed(None, None)


async def test_a_running_run_is_its_job_and_its_pod():
    begun = make_thread(1, {"run": {"number": 1, "jobName": job_name()}})
    seen = read_run([raw_job()], [raw_pod(**RUNNING)], begun, 1)
    assert (seen.job.run, seen.pod.agent.running, seen.pod.agent.started_at) == (1, True, THEN)


async def test_the_job_is_found_by_its_name_whatever_its_labels():
    job = raw_job()
    del job["metadata"]["labels"]
    seen = read_run([job], [], make_thread(1), 1)
    assert (seen.job.name, seen.job.owner_uid, seen.job.run) == (job_name(), UID, 0)


async def test_a_foreign_jobs_pod_is_not_ours():
    seen = read_run([raw_job(owner=None)], [raw_pod()], make_thread(1), 1)
    assert (seen.job, seen.foreign, seen.pod, seen.orphans) == (None, job_name(), None, ())


async def test_a_pod_that_a_missing_job_left_is_seen():
    begun = make_thread(1, {"run": {"number": 1, "jobName": job_name()}})
    pods = [raw_pod(uid="older", run=1, **ENDED), raw_pod(run=1, **RUNNING), raw_pod(uid="forged", **RUNNING)]
    seen = read_run([], pods, begun, 1)
    assert (seen.job, seen.pod.uid) == (None, "pod-1")
    assert read_run([], pods[2:], begun, 1).pod is None


async def test_a_pod_of_another_run_is_known_by_its_jobs_name():
    forged = raw_pod(uid="forged", run=1, **RUNNING)
    forged["metadata"]["ownerReferences"][0]["name"] = "tg-42-r1"
    pods = [
        raw_pod(uid="old", run=1, **RUNNING),
        raw_pod(uid="done", run=2, **ENDED),
        raw_pod(uid="own", run=3),
        forged,
    ]
    seen = read_run([], pods, make_thread(3), 3)
    assert [p.uid for p in seen.orphans] == ["old"]


async def test_a_pod_is_the_jobs_by_uid_and_the_newest():
    pods = [
        raw_pod("other", "pod-x"),
        raw_pod(uid="pod-2", created="2026-01-02T03:04:06Z"),
        raw_pod(uid="pod-1"),
    ]
    assert read_run([raw_job()], pods, make_thread(1), 1).pod.uid == "pod-2"


async def test_warnings_of_the_job_and_its_pod_are_read_until_it_runs():
    events = [
        {
            "metadata": {"name": uid, "uid": uid},
            "involvedObject": {"uid": uid, "kind": uid.split("-")[0].title()},
            "type": "Warning",
            "reason": "FailedMount",
            "message": "x",
            "lastTimestamp": AT,
        }
        for uid in ("pod-1", "job-1", "other")
    ]
    seen = read_run([raw_job()], [raw_pod()], make_thread(1), 1, events)
    assert sorted(w.uid for w in seen.events) == ["job-1", "pod-1"]
    assert read_run([raw_job()], [raw_pod(**RUNNING)], make_thread(1), 1, events).events == ()
    assert read_run([raw_job()], [raw_pod(**ENDED)], make_thread(1), 1, events).events == ()


async def test_other_runs_that_may_still_run_are_seen_before_a_new_one_begins():
    complete = [{"type": "Complete", "status": "True"}]
    jobs = [
        raw_job(1),
        raw_job(2, conditions=complete),
        raw_job(3, owner="somebody"),
        raw_job(4),
        raw_job(5, conditions=[{"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded"}]),
    ]
    pods = [raw_pod("job-1", **RUNNING), raw_pod("job-4", uid="pod-4", **ENDED)]
    seen = read_run(jobs, pods, make_thread(6), 6)
    assert [j.run for j in seen.other_jobs] == [1]


def test_how_a_job_failed():
    failed = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "too long"}
    job = read_job(raw_job(conditions=[{"type": "Complete", "status": "False"}, failed]))
    assert (job.complete, job.failed, job.message, job.terminal) == (False, "DeadlineExceeded", "too long", True)
    assert not read_job(raw_job()).terminal


def test_a_pod_without_any_status():
    pod = read_pod({**raw_pod(), "status": {}})
    assert (pod.phase, pod.scheduled, pod.agent.running, pod.terminal) == ("Unknown", False, False, False)


def test_another_containers_end_is_not_the_agents():
    sidecar = {"name": "proxy", "state": {"terminated": {"exitCode": 1}}}
    pod = read_pod(raw_pod(phase="Running", containerStatuses=[sidecar, RUNNING["containerStatuses"][0]]))
    assert (pod.agent.exit_code, pod.agent.running) == (None, True)


def test_everything_that_a_pod_tells():
    status = {
        "reason": "Evicted",
        "message": "low",
        "conditions": [
            {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1"},
            {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet"},
        ],
        "containerStatuses": [{"name": "agent", "state": {"waiting": {"reason": "ErrImagePull", "message": "no"}}}],
    }
    raw = raw_pod(**status)
    raw["metadata"]["deletionTimestamp"] = AT
    pod = read_pod(raw)
    assert (pod.scheduled, pod.schedule_reason, pod.schedule_message) == (False, "Unschedulable", "0/1")
    assert (pod.status_reason, pod.status_message, pod.disrupted) == ("Evicted", "low", "TerminationByKubelet")
    assert (pod.agent.waiting_reason, pod.agent.waiting_message, pod.deleted_at) == ("ErrImagePull", "no", THEN)
