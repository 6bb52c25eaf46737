"""Steps from one phase of a run to another that several parts of the supervisor take. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from agent_runner import lifecycle as life
from agent_runner.lifecycle import Phase, State

DELIVER_WITHIN: Final = 10.0
"""Seconds that a run which stops has to deliver what is not acknowledged."""
BUSY: Final = (Phase.RUNNING, Phase.ABORTING)
Step = tuple[State, list[life.Action]]


def begin_abort(state: State, cause: life.Cause, deadline: float) -> Step:
    """Let pi stop the turn, until `deadline` at most."""
    return replace(state, phase=Phase.ABORTING, cause=cause, deadline=deadline), [life.AbortPi()]


def stop(state: State, code: int, now: float, *, goodbye: bool = False) -> State:
    """Return the state of a run that stops, once what is on its way is delivered."""
    by = state.stop_by if state.stop_by is not None else now + DELIVER_WITHIN
    return replace(state, phase=Phase.STOPPING, turn=None, deadline=by, exit_code=code, goodbye=goodbye)
