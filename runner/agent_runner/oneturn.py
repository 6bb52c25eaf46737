"""The run of a sub-agent ends with its one turn. Pure."""

from __future__ import annotations

from dataclasses import replace

from agent_contract import wire
from agent_contract.names import ExitCode
from agent_runner import lifecycle as life
from agent_runner.lifecycle import Phase, State
from agent_runner.phases import BUSY, Step, stop


def conclude(before: State, state: State, actions: list[life.Action], now: float) -> Step:
    """End the run of a sub-agent with its one turn, however that ended."""
    ended = [action.event for action in actions if isinstance(action, life.Emit)]
    if any(isinstance(event, wire.Failed) for event in ended) and state.phase is not Phase.STOPPING:
        told = [action for action in actions if isinstance(action, life.Emit)]
        return stop(state, ExitCode.TASK_FAILED, now), [life.KillAll(), *told]
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
