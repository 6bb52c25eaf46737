"""A run whose pod waited in a warm pool: taken over where it may be, refused and told where it may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agent_contract import names
from agent_contract.agentthread import Claim, Phase, Reason
from agent_operator.claims import Claimed, name_job
from agent_operator.observe import Observed, observe_run
from agent_operator.pods import read_pod
from tests.support.deciding_runs import look
from tests.support.operator import (
    MINUTE,
    NAME,
    NOW,
    UID,
    job_name,
    make_ended_pod,
    make_job,
    make_pod,
    make_running_pod,
    make_thread,
)

JOB = names.build_pool_job_name("default", "class-uid", 4)
CLAIM = {"run": 2, "jobName": JOB, "podUid": "pod-4"}
WAITING = make_job(run=0, name=JOB, uid="job-4", owner_uid="class-uid", pool="default", pool_hash="a" * 16,
                   started_at=NOW - 10 * MINUTE, deadline=4200, allowance=10930)  # fmt: skip
POD = make_running_pod(name=f"{JOB}-x", uid="pod-4", job_name=JOB, job_uid="job-4", started_at=NOW - 9 * MINUTE)


def claimed(job=WAITING, pod=POD, class_uid="class-uid"):
    return Claimed(Claim.model_validate(CLAIM), job, pod, "default", class_uid)


def decide(status=None, observed=None, **spec):
    return look(make_thread(2, status, claim=CLAIM, **spec), Observed(None, None, claimed=observed or claimed()))


def test_a_pod_of_the_pool_is_taken_over_and_no_job_is_made():
    plan = decide()
    assert (plan.create, plan.discard, plan.delete) == (None, None, ())
    adoption = plan.adopt
    assert adoption.labels == {names.LABEL_THREAD: NAME, names.LABEL_RUN: "2"}
    pod = adoption.build_pod_change(NOW)["metadata"]
    assert (pod["uid"], pod["labels"]) == ("pod-4", adoption.labels)
    assert pod["annotations"] == {names.ANNOTATION_CLAIMED_AT: NOW.isoformat()}
    change = adoption.build_job_change("77", NOW)
    meta = change["metadata"]
    assert (meta["uid"], meta["resourceVersion"], meta["labels"]) == ("job-4", "77", adoption.labels)
    (owner,) = meta["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"], owner["controller"]) == ("AgentThread", NAME, UID, True)
    # all that a run may take, from now: it waited ten minutes
    assert change["spec"] == {"activeDeadlineSeconds": 600 + 10930}


def test_it_takes_one_over_that_has_ended_already():
    """The run may have come and gone before its claim was seen."""
    ended = claimed(replace(WAITING, complete=True), make_ended_pod(0, uid="pod-4", job_uid="job-4", job_name=JOB))
    plan = decide(observed=ended)
    assert "spec" not in plan.adopt.build_job_change("1", NOW)


def test_a_pod_that_was_not_told_yet_is_told_when_its_job_is_the_runs():
    thread = make_thread(2, claim=CLAIM)
    plan = look(thread, observe_run(thread, 2, [adopted_job()], [POD]))
    assert plan.adopt.taken
    assert plan.adopt.build_pod_change(NOW)["metadata"]["labels"] == {names.LABEL_THREAD: NAME, names.LABEL_RUN: "2"}
    assert not decide().adopt.taken


@pytest.mark.parametrize(
    ("observed", "discarded"),
    [
        (claimed(job=None, pod=None), False),
        (claimed(pod=None), True),
        (claimed(pod=replace(POD, uid="another")), True),
        (claimed(job=replace(WAITING, owner_uid="thread-7")), False),
        (claimed(job=replace(WAITING, owner_uid=None)), False),
        (claimed(job=replace(WAITING, deleting=True)), True),
        (claimed(job=replace(WAITING, name="tg-7-r1-01234567")), False),
        (claimed(class_uid="another-class"), False),
        (claimed(class_uid=""), False),
    ],
    ids=["gone", "no pod", "another pod", "a thread's", "nobody's", "deleting", "no pool's", "another class's", "no class"],
)  # fmt: skip
def test_a_claim_that_cannot_be_carried_out_is_told(observed, discarded):
    plan = decide(observed=observed)
    run = plan.status.run
    assert (plan.status.phase, run.number, run.reason) == (Phase.IDLE, 2, Reason.CLAIM_REFUSED)
    assert run.finished_at is not None
    assert run.job_name is None
    assert run.message
    assert (plan.create, plan.adopt) == (None, None)
    # what may know a conversation is nobody else's; what is somebody's is left alone
    assert (plan.discard is not None) == discarded


def test_a_refused_run_makes_no_job_ever():
    refused = decide(observed=claimed(job=None, pod=None)).status.to_dict()
    plan = decide(refused, observed=claimed())
    assert (plan.create, plan.adopt) == (None, None)
    assert plan.status.run.reason == Reason.CLAIM_REFUSED


def test_what_the_api_server_refuses_is_told_as_a_refused_claim():
    refused = decide().unadopted
    assert (refused.phase, refused.run.number, refused.run.reason) == (Phase.IDLE, 2, Reason.CLAIM_REFUSED)
    assert refused.run.finished_at is not None


def test_the_next_run_of_a_refused_one_starts_cold():
    refused = decide(observed=claimed(job=None, pod=None)).status.to_dict()
    plan = look(make_thread(3, refused, claim=CLAIM))
    assert plan.create.metadata.name == job_name(3)
    assert plan.status.previous_run.reason == Reason.CLAIM_REFUSED


def adopted_pod(**more):
    return replace(POD, run=2, claimed_at=NOW - MINUTE, **more)


def adopted_job(**more):
    return replace(WAITING, owner_uid=UID, run=2, **more)


def test_once_taken_over_it_is_followed_as_any_run():
    thread = make_thread(2, {"run": {"number": 1, "jobName": job_name(1)}}, claim=CLAIM)
    observed = observe_run(thread, 2, [adopted_job(), make_job(1)], [adopted_pod()])
    assert (observed.job.name, observed.pod.uid) == (JOB, "pod-4")
    plan = look(thread, observed)
    run = plan.status.run
    assert (plan.status.phase, run.number, run.job_name, run.pod_uid) == (Phase.RUNNING, 2, JOB, "pod-4")
    assert plan.delete == (job_name(1),)  # no other run may run
    assert plan.create is None


def test_a_stop_ends_it_as_any_run():
    thread = make_thread(2, claim=CLAIM, stop=2)
    plan = look(thread, observe_run(thread, 2, [adopted_job()], [adopted_pod()]))
    assert plan.delete == (JOB,)
    assert plan.status.run.reason == Reason.STOPPED


def test_a_job_that_went_after_it_was_taken_over_was_deleted():
    status = {"run": {"number": 2, "jobName": JOB, "podUid": "pod-4", "startedAt": NOW.isoformat()}}
    thread = make_thread(2, status, claim=CLAIM)
    plan = look(thread, replace(observe_run(thread, 2, [], []), claimed=claimed(job=None, pod=None)))
    assert plan.status.run.reason == Reason.DELETED


def test_the_pod_of_an_earlier_claim_is_waited_for():
    status = {"run": {"number": 2, "jobName": JOB, "podUid": "pod-4", "finishedAt": NOW.isoformat()}}
    thread = make_thread(3, status)
    observed = observe_run(thread, 3, [], [adopted_pod(deleted_at=NOW)])
    assert [one.uid for one in observed.orphans] == ["pod-4"]
    assert look(thread, observed).status.phase is Phase.STOPPING


def test_a_job_that_was_claimed_for_another_run_is_not_this_ones():
    thread = make_thread(2, claim=CLAIM)
    assert observe_run(thread, 2, [replace(adopted_job(), run=1)], []).job is None


def test_the_job_of_a_run_is_named_by_its_claim_then_by_its_status_then_by_its_number():
    claim = make_thread(2, claim=CLAIM)
    assert name_job(claim, 2) == JOB
    assert name_job(claim, 1) == job_name(1)
    told = make_thread(3, {"run": {"number": 3}, "previousRun": {"number": 2, "jobName": JOB}})
    assert (name_job(told, 2), name_job(told, 3)) == (JOB, job_name(3))


def pod_as_told(claimed_at, state):
    meta = {"name": "p", "uid": "u", "annotations": {names.ANNOTATION_CLAIMED_AT: claimed_at}}
    statuses = [{"name": names.CONTAINER, "state": state}]
    return read_pod(
        {
            "metadata": meta,
            "spec": {"containers": [{"name": names.CONTAINER}]},
            "status": {"containerStatuses": statuses},
        }
    )


def test_a_run_begins_when_its_pod_was_claimed():
    began, later = (NOW - timedelta(hours=1)), NOW
    running = pod_as_told(later.isoformat(), {"running": {"startedAt": began.isoformat()}})
    assert (running.agent.started_at, running.claimed_at) == (later, later)
    over = {"startedAt": began.isoformat(), "finishedAt": (began + MINUTE).isoformat(), "exitCode": 0}
    assert pod_as_told(later.isoformat(), {"terminated": over}).agent.started_at == began
    assert pod_as_told("no time", {"running": {"startedAt": began.isoformat()}}).agent.started_at == began


def test_a_pod_that_has_not_begun_can_be_claimed_too():
    assert decide(observed=claimed(pod=make_pod(uid="pod-4", job_uid="job-4"))).adopt is not None
