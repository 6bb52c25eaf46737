"""What a run does next. Pure: `step(state, happening, now) -> (state, actions)`."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, assert_never

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_runner import lifecycle as life
from agent_runner.clocks import compute_run_time, hold
from agent_runner.lifecycle import Action, Happening, Phase, State

RESTARTS = 3
RESTART_WINDOW = 600.0
TELL_WITHIN = 30.0
"""Seconds that a run whose pi does not start waits for a turn to tell it to."""
START_WITHIN = 60.0
"""Seconds after which a pi that was started again and does not answer is taken for dead. The first one of a run is the
gateway's to judge, by the class."""
DELIVER_WITHIN = 10.0
STAY_GRACE = 5.0

Step = tuple[State, list[Action]]
BUSY = (Phase.RUNNING, Phase.ABORTING)


def step(state: State, happening: Happening, now: float) -> Step:
    """Return the next state and what is to be done, in order."""
    after, actions = _step(state, happening, now)
    return _conclude(state, after, actions, now) if state.one_turn else (after, actions)


def _conclude(before: State, state: State, actions: list[Action], now: float) -> Step:
    """End the run of a sub-agent with its one turn, however that ended."""
    ended = [action.event for action in actions if isinstance(action, life.Emit)]
    if any(isinstance(event, wire.Failed) for event in ended) and state.phase is not Phase.STOPPING:
        told = [action for action in actions if isinstance(action, life.Emit)]
        return _stop(state, ExitCode.TASK_FAILED, now), [life.KillAll(), *told]
    if any(isinstance(event, wire.TurnSettled) for event in ended) and before.phase in BUSY:
        leaving = replace(state, phase=Phase.LEAVING, deadline=None, answered=True)
        return leaving, [*actions, life.AskLeave("done")]
    if state.phase is not Phase.STOPPING:
        return state, actions
    code = _find_code(before, state)
    return replace(state, exit_code=code), [life.Exit(code) if isinstance(a, life.Exit) else a for a in actions]


def _find_code(before: State, state: State) -> int:
    """Let a sub-agent's code say that it has answered, whatever ends its pod, and say so of none that has not."""
    if state.answered and state.exit_code != ExitCode.REFUSED:
        return ExitCode.LEFT  # the kubelet finds its answer: a gateway that is away learns it from there
    if state.exit_code == ExitCode.LEFT and not state.answered:
        return life.TERMINATED if before.exit_code == life.TERMINATED else ExitCode.TASK_FAILED
    return state.exit_code


def _step(state: State, happening: Happening, now: float) -> Step:
    match happening:
        case life.PiLoaded():
            return _on_loaded(replace(state, loaded=True), now)
        case life.SessionOpened():
            return _open(state, now)
        case life.Held():
            return hold(state, now, held=happening.held), []
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
    state = replace(state, open=True, run_ends=state.run_ends or now + compute_run_time(state))
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
        deadline = now + state.idle_limit
        return replace(state, phase=Phase.READY, turn=None, cause=None, deadline=deadline), []
    turn, *rest = state.waiting
    running = replace(state, phase=Phase.RUNNING, turn=turn.id, waiting=tuple(rest), cause=None, held=None)
    return replace(running, deadline=now + state.turn_limit), [life.Prompt(turn)]


def _fail(
    turn: int | None, reason: Literal["aborted", "timeout", "provider", "agent", "agent_died"], error: str = ""
) -> list[Action]:
    return [] if turn is None else [life.Emit(turn, wire.Failed(reason=reason, error=error))]


def _stop(state: State, code: int, now: float, *, goodbye: bool = False) -> State:
    by = state.stop_by if state.stop_by is not None else now + DELIVER_WITHIN
    return replace(state, phase=Phase.STOPPING, turn=None, deadline=by, exit_code=code, goodbye=goodbye)


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
        told = life.Emit(turn, wire.TurnSettled())
        if state.cause in ("shutdown", "terminated"):
            code = ExitCode.LEFT if state.cause == "shutdown" else life.TERMINATED
            return _stop(state, code, now), [life.KillAll(), told]
        leftovers: list[Action] = [life.KillTools()] if state.cause else []
        return _next_after(state, [*leftovers, told], now)
    if state.phase is Phase.ABORTING:
        return _end_abort(state, now)
    return _next_after(state, _fail(turn, outcome.reason, outcome.error), now)


def _begin_abort(state: State, cause: life.Cause, deadline: float) -> Step:
    return replace(state, phase=Phase.ABORTING, cause=cause, deadline=deadline), [life.AbortPi()]


