"""What a sub-agent's runner decides: it answers one task and leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_runner import lifecycle as life
from agent_runner.events import Outcome
from agent_runner.lifecycle import Phase
from tests.support.supervising import GOOD, READY, RUNNING, STOPPED, go, timed_out

ONE = replace(RUNNING, one_turn=True)


def test_a_sub_agent_leaves_after_its_turn():
    state, actions = go(ONE, GOOD)
    assert actions == [life.Emit(1, wire.TurnSettled()), life.AskLeave("done")]
    assert state.phase is Phase.LEAVING
    _, actions = go(state, life.Welcomed(delivered=True))
    assert actions == [life.AskLeave("done")]
    _, actions = go(state, life.Dismissed())
    assert actions[-1] == life.Exit(ExitCode.LEFT)


@pytest.mark.parametrize(
    ("happening", "reason"),
    [
        (life.Settled(Outcome(ok=False, reason="provider", error="No key.")), "provider"),
        (life.PiDied("It ended."), "agent_died"),
        (life.Rejected("No such model."), "provider"),
    ],
)
def test_a_sub_agent_that_fails_exits_once_that_is_told(happening, reason):
    state, actions = go(ONE, happening)
    assert [a.event.reason for a in actions if isinstance(a, life.Emit)] == [reason]
    assert not any(isinstance(a, life.StartPi) for a in actions)
    assert state.phase is Phase.STOPPING
    _, actions = go(state, life.Delivered())
    assert actions == [life.Exit(ExitCode.TASK_FAILED)]


@pytest.mark.parametrize("happening", [life.LinkEnded(ExitCode.GATEWAY_LOST), life.Terminated()])
def test_a_sub_agent_that_has_answered_ends_as_one_that_has_whatever_ends_it(happening):
    answered, _ = go(ONE, GOOD)
    state, actions = go(answered, happening)
    if life.Exit(ExitCode.LEFT) not in actions:
        _, actions = go(state, life.Tick(), now=100)
    assert [a for a in actions if isinstance(a, life.Exit)] == [life.Exit(ExitCode.LEFT)]


def test_a_sub_agent_that_is_refused_says_so():
    answered, _ = go(ONE, GOOD)
    _, actions = go(answered, life.LinkEnded(ExitCode.REFUSED))
    assert actions[-1] == life.Exit(ExitCode.REFUSED)


def test_a_sub_agent_over_its_time_exits_as_such():
    state, _ = go(ONE, life.Tick(), now=300)
    state, actions = go(state, STOPPED, now=301)
    assert timed_out("silence", 301) in actions
    assert state.exit_code == ExitCode.DEADLINE


def test_a_sub_agent_that_was_given_no_task_waits_and_has_not_answered_when_it_leaves():
    state, actions = go(replace(READY, one_turn=True), life.Tick(), now=600)
    assert actions == [life.AskLeave("idle")]
    _, actions = go(state, life.Dismissed())
    assert actions[-1] == life.Exit(ExitCode.TASK_FAILED)


def test_a_sub_agent_that_is_ended_before_its_task_comes_has_not_answered():
    state, actions = go(replace(READY, one_turn=True), life.Terminated())
    assert life.AskLeave("shutdown") in actions
    _, actions = go(state, life.Dismissed())
    assert actions[-1] == life.Exit(life.TERMINATED)


def test_a_sub_agent_that_is_shut_down_at_work_has_not_answered():
    state, _ = go(ONE, life.ShutdownAsked("killed", 5), STOPPED)
    assert state.exit_code == ExitCode.TASK_FAILED
