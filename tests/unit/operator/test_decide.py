"""What is decided where a run is lookup or not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent_contract.agentthread import Phase, Reason
from agent_operator.causes import Cause
from agent_operator.observe import Observed
from agent_operator.plans import ClassLookup
from agent_operator.reconcile import needs_reconcile
from tests.support.deciding_runs import DONE, begun, conditions, look, needs_write
from tests.support.operator import (
    NOW,
    job_name,
    make_config,
    make_job,
    make_running_pod,
    make_thread,
)

# --- nothing is wanted ------------------------------------------------------------------------------


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
    plan = look(make_thread(), lookup=ClassLookup(None, Cause(Reason.CLASS_NOT_FOUND, "There is no AgentClass x.")))
    assert plan.status.phase is Phase.FAILED
    assert conditions(plan)["Accepted"] == ("False", "ClassNotFound")


def test_what_the_gateway_says_was_spent_stays():
    spent = {"money": "1.23", "tokens": 4000, "estimated": True}
    first = look(make_thread(None, {"spending": spent}))
    assert first.status.spending.to_dict() == spent
    again = make_thread(None, first.status.to_dict())
    assert not needs_write(again.status, look(again).status)  # nor does it make a write of its own


# --- a run is wanted --------------------------------------------------------------------------------


def test_a_new_run_is_one_job():
    plan = look(make_thread(1))
    assert plan.create.metadata.name == job_name()
    assert plan.status.phase is Phase.PENDING
    assert (plan.status.run.number, plan.status.run.job_name, plan.status.run.reason) == (1, job_name(), None)


def test_a_missing_class_begins_nothing_and_says_so():
    plan = look(make_thread(1), lookup=ClassLookup(None, Cause(Reason.CLASS_NOT_FOUND, "There is no AgentClass x.")))
    assert plan.create is None
    assert plan.status.phase is Phase.FAILED
    assert (plan.status.run.reason, plan.status.run.message) == ("ClassNotFound", "There is no AgentClass x.")
    assert plan.status.run.job_name is None
    assert conditions(plan)["Accepted"] == ("False", "ClassNotFound")


def test_a_class_that_appears_begins_the_run():
    missing = look(make_thread(1), lookup=ClassLookup(None, Cause(Reason.CLASS_NOT_FOUND, "There is none."))).status
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


# --- a newer run ------------------------------------------------------------------------------------


def test_a_newer_run_ends_the_older_first():
    older = make_job(1)
    plan = look(begun("Running", run=2), Observed(None, None, other_jobs=(older,)))
    assert (plan.create, plan.delete, plan.status.phase) == (None, (older.name,), Phase.STOPPING)
    assert (plan.status.previous_run.number, plan.status.previous_run.reason) == (1, "Superseded")
    assert plan.requeue_after is not None
    deleting = Observed(None, None, other_jobs=(make_job(1, deleting=True),))
    again = look(make_thread(2, plan.status.to_dict()), deleting)
    assert (again.create, again.delete) == (None, ())
    last = look(make_thread(2, again.status.to_dict()))
    assert last.create.metadata.name == job_name(2)
    assert last.status.previous_run == plan.status.previous_run


def test_a_newer_run_waits_for_the_pod_that_the_older_left():
    stray = make_running_pod(deleted_at=NOW)
    plan = look(make_thread(2), Observed(None, None, orphans=(stray,)))
    assert (plan.create, plan.status.phase) == (None, Phase.STOPPING)
    assert plan.requeue_after is not None
    lost = look(make_thread(2), Observed(None, None, orphans=(stray,)), now=NOW + timedelta(seconds=30))
    assert lost.create is not None


def test_a_job_that_waits_for_a_pod_on_a_lost_node_holds_up_nothing():
    """Deleted with `--cascade=foreground`, it stands until its pod is gone, which nobody says of a dead node."""
    left = make_running_pod(deleted_at=NOW)
    observed = Observed(None, None, other_jobs=(make_job(1, deleting=True),), orphans=(left,))
    assert look(make_thread(2), observed).create is None
    assert look(make_thread(2), observed, now=NOW + timedelta(seconds=30)).create is not None
    working = Observed(None, None, other_jobs=(make_job(1),), orphans=(left,))
    assert look(make_thread(2), working, now=NOW + timedelta(seconds=30)).create is None


@pytest.mark.parametrize("hold", [{"stop": 2}, {"suspend": True}])
def test_an_older_run_does_not_run_on_when_the_newer_is_not_begun(hold):
    plan = look(begun("Running", run=2, **hold), Observed(None, None, other_jobs=(make_job(1),)))
    assert (plan.create, plan.delete) == (None, (job_name(1),))


def test_the_end_of_the_run_before_is_kept():
    plan = look(make_thread(2, {"phase": "Idle", "run": DONE}))
    assert plan.create is not None
    assert plan.status.previous_run.to_dict()["reason"] == "IdleTimeout"
    assert plan.status.previous_run.exit_code == 0


# --- somebody else's Job ----------------------------------------------------------------------------


def test_a_foreign_job_is_neither_taken_nor_deleted():
    plan = look(make_thread(1), Observed(None, None, foreign=job_name()))
    assert (plan.create, plan.delete, plan.status.phase) == (None, (), Phase.FAILED)
    assert plan.status.run.reason == "CreateRefused"
    assert job_name() in plan.status.run.message
    assert plan.status.run.job_name is None
    assert plan.requeue_after is not None
    free = look(make_thread(1, plan.status.to_dict()))
    assert free.create is not None


def test_a_foreign_job_is_no_hindrance_to_a_stop():
    plan = look(make_thread(1, stop=1), Observed(None, None, foreign=job_name()))
    assert (plan.delete, plan.status.run.reason, plan.status.phase) == ((), "Stopped", Phase.IDLE)


def test_a_foreign_job_in_the_place_of_a_known_one_is_a_deletion():
    plan = look(begun("Running"), Observed(None, None, foreign=job_name()))
    assert (plan.delete, plan.status.run.reason, plan.status.phase) == ((), "Deleted", Phase.IDLE)


# --- who is looked at -------------------------------------------------------------------------------


def resting(**more):
    thread = make_thread(1, {"phase": "Idle", "run": DONE}, **more)
    return make_thread(1, look(thread).status.to_dict(), **more)


def test_what_rests_is_left_alone():
    assert not needs_reconcile(resting())
    idle = make_thread(None, look(make_thread()).status.to_dict())
    assert not needs_reconcile(idle)


def test_what_is_new_unfinished_or_changed_is_looked_at():
    status = resting().status.to_dict()
    assert needs_reconcile(make_thread())
    assert needs_reconcile(make_thread(2, status))
    assert needs_reconcile(make_thread(1, status, generation=2))
    assert needs_reconcile(begun())
    refused = look(make_thread(), lookup=ClassLookup(None, Cause(Reason.CLASS_NOT_FOUND, "There is none."))).status
    assert needs_reconcile(make_thread(None, refused.to_dict()))
