"""What a run does next. Pure: `step(state, happening, now) -> (state, actions)`."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, assert_never

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_runner import lifecycle as life
from agent_runner import turntime
from agent_runner.clocks import start_clock
from agent_runner.lifecycle import Action, Happening, Phase, State
from agent_runner.oneturn import conclude
from agent_runner.phases import BUSY, Step, begin_abort, stop

RESTARTS = 3
RESTART_WINDOW = 600.0
TELL_WITHIN = 30.0
"""Seconds that a run whose pi does not start waits for a turn to tell it to."""
START_WITHIN = 60.0
"""Seconds after which a pi that was started again and does not answer is taken for dead. The first one of a run is the
gateway's to judge, by the class."""
STAY_GRACE = 5.0


def step(state: State, happening: Happening, now: float) -> Step:
    """Return the next state and what is to be done, in order."""
    after, actions = _step(state, happening, now)
    return conclude(state, after, actions, now) if state.one_turn else (after, actions)


def _step(state: State, happening: Happening, now: float) -> Step:
    match happening:
        case life.PiLoaded():
            return _on_loaded(replace(state, loaded=True), now)
        case life.SessionOpened():
            return _open(state, now)
        case life.Heard() | life.Held() | life.Waiting() | life.Resumed() | life.ExtendAsked():
            return turntime.take(state, happening, now)
        case life.Accepted() | life.Rejected() | life.Begun() | life.Settled():
            return _on_turn(state, happening, now)
        case life.PiDied() | life.SessionRefused():
            return _on_pi_lost(state, happening, now)
        case life.SteerAsked():
            mine = state.phase is Phase.RUNNING and state.turn == happening.frame.turn
            return state, [life.Steer(happening.frame)] if mine else []
        case life.Welcomed() | life.Given() | life.AbortAsked() | life.Stayed() | life.Dismissed():
            return _on_gateway(state, happening, now)
        case life.ShutdownAsked() | life.Terminated() | life.LinkEnded():
            return _on_end(state, happening, now)
        case life.Delivered():
            over = state.phase is Phase.STOPPING and not state.goodbye
            return (state, [life.Exit(state.exit_code)]) if over else (state, [])
        case life.Tick():
            return _on_tick(state, now)
        case _:
            assert_never(happening)


def _on_loaded(state: State, now: float) -> Step:
    if state.phase is not Phase.STARTING:
        return state, []  # a leave that is asked for stands
    return _take_next(state, now) if state.open else (replace(state, deadline=None), [])


def _open(state: State, now: float) -> Step:
    state = replace(state, open=True, run_ends=state.run_ends or now + state.limits.run)
    state, actions = _take_next(state, now)
    return state, [life.Announce(), *actions]


def _take_next(state: State, now: float) -> Step:
    """Give pi the turn that waits, or be idle."""
    if state.phase is Phase.STOPPING:
        return state, []
    if not (state.loaded and state.open):
        deadline = state.deadline if state.phase is Phase.STARTING else now + START_WITHIN
        return replace(state, phase=Phase.STARTING, turn=None, cause=None, deadline=deadline), []
    if not state.waiting:
        deadline = now + state.limits.idle
        return replace(state, phase=Phase.READY, turn=None, cause=None, deadline=deadline), []
    turn, *rest = state.waiting
    clock = start_clock(state.limits.turn, state.limits.turn_max, now)
    running = replace(state, phase=Phase.RUNNING, turn=turn.id, waiting=tuple(rest), clock=clock)
    return replace(running, cause=None, expired=None, deadline=None), [life.Prompt(turn)]


def _fail(
    turn: int | None, reason: Literal["aborted", "provider", "agent", "agent_died"], error: str = ""
) -> list[Action]:
    return [] if turn is None else [life.Emit(turn, wire.Failed(reason=reason, error=error))]


# --- of a turn -------------------------------------------------------------------------------------------


def _on_turn(state: State, happening: life.Accepted | life.Rejected | life.Begun | life.Settled, now: float) -> Step:
    if state.phase not in BUSY or state.turn is None:
        return state, []
    match happening:
        case life.Accepted():
            return state, [life.Emit(state.turn, wire.TurnStarted())]
        case life.Begun():
            # an abort that came before pi had begun stopped nothing
            return state, [life.AbortPi()] if state.phase is Phase.ABORTING else []
        case life.Rejected():
            if state.phase is Phase.ABORTING:
                return _end_abort(state, now)
            state, actions = _next_after(state, _fail(state.turn, "provider", happening.error), now)
            return state, actions
        case life.Settled():
            return _on_settled(state, happening, now)


