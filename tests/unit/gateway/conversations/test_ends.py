"""Ends are ends: what does not answer a stop, stays after its goodbye, or takes its connection from itself, is ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract.agentthread import Reason
from agent_contract.terms import Timeouts
from agent_gateway.conversations import actions as do
from agent_gateway.conversations.actions import RequeueAfter
from agent_gateway.conversations.decide import STOP_SECONDS, decide
from agent_gateway.conversations.snapshot import LinkState
from agent_gateway.conversations.waits import RECHECK_SECONDS
from agent_gateway.runners.registry import MOST_TAKEN, Registry
from agent_gateway.store.rows import RunState
from tests.support.snapshots import (
    ABSENT,
    DELIVERED,
    LINK,
    QUEUED,
    STARTED,
    UNKNOWN,
    ago,
    make_run,
    resource,
    snapshot,
)

STOPPED = replace(STARTED, stop_asked=True, stop_asked_at=ago(15))
COMING_BACK = LinkState(3, connected=True, ready=False, since=ago(2), unready_since=ago(120))
LONG_AGO = make_run(ready_at=ago(4000), hello_at=ago(4001))
STOPS = {
    "a stop that is not answered": (snapshot(run=make_run(), link=LINK, running=STOPPED), [do.StopRun(3, "killed")]),
    "a stop that may still be answered": (
        snapshot(run=make_run(), link=LINK, running=replace(STOPPED, stop_asked_at=ago(14))),
        [do.Abort(8), RequeueAfter(1.0)],
    ),
    "a class with a longer grace": (
        snapshot(run=make_run(limits=Timeouts(grace=60)), link=LINK, running=replace(STOPPED, stop_asked_at=ago(40))),
        [do.Abort(8), RequeueAfter(25.0)],
    ),
    "a runner that goes and comes": (
        snapshot(run=make_run(), link=LinkState(3, connected=False, ready=False, lost_since=ago(3)), running=STOPPED),
        [do.StopRun(3, "killed")],
    ),
    "of a turn that it never began": (
        snapshot(run=make_run(), link=LINK, running=replace(DELIVERED, stop_asked=True, stop_asked_at=ago(15))),
        [do.StopRun(3, "killed")],
    ),
    "this gateway began to lead since": (
        snapshot(run=make_run(), link=LINK, running=STOPPED, gateway_since=ago(5)), [do.Abort(8), RequeueAfter(10.0)],
    ),
}  # fmt: skip
CLOCKS = {
    "delivered, to a runner that comes back again and again": (
        snapshot(
            run=LONG_AGO, running=replace(DELIVERED, delivered_at=ago(300)),
            link=replace(LINK, since=ago(5), turn=8, sent_at=ago(5)),
        ),
        [do.StopRun(3, "lost")],
    ),
    "delivered, to one that comes back without its agent": (
        snapshot(run=LONG_AGO, running=replace(DELIVERED, delivered_at=ago(300)), link=replace(COMING_BACK, unready_since=ago(9))),
        [do.StopRun(3, "lost")],
    ),
    "queued, for one that comes back without its agent": (
        snapshot(run=LONG_AGO, waiting=QUEUED, link=COMING_BACK), [do.StopRun(3, "not_ready")],
    ),
    "a connection that changes hands": (
        snapshot(run=make_run(), link=replace(LINK, contested=True), running=STARTED), [do.StopRun(3, "lost")],
    ),
}  # fmt: skip
LEFT = make_run(RunState.OVER, ended_at=ago(15), reason=Reason.IDLE_TIMEOUT, lingering=True)
THERE = resource(run={"number": 3})
LEAVING = {
    "its pod is there": (snapshot(last=LEFT, resource=THERE), [do.WriteStop(3), RequeueAfter(STOP_SECONDS)]),
    "its pod may still go": (snapshot(last=replace(LEFT, ended_at=ago(10)), resource=THERE), [RequeueAfter(5.0)]),
    "its stop is written": (
        snapshot(last=LEFT, resource=resource(run={"number": 3}, spec={"stop": 3})), [RequeueAfter(STOP_SECONDS)],
    ),
    "its pod is gone": (
        snapshot(last=LEFT, resource=resource(run={"number": 3, "finishedAt": ago(1), "reason": "IdleTimeout"})),
        [do.RecordGone(3)],
    ),
    "its resource is gone": (snapshot(last=LEFT, resource=ABSENT), [do.RecordGone(3)]),
    "another resource has its name": (snapshot(last=LEFT, resource=resource(uid="other", run={"number": 3})), [do.RecordGone(3)]),
    "nobody knows": (snapshot(last=LEFT, resource=UNKNOWN), [RequeueAfter(RECHECK_SECONDS)]),
    "the next run takes its place": (snapshot(last=LEFT, resource=THERE, waiting=QUEUED), [do.RequestRun()]),
    "the next one waits for another": (
        snapshot(last=LEFT, resource=THERE, waiting=QUEUED, free_slot=False),
        [do.ShowWaiting(9, do.Wait.SLOT), do.WriteStop(3), RequeueAfter(STOP_SECONDS)],
    ),
    "it was seen to go": (snapshot(last=replace(LEFT, lingering=False), resource=THERE), []),
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [pytest.param(*row, id=name) for table in (STOPS, CLOCKS, LEAVING) for name, row in table.items()],
)
def test_ends(given, expected):
    shown = {do.ShowWaiting} if given.free_slot else set()
    assert [action for action in decide(given) if type(action) not in shown] == expected


class Held:
    """A connection that can be cut."""

    async def cut(self):
        """End."""


async def test_a_connection_that_its_own_pod_takes_again_and_again_is_contested():
    registry = Registry()
    for _ in range(MOST_TAKEN + 1):
        await registry.replace(1, 3, "pod")
        link = registry.attach(1, 3, "pod", Held(), ready=True)
    assert not link.contested
    await registry.replace(1, 3, "pod")
    assert link.contested


async def test_one_that_was_lost_before_is_not():
    registry = Registry()
    for _ in range(10):
        await registry.replace(1, 3, "pod")
        connection = Held()
        link = registry.attach(1, 3, "pod", connection, ready=False)
        registry.detach(1, connection)
    assert not link.contested
    since = link.unready_at
    assert registry.attach(1, 3, "pod", Held(), ready=False).unready_at == since
    link.mark_ready()
    assert link.unready_at is None
