"""Every state in which a message waits has its words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract.agentthread import Reason
from agent_gateway.conversations.actions import ShowWaiting, Wait
from agent_gateway.conversations.decide import decide
from agent_gateway.conversations.snapshot import LinkState
from agent_gateway.store.rows import RunState
from tests.support.snapshots import (
    DELIVERED,
    LINK,
    NO_CLASS,
    QUEUED,
    STARTED,
    UNKNOWN,
    WAITS,
    ago,
    make_run,
    make_turn,
    resource,
    snapshot,
)

WANTED = make_run(RunState.WANTED)
AWAY = LinkState(3, connected=False, ready=False, lost_since=ago(10))
NEW, LONG = make_turn(created_at=ago(1)), make_turn(created_at=ago(26))

TABLE = {
    "the cluster cannot be read": (
        snapshot(waiting=QUEUED, resource=UNKNOWN, problem="no Role"), ShowWaiting(9, Wait.UNREADABLE, None, "no Role"),
    ),
    "the cluster cannot be read, since a moment": (snapshot(waiting=QUEUED, resource=UNKNOWN, gateway_since=ago(1)), None),
    "the cluster cannot be read, and a run is wanted": (
        snapshot(waiting=QUEUED, run=WANTED, resource=UNKNOWN, problem="no Role"),
        ShowWaiting(9, Wait.UNREADABLE, None, "no Role"),
    ),
    "the resource hangs in its deletion": (
        snapshot(waiting=QUEUED, resource=resource(deleting=True)), ShowWaiting(9, Wait.DELETING),
    ),
    "the resource hangs in its deletion, and a run was wanted": (
        snapshot(waiting=QUEUED, run=WANTED, resource=resource(deleting=True)), ShowWaiting(9, Wait.DELETING),
    ),
    "the run before is being ended": (
        snapshot(run=make_run(stop="killed"), link=LINK, waiting=QUEUED, resource=resource(spec={"stop": 3})),
        ShowWaiting(9, Wait.STOPPING),
    ),
    "the run before is being ended in the middle of an answer": (
        snapshot(run=make_run(stop="killed"), link=LINK, waiting=QUEUED, running=STARTED, resource=resource(spec={"stop": 3})),
        ShowWaiting(9, Wait.STOPPING),
    ),
    "the run before is being ended, and the message is new": (
        snapshot(run=make_run(stop="killed"), link=LINK, waiting=NEW, resource=resource(spec={"stop": 3})), None,
    ),
    "an administrator ends the run": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, resource=resource(spec={"stop": 5})),
        ShowWaiting(9, Wait.STOPPING),
    ),
    "its pod is ending": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, resource=resource(phase="Stopping", run={"number": 3})),
        ShowWaiting(9, Wait.STOPPING),
    ),
    "every further run is forbidden": (
        snapshot(waiting=QUEUED, resource=resource(spec={"stop": 2**31 - 1})), ShowWaiting(9, Wait.HELD),
    ),
    "suspended": (
        snapshot(waiting=QUEUED, resource=resource(spec={"suspend": True})), ShowWaiting(9, Wait.CLUSTER, Reason.SUSPENDED),
    ),
    "suspended while it starts": (
        snapshot(run=WANTED, waiting=QUEUED, resource=resource(spec={"suspend": True})),
        ShowWaiting(9, Wait.CLUSTER, Reason.SUSPENDED),
    ),
    "suspended while it is ready": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, resource=resource(spec={"suspend": True})),
        ShowWaiting(9, Wait.CLUSTER, Reason.SUSPENDED),
    ),
    "the class is missing": (
        snapshot(run=WANTED, waiting=QUEUED, resource=resource(conditions=[NO_CLASS])),
        ShowWaiting(9, Wait.CLUSTER, "ClassNotFound", "no class big"),
    ),
    "a start waits for something": (
        snapshot(run=WANTED, waiting=QUEUED, resource=resource(run=WAITS)),
        ShowWaiting(9, Wait.CLUSTER, "Unschedulable", "0/3 nodes fit"),
    ),
    "a quick start": (snapshot(run=replace(WANTED, wanted_at=ago(0.9)), waiting=QUEUED), None),
    "a start takes its time": (snapshot(run=replace(WANTED, wanted_at=ago(4)), waiting=QUEUED), ShowWaiting(9, Wait.START)),
    "a start takes too long, and nobody says why": (
        snapshot(run=replace(WANTED, wanted_at=ago(120)), waiting=QUEUED), ShowWaiting(9, Wait.LATE),
    ),
    "nobody knows how long a start may take": (
        snapshot(run=replace(WANTED, wanted_at=ago(9000), limits=None), waiting=QUEUED), ShowWaiting(9, Wait.START),
    ),
    "connected, and not ready yet": (
        snapshot(
            run=make_run(hello_at=ago(20), ready_at=None), waiting=QUEUED, link=LinkState(3, connected=True, ready=False),
        ),
        ShowWaiting(9, Wait.START),
    ),
    "an answer is being written": (
        snapshot(run=make_run(), link=LINK, waiting=LONG, running=STARTED), ShowWaiting(9, Wait.BEHIND),
    ),
    "an answer is being written, and the message is new": (
        snapshot(run=make_run(), link=LINK, waiting=QUEUED, running=STARTED), None,
    ),
    "the connection is interrupted": (snapshot(run=make_run(), link=AWAY, waiting=QUEUED), ShowWaiting(9, Wait.AWAY)),
    "delivered, and the connection is interrupted": (
        snapshot(run=make_run(), link=AWAY, running=DELIVERED), ShowWaiting(8, Wait.AWAY),
    ),
    "delivered, and not taken": (
        snapshot(
            run=make_run(), running=replace(DELIVERED, delivered_at=ago(12)), link=replace(LINK, turn=8, sent_at=ago(12)),
        ),
        ShowWaiting(8, Wait.UNCONFIRMED),
    ),
    "delivered a moment ago": (snapshot(run=make_run(), running=DELIVERED, link=replace(LINK, turn=8)), None),
}  # fmt: skip


@pytest.mark.parametrize(("given", "expected"), TABLE.values(), ids=TABLE.keys())
def test_a_turn_that_waits_is_told_why(given, expected):
    told = [action for action in decide(given) if isinstance(action, ShowWaiting)]
    assert told == ([expected] if expected is not None else [])