def _next_after(state: State, actions: list[Action], now: float) -> Step:
    state, more = _take_next(state, now)
    return state, [*actions, *more]


def _on_settled(state: State, happening: life.Settled, now: float) -> Step:
    outcome, turn = happening.outcome, state.turn
    if turn is None:
        return state, []
    if outcome.ok:
        finish: Literal["stop", "length"] = "length" if outcome.cut else "stop"
        told = life.Emit(turn, wire.TurnSettled(finish=finish, pictures=outcome.pictures, fallback=outcome.fallback))
        if state.cause in ("shutdown", "terminated"):
            code = ExitCode.LEFT if state.cause == "shutdown" else life.TERMINATED
            return stop(state, code, now), [life.KillAll(), told]
        leftovers: list[Action] = [life.KillTools()] if state.cause else []
        return _next_after(state, [*leftovers, told], now)
    if state.phase is Phase.ABORTING:
        return _end_abort(state, now)
    failed = wire.Failed(reason=outcome.reason, error=outcome.error, status=outcome.status)
    return _next_after(state, [life.Emit(turn, failed)], now)


def _end_abort(state: State, now: float) -> Step:
    match state.cause:
        case "timeout":
            ended = [life.Emit(state.turn, turntime.describe_timeout(state, now))] if state.turn is not None else []
            return stop(state, ExitCode.DEADLINE, now), [life.KillAll(), *ended]
        case "shutdown":
            failed = _fail(state.turn, "aborted", state.reason)
            return stop(state, ExitCode.LEFT, now), [life.KillAll(), *failed]
        case "terminated":
            # no end of the turn is told: whoever sees why the pod went says what becomes of it
            return stop(state, life.TERMINATED, now), [life.KillAll()]
        case "aborted" | None:
            return _next_after(state, [life.KillTools(), *_fail(state.turn, "aborted")], now)


# --- of pi ---------------------------------------------------------------------------------------------------


def _on_pi_lost(state: State, happening: life.PiDied | life.SessionRefused, now: float) -> Step:
    if state.phase in (Phase.STOPPING, Phase.BROKEN):
        return state, []
    if isinstance(happening, life.SessionRefused):
        return _break(state, happening.error, now)
    deaths = (*(death for death in state.deaths if death > now - RESTART_WINDOW), now)
    state = replace(state, loaded=False, deaths=deaths)
    if state.phase is Phase.ABORTING and state.cause != "aborted":
        return _end_abort(state, now)
    told = _fail(state.turn, *(("aborted",) if state.cause == "aborted" else ("agent_died", happening.error)))
    if len(deaths) <= RESTARTS:
        leaving = state.phase is Phase.LEAVING
        phase, deadline = (Phase.LEAVING, None) if leaving else (Phase.STARTING, now + START_WITHIN)
        state = replace(state, phase=phase, turn=None, cause=None, deadline=deadline)
        return state, [life.KillTools(), *told, life.StartPi()]
    if told:
        return stop(state, ExitCode.PI_FAILED, now), [life.KillAll(), *told]
    state, actions = _break(state, happening.error, now)
    return state, [life.KillAll(), *actions]


def _break(state: State, error: str, now: float) -> Step:
    """Say in the chat that pi does not start: to the turn that waits, or to the next one."""
    if state.waiting:
        failed = [act for turn in state.waiting for act in _fail(turn.id, "agent", error)]
        return replace(stop(state, ExitCode.PI_FAILED, now), waiting=()), failed
    broken = replace(state, phase=Phase.BROKEN, reason=error, turn=None, deadline=now + TELL_WITHIN)
    return broken, [] if state.open else [life.Announce()]


# --- of the gateway --------------------------------------------------------------------------------------------


