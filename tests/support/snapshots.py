"""Snapshots of a conversation, built field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from agent_contract.agentthread import Reason
from agent_contract.terms import Timeouts
from agent_gateway.conversations.snapshot import LinkState, Snapshot
from agent_gateway.resources.reading import read_thread
from agent_gateway.store.rows import Address, Attachment, Run, RunState, Thread, Turn, TurnState
from agent_kube.known import Absent, Present, Unknown

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UID = "uid-1"
THREAD = Thread(1, Address(1000, 42), "tg-42", "title", UUID(int=1), 3)
LINK = LinkState(run=3, connected=True, ready=True)
UNKNOWN, ABSENT = Unknown(NOW), Absent()


def ago(seconds):
    return NOW - timedelta(seconds=seconds)


def resource(*, spec=None, run=None, previous=None, phase=None, conditions=(), uid=UID, deleting=False):
    metadata = {"name": "tg-42", "uid": uid, "resourceVersion": "7"}
    if deleting:
        metadata["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    channel = {"bot": "tg", "botId": 1000, "chatId": 42}
    status = {"phase": phase, "run": run, "previousRun": previous, "conditions": list(conditions)}
    return Present(
        read_thread({"metadata": metadata, "spec": {"channel": channel, "run": 3, **(spec or {})}, "status": status})
    )


def make_run(state=RunState.LIVE, **fields):
    times = {"wanted_at": ago(60), "hello_at": ago(50), "seen_at": ago(1), "ready_at": ago(49)}
    if state is RunState.WANTED:
        times |= {"wanted_at": ago(1), "hello_at": None, "seen_at": None, "ready_at": None}
    base = Run(
        1, 3, state, UID, "job", "pod", "pod-uid", 0, ended_at=None, reason=None, message=None, limits=Timeouts(), **times
    )  # fmt: skip
    return replace(base, **fields)


def make_turn(state=TurnState.QUEUED, **fields):
    base = Turn(9, 1, 7, 42, "hello", state, None, 0, None, ago(5), None, None, None)
    if state is not TurnState.QUEUED:
        base = replace(base, id=8, run=3, delivered_at=ago(4))
    if state is TurnState.STARTED:
        base = replace(base, started_at=ago(3))
    return replace(base, **fields)


def snapshot(**fields):
    base = Snapshot(
        thread=THREAD, run=None, last=None, running=None, waiting=None, link=None, resource=resource(), now=NOW,
        gateway_since=ago(1000),
    )  # fmt: skip
    return replace(base, **fields)


QUEUED, DELIVERED, STARTED = make_turn(), make_turn(TurnState.DELIVERED), make_turn(TurnState.STARTED)
WITH_FILE = replace(DELIVERED, files=(Attachment("id", "film.mp4"),))
OVER = make_run(RunState.OVER, ended_at=ago(1), reason=Reason.OOM_KILLED, message="too much")
FINISHED = {"number": 3, "finishedAt": ago(10), "reason": "Evicted", "message": "disk"}
WAITS = {"number": 3, "reason": "Unschedulable", "message": "0/3 nodes fit"}
NO_CLASS = {
    "type": "Accepted", "status": "False", "reason": "ClassNotFound", "message": "no class big",
    "lastTransitionTime": NOW, "observedGeneration": 1,
}  # fmt: skip
