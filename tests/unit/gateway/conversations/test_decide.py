"""What a thread needs next, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from agent_contract.agentthread import AgentThread, Reason
from agent_contract.terms import Timeouts
from agent_gateway.conversations import actions as do
from agent_gateway.conversations.decide import LinkState, Snapshot, compute_next_run, decide, failed_to_start
from agent_gateway.store.rows import Address, Run, RunState, Thread, Turn, TurnState

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UID = "uid-1"
THREAD = Thread(1, Address(1000, 42), "tg-42", "title", UUID(int=1), 3)
LINK = LinkState(run=3, connected=True, ready=True)


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def resource(*, spec=None, run=None, previous=None, phase=None, conditions=(), uid=UID, deleting=False):
    metadata = {"name": "tg-42", "uid": uid, "resourceVersion": "7"}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    channel = {"bot": "tg", "botId": 1000, "chatId": 42}
    status = {"phase": phase, "run": run, "previousRun": previous, "conditions": list(conditions)}
    return AgentThread.model_validate(
        {"metadata": metadata, "spec": {"channel": channel, "run": 3, **(spec or {})}, "status": status}
    )


def make_run(state=RunState.LIVE, **fields):
    times = {"wanted_at": ago(60), "hello_at": ago(50), "seen_at": ago(1), "ready_at": ago(49)}
    if state is RunState.WANTED:
        times |= {"wanted_at": ago(1), "hello_at": None, "seen_at": None, "ready_at": None}
    base = Run(
        1, 3, state, UID, "job", "pod", "pod-uid", 0, ended_at=None, reason=None, message=None, **times
    )  # fmt: skip
    return replace(base, **fields)


def make_turn(state=TurnState.QUEUED, **fields):
    base = Turn(9, 1, 7, 42, "hello", state, None, 0, None, ago(5), None, None, None)
    if state is not TurnState.QUEUED:
        base = replace(base, run=3, delivered_at=ago(4))
    if state is TurnState.STARTED:
        base = replace(base, started_at=ago(3))
    return replace(base, **fields)


def snapshot(**fields):
    base = Snapshot(
        thread=THREAD, run=None, last=None, running=None, waiting=None, link=None, resource=resource(),
        resource_known=True, gateway_since=ago(1000),
    )  # fmt: skip
    return replace(base, **fields)


QUEUED, DELIVERED, STARTED = make_turn(), make_turn(TurnState.DELIVERED), make_turn(TurnState.STARTED)
OVER = make_run(RunState.OVER, ended_at=ago(1), reason=Reason.OOM_KILLED, message="too much")
FINISHED = {"number": 3, "finishedAt": ago(10), "reason": "Evicted", "message": "disk"}
WAITS = {"number": 3, "reason": "Unschedulable", "message": "0/3 nodes fit"}
NO_CLASS = {
    "type": "Accepted", "status": "False", "reason": "ClassNotFound", "message": "no class big",
    "lastTransitionTime": NOW, "observedGeneration": 1,
}  # fmt: skip

TABLE = {
    "nothing to do": (snapshot(), []),
    "a turn and no run": (snapshot(waiting=QUEUED), [do.RequestRun()]),
    "a turn and no resource": (snapshot(waiting=QUEUED, resource=None), [do.RequestRun()]),
    "the watch has not listed yet": (
        snapshot(waiting=QUEUED, resource=None, resource_known=False), [do.LookAgain(0.5)],
    ),
    "the resource is being deleted": (snapshot(waiting=QUEUED, resource=resource(deleting=True)), [do.LookAgain(1)]),
    "suspended": (
        snapshot(waiting=QUEUED, resource=resource(spec={"suspend": True})), [do.ShowWaiting(Reason.SUSPENDED)],
    ),
    "all places are taken": (
        snapshot(waiting=QUEUED, free_slot=False), [do.ShowWaiting(no_slot=True), do.LookAgain(2)],
    ),
    "a start failed lately": (
        snapshot(waiting=replace(QUEUED, attempts=1), last=OVER),
        [do.ShowWaiting(Reason.OOM_KILLED, "too much"), do.LookAgain(1.0)],
    ),
    "the second pause is longer": (
        snapshot(waiting=replace(QUEUED, attempts=2), last=OVER),
        [do.ShowWaiting(Reason.OOM_KILLED, "too much"), do.LookAgain(9.0)],
    ),
    "a pause is over": (
        snapshot(waiting=replace(QUEUED, attempts=1), last=replace(OVER, ended_at=ago(3))), [do.RequestRun()],
    ),
    "three starts failed": (
        snapshot(waiting=replace(QUEUED, attempts=3), last=OVER), [do.GiveUp(Reason.OOM_KILLED, "too much")],
    ),
    "delivered, and not sent": (
        snapshot(run=make_run(), running=replace(DELIVERED, delivered_at=ago(2)), link=LINK), [do.Deliver()],
    ),
    "delivered, and on its way": (
        snapshot(run=make_run(), running=replace(DELIVERED, delivered_at=ago(0.4)), link=LINK),
        [do.LookAgain(pytest.approx(0.6))],
    ),
    "delivered, and sent": (
        snapshot(run=make_run(), running=replace(DELIVERED, delivered_at=ago(2)), link=replace(LINK, turn=9)), [],
    ),
    "the run ended before it started the turn": (snapshot(running=DELIVERED, last=OVER), [do.Requeue(9)]),
    "the run ended during the turn": (
        snapshot(running=STARTED, last=OVER), [do.Interrupt(9, Reason.OOM_KILLED, "too much")],
    ),
    "wanted, not written": (
        snapshot(waiting=QUEUED, run=make_run(RunState.WANTED), resource=resource(spec={"run": 2})),
        [do.RewriteRun(3)],
    ),
    "wanted, and the resource was never made": (
        snapshot(waiting=QUEUED, run=make_run(RunState.WANTED, thread_uid=None), resource=None), [do.RewriteRun(3)],
    ),
    "written, and whose it is not noted": (
        snapshot(waiting=QUEUED, run=make_run(RunState.WANTED, thread_uid=None)), [do.RewriteRun(3)],
    ),
    "somebody wants a newer run": (
        snapshot(run=make_run(RunState.WANTED), resource=resource(spec={"run": 4})),
        [do.EndRun(3, Reason.SUPERSEDED)],
    ),
    "the status is at a newer run": (
        snapshot(run=make_run(), link=LINK, resource=resource(spec={"run": 4}, run={"number": 4})),
        [do.EndRun(3, Reason.SUPERSEDED)],
    ),
    "the resource is gone": (snapshot(run=make_run(), resource=None), [do.ConfirmGone(3)]),
    "the resource was made anew": (snapshot(run=make_run(), resource=resource(uid="other")), [do.ConfirmGone(3)]),
    "finished": (snapshot(run=make_run(), resource=resource(run=FINISHED)), [do.EndRun(3, "Evicted", "disk")]),
    "finished, seen as the previous run": (
        snapshot(run=make_run(), resource=resource(spec={"run": 4}, run={"number": 4}, previous=FINISHED)),
        [do.EndRun(3, "Evicted", "disk")],
    ),
    "finished, and its last words may be on the way": (
        snapshot(run=make_run(), link=LINK, resource=resource(run={**FINISHED, "finishedAt": ago(1)})),
        [do.LookAgain(1)],
    ),
    "finished, and its connection stays": (
        snapshot(run=make_run(), link=LINK, resource=resource(run=FINISHED)), [do.EndRun(3, "Evicted", "disk")],
    ),
    "stopped as its connection was lost": (
        snapshot(run=make_run(stop="lost"), resource=resource(run={**FINISHED, "reason": "Stopped"})),
        [do.EndRun(3, Reason.GATEWAY_LOST, "The connection to the agent was lost.")],
    ),
    "stopped as it was not ready": (
        snapshot(run=make_run(stop="not_ready"), resource=resource(run={**FINISHED, "reason": "Stopped"})),
        [do.EndRun(3, Reason.AGENT_FAILED, "It was not ready within 120 s.")],
    ),
    "a kill is recorded": (
        snapshot(run=make_run(stop="killed"), link=LINK, waiting=QUEUED), [do.StopRun(3, "killed")],
    ),
    "a kill of a run that has not begun": (
        snapshot(run=make_run(RunState.WANTED, stop="killed")), [do.StopRun(3, "killed")],
    ),
    "a kill is written": (
        snapshot(run=make_run(stop="killed"), link=LINK, resource=resource(spec={"stop": 3})), [do.LookAgain(5)],
    ),
    "an administrator stops it": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, resource=resource(spec={"stop": 5})), [do.LookAgain(5)],
    ),
    "lost a moment ago": (
        snapshot(run=make_run(), link=LinkState(3, connected=False, ready=False, lost_since=ago(10))),
        [do.LookAgain(20.0)],
    ),
    "lost for long": (
        snapshot(run=make_run(), link=LinkState(3, connected=False, ready=False, lost_since=ago(30))),
        [do.StopRun(3, "lost")],
    ),
    "not connected since this gateway leads": (
        snapshot(run=make_run(seen_at=ago(500)), gateway_since=ago(5)), [do.LookAgain(25.0)],
    ),
    "not connected for long": (
        snapshot(run=make_run(seen_at=ago(500)), gateway_since=ago(31)), [do.StopRun(3, "lost")],
    ),
    "hello, and never ready": (
        snapshot(
            run=make_run(hello_at=ago(120), ready_at=None), waiting=QUEUED,
            link=LinkState(3, connected=True, ready=False),
        ),
        [do.StopRun(3, "not_ready")],
    ),
    "hello, not ready yet": (
        snapshot(
            run=make_run(hello_at=ago(20), ready_at=None), waiting=QUEUED,
            link=LinkState(3, connected=True, ready=False),
        ),
        [do.LookAgain(100.0)],
    ),
    "ready": (snapshot(run=make_run(), link=LINK, waiting=QUEUED), [do.Deliver()]),
    "ready, and suspended": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, resource=resource(spec={"suspend": True})),
        [do.ShowWaiting(Reason.SUSPENDED)],
    ),
    "ready, and its pod is ending": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, resource=resource(phase="Stopping", run={"number": 3})),
        [do.LookAgain(5)],
    ),
    "ready, and the pod of an earlier run is ending": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, resource=resource(phase="Stopping", run={"number": 2})),
        [do.Deliver()],
    ),
    "a stop, told again": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, running=replace(STARTED, stop_asked=True)),
        [do.ShowWaiting(behind=True), do.Abort(9)],
    ),
    "ready, and at work": (snapshot(run=make_run(), link=LINK, waiting=QUEUED, running=STARTED), [do.ShowWaiting(behind=True)]),
    "a link of an older run delivers nothing": (
        snapshot(run=make_run(), link=replace(LINK, run=2), waiting=QUEUED), [do.LookAgain(29.0)],
    ),
    "a turn without end": (
        snapshot(run=make_run(), link=LINK, running=replace(STARTED, started_at=ago(340))), [do.TimeOut(9)],
    ),
    "a long turn": (snapshot(run=make_run(), link=LINK, running=replace(STARTED, started_at=ago(339))), []),
    "a quick start is not talked about": (
        snapshot(run=make_run(RunState.WANTED), waiting=QUEUED), [do.LookAgain(2.0)],
    ),
    "a start takes its time": (
        snapshot(run=make_run(RunState.WANTED, wanted_at=ago(4)), waiting=QUEUED),
        [do.ShowWaiting(), do.LookAgain(5)],
    ),
    "a start takes too long and nobody says why": (
        snapshot(run=make_run(RunState.WANTED, wanted_at=ago(120)), waiting=QUEUED),
        [do.ShowWaiting(late=True), do.LookAgain(5)],
    ),
    "a start waits for something": (
        snapshot(run=make_run(RunState.WANTED), waiting=QUEUED, resource=resource(run=WAITS)),
        [do.ShowWaiting("Unschedulable", "0/3 nodes fit"), do.LookAgain(5)],
    ),
    "the class is missing": (
        snapshot(run=make_run(RunState.WANTED), waiting=QUEUED, resource=resource(conditions=[NO_CLASS])),
        [do.ShowWaiting("ClassNotFound", "no class big")],
    ),
    "suspended while it starts": (
        snapshot(run=make_run(RunState.WANTED), waiting=QUEUED, resource=resource(spec={"suspend": True})),
        [do.ShowWaiting(Reason.SUSPENDED)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), TABLE.values(), ids=TABLE.keys())
def test_decide(given, expected):
    assert decide(given, NOW) == expected


def test_timeouts_are_those_of_the_class():
    given = snapshot(
        run=make_run(), link=LINK, running=replace(STARTED, started_at=ago(41)), timeouts=Timeouts(turn=10, grace=1)
    )
    assert decide(given, NOW) == [do.TimeOut(9)]


@pytest.mark.parametrize(
    ("counter", "found", "expected"),
    [
        (3, None, 4),
        (3, resource(spec={"run": 2}), 4),
        (3, resource(spec={"run": 9}), 10),
        (3, resource(spec={"run": 2}, run={"number": 12}), 13),
        (3, resource(spec={"run": 2, "stop": 20}), 21),
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
        (make_run(), Reason.OOM_KILLED, False),
    ],
)
def test_only_starts_that_nobody_ended_count_as_failed(run, reason, expected):
    assert failed_to_start(run, reason) is expected


def test_what_waits_for_the_running_answer_is_told_so_after_a_moment():
    s = snapshot(run=make_run(), link=LINK, running=STARTED, waiting=make_turn(created_at=ago(0.5)))
    assert decide(s, NOW) == [do.LookAgain(1.0)]
    assert decide(replace(s, waiting=make_turn(created_at=ago(2))), NOW) == [do.ShowWaiting(behind=True)]
