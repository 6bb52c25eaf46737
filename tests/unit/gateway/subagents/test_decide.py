"""What a sub-agent needs next, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_contract.terms import Timeouts
from agent_gateway.store.rows import RunState, SubAgentState, TurnState
from agent_gateway.subagents import actions as do
from agent_gateway.subagents.decide import MAX_SENDS, decide
from tests.unit.gateway.subagents.played import (
    LINK,
    LOST,
    NOT_READY,
    NOW,
    TASK_ID,
    UNSENT,
    ago,
    at_work,
    make_child,
    make_run,
    make_turn,
    resource,
    snapshot,
)

WANTED, CREATED, FINISHED = SubAgentState.WANTED, SubAgentState.CREATED, SubAgentState.FINISHED
DELIVERED = make_turn(TurnState.DELIVERED)


def kinds(s):
    return [type(action).__name__ for action in decide(s)]


def wanted(*, refused_until=None, still_wanted=True, **fields):
    run = make_run(RunState.WANTED, next_at=refused_until)
    return snapshot(child=make_child(WANTED, **fields), run=run, resource=None, still_wanted=still_wanted)


def delivered(seconds, *, sends=0, link=LINK, **fields):
    turn = make_turn(TurnState.DELIVERED, delivered_at=ago(seconds), attempts=sends)
    return at_work(turn=turn, link=link, **fields)


def finished(*, found=None, run=None, result_due=False, still_wanted=False, synced=True, **fields):
    return snapshot(
        child=make_child(FINISHED, **fields), run=run, turn=None, resource=found, result_due=result_due,
        still_wanted=still_wanted, resource_known=synced,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("s", "expected"),
    [
        # wanted: created while somebody wants it and it has time
        pytest.param(wanted(), ["Show", "Create"], id="new"),
        pytest.param(wanted(turn_id=None), ["Create"], id="a person's, whose status message says so already"),
        pytest.param(wanted(parent_id=None, turn_id=None), ["Create"], id="without a chat"),
        pytest.param(wanted(refused_until=ago(-8)), ["Show", "RequeueAfter"], id="refused, and not to be tried yet"),
        pytest.param(wanted(refused_until=ago(1)), ["Show", "Create"], id="refused, and to be tried again"),
        pytest.param(wanted(cancel="person"), ["Finish"], id="cancelled before it began"),
        pytest.param(wanted(still_wanted=False), ["Finish"], id="whoever asked is over"),
        pytest.param(wanted(created_at=ago(719)), ["Show", "Create"], id="in time"),
        pytest.param(wanted(created_at=ago(720)), ["Finish"], id="its time to be created is over"),
        pytest.param(wanted(created_at=ago(720), refused_until=ago(-60)), ["Finish"], id="over, though it is resting"),
        pytest.param(wanted(created_at=ago(901), timeout=86400), ["Finish"], id="bounded whatever its timeout"),
        # created: the resource
        pytest.param(snapshot(resource_known=False), ["RequeueAfter"], id="not listed yet"),
        pytest.param(snapshot(resource=None), ["ConfirmDeleted"], id="absent, to be confirmed"),
        pytest.param(snapshot(resource=resource(uid="uid-x")), ["ConfirmDeleted"], id="another of its name"),
        pytest.param(snapshot(resource=resource(deleting=True)), ["Finish"], id="being deleted"),
        pytest.param(snapshot(resource=resource(cancel=True)), ["Finish"], id="cancelled in the resource"),
        pytest.param(snapshot(child=make_child(cancel="person")), ["Finish"], id="cancelled here"),
        pytest.param(snapshot(resource=resource(phase="Failed", reason="OOMKilled")), ["Finish"], id="failed"),
        pytest.param(snapshot(), ["Show", "RequeueAfter"], id="the operator says nothing yet"),
        pytest.param(snapshot(resource=resource(phase="Pending")), ["SetPhase", "RequeueAfter"], id="waits"),
        pytest.param(
            snapshot(child=make_child(phase="Pending"), resource=resource(phase="Pending")), ["Show", "RequeueAfter"],
            id="still waits",
        ),
        # created: the link
        pytest.param(at_work(turn=make_turn(), link=NOT_READY), ["Show", "RequeueAfter"], id="its agent is not ready"),
        pytest.param(at_work(turn=make_turn(), link=UNSENT), ["Deliver"], id="ready"),
        pytest.param(at_work(link=LOST), ["Finish"], id="lost for too long"),
        pytest.param(at_work(link=replace(LOST, lost_since=ago(29))), ["RequeueAfter"], id="lost for a while"),
        pytest.param(at_work(link=None), ["RequeueAfter"], id="not back yet at this gateway"),
        pytest.param(at_work(link=None, run=make_run(seen_at=ago(40)), gateway_since=ago(31)), ["Finish"], id="never back"),
        pytest.param(
            at_work(turn=make_turn(), link=NOT_READY, run=make_run(ready_at=None, hello_at=ago(121))), ["Finish"],
            id="not ready in time",
        ),
        pytest.param(
            at_work(turn=make_turn(), link=NOT_READY, run=make_run(ready_at=None, hello_at=ago(119))), ["RequeueAfter"],
            id="not ready, in time",
        ),
        # created: the task
        pytest.param(delivered(0.5, link=UNSENT), ["Show", "RequeueAfter"], id="on its way"),
        pytest.param(delivered(1, link=UNSENT), ["SendAgain"], id="never sent"),
        pytest.param(delivered(29), ["Show", "RequeueAfter"], id="sent, not begun"),
        pytest.param(delivered(30), ["SendAgain"], id="sent, not begun for long"),
        pytest.param(delivered(30, sends=MAX_SENDS), ["Finish"], id="sent too often"),
        pytest.param(delivered(30, link=NOT_READY), ["Show", "RequeueAfter"], id="came back without its agent"),
        pytest.param(delivered(150, link=NOT_READY), ["Finish"], id="came back without its agent for good"),
        pytest.param(delivered(150, link=replace(LOST, lost_since=ago(5))), ["RequeueAfter"], id="away: not counted"),
        pytest.param(at_work(), ["SetPhase", "RequeueAfter"], id="works"),
        pytest.param(at_work(child=make_child(phase="Running")), ["Show", "RequeueAfter"], id="works, as shown"),
        pytest.param(at_work(turn=make_turn(TurnState.STARTED, started_at=ago(640))), ["Finish"], id="over its time"),
        # finished
        pytest.param(finished(), [], id="done with"),
        pytest.param(finished(still_wanted=True), ["Show"], id="shown as long as its turn runs"),
        pytest.param(finished(turn_id=None), ["Show"], id="a person's: its status message says the end"),
        pytest.param(finished(result_due=True, still_wanted=True), ["Show", "SendResult", "RequeueAfter"], id="result due"),
        pytest.param(finished(run=make_run()), ["EndRun"], id="its resource is gone"),
        pytest.param(finished(run=make_run(), found=resource(phase="Succeeded")), ["EndRun"], id="its pod is gone"),
        pytest.param(finished(run=make_run(), found=resource(phase="Running")), ["RequeueAfter"], id="its pod leaves"),
        pytest.param(finished(found=resource(phase="Running"), cancel="lost"), ["WriteCancel"], id="its pod must be ended"),
        pytest.param(finished(run=make_run(), found=resource(cancel=True), cancel="lost"), ["RequeueAfter"], id="it is"),
        pytest.param(finished(run=make_run(), synced=False), ["RequeueAfter"], id="its resource is not listed yet"),
        pytest.param(finished(run=make_run(), found=resource(uid="uid-x")), ["EndRun"], id="another one's resource"),
        # finished, and never known to be created
        pytest.param(finished(run=make_run(), uid=None), ["ConfirmAbsent"], id="a create may have been taken"),
        pytest.param(finished(run=make_run(), uid=None, found=resource()), ["WriteCancel"], id="it was"),
        pytest.param(finished(uid=None, found=resource()), ["WriteCancel"], id="it was, and that came late"),
        pytest.param(finished(run=make_run(), uid=None, found=resource(call="x")), ["ConfirmAbsent"], id="a namesake"),
    ],
)  # fmt: skip
def test_what_is_next(s, expected):
    assert kinds(s) == expected


@pytest.mark.parametrize(
    ("s", "phase", "reason", "words", "cancel"),
    [
        (wanted(cancel="parent"), "Cancelled", Reason.CANCELLED, "was stopped", None),
        (wanted(still_wanted=False), "Cancelled", Reason.CANCELLED, "is gone", "parent"),
        (wanted(created_at=ago(900), message="No answer."), "Failed", Reason.CREATE_REFUSED, "720 s. No answer.", None),
        (snapshot(resource=resource(phase="Failed", reason="Evicted")), "Failed", Reason.EVICTED, None, None),
        (at_work(link=LOST), "Failed", Reason.GATEWAY_LOST, "connection", "lost"),
        (delivered(30, sends=MAX_SENDS), "Failed", Reason.AGENT_FAILED, "sent 5 times", "lost"),
        (at_work(turn=make_turn(TurnState.STARTED, started_at=ago(640))), "TimedOut", Reason.DEADLINE_EXCEEDED, "600 s", "timeout"),
    ],
)  # fmt: skip
def test_how_it_ends(s, phase, reason, words, cancel):
    [finish] = decide(s)
    assert (finish.ending.phase, finish.ending.reason, finish.cancel) == (phase, reason, cancel)
    assert words is None or words in finish.ending.message


@pytest.mark.parametrize(
    "s",
    [
        at_work(turn=make_turn(), link=NOT_READY, run=make_run(ready_at=None, hello_at=ago(100_000)), timeouts=None),
        at_work(turn=make_turn(TurnState.STARTED, started_at=ago(100_000)), timeouts=None),
    ],
    ids=["never ready", "long over its time"],
)
def test_nothing_is_ended_by_timeouts_that_are_not_known(s):
    assert "Finish" not in kinds(s)
    assert "Finish" in kinds(replace(s, timeouts=Timeouts()))


STATES = [WANTED, CREATED, FINISHED]
LINKS = [None, LINK, UNSENT, NOT_READY, LOST, replace(LOST, lost_since=ago(1))]
RESOURCES = [None, *(resource(phase=phase) for phase in SubAgentPhase), resource(cancel=True), resource(uid="uid-x")]
TURNS = [None, make_turn(), DELIVERED, make_turn(TurnState.STARTED)]
RUNS = [make_run(), make_run(RunState.WANTED)]
FINAL = {"Finish", "EndRun", "ConfirmDeleted", "ConfirmAbsent", "Create", "Deliver", "SendAgain", "WriteCancel"}


@pytest.mark.parametrize("state", STATES)
def test_none_is_forgotten_whatever_its_state_link_and_resource_are(state):
    for link, found, turn, run, synced, timeouts in product(
        LINKS, RESOURCES, TURNS, RUNS, (True, False), (None, Timeouts())
    ):
        s = snapshot(
            child=make_child(state),
            link=link,
            resource=found,
            turn=turn,
            run=run,
            resource_known=synced,
            timeouts=timeouts,
        )
        actions = decide(s)
        looked_at = [a for a in actions if type(a).__name__ in FINAL or isinstance(a, do.RequeueAfter)]
        assert len(looked_at) == 1, (s, actions)
        assert all(0 < a.seconds <= 120 for a in actions if isinstance(a, do.RequeueAfter)), (s, actions)


@pytest.mark.parametrize("state", STATES)
def test_nothing_that_destroys_is_decided_before_the_resources_are_listed(state):
    for link, turn, run in product(LINKS, TURNS, RUNS):
        s = snapshot(child=make_child(state), link=link, resource=None, turn=turn, run=run, resource_known=False)
        assert not {"Finish", "EndRun", "WriteCancel"} & set(kinds(s))


def test_a_look_that_is_due_sooner_than_the_next_age_comes_sooner():
    [_, look] = decide(at_work(turn=make_turn(TurnState.STARTED, started_at=ago(637))))
    assert look.seconds == pytest.approx(3)
    [_, look] = decide(delivered(26))
    assert look.seconds == pytest.approx(4)
    [_, look] = decide(wanted(created_at=ago(700), refused_until=NOW + timedelta(seconds=60)))
    assert look.seconds == pytest.approx(20)


def test_what_is_sent_again_is_its_task():
    assert decide(delivered(30)) == [do.SendAgain(TASK_ID)]
