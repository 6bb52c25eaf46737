"""The steps of a message's way: how long each took, and what became of the answer.

Seconds are the database's, between the times that stand in the rows, so that a step which one gateway begins and another
ends counts like any other. Labels are steps and outcomes alone; which turn a figure is of stands in its exemplar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, Final

from prometheus_client import Counter, Histogram

from agent_gateway.metrics import TURNS
from agent_gateway.store.quotas import OVER_LIMIT
from agent_gateway.store.rows import TurnState
from agent_gateway.wording.again import BUDGET


class Step(StrEnum):
    """One piece of the way from an update that is stored to an answer that stands in the chat."""

    TAKEN = "taken"
    """From an update stored to what it asks for done."""
    WAITED = "waited"
    """From a turn queued to a run that has it: for a slot, a pod, or the turn before it."""
    CONNECTED = "connected"
    """From a run wanted to its runner's first word: the resource, the Job, the pod."""
    READY = "ready"
    """From a runner's first word to an agent that answers it."""
    PROMPTED = "prompted"
    """From a turn given to a run to its prompt taken by the agent."""
    THOUGHT = "thought"
    """From the prompt taken to the first text: the model's own time, and tools before it."""
    WORKED = "worked"
    """From the prompt taken to the turn's end."""
    SAID = "said"
    """From the final queued to the final in the chat."""
    WHOLE = "whole"
    """From a turn queued to its final in the chat."""


class Answer(StrEnum):
    """What the final of a turn was, once it stands in the chat."""

    ANSWERED = "answered"
    FAILED = "failed"
    """Something went wrong that the person did not do."""
    STOPPED = "stopped"
    """A person stopped it, or a limit that somebody set did."""


SECONDS: Final = Histogram(
    "openclaw_step_seconds",
    "What each step of a message's way took.",
    ["step"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600),
)
ANSWERS: Final = Counter("openclaw_answers", "Finals of turns that stand in the chat, by what they were.", ["outcome"])
_NOBODYS_FAULT: Final = frozenset({"aborted", BUDGET, OVER_LIMIT})

for _step in Step:  # known from the start, so that the first one counts as an increase
    SECONDS.labels(_step)
for _answer in Answer:
    ANSWERS.labels(_answer)


FindTrace = Callable[[int], str | None]
"""Returns the id of a turn's trace; None where that is not told."""
_traces: Final[list[FindTrace]] = []


@contextmanager
def naming_traces(find: FindTrace) -> Iterator[None]:
    """Let exemplars name the traces of their turns too, until the block ends."""
    _traces.append(find)
    try:
        yield
    finally:
        _traces.remove(find)


def build_exemplar(turn_id: int | None) -> dict[str, str] | None:
    """Return what leads from a figure to its turn, by the id that log lines have too, and to its trace; None of no turn."""
    if turn_id is None:
        return None
    traces = [trace for find in _traces if (trace := find(turn_id)) is not None]
    return {"turn": str(turn_id), **({"trace_id": traces[0]} if traces else {})}


def note(step: Step, seconds: float | None, turn_id: int | None = None) -> None:
    """Note what a step took; None, of a step that was noted before or never began, counts for nothing.

    Args:
        step: Which.
        seconds: By the database's clock, which may have been set back meanwhile.
        turn_id: Of which turn.
    """
    if seconds is not None:
        SECONDS.labels(step).observe(max(0.0, seconds), build_exemplar(turn_id))


def note_given(turn: Any) -> Any:
    """Note that a turn waits no more; return its row, as a run was given it."""
    note(Step.WAITED, (turn["delivered_at"] - turn["created_at"]).total_seconds(), turn["id"])
    return turn


def note_ended(*turns: Any) -> None:
    """Note that turns have ended: their rows, as they ended."""
    for turn in turns:
        TURNS.labels(turn["state"], turn["reason"] or "").inc()
        started = turn["started_at"]
        note(Step.WORKED, None if started is None else (turn["ended_at"] - started).total_seconds(), turn["id"])


def note_said(row: Any) -> None:
    """Note that something stands in the chat: kind, waited, turn_id, and of a turn state, reason and whole."""
    if row["kind"] != "final" or row["state"] is None:
        return
    turn_id = row["turn_id"]
    note(Step.SAID, row["waited"], turn_id)
    note(Step.WHOLE, row["whole"], turn_id)
    ANSWERS.labels(judge(TurnState(row["state"]), row["reason"])).inc(exemplar=build_exemplar(turn_id))


def judge(state: TurnState, reason: str | None) -> Answer:
    """Say what a turn's final is to whoever asked."""
    if state is TurnState.DONE:
        return Answer.ANSWERED
    return Answer.STOPPED if state is TurnState.CANCELLED or reason in _NOBODYS_FAULT else Answer.FAILED