def _end_abort(state: State, now: float) -> Step:
    match state.cause:
        case "timeout":
            failed = _fail(state.turn, "timeout")
            return _stop(state, ExitCode.DEADLINE, now), [life.KillAll(), *failed]
        case "shutdown":
            failed = _fail(state.turn, "aborted", state.reason)
            return _stop(state, ExitCode.LEFT, now), [life.KillAll(), *failed]
        case "terminated":
            # no end of the turn is told: whoever sees why the pod went says what becomes of it
            return _stop(state, life.TERMINATED, now), [life.KillAll()]
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
        return _stop(state, ExitCode.PI_FAILED, now), [life.KillAll(), *told]
    state, actions = _break(state, happening.error, now)
    return state, [life.KillAll(), *actions]


def _break(state: State, error: str, now: float) -> Step:
    """Say in the chat that pi does not start: to the turn that waits, or to the next one."""
    if state.waiting:
        failed = [act for turn in state.waiting for act in _fail(turn.id, "agent", error)]
        return replace(_stop(state, ExitCode.PI_FAILED, now), waiting=()), failed
    broken = replace(state, phase=Phase.BROKEN, reason=error, turn=None, deadline=now + TELL_WITHIN)
    return broken, [] if state.open else [life.Announce()]


# --- of the gateway --------------------------------------------------------------------------------------------


def _on_gateway(
    state: State, happening: life.Welcomed | life.Given | life.AbortAsked | life.Stayed | life.Dismissed, now: float
) -> Step:
    match happening:
        case life.Welcomed():
            state = replace(state, run_ends=state.run_ends or now + compute_run_time(state))
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
            return _stop(state, ExitCode.LEFT, now), [life.KillAll(), life.Exit(ExitCode.LEFT)]


def _on_given(state: State, turn: wire.Turn, now: float) -> Step:
    if turn.id in state.seen or state.phase is Phase.STOPPING:
        return state, []  # while stopping it stays unseen: the next run gets it
    if state.phase is Phase.LEAVING and state.run_ends is not None and now >= state.run_ends:
        return state, []  # as well: there is no time for it in this run
    state = replace(state, seen=state.seen | {turn.id})
    if state.phase is Phase.BROKEN:
        return _stop(state, ExitCode.PI_FAILED, now), _fail(turn.id, "agent", state.reason)
    state = replace(state, waiting=(*state.waiting, turn))
    return (state, []) if state.phase in BUSY else _take_next(state, now)


def _on_abort_asked(state: State, turn: int, now: float) -> Step:
    if any(waiting.id == turn for waiting in state.waiting):
        rest = tuple(waiting for waiting in state.waiting if waiting.id != turn)
        return replace(state, waiting=rest), _fail(turn, "aborted")
    if state.phase is Phase.RUNNING and state.turn == turn:
        return _begin_abort(state, "aborted", now + state.grace)
    return state, []


# --- of the end ---------------------------------------------------------------------------------------------------


def _on_end(state: State, happening: life.ShutdownAsked | life.Terminated | life.LinkEnded, now: float) -> Step:
    if isinstance(happening, life.LinkEnded):
        return _stop(state, happening.code, now), [life.KillAll(), life.Exit(happening.code)]
    if state.phase is Phase.STOPPING:
        return state, []
    asked = isinstance(happening, life.ShutdownAsked)
    grace = min(happening.grace, state.grace) if isinstance(happening, life.ShutdownAsked) else state.grace
    reason = happening.reason if isinstance(happening, life.ShutdownAsked) else ""
    state = replace(state, stop_by=now + grace * 0.9, reason=reason)
    if state.phase in BUSY:
        cause: life.Cause = "shutdown" if asked else "terminated"
        return _begin_abort(state, cause, now + grace * 0.6)
    if asked:
        failed = [act for turn in state.waiting for act in _fail(turn.id, "aborted", reason)]
        return replace(_stop(state, ExitCode.LEFT, now), waiting=()), [life.KillAll(), *failed]
    known = state.open and state.phase in (Phase.READY, Phase.LEAVING)
    ask: list[Action] = [life.AskLeave("shutdown")] if known and state.phase is Phase.READY else []
    return _stop(state, life.TERMINATED, now, goodbye=known), [life.KillAll(), *ask]


def _on_tick(state: State, now: float) -> Step:
    due = state.deadline is not None and now >= state.deadline
    match state.phase:
        case Phase.STARTING if due:
            return replace(state, deadline=None), [life.KillPi()]
        case Phase.READY if state.run_ends is not None and now >= state.run_ends:
            return replace(state, phase=Phase.LEAVING, deadline=None), [life.AskLeave("run_deadline")]
        case Phase.READY if due:
            return replace(state, phase=Phase.LEAVING, deadline=None), [life.AskLeave("idle")]
        case Phase.RUNNING if due:
            return _begin_abort(state, "timeout", now + state.grace)
        case Phase.ABORTING if due and state.cause == "aborted":
            return replace(state, deadline=None), [life.KillPi()]
        case Phase.ABORTING if due:
            return _end_abort(state, now)
        case Phase.BROKEN if due:
            return state, [life.Exit(ExitCode.PI_FAILED)]
        case Phase.STOPPING if due:
            return state, [life.Exit(state.exit_code)]
        case _:
            return state, []
