"""Sub-agents, their runs, tasks, connections and resources, as the tests of this room need them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agent_contract.terms import Timeouts
from agent_gateway.conversations.snapshot import LinkState
from agent_gateway.resources.reading import read_subagent
from agent_gateway.store.rows import Run, RunState, SubAgentRow, SubAgentState, Turn, TurnState
from agent_gateway.subagents.snapshot import Snapshot

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UID, NAME, CALL = "uid-s", "tg-42-r3-k1", "call-1"
TASK_ID = 9
LINK = LinkState(run=1, connected=True, ready=True, turn=TASK_ID)
UNSENT = replace(LINK, turn=None)
NOT_READY = replace(LINK, ready=False)
LOST = LinkState(run=1, connected=False, ready=False, lost_since=NOW - timedelta(seconds=31))


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def make_child(state=SubAgentState.CREATED, **fields):
    base = SubAgentRow(
        5, NAME, 1, "tg-42", "conversation", "uid-p", 3, CALL, 7, None, "count", "default", 600, "Empty", 1, UID,
        SubAgentState.CREATED, None, None, None, None, None, ago(20), None,
    )  # fmt: skip
    if state is SubAgentState.WANTED:
        base = replace(base, uid=None)
    if state is SubAgentState.FINISHED:
        base = replace(base, phase="Succeeded", reason="Completed", result="11", finished_at=ago(1))
    return replace(base, state=state, **fields)


def make_run(state=RunState.LIVE, **fields):
    times = {"wanted_at": ago(20), "hello_at": ago(15), "seen_at": ago(1), "ready_at": ago(14)}
    if state is RunState.WANTED:
        times |= {"hello_at": None, "seen_at": None, "ready_at": None}
    base = Run(5, 1, state, UID, "job", "pod", "pod-uid", 0, ended_at=None, reason=None, message=None, **times)
    return replace(base, **fields)


def make_turn(state=TurnState.QUEUED, **fields):
    base = Turn(TASK_ID, 5, None, None, "count", state, None, 0, None, ago(20), None, None, None)
    if state is not TurnState.QUEUED:
        base = replace(base, run=1, delivered_at=ago(5))
    if state is TurnState.STARTED:
        base = replace(base, started_at=ago(4))
    return replace(base, **fields)


def resource(*, uid=UID, deleting=False, cancel=False, call=CALL, **status):
    metadata = {"name": NAME, "uid": uid, "labels": {"openclaw.dev/call": call}}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    spec = {"task": "count", "timeoutSeconds": 600, "workspace": "Empty", "depth": 1, "cancel": cancel}
    return read_subagent({"metadata": metadata, "spec": spec, "status": status})


def snapshot(**fields):
    """Return what is known of one that was created and waits for its pod, but for `fields`."""
    known = {
        "child": make_child(),
        "now": NOW,
        "run": make_run(RunState.WANTED),
        "turn": make_turn(),
        "resource": resource(),
    }
    return Snapshot(**{**known, "timeouts": Timeouts(), "gateway_since": ago(1000), **fields})


def at_work(**fields):
    """Return what is known of one whose agent works, but for `fields`."""
    return snapshot(**{"run": make_run(), "turn": make_turn(TurnState.STARTED), "link": LINK, **fields})
