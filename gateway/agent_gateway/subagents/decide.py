"""What a sub-agent needs next; pure. As for threads, everything is compared anew each time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from agent_contract.agentthread import AgentThread, Reason
from agent_contract.subagent import SubAgent, SubAgentPhase
from agent_contract.terms import Timeouts
from agent_gateway.conversations.actions import Deliver, EndRun, RequeueAfter
from agent_gateway.conversations.deadlines import LOST_AFTER, TURN_BACKSTOP, find_away_since
from agent_gateway.conversations.decide import LATE_FRAMES
from agent_gateway.conversations.snapshot import LinkState
from agent_gateway.runners.progress import clean
from agent_gateway.store.rows import Ending, Run, RunState, SubAgentRow, SubAgentState, Turn

AGE_SECONDS = 10.0
"""The chat shows how old an open one is, in steps."""


@dataclass(frozen=True, slots=True)
class Create:
    """Make the resource that is wanted."""


@dataclass(frozen=True, slots=True)
class WriteCancel:
    """Write into the resource that it is to end."""


@dataclass(frozen=True, slots=True)
class ConfirmDeleted:
    """Ask the API server whether the resource is really gone; if so it was deleted, and that ends it."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Record the end and tell all who wait; `cancel` says why its pod must be ended, where that is not on its way."""

    ending: Ending
    cancel: str | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell those who wait that it stands elsewhere now."""

    phase: str
    reason: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class Show:
    """Show how it is now: nothing may have changed but its age."""


ParentResource = AgentThread | SubAgent

Action = Show | Create | WriteCancel | ConfirmDeleted | Finish | Tell | Deliver | EndRun | RequeueAfter


@dataclass(frozen=True, slots=True)
class ChildSnapshot:
    """All that is known of one sub-agent at one moment."""

    child: SubAgentRow
    run: Run | None
    """Its run, while that is not over."""
    running: Turn | None
    waiting: Turn | None
    link: LinkState | None
    resource: SubAgent | None
    """As last watched."""
    resource_known: bool
    """False until the watch has listed once."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    gateway_since: datetime | None = None


def decide_child(s: ChildSnapshot, now: datetime) -> list[Action]:
    """Say what to do next for a sub-agent; after all but Tell and RequeueAfter it is to be looked at again."""
    if s.child.state is SubAgentState.FINISHED:
        spoken_of = s.child.parent_id is not None and s.child.turn_id is None
        return [*([Show()] if spoken_of else []), *_after_end(s)]
    if s.child.state is SubAgentState.WANTED:
        return [Create()]
    if not s.resource_known:
        return [RequeueAfter(0.5)]
    if s.resource is None or s.resource.uid != s.child.uid:
        return [ConfirmDeleted()]
    return _over(s, s.resource, now) or _called_off(s, s.resource) or _away(s, now) or _stuck(s, now) or _going_on(s)


def _after_end(s: ChildSnapshot) -> list[Action]:
    """Close the run of one that has ended; its pod may still be leaving."""
    resource = s.resource if s.resource is not None and s.resource.uid == s.child.uid else None
    if not s.resource_known:
        return [RequeueAfter(0.5)]
    if resource is not None and not _is_over(resource):
        if s.child.cancel is not None and not resource.spec.cancel:
            return [WriteCancel()]
        return [RequeueAfter(10)] if s.run is not None else []
    if s.run is None:
        return []
    return [EndRun(s.run.number, s.child.reason or Reason.DELETED, s.child.message)]


def _over(s: ChildSnapshot, resource: SubAgent, now: datetime) -> list[Action]:
    status = resource.status
    if not _is_over(resource) or status.phase is None:
        return []
    connected = s.link is not None and s.link.connected
    if connected and status.finished_at is not None and now - status.finished_at < LATE_FRAMES:
        return [RequeueAfter(1)]  # what its runner sent before its end is read first
    return [Finish(Ending(status.phase.value, status.reason or Reason.ERROR, status.message, status.result))]