def _on_gateway(
    state: State, happening: life.Welcomed | life.Given | life.AbortAsked | life.Stayed | life.Dismissed, now: float
) -> Step:
    match happening:
        case life.Welcomed():
            state = replace(state, run_ends=state.run_ends or now + state.limits.run)
            asked = state.phase is Phase.LEAVING and happening.delivered
            return state, [life.AskLeave("done" if state.answered else "idle")] if asked else []
        case life.Given():
            return _on_given(state, happening.turn, now)
        case life.AbortAsked():
            return _on_abort_asked(state, happening.turn, now)
        case life.Stayed():
            if state.phase is Phase.STOPPING:
                return state, [life.Exit(state.exit_code)]
            if state.phase is not Phase.LEAVING:
                return state, []
            if state.run_ends is not None:
                state = replace(state, run_ends=max(state.run_ends, now + STAY_GRACE))
            return _take_next(state, now)
        case life.Dismissed():
            return stop(state, ExitCode.LEFT, now), [life.KillAll(), life.Exit(ExitCode.LEFT)]


def _on_given(state: State, turn: wire.Turn, now: float) -> Step:
    if turn.id in state.seen or state.phase is Phase.STOPPING:
        return state, []  # while stopping it stays unseen: the next run gets it
    if state.phase is Phase.LEAVING and state.run_ends is not None and now >= state.run_ends:
        return state, []  # as well: there is no time for it in this run
    state = replace(state, seen=state.seen | {turn.id})
    if state.phase is Phase.BROKEN:
        return stop(state, ExitCode.PI_FAILED, now), _fail(turn.id, "agent", state.reason)
    state = replace(state, waiting=(*state.waiting, turn))
    return (state, []) if state.phase in BUSY else _take_next(state, now)


def _on_abort_asked(state: State, turn: int, now: float) -> Step:
    if any(waiting.id == turn for waiting in state.waiting):
        rest = tuple(waiting for waiting in state.waiting if waiting.id != turn)
        return replace(state, waiting=rest), _fail(turn, "aborted")
    if state.phase is Phase.RUNNING and state.turn == turn:
        return begin_abort(state, "aborted", now + state.limits.grace)
    return state, []


# --- of the end ---------------------------------------------------------------------------------------------------


def _on_end(state: State, happening: life.ShutdownAsked | life.Terminated | life.LinkEnded, now: float) -> Step:
    if isinstance(happening, life.LinkEnded):
        return stop(state, happening.code, now), [life.KillAll(), life.Exit(happening.code)]
    asked = isinstance(happening, life.ShutdownAsked)
    most = state.limits.grace
    grace = min(happening.grace, most) if isinstance(happening, life.ShutdownAsked) else most
    if state.phase is Phase.STOPPING:
        return _hurry(state, now + grace * 0.9), []
    reason = happening.reason if isinstance(happening, life.ShutdownAsked) else ""
    state = replace(state, stop_by=now + grace * 0.9, reason=reason)
    if state.phase in BUSY:
        cause: life.Cause = "shutdown" if asked else "terminated"
        return begin_abort(state, cause, now + grace * 0.6)
    if asked:
        failed = [act for turn in state.waiting for act in _fail(turn.id, "aborted", reason)]
        return replace(stop(state, ExitCode.LEFT, now), waiting=()), [life.KillAll(), *failed]
    known = state.open and state.phase in (Phase.READY, Phase.LEAVING)
    ask: list[Action] = [life.AskLeave("shutdown")] if known and state.phase is Phase.READY else []
    return stop(state, life.TERMINATED, now, goodbye=known), [life.KillAll(), *ask]


def _hurry(state: State, by: float) -> State:
    """Let a run that stops by itself be done before its pod is killed: until now its files had more time."""
    return state if state.stop_by is not None else replace(state, stop_by=by, deadline=by)


def _on_tick(state: State, now: float) -> Step:
    due = state.deadline is not None and now >= state.deadline
    match state.phase:
        case Phase.STARTING if due:
            return replace(state, deadline=None), [life.KillPi()]
        case Phase.READY if state.run_ends is not None and now >= state.run_ends:
            return replace(state, phase=Phase.LEAVING, deadline=None), [life.AskLeave("run_deadline")]
        case Phase.READY if due:
            return replace(state, phase=Phase.LEAVING, deadline=None), [life.AskLeave("idle")]
        case Phase.RUNNING:
            return turntime.tick(state, now)
        case Phase.ABORTING if due and state.cause == "aborted":
            return replace(state, deadline=None), [life.KillPi()]
        case Phase.ABORTING if due:
            return _end_abort(state, now)
        case Phase.BROKEN if due:
            return state, [life.Exit(ExitCode.PI_FAILED)]
        case Phase.STOPPING if due:
            return replace(state, deadline=None), [life.Exit(state.exit_code)]
        case _:
            return state, []
