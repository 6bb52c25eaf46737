from __future__ import annotations

from datetime import UTC, datetime

from agent_contract import names
from agent_operator.observe import observe, read_job, read_pod
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
        "labels": {names.LABEL_RUN: str(run)} if run else {},
        "ownerReferences": [{"uid": job, "name": name, "controller": True}],
    }
    return {
        "metadata": meta,
        "spec": spec or {"containers": [{"image": "i"}]},
        "status": {"phase": "Pending", **status},
    }


class Cluster:
    """Answers from lists, and counts what it is asked."""

    def __init__(self, jobs=(), pods=(), events=()):
        self.jobs, self.pods, self.events = list(jobs), list(pods), list(events)
        self.calls = []

    async def read_job(self, name):
        self.calls.append("job")
        return next((j for j in self.jobs if j["metadata"]["name"] == name), None)

    async def list_jobs(self, thread):
        self.calls.append("jobs")
        return self.jobs

    async def list_pods(self, thread):
        self.calls.append("pods")
        return self.pods

    async def list_warnings(self, uids):
        self.calls.append("events")
        return [e for e in self.events if e["involvedObject"]["uid"] in uids]


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


async def test_without_a_run_nothing_is_asked():
    cluster = Cluster()
    await observe(cluster, make_thread(), None)
    assert cluster.calls == []


async def test_a_running_run_costs_two_reads():
    cluster = Cluster([raw_job()], [raw_pod(**RUNNING)])
    seen = await observe(cluster, make_thread(1, {"run": {"number": 1, "jobName": job_name()}}), 1)
    assert cluster.calls == ["job", "pods"]
    assert (seen.job.run, seen.pod.running, seen.pod.started_at) == (1, True, THEN)


async def test_the_job_is_found_by_its_name_whatever_its_labels():
    job = raw_job()
    del job["metadata"]["labels"]
    seen = await observe(Cluster([job]), make_thread(1), 1)
    assert (seen.job.name, seen.job.owner_uid, seen.job.run) == (job_name(), UID, 0)


async def test_a_foreign_jobs_pod_is_not_ours():
    cluster = Cluster([raw_job(owner=None)], [raw_pod()])
    seen = await observe(cluster, make_thread(1), 1)
    assert (seen.job.owner_uid, seen.pod, seen.strays) == (None, None, ())


async def test_a_pod_that_a_missing_job_left_is_seen():
    begun = make_thread(1, {"run": {"number": 1, "jobName": job_name()}})
    pods = [raw_pod(uid="older", run=1, **ENDED), raw_pod(run=1, **RUNNING), raw_pod(uid="forged", **RUNNING)]
    seen = await observe(Cluster([], pods), begun, 1)
    assert (seen.job, seen.pod.uid) == (None, "pod-1")
    assert (await observe(Cluster([], pods[2:]), begun, 1)).pod is None
    over = make_thread(1, {"run": {"number": 1, "jobName": job_name(), "finishedAt": AT}})
    cluster = Cluster([], pods)
    assert (await observe(cluster, over, 1)).pod is None
    assert cluster.calls == ["job"]


async def test_a_pod_of_another_run_is_known_by_its_jobs_name():
    forged = raw_pod(uid="forged", run=1, **RUNNING)
    forged["metadata"]["ownerReferences"][0]["name"] = "tg-42-r1"
    pods = [
        raw_pod(uid="old", run=1, **RUNNING),
        raw_pod(uid="done", run=2, **ENDED),
        raw_pod(uid="own", run=3),
        forged,
    ]
    seen = await observe(Cluster([], pods), make_thread(3), 3)
    assert [p.uid for p in seen.strays] == ["old"]


async def test_a_pod_is_the_jobs_by_uid_and_the_newest():
    pods = [
        raw_pod("other", "pod-x"),
        raw_pod(uid="pod-2", created="2026-01-02T03:04:06Z"),
        raw_pod(uid="pod-1"),
    ]
    assert (await observe(Cluster([raw_job()], pods), make_thread(1), 1)).pod.uid == "pod-2"


async def test_warnings_of_the_job_and_its_pod_are_read_until_it_runs():
    events = [
        {"involvedObject": {"uid": uid}, "reason": "FailedMount", "message": "x"} for uid in ("pod-1", "job-1", "other")
    ]
    seen = await observe(Cluster([raw_job()], [raw_pod()], events), make_thread(1), 1)
    assert [w.uid for w in seen.warnings] == ["pod-1", "job-1"]
    assert (await observe(Cluster([raw_job()], [raw_pod(**RUNNING)], events), make_thread(1), 1)).warnings == ()
    assert (await observe(Cluster([raw_job()], [raw_pod(**ENDED)], events), make_thread(1), 1)).warnings == ()


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
    seen = await observe(Cluster(jobs, pods), make_thread(6), 6)
    assert [j.run for j in seen.others] == [1]


def test_how_a_job_failed():
    failed = {"type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "too long"}
    job = read_job(raw_job(conditions=[{"type": "Complete", "status": "False"}, failed]))
    assert (job.complete, job.failed, job.message, job.over) == (False, "DeadlineExceeded", "too long", True)
    assert not read_job(raw_job()).over


def test_a_pod_without_any_status():
    pod = read_pod({**raw_pod(), "status": {}})
    assert (pod.phase, pod.scheduled, pod.running, pod.over) == ("Unknown", False, False, False)


def test_another_containers_end_is_not_the_agents():
    sidecar = {"name": "proxy", "state": {"terminated": {"exitCode": 1}}}
    pod = read_pod(raw_pod(phase="Running", containerStatuses=[sidecar, RUNNING["containerStatuses"][0]]))
    assert (pod.exit_code, pod.running) == (None, True)


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
    assert (pod.waiting_reason, pod.waiting_message, pod.deleted_at) == ("ErrImagePull", "no", THEN)