def _called_off(s: ChildSnapshot, resource: SubAgent) -> list[Action]:
    """Tell at once that it was cancelled: nobody waits for its pod's grace."""
    deleted = "deletionTimestamp" in resource.metadata
    if s.child.cancel is None and not resource.spec.cancel and not deleted:
        return []
    words = "The agent that asked for it was stopped." if s.child.cancel == "parent" else "It was cancelled."
    return [Finish(Ending(SubAgentPhase.CANCELLED.value, Reason.CANCELLED, words))]


def _away(s: ChildSnapshot, now: datetime) -> list[Action]:
    """End one whose runner went away, or never became ready."""
    run = s.run
    if run is None or run.state is not RunState.LIVE:
        return []
    since = find_away_since(s.link, run, s.gateway_since)
    if since is not None:
        left = since + LOST_AFTER - now
        lost = Ending(SubAgentPhase.FAILED.value, Reason.GATEWAY_LOST, "The connection to it was lost.")
        return [Finish(lost, "lost")] if left <= timedelta() else [RequeueAfter(left.total_seconds())]
    ready = s.link is not None and s.link.ready
    if not ready and run.ready_at is None and run.hello_at is not None:
        left = run.hello_at + timedelta(seconds=s.timeouts.start) - now
        words = f"It was not ready within {s.timeouts.start} s."
        failed = Ending(SubAgentPhase.FAILED.value, Reason.AGENT_FAILED, words)
        return [Finish(failed, "not_ready")] if left <= timedelta() else [RequeueAfter(left.total_seconds())]
    return []


def _stuck(s: ChildSnapshot, now: datetime) -> list[Action]:
    if s.running is None or s.running.started_at is None:
        return []
    deadline = s.running.started_at + timedelta(seconds=s.child.timeout + s.timeouts.grace) + TURN_BACKSTOP
    return [Finish(compute_timeout(s.child.timeout), "timeout")] if now >= deadline else []


def _going_on(s: ChildSnapshot) -> list[Action]:
    if s.link is not None and s.link.ready and s.running is None and s.waiting is not None:
        return [Deliver()]
    now = _find_state(s)
    if now is None:
        return []
    told = (s.child.phase, s.child.reason, s.child.message)
    return [Tell(*now)] if told != now else [Show(), RequeueAfter(AGE_SECONDS)]


def _find_state(s: ChildSnapshot) -> tuple[str, str | None, str | None] | None:
    """Return phase, reason and message; one that works is not "starting", though the node's word of it comes later."""
    if s.running is not None and s.running.started_at is not None:
        return SubAgentPhase.RUNNING.value, None, None
    status = s.resource.status if s.resource is not None else None
    if status is None or status.phase is None:
        return None
    return status.phase.value, status.reason, _clean(status.message)


def _is_over(resource: SubAgent) -> bool:
    return resource.status.phase is not None and resource.status.phase.over


def clean_ending(said: Ending) -> Ending:
    """Make what a pod or the cluster said of an end fit for Postgres: one that cannot be stored would never be over."""
    return replace(said, message=_clean(said.message), result=_clean(said.result))


def _clean(text: str | None) -> str | None:
    return clean(text) if text is not None else None


def compute_timeout(seconds: int) -> Ending:
    """Build the end of one whose time was over."""
    return Ending(SubAgentPhase.TIMED_OUT.value, Reason.DEADLINE_EXCEEDED, f"It timed out after {seconds} s.")


def compute_own_end(state: str, reason: str | None, text: str, timeout: int) -> Ending:
    """Build the end that a sub-agent's own runner tells.

    Args:
        state: done or failed.
        reason: Of a failed turn, as `wire.Failed.reason`.
        text: The answer, or why there is none, in words.
        timeout: Its `timeoutSeconds`.
    """
    if state == "done":
        return Ending(SubAgentPhase.SUCCEEDED.value, Reason.COMPLETED, None, text)
    if reason == "timeout":
        return Ending(SubAgentPhase.TIMED_OUT.value, Reason.DEADLINE_EXCEEDED, f"It timed out after {timeout} s.")
    return Ending(SubAgentPhase.FAILED.value, Reason.TASK_FAILED, text)
