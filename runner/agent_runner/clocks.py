"""The clocks of a run and of its turns. Pure."""

from __future__ import annotations

from dataclasses import replace

from agent_runner.lifecycle import Phase, State


def next_wake(state: State) -> float | None:
    """Return when a `Tick` is due."""
    times = [state.deadline]
    if state.phase is Phase.READY:
        times.append(state.run_ends)
    return min((time for time in times if time is not None), default=None)


def hold(state: State, now: float, *, held: bool) -> State:
    """Stop the clock of a turn that only waits for sub-agents, whose own time bounds it; or let it go on."""
    if state.phase is not Phase.RUNNING:
        return replace(state, held=None)
    if held and state.held is None and state.deadline is not None:
        return replace(state, held=max(0.0, state.deadline - now), deadline=None)
    if not held and state.held is not None:
        return replace(state, held=None, deadline=now + state.held)
    return state


def compute_run_time(state: State) -> float:
    """Return how long after its hello a run takes turns."""
    # a class whose run is no longer than one turn still gets its one turn: the Job's own deadline leaves room for it
    return state.run_limit - state.turn_limit if state.run_limit > state.turn_limit else state.run_limit
