"""An agent that begins a moment before it is asked: only where nothing speaks against it, and not for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract.agentthread import Reason
from agent_contract.lenient import MAX_RUN
from agent_gateway.conversations import actions as do
from agent_gateway.conversations.decide import decide
from agent_gateway.store.rows import RunState, VenueState
from tests.support.snapshots import ABSENT, LINK, OVER, QUEUED, THREAD, UNKNOWN, ago, make_run, resource, snapshot

UNWRITTEN = {"run": make_run(RunState.WANTED), "resource": resource(spec={"run": 2})}


@pytest.mark.parametrize("more", [{}, {"resource": ABSENT}, {"last": replace(OVER, ended_at=ago(61))}])
def test_an_agent_begins_for_what_is_asked_in_a_moment(more):
    assert decide(snapshot(warms=True, **more)) == [do.RequestRun()]
    assert decide(snapshot(**more)) == []


@pytest.mark.parametrize(
    "more",
    [
        {"free_slot": False}, {"resource": UNKNOWN}, {"resource": resource(deleting=True)},
        {"resource": resource(spec={"suspend": True})}, {"resource": resource(spec={"run": MAX_RUN})},
        {"thread": replace(THREAD, venue=VenueState.CLOSED)}, {"last": replace(OVER, ended_at=ago(59))},
    ],
)  # fmt: skip
def test_none_begins_where_something_speaks_against_it(more):
    assert do.RequestRun() not in decide(snapshot(warms=True, **more))


def test_who_waits_for_a_slot_is_told_as_ever():
    assert decide(snapshot(warms=True, free_slot=False, waiting=QUEUED)) == [do.ShowWaiting(9, do.Wait.SLOT)]


def test_what_begins_ahead_is_written_and_withdrawn_once_nothing_was_asked():
    assert decide(snapshot(warms=True, **UNWRITTEN)) == [do.RewriteRun(3)]
    assert decide(snapshot(**UNWRITTEN)) == [do.EndRun(3, Reason.CANCELLED)]


def test_a_turn_that_comes_finds_it_ready():
    assert decide(snapshot(warms=True, waiting=QUEUED, run=make_run(), link=LINK)) == [do.Deliver()]
