"""What is decided of a run that waits or works."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_contract.agentthread import Phase, Reason
from agent_operator.causes import Cause
from agent_operator.observe import Observed
from agent_operator.plans import ClassLookup
from agent_operator.podevents import Event
from tests.support.deciding_runs import begun, conditions, look, needs_write
from tests.support.operator import (
    MINUTE,
    NOW,
    job_name,
    make_ended_pod,
    make_job,
    make_pod,
    make_running_pod,
    make_thread,
)

# --- it waits ---------------------------------------------------------------------------------------


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


def test_describe_tells_why_it_is_not_ready():
    pod = make_pod(waiting_reason="ImagePullBackOff", waiting_message="no such image")
    plan = look(begun(), Observed(make_job(), pod))
    ready = next(c for c in plan.status.conditions if c.type == "Ready")
    assert (ready.status, ready.reason) == ("False", "ImagePullBackOff")
    assert ready.message == plan.status.run.message


def test_a_pod_that_the_scheduler_has_not_seen_costs_no_write():
    first = look(make_thread(1))
    thread = make_thread(1, first.status.to_dict())
    second = look(thread, Observed(make_job(), make_pod(scheduled=False, waiting_reason=None)))
    assert not needs_write(thread.status, second.status)


def test_a_long_sentence_is_cut():
    pod = make_pod(waiting_reason="ErrImagePull", waiting_message="x" * 5000)
    assert len(look(begun(), Observed(make_job(), pod)).status.run.message) == 1024


# --- it runs ----------------------------------------------------------------------------------------


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
    assert (plan.create, plan.delete, plan.requeue_after) == (None, (), None)


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
        assert plan.requeue_after is not None
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
    missing = ClassLookup(None, Cause(Reason.CLASS_NOT_FOUND, "There is none."))
    plan = look(begun("Running"), Observed(make_job(), make_running_pod()), lookup=missing)
    assert (plan.status.phase, plan.delete) == (Phase.RUNNING, ())
    assert conditions(plan)["Accepted"] == ("False", "ClassNotFound")
