"""What a thread needs next, row by row."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract.agentthread import Reason
from agent_contract.lenient import MAX_RUN
from agent_contract.terms import Timeouts
from agent_gateway.conversations import actions as do
from agent_gateway.conversations.actions import RequeueAfter, ShowWaiting, Wait
from agent_gateway.conversations.decide import decide
from agent_gateway.conversations.runs import MAX_WRITES, compute_next_run, failed_to_start
from agent_gateway.conversations.snapshot import LinkState
from agent_gateway.store.rows import RunState, VenueState
from tests.support.snapshots import (
    ABSENT,
    DELIVERED,
    FINISHED,
    LINK,
    OVER,
    QUEUED,
    STARTED,
    THREAD,
    UNKNOWN,
    ago,
    make_run,
    make_turn,
    resource,
    snapshot,
)

WANTED = make_run(RunState.WANTED)
FULL = replace(OVER, reason=Reason.DISK_FULL)
UNWRITTEN = resource(spec={"run": 2})
REFUSED_RUN = replace(WANTED, attempts=2, next_at=ago(-15), message="exceeded quota")

NO_RUN = {
    "nothing to do": (snapshot(), []),
    "a turn and no run": (snapshot(waiting=QUEUED), [do.RequestRun()]),
    "a turn and no resource": (snapshot(waiting=QUEUED, resource=ABSENT), [do.RequestRun()]),
    "a turn in a closed topic": (
        snapshot(waiting=QUEUED, thread=replace(THREAD, venue=VenueState.CLOSED)), [],
    ),
    "all slots are taken": (snapshot(waiting=QUEUED, free_slot=False), [ShowWaiting(9, Wait.SLOT)]),
    "a start failed lately": (
        snapshot(waiting=replace(QUEUED, attempts=1), last=OVER),
        [ShowWaiting(9, Wait.CLUSTER, Reason.OOM_KILLED, "too much"), RequeueAfter(1.0)],
    ),
    "the second pause is longer": (
        snapshot(waiting=replace(QUEUED, attempts=2), last=OVER),
        [ShowWaiting(9, Wait.CLUSTER, Reason.OOM_KILLED, "too much"), RequeueAfter(9.0)],
    ),
    "a pause is over": (
        snapshot(waiting=replace(QUEUED, attempts=1), last=replace(OVER, ended_at=ago(3))), [do.RequestRun()],
    ),
    "three starts failed": (
        snapshot(waiting=replace(QUEUED, attempts=3), last=OVER), [do.GiveUp(Reason.OOM_KILLED, "too much")],
    ),
    "a start filled its disk, as the next would": (
        snapshot(waiting=replace(QUEUED, attempts=1), last=FULL), [do.GiveUp(Reason.DISK_FULL, "too much")],
    ),
    "an earlier run filled its disk, and somebody asks again": (snapshot(waiting=QUEUED, last=FULL), [do.RequestRun()]),
    "a full disk is not resumed by itself": (
        snapshot(running=STARTED, last=FULL), [do.Interrupt(8, Reason.DISK_FULL, "too much")],
    ),
    "more urgent work took the run's room": (
        snapshot(running=STARTED, last=replace(OVER, reason=Reason.PREEMPTED)),
        [do.Interrupt(8, Reason.PREEMPTED, "too much", resumes=True)],
    ),
    "the run ended before it started the turn": (snapshot(running=DELIVERED, last=OVER), [do.GiveBack(8)]),
    "the run ended during the turn": (
        snapshot(running=STARTED, last=OVER), [do.Interrupt(8, Reason.OOM_KILLED, "too much")],
    ),
    "a person stopped the turn that was cut": (
        snapshot(running=replace(STARTED, stop_asked=True), last=OVER), [do.Interrupt(8, Reason.STOPPED)],
    ),
    "the cluster refused the run of this turn": (
        snapshot(waiting=QUEUED, last=replace(OVER, hello_at=None, attempts=MAX_WRITES, reason="CreateRefused", message="no")),
        [do.GiveUp("CreateRefused", "no")],
    ),
    "the cluster refused a run before this turn was asked": (
        snapshot(
            waiting=make_turn(created_at=ago(0)),
            last=replace(OVER, hello_at=None, attempts=MAX_WRITES, reason="CreateRefused", message="no"),
        ),
        [do.RequestRun()],
    ),
}  # fmt: skip

WRITING = {
    "wanted, not written": (snapshot(waiting=QUEUED, run=WANTED, resource=UNWRITTEN), [do.RewriteRun(3)]),
    "wanted, and the resource was never made": (
        snapshot(waiting=QUEUED, run=replace(WANTED, thread_uid=None), resource=ABSENT), [do.RewriteRun(3)],
    ),
    "written, and whose it is not noted": (
        snapshot(waiting=QUEUED, run=replace(WANTED, thread_uid=None)), [do.RewriteRun(3)],
    ),
    "refused a moment ago": (
        snapshot(waiting=QUEUED, run=REFUSED_RUN, resource=UNWRITTEN),
        [ShowWaiting(9, Wait.REFUSED, None, "exceeded quota"), RequeueAfter(15.0)],
    ),
    "refused, and to be tried again": (
        snapshot(waiting=QUEUED, run=replace(REFUSED_RUN, next_at=ago(0)), resource=UNWRITTEN), [do.RewriteRun(3)],
    ),
    "refused too often": (
        snapshot(waiting=QUEUED, run=replace(REFUSED_RUN, attempts=MAX_WRITES), resource=UNWRITTEN),
        [do.EndRun(3, Reason.CREATE_REFUSED, "exceeded quota")],
    ),
    "refused, and killed": (
        snapshot(waiting=QUEUED, run=replace(REFUSED_RUN, stop="killed"), resource=UNWRITTEN),
        [do.EndRun(3, Reason.STOPPED)],
    ),
    "refused, never made, and killed": (
        snapshot(run=replace(REFUSED_RUN, stop="killed", thread_uid=None), resource=ABSENT), [do.EndRun(3, Reason.STOPPED)],
    ),
    "unwritten, and nobody waits for it": (
        snapshot(run=REFUSED_RUN, resource=UNWRITTEN), [do.EndRun(3, Reason.CANCELLED)],
    ),
    "written, and nobody waits for it": (snapshot(run=WANTED), []),
    "somebody wants a newer run": (
        snapshot(run=WANTED, resource=resource(spec={"run": 4})), [do.EndRun(3, Reason.SUPERSEDED)],
    ),
    "the status is at a newer run": (
        snapshot(run=make_run(), link=LINK, resource=resource(spec={"run": 4}, run={"number": 4})),
        [do.EndRun(3, Reason.SUPERSEDED)],
    ),
}  # fmt: skip

ENDING = {
    "the resource is gone": (snapshot(run=make_run(), resource=ABSENT), [do.ConfirmGone(3)]),
    "the resource cannot be read, which ends nothing": (snapshot(run=make_run(), link=LINK, resource=UNKNOWN), []),
    "the resource was made anew": (snapshot(run=make_run(), resource=resource(uid="other")), [do.ConfirmGone(3)]),
    "finished": (snapshot(run=make_run(), resource=resource(run=FINISHED)), [do.EndRun(3, "Evicted", "disk")]),
    "finished, seen as the previous run": (
        snapshot(run=make_run(), resource=resource(spec={"run": 4}, run={"number": 4}, previous=FINISHED)),
        [do.EndRun(3, "Evicted", "disk")],
    ),
    "finished, and its last words may be on the way": (
        snapshot(run=make_run(), link=LINK, resource=resource(run=FINISHED), end_seen=ago(1)), [RequeueAfter(4.0)],
    ),
    "finished by a clock that is an hour ahead": (
        snapshot(run=make_run(), link=LINK, resource=resource(run={**FINISHED, "finishedAt": ago(-3600)}), end_seen=ago(5)),
        [do.EndRun(3, "Evicted", "disk")],
    ),
    "stopped as its connection was lost": (
        snapshot(run=make_run(stop="lost"), resource=resource(run={**FINISHED, "reason": "Stopped"})),
        [do.EndRun(3, Reason.GATEWAY_LOST, "The connection to the agent was lost.")],
    ),
    "left as it was killed": (
        snapshot(run=make_run(stop="killed"), resource=resource(run={**FINISHED, "reason": "IdleTimeout"})),
        [do.EndRun(3, Reason.STOPPED)],
    ),
    "stopped as it was not ready": (
        snapshot(run=make_run(stop="not_ready"), resource=resource(run={**FINISHED, "reason": "Stopped"})),
        [do.EndRun(3, Reason.AGENT_FAILED, "It was not ready within 120 s.")],
    ),
    "a kill is recorded": (snapshot(run=make_run(stop="killed"), link=LINK), [do.StopRun(3, "killed"), RequeueAfter(30.0)]),
    "a kill of a run that is written": (
        snapshot(run=replace(WANTED, stop="killed")), [do.StopRun(3, "killed"), RequeueAfter(30.0)],
    ),
    "a kill while nothing can be read": (
        snapshot(run=replace(WANTED, stop="killed"), resource=UNKNOWN), [do.StopRun(3, "killed"), RequeueAfter(30.0)],
    ),
    "a kill is written": (
        snapshot(run=make_run(stop="killed"), link=LINK, resource=resource(spec={"stop": 3})), [RequeueAfter(60.0)],
    ),
    "an administrator stops it": (
        snapshot(run=make_run(), link=LINK, resource=resource(spec={"stop": 5})), [RequeueAfter(60.0)],
    ),
    "another model was chosen": (
        snapshot(run=make_run(), link=LINK, thread=replace(THREAD, model="kimi")), [do.StopRun(3, "killed")],
    ),
}  # fmt: skip

GOING_ON = {
    "idle": (snapshot(run=make_run(), link=LINK), []),
    "ready": (snapshot(run=make_run(), link=LINK, waiting=QUEUED), [do.Deliver()]),
    "ready, and the rest of an album may come": (
        snapshot(run=make_run(), link=LINK, waiting=replace(QUEUED, ready_at=ago(-1))), [RequeueAfter(1.0)],
    ),
    "ready, and the pod of an earlier run is ending": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, resource=resource(phase="Stopping", run={"number": 2})),
        [do.Deliver()],
    ),
    "a stop, told again": (
        snapshot(
            run=make_run(), link=LINK, waiting=replace(QUEUED, created_at=ago(26)),
            running=replace(STARTED, stop_asked=True),
        ),
        [ShowWaiting(9, Wait.BEHIND), do.Abort(8), RequeueAfter(60.0)],
    ),
    "a link of an older run delivers nothing": (
        snapshot(run=make_run(), link=replace(LINK, run=2), waiting=QUEUED), [RequeueAfter(2.0)],
    ),
    "limits that were not known are learned": (
        snapshot(run=make_run(limits=None), link=LINK, learned=Timeouts(turn=7)), [do.RecordLimits(3, Timeouts(turn=7))],
    ),
    "at work, in a topic that was closed": (
        snapshot(run=make_run(), link=LINK, running=STARTED, waiting=QUEUED, thread=replace(THREAD, venue=VenueState.CLOSED)),
        [RequeueAfter(3637.0)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [pytest.param(*row, id=name) for table in (NO_RUN, WRITING, ENDING, GOING_ON) for name, row in table.items()],
)
def test_decide(given, expected):
    assert decide(given) == expected


@pytest.mark.parametrize(
    ("counter", "found", "expected"),
    [
        (3, None, 4),
        (3, resource(spec={"run": 2}).value, 4),
        (3, resource(spec={"run": 9}).value, 10),
        (3, resource(spec={"run": 2}, run={"number": 12}).value, 13),
        (3, resource(spec={"run": 2, "stop": 20}).value, 21),
        (3, resource(spec={"stop": 2**31 - 1}).value, MAX_RUN + 1),
    ],
)
def test_the_next_run_is_above_all_that_is_known(counter, found, expected):
    assert compute_next_run(replace(THREAD, run_counter=counter), found) == expected


@pytest.mark.parametrize(
    ("run", "reason", "expected"),
    [
        (make_run(ready_at=None), Reason.IMAGE_PULL_BACK_OFF, True),
        (make_run(ready_at=None, stop="not_ready"), Reason.AGENT_FAILED, True),
        (make_run(ready_at=None, stop="killed"), Reason.STOPPED, False),
        (make_run(ready_at=None), Reason.SUPERSEDED, False),
        (make_run(ready_at=None), Reason.SUSPENDED, False),
        (make_run(ready_at=None), Reason.CANCELLED, False),
        (make_run(), Reason.OOM_KILLED, False),
    ],
)
def test_only_starts_that_nobody_ended_count_as_failed(run, reason, expected):
    assert failed_to_start(run, reason) is expected


def test_a_link_of_another_run_is_not_this_runs():
    assert not snapshot(run=make_run(), link=LinkState(2, connected=True, ready=True)).ready
