"""What is decided of a run that has ended."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_contract.agentthread import Phase
from agent_operator.observe import Observed
from tests.support.deciding_runs import DONE, NOTHING, begun, conditions, look, needs_write
from tests.support.operator import (
    MINUTE,
    NOW,
    job_name,
    make_ended_pod,
    make_job,
    make_running_pod,
    make_thread,
)

# --- it ended ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pod", "reason", "words"),
    [
        (make_ended_pod(0), "IdleTimeout", "The agent was idle and left."),
        (
            make_ended_pod(64, termination_message="a log line\ntoken missing\n"),
            "BadConfig",
            "could not use its configuration.",
        ),
        (
            make_ended_pod(69, termination_message="a newer run holds the lease"),
            "GatewayRefused",
            "refused the runner.",
        ),
        (make_ended_pod(70), "AgentFailed", "pi did not start or kept dying."),
        (make_ended_pod(75), "GatewayLost", "out of reach"),
        (make_ended_pod(124), "DeadlineExceeded", "exceeded its time"),
        (make_ended_pod(1), "Error", "The runner ended with exit code 1."),
        (make_ended_pod(143), "Error", "exit code 143 (SIGTERM)."),
        (make_ended_pod(137), "Error", "exit code 137 (SIGKILL)."),
        (make_ended_pod(143, deleted_at=NOW), "Deleted", "The pod was deleted."),
        (make_ended_pod(137, deleted_at=NOW), "Deleted", "The pod was deleted."),
        (make_ended_pod(None, deleted_at=NOW), "Deleted", "The pod was deleted."),
        (make_ended_pod(70, deleted_at=NOW), "AgentFailed", "pi did not start"),
        (make_ended_pod(0, deleted_at=NOW), "IdleTimeout", "idle and left"),
        (make_ended_pod(137, exit_reason="OOMKilled"), "OOMKilled", "memory limit"),
        (make_ended_pod(137, exit_reason="OOMKilled", deleted_at=NOW), "OOMKilled", "memory limit"),
        (
            make_ended_pod(128, exit_reason="StartError", termination_message='exec: "agent": not found'),
            "ContainerConfigError",
            'exec: "agent": not found',
        ),
        (
            make_ended_pod(None, status_reason="Evicted", status_message="The node was low on resource: memory."),
            "Evicted",
            "low on resource: memory",
        ),
        (make_ended_pod(143, disrupted="EvictionByEvictionAPI", deleted_at=NOW), "Evicted", "EvictionByEvictionAPI"),
        (make_ended_pod(143, disrupted="PreemptionByScheduler", deleted_at=NOW), "Preempted", "More urgent work"),
        (make_ended_pod(143, disrupted="TerminationByKubelet"), "Evicted", "TerminationByKubelet"),
        (make_ended_pod(None, disrupted="DeletionByTaintManager", deleted_at=NOW), "NodeLost", "unreachable"),
        (make_ended_pod(None, status_reason="NodeLost"), "NodeLost", "unreachable"),
        (make_ended_pod(None, status_message="admission by the node failed"), "Error", "admission by the node failed"),
    ],
)
@pytest.mark.parametrize("counted", [False, True], ids=["jobNotYet", "jobFailed"])
def test_why_it_ended(pod, reason, words, counted):
    job = make_job(failed="BackoffLimitExceeded" if counted and pod.agent.exit_code else None)
    plan = look(begun("Running"), Observed(job, pod))
    run = plan.status.run
    assert (plan.status.phase, run.reason, run.exit_code) == (Phase.IDLE, reason, pod.agent.exit_code)
    assert words in run.message
    assert (run.finished_at, run.started_at) == (NOW, NOW - MINUTE)
    assert (plan.create, plan.delete) == (None, ())
    assert conditions(plan)["Ready"] == ("False", "Idle")


def test_a_container_that_ended_before_its_pods_phase_says_so_does_not_start_again():
    plan = look(begun("Running"), Observed(make_job(), make_ended_pod(0, phase="Running")))
    assert (plan.status.phase, plan.status.run.reason) == (Phase.IDLE, "IdleTimeout")


def test_the_jobs_deadline():
    job = make_job(failed="DeadlineExceeded")
    started = {"startedAt": (NOW - MINUTE).isoformat()}
    for pod in (None, make_ended_pod(143, deleted_at=NOW)):
        plan = look(begun("Running", status=started), Observed(job, pod))
        assert (plan.status.phase, plan.status.run.reason) == (Phase.IDLE, "DeadlineExceeded")
        assert plan.status.run.message == "The run was ended after 60 s, its Job's deadline."


def test_the_jobs_deadline_ends_the_run_when_its_pod_has_ended():
    job = make_job(failed="DeadlineExceeded")
    for pod in (make_running_pod(), make_running_pod(deleted_at=NOW)):
        plan = look(begun("Running"), Observed(job, pod))
        assert (plan.status.phase, plan.status.run.reason) == (Phase.STOPPING, "DeadlineExceeded")
        assert (plan.status.run.finished_at, plan.delete) == (None, ())
        gone = look(make_thread(1, plan.status.to_dict()), Observed(job, None))
        assert (gone.status.phase, gone.status.run.reason) == (Phase.IDLE, "DeadlineExceeded")
    lost = look(begun("Running"), Observed(job, make_running_pod(deleted_at=NOW)), now=NOW + timedelta(seconds=30))
    assert (lost.status.phase, lost.status.run.reason) == (Phase.IDLE, "NodeLost")


@pytest.mark.parametrize(("job", "reason"), [({"complete": True}, "IdleTimeout"), ({"failed": "x"}, "Deleted")])
def test_an_ended_job_whose_pod_is_gone(job, reason):
    assert look(begun("Running"), Observed(make_job(**job), None)).status.run.reason == reason


def test_a_job_that_is_missing_was_deleted_and_is_not_made_again():
    plan = look(begun("Running"))
    assert (plan.create, plan.status.phase, plan.status.run.reason) == (None, Phase.IDLE, "Deleted")
    assert plan.status.run.finished_at == NOW


def test_a_job_that_is_being_deleted():
    plan = look(begun("Running"), Observed(make_job(deleting=True), make_running_pod()))
    assert (plan.status.phase, plan.status.run.reason, plan.delete) == (Phase.STOPPING, "Deleted", ())


def test_a_pod_deleted_by_hand_is_the_end_of_the_run():
    pod = make_running_pod(deleted_at=NOW + timedelta(seconds=10))
    plan = look(begun("Running"), Observed(make_job(), pod))
    assert (plan.status.phase, plan.status.run.reason, plan.create) == (Phase.STOPPING, "Deleted", None)
    thread = make_thread(1, plan.status.to_dict())
    for ended in (make_ended_pod(143, deleted_at=NOW), make_ended_pod(137), None):
        job = make_job(failed="BackoffLimitExceeded")
        last = look(thread, Observed(job, ended))
        assert (last.status.phase, last.status.run.reason, last.create) == (Phase.IDLE, "Deleted", None)


def test_an_eviction_seen_at_its_beginning_is_the_cause():
    pod = make_running_pod(deleted_at=NOW, disrupted="EvictionByEvictionAPI")
    thread = make_thread(1, look(begun("Running"), Observed(make_job(), pod)).status.to_dict())
    assert thread.status.run.reason == "Evicted"
    assert look(thread, Observed(make_job(failed="x"), None)).status.run.reason == "Evicted"
    assert look(thread).status.run.reason == "Evicted"


@pytest.mark.parametrize("spec", [{}, {"stop": 1}])
def test_a_pod_that_does_not_go_is_on_a_lost_node(spec):
    pod = make_running_pod(deleted_at=NOW)
    thread = begun("Running", **spec)
    waits = look(thread, Observed(make_job(), pod), now=NOW + timedelta(seconds=29))
    assert waits.status.phase is Phase.STOPPING
    assert waits.requeue_after is not None
    lost = look(
        make_thread(1, waits.status.to_dict(), **spec), Observed(make_job(), pod), now=NOW + timedelta(seconds=30)
    )
    assert (lost.status.phase, lost.status.run.reason) == (Phase.IDLE, "NodeLost")
    assert lost.delete == (job_name(),)


def test_stopped_is_the_reason_whatever_the_exit_code():
    plan = look(begun("Stopping", stop=1), Observed(make_job(deleting=True), make_ended_pod(143, deleted_at=NOW)))
    assert (plan.status.run.reason, plan.status.run.exit_code) == ("Stopped", 143)


def test_ended_while_held_is_suspended():
    plan = look(begun("Running", suspend=True), Observed(make_job(complete=True), make_ended_pod(0)))
    assert (plan.status.phase, plan.status.run.reason) == (Phase.SUSPENDED, "IdleTimeout")


# --- it stays ended ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "observed",
    [
        NOTHING,
        Observed(make_job(complete=True), make_ended_pod(0)),
        Observed(make_job(), make_ended_pod(0)),
        Observed(make_job(deleting=True), make_running_pod()),
        Observed(None, None, foreign=job_name()),
    ],
)
def test_finished_is_finished(observed):
    thread = make_thread(1, {"phase": "Idle", "run": DONE})
    thread = make_thread(1, look(thread).status.to_dict())
    plan = look(thread, observed)
    assert (plan.create, plan.delete) == (None, ())
    assert not needs_write(thread.status, plan.status)


@pytest.mark.parametrize("pod", [None, make_running_pod()])
def test_a_finished_run_may_not_run_on(pod):
    plan = look(make_thread(1, {"phase": "Idle", "run": DONE}), Observed(make_job(), pod))
    assert plan.delete == (job_name(),)


def test_a_spec_put_back_begins_nothing_and_ends_nothing():
    status = {"phase": "Idle", "run": {**DONE, "number": 3, "jobName": job_name(3)}}
    plan = look(make_thread(1, status))
    assert (plan.create, plan.delete, plan.status.run.number) == (None, (), 3)
    live = {"phase": "Running", "run": {"number": 3, "jobName": job_name(3)}}
    plan = look(make_thread(1, live), Observed(make_job(3), make_running_pod()))
    assert (plan.create, plan.delete, plan.status.phase) == (None, (), Phase.RUNNING)
