"""What is over or due by itself, and when it is looked at again: exactly then, and never more often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agent_contract.terms import Timeouts
from agent_gateway.conversations import actions as do
from agent_gateway.conversations.actions import RequeueAfter
from agent_gateway.conversations.decide import decide
from agent_gateway.conversations.snapshot import LinkState
from agent_gateway.store.rows import RunState
from tests.support.snapshots import (
    DELIVERED,
    LINK,
    QUEUED,
    STARTED,
    UNKNOWN,
    WITH_FILE,
    ago,
    make_run,
    resource,
    snapshot,
)

NOT_READY = LinkState(3, connected=True, ready=False, since=ago(20))
SENT = replace(LINK, turn=8, sent_at=ago(4), since=ago(49))
LONG_AGO = make_run(ready_at=ago(4000), hello_at=ago(4001))

LOST = {
    "lost a moment ago": (
        snapshot(run=make_run(), link=LinkState(3, connected=False, ready=False, lost_since=ago(10))), [RequeueAfter(20.0)],
    ),
    "lost for long": (
        snapshot(run=make_run(), link=LinkState(3, connected=False, ready=False, lost_since=ago(30))),
        [do.StopRun(3, "lost")],
    ),
    "not connected since this gateway leads": (
        snapshot(run=make_run(seen_at=ago(500)), gateway_since=ago(5)), [RequeueAfter(25.0)],
    ),
    "not connected for long": (
        snapshot(run=make_run(seen_at=ago(500)), gateway_since=ago(31)), [do.StopRun(3, "lost")],
    ),
}  # fmt: skip
READY = {
    "never ready": (snapshot(run=make_run(hello_at=ago(120), ready_at=None), link=NOT_READY), [do.StopRun(3, "not_ready")]),
    "not ready yet": (snapshot(run=make_run(hello_at=ago(20), ready_at=None), link=NOT_READY), [RequeueAfter(100.0)]),
    "back, and not ready again": (snapshot(run=LONG_AGO, link=NOT_READY), [RequeueAfter(100.0)]),
    "back, and not ready again for too long": (
        snapshot(run=LONG_AGO, link=replace(NOT_READY, since=ago(121))), [do.StopRun(3, "not_ready")],
    ),
    "not ready, and nobody knows how long it may take": (
        snapshot(run=make_run(hello_at=ago(5000), ready_at=None, limits=None), link=NOT_READY), [RequeueAfter(30.0)],
    ),
}  # fmt: skip
TURN = {
    "a long turn": (
        snapshot(run=make_run(), link=LINK, running=replace(STARTED, started_at=ago(3639))), [RequeueAfter(1.0)],
    ),
    "a turn without end": (
        snapshot(run=make_run(), link=LINK, running=replace(STARTED, started_at=ago(3640))), [do.TimeOut(8)],
    ),
    "a turn that was given more time": (
        snapshot(run=make_run(), link=LINK, running=replace(STARTED, started_at=ago(3640), extended=900)),
        [do.Extend(8, 900), RequeueAfter(900.0)],
    ),
    "a turn that was given more time, as its runner knows": (
        snapshot(
            run=make_run(), link=replace(LINK, extended=(8, 900)), running=replace(STARTED, started_at=ago(3640), extended=900)
        ),
        [RequeueAfter(900.0)],
    ),
    "a turn that was given more time, over": (
        snapshot(run=make_run(), link=LINK, running=replace(STARTED, started_at=ago(4540), extended=900)), [do.TimeOut(8)],
    ),
    "the run was promised more": (
        snapshot(run=make_run(limits=Timeouts(turn_max=7200)), link=LINK, running=replace(STARTED, started_at=ago(4000))),
        [RequeueAfter(3240.0)],
    ),
    "nobody knows how long it may take": (
        snapshot(run=make_run(limits=None), link=LINK, running=replace(STARTED, started_at=ago(90_000))),
        [RequeueAfter(30.0)],
    ),
    "what cannot be read changes nothing of it": (
        snapshot(run=make_run(), link=LINK, running=replace(STARTED, started_at=ago(3640)), resource=UNKNOWN),
        [do.TimeOut(8)],
    ),
}  # fmt: skip
DELIVERY = {
    "delivered, and on its way": (
        snapshot(run=make_run(), running=replace(DELIVERED, delivered_at=ago(0.25)), link=LINK), [RequeueAfter(0.75)],
    ),
    "delivered, and not sent": (
        snapshot(run=make_run(), running=replace(DELIVERED, delivered_at=ago(2)), link=LINK), [do.Deliver()],
    ),
    "delivered, and sent": (snapshot(run=make_run(), running=DELIVERED, link=SENT), [RequeueAfter(6.0)]),
    "sent, and not taken": (
        snapshot(run=make_run(), running=replace(DELIVERED, delivered_at=ago(40)), link=replace(SENT, sent_at=ago(30))),
        [do.Deliver()],
    ),
    "sent again and again, and not taken": (
        snapshot(
            run=make_run(ready_at=ago(900), hello_at=ago(901)), running=replace(DELIVERED, delivered_at=ago(150)),
            link=replace(SENT, since=ago(900)),
        ),
        [do.StopRun(3, "lost")],
    ),
    "delivered five hours ago": (
        snapshot(
            run=make_run(ready_at=ago(20_000), hello_at=ago(20_001)), running=replace(DELIVERED, delivered_at=ago(18_000)),
            link=replace(SENT, since=ago(19_000)),
        ),
        [do.StopRun(3, "lost")],
    ),
    "delivered before its runner came back": (
        snapshot(
            run=make_run(ready_at=ago(900), hello_at=ago(901)), running=replace(DELIVERED, delivered_at=ago(150)),
            link=replace(SENT, since=ago(10), turn=None),
        ),
        [do.Deliver()],
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [pytest.param(*row, id=name) for table in (LOST, READY, TURN, DELIVERY) for name, row in table.items()],
)
def test_deadlines(given, expected):
    found = [action for action in decide(given) if not isinstance(action, do.ShowWaiting)]
    assert found == expected


def test_files_that_are_fetched_first_give_a_turn_more_time():
    given = snapshot(
        run=make_run(ready_at=ago(900), hello_at=ago(901)), running=replace(WITH_FILE, delivered_at=ago(600)),
        link=replace(SENT, since=ago(900), sent_at=ago(10)),
    )  # fmt: skip
    assert do.StopRun(3, "lost") not in decide(given)
    assert decide(replace(given, now=given.now + timedelta(seconds=150))) == [do.StopRun(3, "lost")]


@pytest.mark.parametrize(
    "given",
    [
        snapshot(run=make_run(), link=LINK, waiting=replace(QUEUED, created_at=ago(26)), running=STARTED),
        snapshot(run=make_run(RunState.WANTED, wanted_at=ago(30)), waiting=QUEUED),
        snapshot(run=make_run(RunState.WANTED, wanted_at=ago(300)), waiting=QUEUED),
        snapshot(run=make_run(stop="killed"), link=LINK, waiting=QUEUED, resource=resource(spec={"stop": 3})),
        snapshot(waiting=QUEUED, resource=UNKNOWN),
        snapshot(waiting=QUEUED, resource=resource(deleting=True)),
        snapshot(waiting=QUEUED, resource=resource(spec={"suspend": True})),
        snapshot(waiting=QUEUED, free_slot=False),
    ],
    ids=["behind", "starting", "late", "stopping", "unreadable", "deleting", "suspended", "no slot"],
)
def test_nothing_that_waits_is_looked_at_more_often_than_every_five_seconds(given):
    actions = decide(given)
    assert any(isinstance(action, do.ShowWaiting) for action in actions)
    assert all(action.seconds >= 5 for action in actions if isinstance(action, RequeueAfter))
