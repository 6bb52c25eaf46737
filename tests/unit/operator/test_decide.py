"""What becomes of a thread, as a table of what is wanted and what stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_contract.agentthread import Phase, Reason
from agent_operator.observe import Event, Observed
from agent_operator.reasons import Why
from agent_operator.reconcile import Wanted, decide, needs_write, wants_attention
from tests.support.operator import (
    MINUTE,
    NOW,
    job_name,
    make_config,
    make_ended_pod,
    make_job,
    make_pod,
    make_running_pod,
    make_thread,
    make_wanted,
)

NOTHING = Observed(None, None)
BEGUN = {"number": 1, "jobName": job_name()}
DONE = {**BEGUN, "finishedAt": NOW.isoformat(), "reason": "IdleTimeout", "message": "x", "exitCode": 0}


def look(thread, observed=NOTHING, wanted=None, config=None, now=NOW):
    return decide(thread, wanted or make_wanted(), observed, config or make_config(), now)


def begun(phase="Pending", run=1, **spec):
    """A thread whose run 1 was begun."""
    more = spec.pop("status", {})
    return make_thread(run, {"phase": phase, "run": {**BEGUN, **more}}, **spec)


def conditions(plan):
    return {c.type: (c.status, c.reason) for c in plan.status.conditions}


# --- nothing is wanted ---------------------------------------------------------------------------


def test_a_thread_without_a_run_is_idle():
    plan = look(make_thread())
    assert (plan.status.phase, plan.status.run, plan.create, plan.delete) == (Phase.IDLE, None, None, ())
    assert conditions(plan) == {
        "Accepted": ("True", "Usable"),
        "PodScheduled": ("False", "NoRun"),
        "Ready": ("False", "Idle"),
        "Suspended": ("False", "NotSuspended"),
    }


def test_a_thread_without_a_run_that_is_held_is_suspended():
    plan = look(make_thread(suspend=True))
    assert plan.status.phase is Phase.SUSPENDED
    assert conditions(plan)["Suspended"] == ("True", "Suspended")


def test_a_thread_without_a_run_says_that_its_class_is_missing():
    plan = look(make_thread(), wanted=Wanted(None, Why(Reason.CLASS_NOT_FOUND, "There is no AgentClass x.")))
    assert plan.status.phase is Phase.FAILED
    assert conditions(plan)["Accepted"] == ("False", "ClassNotFound")


# --- a run is wanted -----------------------------------------------------------------------------


def test_a_new_run_is_one_job():
    plan = look(make_thread(1))
    assert plan.create.metadata.name == job_name()
    assert plan.status.phase is Phase.PENDING
    assert (plan.status.run.number, plan.status.run.job_name, plan.status.run.reason) == (1, job_name(), None)


def test_a_missing_class_begins_nothing_and_says_so():
    plan = look(make_thread(1), wanted=Wanted(None, Why(Reason.CLASS_NOT_FOUND, "There is no AgentClass x.")))
    assert plan.create is None
    assert plan.status.phase is Phase.FAILED
    assert (plan.status.run.reason, plan.status.run.message) == ("ClassNotFound", "There is no AgentClass x.")
    assert plan.status.run.job_name is None
    assert conditions(plan)["Accepted"] == ("False", "ClassNotFound")


def test_a_class_that_appears_begins_the_run():
    missing = look(make_thread(1), wanted=Wanted(None, Why(Reason.CLASS_NOT_FOUND, "There is none."))).status
    plan = look(make_thread(1, missing.to_dict()))
    assert plan.create is not None
    assert (plan.status.run.reason, plan.status.run.message) == (None, None)
    assert conditions(plan)["Accepted"] == ("True", "Usable")


def test_nobody_names_a_model():
    plan = look(make_thread(1), config=make_config(default_provider="", default_model=""))
    assert plan.create is None
    assert plan.status.run.reason == "ClassInvalid"
    assert "spec.model.provider" in plan.status.run.message


def test_a_held_thread_waits():
    plan = look(make_thread(1, suspend=True))
    assert (plan.create, plan.status.phase, plan.status.run.reason) == (None, Phase.SUSPENDED, "Suspended")
    assert plan.status.run.finished_at is None
    released = look(make_thread(1, plan.status.to_dict()))
    assert released.create is not None
    assert released.status.run.reason is None


@pytest.mark.parametrize("stop", [1, 2])
def test_stopped_before_it_began(stop):
    plan = look(make_thread(1, stop=stop))
    assert (plan.create, plan.status.phase, plan.status.run.reason) == (None, Phase.IDLE, "Stopped")
    assert plan.status.run.finished_at == NOW


def test_a_stop_of_the_run_before_stops_nothing():
    assert look(make_thread(2, stop=1)).create is not None


def test_a_job_that_stands_already_is_taken_over():
    plan = look(make_thread(1), Observed(make_job(), make_running_pod()))
    assert (plan.create, plan.status.phase, plan.status.run.job_name) == (None, Phase.RUNNING, job_name())


def test_a_job_that_stands_already_is_stopped_where_the_status_does_not_know_it():
    plan = look(make_thread(1, stop=1), Observed(make_job(), make_running_pod()))
    assert (plan.delete, plan.status.phase) == ((job_name(),), Phase.STOPPING)


# --- a newer run ---------------------------------------------------------------------------------


def test_a_newer_run_ends_the_older_first():
    older = make_job(1)
    plan = look(begun("Running", run=2), Observed(None, None, others=(older,)))
    assert (plan.create, plan.delete, plan.status.phase) == (None, (older.name,), Phase.STOPPING)
    assert (plan.status.previous_run.number, plan.status.previous_run.reason) == (1, "Superseded")
    assert plan.again is not None
    deleting = Observed(None, None, others=(make_job(1, deleting=True),))
    again = look(make_thread(2, plan.status.to_dict()), deleting)
    assert (again.create, again.delete) == (None, ())
    last = look(make_thread(2, again.status.to_dict()))
    assert last.create.metadata.name == job_name(2)
    assert last.status.previous_run == plan.status.previous_run


def test_a_newer_run_waits_for_the_pod_that_the_older_left():
    stray = make_running_pod(deleted_at=NOW)
    plan = look(make_thread(2), Observed(None, None, strays=(stray,)))
    assert (plan.create, plan.status.phase) == (None, Phase.STOPPING)
    assert plan.again is not None
    lost = look(make_thread(2), Observed(None, None, strays=(stray,)), now=NOW + timedelta(seconds=30))
    assert lost.create is not None


@pytest.mark.parametrize("hold", [{"stop": 2}, {"suspend": True}])
def test_an_older_run_does_not_run_on_when_the_newer_is_not_begun(hold):
    plan = look(begun("Running", run=2, **hold), Observed(None, None, others=(make_job(1),)))
    assert (plan.create, plan.delete) == (None, (job_name(1),))


def test_the_end_of_the_run_before_is_kept():
    plan = look(make_thread(2, {"phase": "Idle", "run": DONE}))
    assert plan.create is not None
    assert plan.status.previous_run.to_dict()["reason"] == "IdleTimeout"
    assert plan.status.previous_run.exit_code == 0


# --- it waits ------------------------------------------------------------------------------------


def test_a_job_without_a_pod_is_pending():
    plan = look(begun(), Observed(make_job(), None))
    assert (plan.status.phase, plan.status.run.reason) == (Phase.PENDING, None)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ('Error creating: pods "x" is forbidden: exceeded quota: q, requested: pods=1', "QuotaExceeded"),
        ('Error creating: pods "x" is forbidden: violates PodSecurity "restricted"', "CreateRefused"),
        ('Error creating: pods "x" is forbidden: RuntimeClass "kata" not found', "CreateRefused"),
    ],
)
def test_a_pod_that_the_api_server_refuses(words, reason):
    plan = look(begun(), Observed(make_job(), None, (Event("job-1", "FailedCreate", words),)))
    assert (plan.status.phase, plan.status.run.reason, plan.status.run.message) == (Phase.PENDING, reason, words)
    assert conditions(plan)["PodScheduled"] == ("False", reason)


def test_a_warning_about_something_else_is_no_reason():
    events = (Event("other", "FailedCreate", "x"), Event("job-1", "Odd", "x"))
    assert look(begun(), Observed(make_job(), None, events)).status.run.reason is None


UNSCHEDULABLE = (
    "0/3 nodes are available: 3 Insufficient memory. preemption: 0/3 nodes are available: "
    "3 No preemption victims found for incoming pod."
)


@pytest.mark.parametrize(
    ("pod", "events", "phase", "reason", "words"),
    [
        (
            {"scheduled": False, "schedule_reason": "Unschedulable", "schedule_message": UNSCHEDULABLE},
            (),
            Phase.PENDING,
            "Unschedulable",
            "0/3 nodes fit: 3 Insufficient memory",
        ),
        ({"scheduled": False}, (), Phase.PENDING, None, None),
        ({}, (), Phase.STARTING, None, None),
        (
            {"waiting_reason": "ImagePullBackOff", "waiting_message": "Back-off pulling image"},
            (),
            Phase.STARTING,
            "ImagePullBackOff",
            "The image runner:1 cannot be used (ImagePullBackOff): Back-off pulling image",
        ),
        ({"waiting_reason": "ErrImagePull"}, (), Phase.STARTING, "ImagePullBackOff", "(ErrImagePull)."),
        ({"waiting_reason": "ErrImageNeverPull"}, (), Phase.STARTING, "ImagePullBackOff", "(ErrImageNeverPull)."),
        ({"waiting_reason": "InvalidImageName"}, (), Phase.STARTING, "ImagePullBackOff", "(InvalidImageName)."),
        (
            {"waiting_reason": "CreateContainerConfigError", "waiting_message": 'secret "x" not found'},
            (),
            Phase.STARTING,
            "ContainerConfigError",
            'secret "x" not found',
        ),
        (
            {},
            (Event("pod-1", "FailedMount", "MountVolume.SetUp failed"),),
            Phase.STARTING,
            "VolumePending",
            "MountVolume.SetUp failed",
        ),
        (
            {},
            (Event("pod-1", "Pulling", "Pulling image"),),
            Phase.STARTING,
            "PullingImage",
            "The image runner:1 is being pulled.",
        ),
        ({}, (Event("pod-1", "Pulled", "x"), Event("pod-1", "Pulling", "x")), Phase.STARTING, None, None),
    ],
)
def test_why_a_pod_waits(pod, events, phase, reason, words):
    plan = look(begun(), Observed(make_job(), make_pod(**pod), events))
    assert (plan.status.phase, plan.status.run.reason) == (phase, reason)
    assert words is None or words in plan.status.run.message
    assert conditions(plan)["PodScheduled"][0] == ("True" if phase is Phase.STARTING else "False")


def test_a_pod_that_the_scheduler_has_not_seen_costs_no_write():
    first = look(make_thread(1))
    thread = make_thread(1, first.status.to_dict())
    second = look(thread, Observed(make_job(), make_pod(scheduled=False, waiting_reason=None)))
    assert not needs_write(thread.status, second.status)


def test_a_long_sentence_is_cut():
    pod = make_pod(waiting_reason="ErrImagePull", waiting_message="x" * 5000)
    assert len(look(begun(), Observed(make_job(), pod)).status.run.message) == 1024


# --- it runs -------------------------------------------------------------------------------------


def test_it_runs():
    plan = look(begun("Starting", status={"reason": "ImagePullBackOff"}), Observed(make_job(), make_running_pod()))
    run = plan.status.run
    assert (plan.status.phase, run.reason, run.message, run.started_at) == (Phase.RUNNING, None, None, NOW)
    assert (run.pod_name, run.pod_uid) == (f"{job_name()}-abcde", "pod-1")
    assert conditions(plan)["Ready"] == ("True", "Running")
    assert conditions(plan)["PodScheduled"][0] == "True"


def test_looking_again_changes_nothing():
    observed = Observed(make_job(), make_running_pod())
    thread = make_thread(1, look(begun("Starting"), observed).status.to_dict())
    plan = look(thread, observed, now=NOW + MINUTE)
    assert not needs_write(thread.status, plan.status)
    assert (plan.create, plan.delete, plan.again) == (None, (), None)


def test_stop_deletes_the_job():
    plan = look(begun("Running", stop=1), Observed(make_job(), make_running_pod()))
    assert (plan.delete, plan.status.phase, plan.status.run.reason) == ((job_name(),), Phase.STOPPING, "Stopped")
    assert plan.status.run.finished_at is None
    gone = look(make_thread(1, plan.status.to_dict(), stop=1))
    assert (gone.status.phase, gone.status.run.reason, gone.create) == (Phase.IDLE, "Stopped", None)
    assert gone.status.run.finished_at == NOW


@pytest.mark.parametrize(
    ("spec", "reason", "phase"),
    [
        ({"stop": 1}, "Stopped", Phase.IDLE),
        ({"suspend": True}, "Suspended", Phase.SUSPENDED),
        ({}, "Deleted", Phase.IDLE),
    ],
)
def test_a_run_is_over_when_its_pod_is_not_when_its_job_is(spec, reason, phase):
    thread = begun("Running", **spec)
    for left in (make_running_pod(), make_running_pod(deleted_at=NOW)):
        plan = look(thread, Observed(None, left))
        assert (plan.status.phase, plan.status.run.reason) == (Phase.STOPPING, reason)
        assert (plan.status.run.finished_at, plan.create) == (None, None)
        assert plan.again is not None
    for last, code in ((None, None), (make_ended_pod(143, deleted_at=NOW), 143)):
        ended = look(make_thread(1, plan.status.to_dict(), **spec), Observed(None, last))
        assert (ended.status.phase, ended.status.run.reason, ended.status.run.exit_code) == (phase, reason, code)
        assert ended.status.run.finished_at == NOW
    lost = look(thread, Observed(None, left), now=NOW + timedelta(seconds=30))
    assert (lost.status.run.reason, lost.status.run.finished_at) == ("NodeLost", NOW + timedelta(seconds=30))


def test_a_stop_costs_one_write_until_the_pod_is_gone():
    first = look(begun("Running", stop=1), Observed(make_job(), make_running_pod())).status
    thread = make_thread(1, first.to_dict(), stop=1)
    assert not needs_write(thread.status, look(thread, Observed(None, make_running_pod(deleted_at=NOW))).status)


def test_a_hold_deletes_the_job():
    plan = look(begun("Running", suspend=True), Observed(make_job(), make_running_pod()))
    assert (plan.delete, plan.status.phase, plan.status.run.reason) == ((job_name(),), Phase.STOPPING, "Suspended")
    gone = look(make_thread(1, plan.status.to_dict(), suspend=True))
    assert (gone.status.phase, gone.status.run.reason) == (Phase.SUSPENDED, "Suspended")
    assert gone.status.run.finished_at == NOW


def test_a_class_that_goes_away_does_not_end_what_runs():
    missing = Wanted(None, Why(Reason.CLASS_NOT_FOUND, "There is none."))
    plan = look(begun("Running"), Observed(make_job(), make_running_pod()), wanted=missing)
    assert (plan.status.phase, plan.delete) == (Phase.RUNNING, ())
    assert conditions(plan)["Accepted"] == ("False", "ClassNotFound")


# --- it ended ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pod", "reason", "words"),
    [
        (make_ended_pod(0), "IdleTimeout", "The agent was idle and left."),
        (make_ended_pod(64, words="a log line\ntoken missing\n"), "BadConfig", "token missing"),
        (make_ended_pod(69, words="a newer run holds the lease"), "GatewayRefused", "a newer run holds the lease"),
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
            make_ended_pod(128, exit_reason="StartError", words='exec: "agent": not found'),
            "ContainerConfigError",
            'exec: "agent": not found',
        ),
        (
            make_ended_pod(None, status_reason="Evicted", status_message="The node was low on resource: memory."),
            "Evicted",
            "low on resource: memory",
        ),
        (make_ended_pod(143, disrupted="EvictionByEvictionAPI", deleted_at=NOW), "Evicted", "EvictionByEvictionAPI"),
        (make_ended_pod(143, disrupted="PreemptionByScheduler", deleted_at=NOW), "Evicted", "PreemptionByScheduler"),
        (make_ended_pod(143, disrupted="TerminationByKubelet"), "Evicted", "TerminationByKubelet"),
        (make_ended_pod(None, disrupted="DeletionByTaintManager", deleted_at=NOW), "NodeLost", "unreachable"),
        (make_ended_pod(None, status_reason="NodeLost"), "NodeLost", "unreachable"),
        (make_ended_pod(None, status_message="admission by the node failed"), "Error", "admission by the node failed"),
    ],
)
@pytest.mark.parametrize("counted", [False, True], ids=["jobNotYet", "jobFailed"])
def test_why_it_ended(pod, reason, words, counted):
    job = make_job(failed="BackoffLimitExceeded" if counted and pod.exit_code else None)
    plan = look(begun("Running"), Observed(job, pod))
    run = plan.status.run
    assert (plan.status.phase, run.reason, run.exit_code) == (Phase.IDLE, reason, pod.exit_code)
    assert words in run.message
    assert (run.finished_at, run.started_at) == (NOW, NOW - MINUTE)
    assert (plan.create, plan.delete) == (None, ())
    assert conditions(plan)["Ready"] == ("False", "Idle")


def test_a_container_that_ended_before_its_pods_phase_says_so_does_not_start_again():
    plan = look(begun("Running"), Observed(make_job(), make_ended_pod(0, phase="Running")))
    assert (plan.status.phase, plan.status.run.reason) == (Phase.IDLE, "IdleTimeout")


def test_the_jobs_deadline():
    job = make_job(failed="DeadlineExceeded")
    for pod in (None, make_ended_pod(143, deleted_at=NOW)):
        plan = look(begun("Running"), Observed(job, pod))
        assert (plan.status.phase, plan.status.run.reason) == (Phase.IDLE, "DeadlineExceeded")


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
    assert waits.again is not None
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


# --- it stays ended ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "observed",
    [
        NOTHING,
        Observed(make_job(complete=True), make_ended_pod(0)),
        Observed(make_job(), make_ended_pod(0)),
        Observed(make_job(deleting=True), make_running_pod()),
        Observed(make_job(owner_uid="somebody"), None),
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


# --- somebody else's Job -------------------------------------------------------------------------


def test_a_foreign_job_is_neither_taken_nor_deleted():
    plan = look(make_thread(1), Observed(make_job(owner_uid="somebody"), None))
    assert (plan.create, plan.delete, plan.status.phase) == (None, (), Phase.FAILED)
    assert plan.status.run.reason == "CreateRefused"
    assert job_name() in plan.status.run.message
    assert plan.status.run.job_name is None
    assert plan.again is not None
    free = look(make_thread(1, plan.status.to_dict()))
    assert free.create is not None


def test_a_foreign_job_is_no_hindrance_to_a_stop():
    plan = look(make_thread(1, stop=1), Observed(make_job(owner_uid="somebody"), None))
    assert (plan.delete, plan.status.run.reason, plan.status.phase) == ((), "Stopped", Phase.IDLE)


def test_a_foreign_job_in_the_place_of_a_known_one_is_a_deletion():
    plan = look(begun("Running"), Observed(make_job(owner_uid="somebody"), None))
    assert (plan.delete, plan.status.run.reason, plan.status.phase) == ((), "Deleted", Phase.IDLE)


# --- who is looked at ----------------------------------------------------------------------------


def resting(**more):
    thread = make_thread(1, {"phase": "Idle", "run": DONE}, **more)
    return make_thread(1, look(thread).status.to_dict(), **more)


def test_what_rests_is_left_alone():
    assert not wants_attention(resting())
    idle = make_thread(None, look(make_thread()).status.to_dict())
    assert not wants_attention(idle)


def test_what_is_new_unfinished_or_changed_is_looked_at():
    status = resting().status.to_dict()
    assert wants_attention(make_thread())
    assert wants_attention(make_thread(2, status))
    assert wants_attention(make_thread(1, status, generation=2))
    assert wants_attention(begun())
    refused = look(make_thread(), wanted=Wanted(None, Why(Reason.CLASS_NOT_FOUND, "There is none."))).status
    assert wants_attention(make_thread(None, refused.to_dict()))
