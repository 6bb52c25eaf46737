"""A runner's supervisor, led through what happens."""

from __future__ import annotations

from agent_contract import wire
from agent_contract.terms import Timeouts
from agent_runner import lifecycle as life
from agent_runner.events import Outcome
from agent_runner.lifecycle import State
from agent_runner.supervisor import step

LIMITS = Timeouts(turn=300, turn_max=3000, turn_extra=1800, idle=600, run=3600, grace=10)
FRESH = State(LIMITS)
GOOD = life.Settled(Outcome(ok=True))
STOPPED = life.Settled(Outcome(ok=False, aborted=True, error="The agent stopped."))
TURN = wire.Turn(id=1, text="hi")


def go(state, *happenings, now=0.0):
    actions = []
    for happening in happenings:
        state, more = step(state, happening, now)
        actions += more
    return state, actions


READY, _ = go(FRESH, life.Welcomed(delivered=True), life.PiLoaded(), life.SessionOpened())
RUNNING, _ = go(READY, life.Given(TURN), life.Accepted())


def failed(reason, error="", turn=1):
    return life.Emit(turn, wire.Failed(reason=reason, error=error))


def timed_out(limit, seconds):
    return life.Emit(1, wire.Failed(reason="timeout", limit=limit, seconds=seconds))
