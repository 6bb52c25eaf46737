"""What a sub-agent needs next, row by row."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_contract.agentthread import Reason
from agent_contract.terms import MAX_RESULT_BYTES
from agent_operator.causes import Cause
from agent_operator.follow import NODE_LOST_AFTER
from agent_operator.observe import Observed
from agent_operator.plans import ClassLookup
from agent_operator.siblings import Slots, compute_slots
from agent_operator.subagents import decide_subagent
from tests.support.operator import (
    NOW,
    make_config,
    make_ended_pod,
    make_job,
    make_lookup,
    make_pod,
    make_running_pod,
    make_subagent,
)

NAME = "tg-42-r1-k1"
BEGUN = {"phase": "Running", "jobName": "job", "podName": "pod", "startedAt": NOW}
OVER = {"phase": "Succeeded", "jobName": "job", "finishedAt": NOW, "result": "seven"}
FREE = Slots(0, 3)
NOTHING = Observed(None, None)


def job(**more):
    return make_job(owner_uid=f"uid-{NAME}", **more)


def decide(sub, observed=NOTHING, lookup=None, slots=FREE, now=NOW, **settings):
    return decide_subagent(sub, lookup or make_lookup(), observed, slots, make_config(**settings), now)


def conditions(plan):
    return {c.type: c.status for c in plan.status.conditions}


def test_a_new_one_gets_its_job():
    plan = decide(make_subagent())
    assert plan.create is not None
    assert plan.create.metadata.owner_references[0].kind == "SubAgent"
    assert (plan.status.phase, plan.status.job_name) == ("Pending", plan.create.metadata.name)
    assert conditions(plan) == {"Accepted": "True", "Complete": "False", "Failed": "False"}


def test_one_over_the_limit_waits_and_says_so():
    plan = decide(make_subagent(), slots=Slots(3, 3))
    assert plan.create is None
    assert (plan.status.phase, plan.status.reason) == ("Pending", "ConcurrencyLimit")
    assert "subAgents.maxConcurrent" in plan.status.message


@pytest.mark.parametrize(
    ("wanted", "settings", "reason"),
    [
        (ClassLookup(None, Cause(Reason.CLASS_NOT_FOUND, "There is no AgentClass x.")), {}, "ClassNotFound"),
        (make_lookup(), {"default_provider": "", "default_model": ""}, "ClassInvalid"),
    ],
)
def test_one_without_a_usable_class_waits(wanted, settings, reason):
    plan = decide(make_subagent(), lookup=wanted, **settings)
    assert (plan.create, plan.status.phase, plan.status.reason) == (None, "Pending", reason)
    assert conditions(plan)["Accepted"] == "False"


def test_one_cancelled_before_it_began_makes_no_job():
    plan = decide(make_subagent(cancel=True))
    assert (plan.create, plan.status.phase) == (None, "Cancelled")
    assert plan.status.finished_at == NOW


@pytest.mark.parametrize(
    ("observed", "phase", "reason"),
    [
        (Observed(job(), None), "Pending", None),
        (Observed(job(), make_pod()), "Starting", None),
        (Observed(job(), make_pod(waiting_reason="ImagePullBackOff")), "Starting", "ImagePullBackOff"),
        (Observed(job(), make_running_pod()), "Running", None),
        (Observed(job(), make_running_pod(deleted_at=NOW, disrupted="EvictionByEvictionAPI")), "Running", "Evicted"),
        (Observed(job(deleting=True), make_running_pod()), "Running", "Deleted"),
        (Observed(None, make_running_pod(deleted_at=NOW)), "Running", "Deleted"),
        (Observed(job(failed="DeadlineExceeded"), make_running_pod()), "Running", "DeadlineExceeded"),
    ],
)
def test_where_it_stands(observed, phase, reason):
    status = BEGUN if phase == "Running" else {"phase": "Pending", "jobName": "job"}
    plan = decide(make_subagent(status), observed)
    assert (plan.status.phase, plan.status.reason, plan.status.finished_at) == (phase, reason, None)


def test_describe_tells_what_a_sub_agent_waits_for():
    pod = make_pod(waiting_reason="ImagePullBackOff", waiting_message="no such image")
    plan = decide(make_subagent({"phase": "Pending", "jobName": "job"}), Observed(job(), pod))
    complete = next(c for c in plan.status.conditions if c.type == "Complete")
    assert (complete.status, complete.reason, complete.message) == ("False", "ImagePullBackOff", plan.status.message)


@pytest.mark.parametrize(
    ("observed", "phase", "reason", "words"),
    [
        (Observed(job(), make_ended_pod(0, termination_message="seven")), "Succeeded", "Completed", None),
        (Observed(job(complete=True), None), "Succeeded", "Completed", None),
        (
            Observed(job(), make_ended_pod(65, termination_message="No key.\nAsk.")),
            "Failed",
            "TaskFailed",
            "No key.\nAsk.",
        ),
        (Observed(job(), make_ended_pod(124)), "TimedOut", "DeadlineExceeded", "It timed out after 60 s."),
        (Observed(job(failed="DeadlineExceeded"), None), "TimedOut", "DeadlineExceeded", "timed out"),
        (Observed(job(), make_ended_pod(137, exit_reason="OOMKilled")), "Failed", "OOMKilled", "memory"),
        (
            Observed(job(), make_ended_pod(1, status_reason="Evicted", status_message="disk")),
            "Failed",
            "Evicted",
            "disk",
        ),
        (Observed(job(), make_ended_pod(70)), "Failed", "AgentFailed", "pi"),
        (Observed(None, None), "Failed", "Deleted", "deleted"),
        (Observed(None, make_ended_pod(143)), "Failed", "Deleted", "deleted"),
        (Observed(None, make_ended_pod(0, termination_message="seven")), "Succeeded", "Completed", None),
    ],
)
def test_how_it_ends(observed, phase, reason, words):
    plan = decide(make_subagent(BEGUN), observed)
    assert (plan.status.phase, plan.status.reason) == (phase, reason)
    assert (words or "") in (plan.status.message or "")
    assert plan.status.finished_at is not None
    assert conditions(plan)["Complete" if phase == "Succeeded" else "Failed"] == "True"


@pytest.mark.parametrize("observed", [Observed(job(failed="DeadlineExceeded"), pod) for pod in (
    None, make_pod(phase="Failed", scheduled=False), make_pod(deleted_at=NOW, scheduled=False)
)])  # fmt: skip
@pytest.mark.parametrize(
    ("waits", "reason", "words"),
    [
        ({"reason": "Unschedulable", "message": "0/1 nodes fit: 1 Insufficient cpu"}, "Unschedulable", "0/1 nodes fit"),
        ({}, "Error", "It did not begin in time."),
    ],
)
def test_one_that_never_began_has_not_timed_out(observed, waits, reason, words):
    sub = make_subagent({"phase": "Pending", "jobName": "job", **waits})
    plan = decide(sub, observed)
    if plan.status.finished_at is None:
        sub = make_subagent(plan.status.to_dict())
        plan = decide(sub, Observed(job(failed="DeadlineExceeded"), None))
    assert (plan.status.phase, plan.status.reason) == ("Failed", reason)
    assert words in plan.status.message


def test_a_result_is_kept_up_to_its_limit():
    plan = decide(make_subagent(BEGUN), Observed(job(), make_ended_pod(0, termination_message="ä" * MAX_RESULT_BYTES)))
    assert len(plan.status.result.encode()) == MAX_RESULT_BYTES


def test_tables_show_the_beginning_of_long_texts():
    sub = make_subagent(BEGUN, task="count\nthe stars " + "of the sky " * 9)
    plan = decide(sub, Observed(job(), make_ended_pod(0, termination_message="seven\n\nand " + "more " * 20)))
    assert plan.status.summary.task == "count the stars of the sky of the sky o…"
    assert plan.status.summary.result.startswith("seven and more")
    plan = decide(sub, Observed(job(), make_ended_pod(65, termination_message="No key.")))
    assert plan.status.summary.result == "No key."
    assert decide(sub, Observed(job(), make_running_pod())).status.summary.result == ""


def test_a_cancel_deletes_the_job_and_is_over_when_the_pod_is():
    sub = make_subagent(BEGUN, cancel=True)
    plan = decide(sub, Observed(job(), make_running_pod()))
    assert (plan.delete, plan.status.phase, plan.status.reason) == (("job",) and (job().name,), "Running", "Cancelled")
    plan = decide(sub, Observed(None, make_running_pod(deleted_at=NOW)))
    assert plan.status.finished_at is None
    plan = decide(sub, Observed(None, make_ended_pod(143)))
    assert (plan.status.phase, plan.status.reason) == ("Cancelled", "Cancelled")


def test_what_was_seen_first_is_the_cause():
    sub = make_subagent({**BEGUN, "reason": "Evicted", "message": "The node was low on disk."})
    plan = decide(sub, Observed(None, None))
    assert (plan.status.phase, plan.status.reason, plan.status.message) == (
        "Failed",
        "Evicted",
        "The node was low on disk.",
    )


def test_a_pod_that_does_not_end_is_given_up():
    gone = make_running_pod(deleted_at=NOW - NODE_LOST_AFTER - timedelta(seconds=1))
    plan = decide(make_subagent(BEGUN), Observed(None, gone))
    assert (plan.status.phase, plan.status.reason) == ("Failed", "NodeLost")


def test_what_is_over_stays_so_until_its_time():
    sub = make_subagent(OVER)
    plan = decide(sub, Observed(None, None), now=NOW + timedelta(seconds=86399))
    assert (plan.status, plan.create, plan.expired) == (sub.status, None, False)
    assert decide(sub, Observed(None, None), now=NOW + timedelta(days=1)).expired
    short = make_lookup(ttlSecondsAfterFinished={"subAgent": 3600})
    assert decide(sub, Observed(None, None), lookup=short, now=NOW + timedelta(hours=1)).expired


def test_the_job_of_one_that_is_over_stays_if_its_pod_has_ended():
    sub = make_subagent(OVER)
    assert decide(sub, Observed(job(), make_ended_pod(0))).delete == ()
    assert decide(sub, Observed(job(), make_running_pod())).delete == (job().name,)


def sibling(name, parent="p", job_name=None, phase="Pending", created="2026-01-02T03:00:00Z", reason=None):
    status = {"phase": phase, "jobName": job_name, "reason": reason}
    return {
        "metadata": {"name": name, "uid": f"uid-{name}", "creationTimestamp": created},
        "spec": {"parent": {"uid": parent}},
        "status": {key: value for key, value in status.items() if value is not None},
    }


def test_places_go_to_those_who_came_first():
    own = make_subagent(name="x-k3", parent={"kind": "AgentThread", "name": "x", "uid": "p", "callId": "c"})
    siblings = [
        sibling("x-k1", job_name="j", phase="Running"),
        sibling("x-k2"),
        sibling("x-k3"),
        sibling("x-k10"),  # after k3, though its name sorts before
        sibling("x-k4", job_name="j", phase="Succeeded"),
        sibling("y-k1", parent="other", job_name="j", phase="Running"),
    ]
    assert compute_slots(own, siblings, 3) == Slots(2, 3)
    assert compute_slots(make_subagent(name="alone"), siblings, 3) == Slots(0, 3)


@pytest.mark.parametrize(
    ("reason", "job_name", "taken"),
    [
        (None, None, 1),
        ("ConcurrencyLimit", None, 1),
        *((reason, None, 0) for reason in (
            "ClassNotFound", "ClassInvalid", "SpecInvalid", "QuotaExceeded", "CreateRefused", "WebhookUnavailable",
        )),
        ("QuotaExceeded", "j", 1),  # its Job stands, and waits for a pod
    ],
)  # fmt: skip
def test_an_earlier_one_that_cannot_begin_keeps_nobody_waiting(reason, job_name, taken):
    own = make_subagent(name="x-k3", parent={"kind": "AgentThread", "name": "x", "uid": "p", "callId": "c"})
    assert compute_slots(own, [sibling("x-k1", reason=reason, job_name=job_name)], 1) == Slots(taken, 1)
