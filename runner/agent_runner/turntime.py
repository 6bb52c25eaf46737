"""What the time of a running turn leads to: a warning, more time, its end. Pure."""

from __future__ import annotations

from dataclasses import replace

from agent_contract import wire
from agent_runner import clocks
from agent_runner import lifecycle as life
from agent_runner.lifecycle import Phase, State
from agent_runner.phases import Step, begin_abort

OnTime = life.Heard | life.Held | life.Waiting | life.Resumed | life.ExtendAsked


def take(state: State, happening: OnTime, now: float) -> Step:
    """Take what changes how long the running turn may take."""
    clock = state.clock
    if state.phase is not Phase.RUNNING or clock is None or state.turn is None:
        return state, []
    match happening:
        case life.Heard():
            after = clocks.hear(clock, now)
        case life.Held(held):
            after = clocks.wait(clock, "sub_agents", now) if held else clocks.resume(clock, "sub_agents", now)
        case life.Waiting():
            after = clocks.wait(clock, "person", now)
        case life.Resumed():
            after = clocks.resume(clock, "person", now)
        case life.ExtendAsked(turn, seconds):
            most = min(seconds, state.limits.turn_extra)
            after = clocks.extend(clock, most, now) if turn == state.turn else clock
    eased = clock.warned - after.warned
    return replace(state, clock=after), [life.Emit(state.turn, wire.TimeEased())] if eased else []


def tick(state: State, now: float) -> Step:
    """Warn of the end of the running turn's time, or end the turn."""
    clock = state.clock
    if clock is None or state.turn is None:
        return state, []
    ends, limit = clock.ends
    if now >= ends:
        return begin_abort(replace(state, expired=limit), "timeout", now + state.limits.grace)
    if clock.warns is None or now < clock.warns:
        return state, []
    short = wire.TimeShort(limit=limit, seconds=round(ends - now), passed=clock.measure(limit, now))
    return replace(state, clock=replace(clock, warned=clock.warned | {limit})), [life.Emit(state.turn, short)]


def describe_timeout(state: State, now: float) -> wire.Failed:
    """Return the end of a turn whose time is over."""
    clock, limit = state.clock, state.expired or "wall"
    return wire.Failed(reason="timeout", limit=limit, seconds=clock.measure(limit, now) if clock is not None else None)


def next_wake(state: State) -> float | None:
    """Return when a `Tick` is due."""
    times = [state.deadline]
    if state.phase is Phase.READY:
        times.append(state.run_ends)
    if state.phase is Phase.RUNNING and state.clock is not None:
        times.append(state.clock.next_time)
    return min((time for time in times if time is not None), default=None)
