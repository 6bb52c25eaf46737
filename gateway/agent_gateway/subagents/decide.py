"""What a sub-agent needs next; pure. As for conversations, everything is compared anew each time."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent_contract.agentthread import Reason
from agent_contract.subagent import SubAgentPhase
from agent_contract.terms import Timeouts
from agent_contract.text import clean
from agent_gateway.conversations.deadlines import (
    LOST_AFTER,
    SENT_AFTER,
    STOP_AFTER,
    TURN_BACKSTOP,
    USUAL_GRACE,
    find_away_since,
)
from agent_gateway.conversations.decide import LATE_FRAMES
from agent_gateway.conversations.snapshot import LinkState
from agent_gateway.render.foreign import clean_said
from agent_gateway.resources.values import SubAgentValue
from agent_gateway.store.rows import Ending, RunState, SubAgentState, Turn, TurnState
from agent_gateway.subagents import actions as do
from agent_gateway.subagents.endings import (
    MAX_WORDS,
    PARENT,
    build_cancelled,
    build_failed,
    build_refused,
    build_timeout,
)
from agent_gateway.subagents.slots import compute_create_deadline
from agent_gateway.subagents.snapshot import Snapshot

AGE_SECONDS = 10.0
"""The chat shows how old an open one is, in steps; no open one is left alone for longer."""
UNSYNCED_SECONDS = 2.0
"""After which it is looked at again while the resources have not been listed."""
LEAVING_SECONDS = 10.0
"""After which one that has ended is looked at again while its pod leaves, or its parent has not got its result."""
BEGUN_AFTER = timedelta(seconds=30)
"""A runner tells within this that it took its task; then it is sent again."""
MAX_SENDS = 4
"""A task that was sent again so often, and still was not begun, is lost."""


def decide(s: Snapshot) -> list[do.Action]:
    """Say what to do next for a sub-agent; after all but Show, SetPhase, SendResult and RequeueAfter it is read anew.

    While one has not ended, and while its run is open, the answer holds an action after which it is looked at again.
    """
    now = s.now
    match s.child.state:
        case SubAgentState.FINISHED:
            return [*_tell_end(s), *_close_run(s)]
        case SubAgentState.WANTED:
            return _create(s, now)
        case SubAgentState.CREATED:
            pass
    if not s.resource_known:
        return [do.RequeueAfter(UNSYNCED_SECONDS)]
    resource = s.own_resource
    if resource is None:
        return [do.ConfirmDeleted()]
    return (
        _ended(s, resource, now)
        or _cancelled(s, resource)
        or _away(s, now)
        or _stuck(s, now)
        or _unbegun(s, now)
        or _going_on(s, now)
    )


# --- it is wanted -----------------------------------------------------------------------------------


def _create(s: Snapshot, now: datetime) -> list[do.Action]:
    """Create its resource, unless nobody wants it any more or its time to be created is over."""
    child = s.child
    if child.cancel is not None:
        return [do.Finish(build_cancelled(_cancel_words(child.cancel)))]
    if not s.still_wanted:
        return [do.Finish(build_cancelled("The agent that asked for it is gone."), PARENT)]
    deadline = compute_create_deadline(child)
    if now >= deadline:
        seconds = round((deadline - child.created_at).total_seconds())
        return [do.Finish(build_refused(f"It could not be created within {seconds} s. {child.message or ''}".strip()))]
    refused_until = s.run.next_at if s.run is not None else None
    if refused_until is not None and refused_until > now:
        left = min(refused_until, deadline) - now
        return [*_show(s), do.RequeueAfter(left.total_seconds())]
    return [*_show(s), do.Create()]


def _cancel_words(why: str) -> str:
    return "The agent that asked for it was stopped." if why == PARENT else "It was cancelled."


# --- it stands --------------------------------------------------------------------------------------


def _ended(s: Snapshot, resource: SubAgentValue, now: datetime) -> list[do.Action]:
    """Learn from the resource that it has ended."""
    status = resource.status
    if not _is_terminal(resource) or status.phase is None:
        return []
    connected = s.link is not None and s.link.connected
    if connected and status.finished_at is not None and now - status.finished_at < LATE_FRAMES:
        return [do.RequeueAfter(1)]  # what its runner sent before its end is read first
    return [do.Finish(Ending(status.phase.value, status.reason or Reason.ERROR, status.message, _clean(status.result)))]


def _clean(result: str | None) -> str | None:
    return clean_said(result) if result is not None else None


def _cancelled(s: Snapshot, resource: SubAgentValue) -> list[do.Action]:
    """End it at once where it was cancelled: nobody waits for its pod's grace."""
    if s.child.cancel is None and not resource.spec.cancel and not resource.deleting:
        return []
    return [do.Finish(build_cancelled(_cancel_words(s.child.cancel or "")))]


def _away(s: Snapshot, now: datetime) -> list[do.Action]:
    """End one whose runner went away, or never became ready."""
    run = s.run
    if run is None or run.state is not RunState.LIVE:
        return []
    since = find_away_since(s.link, run, s.gateway_since)
    if since is not None:
        lost = build_failed(Reason.GATEWAY_LOST, "The connection to it was lost.")
        return _finish_at(since + LOST_AFTER, now, do.Finish(lost, "lost"))
    ready = s.link is not None and s.link.ready
    if not ready and run.ready_at is None and run.hello_at is not None and s.timeouts is not None:
        words = f"It was not ready within {s.timeouts.start} s."
        failed = do.Finish(build_failed(Reason.AGENT_FAILED, words), "not_ready")
        return _finish_at(run.hello_at + timedelta(seconds=s.timeouts.start), now, failed)
    return []


def _finish_at(deadline: datetime, now: datetime, finish: do.Finish) -> list[do.Action]:
    left = (deadline - now).total_seconds()
    return [finish] if left <= 0 else [do.RequeueAfter(left)]


def _stuck(s: Snapshot, now: datetime) -> list[do.Action]:
    """End a task that its runner did not end at its deadline."""
    if s.running is None or s.running.started_at is None or s.timeouts is None:
        return []
    over = now >= _compute_turn_deadline(s, s.running.started_at, s.timeouts)
    return [do.Finish(build_timeout(s.child.timeout), "timeout")] if over else []


def _compute_turn_deadline(s: Snapshot, started: datetime, timeouts: Timeouts) -> datetime:
    return started + timedelta(seconds=s.child.timeout + timeouts.grace) + TURN_BACKSTOP


def _unbegun(s: Snapshot, now: datetime) -> list[do.Action]:
    """Send a delivered task again that its runner did not take; one that it takes never is lost."""
    turn, link = s.running, s.link
    if turn is None or turn.state is not TurnState.DELIVERED or link is None or not link.connected:
        return []
    age = now - (turn.delivered_at or turn.created_at)
    # nobody sends it to a runner that came back without its agent, so that nothing is counted
    if age >= BEGUN_AFTER * (1 if turn.attempts >= MAX_SENDS else MAX_SENDS + 1):
        lost = build_failed(
            Reason.AGENT_FAILED, f"Its agent did not take the task, which was sent {1 + turn.attempts} times."
        )
        return [do.Finish(lost, "lost")]
    return [do.SendAgain(turn.id)] if link.ready and age >= _allow(turn, link) else []


def _allow(turn: Turn, link: LinkState) -> timedelta:
    """Return how long a delivered task may take to be begun before it is sent again; one that was not sent, no time."""
    return BEGUN_AFTER if link.turn == turn.id else SENT_AFTER


def _going_on(s: Snapshot, now: datetime) -> list[do.Action]:
    if s.link is not None and s.link.ready and s.waiting is not None:
        return [do.Deliver()]
    shown = (s.child.phase, s.child.reason, s.child.message)
    state = _find_state(s)
    again = do.RequeueAfter(_compute_next(s, now))
    return [do.SetPhase(*state), again] if state is not None and state != shown else [*_show(s), again]


def _compute_next(s: Snapshot, now: datetime) -> float:
    """Return the seconds until its age is shown anew, its task is sent again, or is over its time."""
    turn, times = s.running, [now + timedelta(seconds=AGE_SECONDS)]
    if turn is not None and turn.started_at is not None and s.timeouts is not None:
        times.append(_compute_turn_deadline(s, turn.started_at, s.timeouts))
    elif turn is not None and turn.state is TurnState.DELIVERED and s.link is not None and s.link.ready:
        times.append((turn.delivered_at or turn.created_at) + _allow(turn, s.link))
    return (min(times) - now).total_seconds()


def _find_state(s: Snapshot) -> tuple[str, str | None, str | None] | None:
    """Return phase, reason and message; one that works is not "starting", though its node says so later."""
    if s.running is not None and s.running.started_at is not None:
        return SubAgentPhase.RUNNING.value, None, None
    status = s.resource.status if s.resource is not None else None
    if status is None or status.phase is None:
        return None
    message = clean(status.message, MAX_WORDS) if status.message is not None else None
    return status.phase.value, status.reason, message


# --- it has ended -----------------------------------------------------------------------------------


def _tell_end(s: Snapshot) -> list[do.Action]:
    """Show the end, and send the result to the call that waits: who recorded the end may not have lived to."""
    told: list[do.Action] = [*_show(s)]
    if s.result_due:
        told += [do.SendResult(), do.RequeueAfter(LEAVING_SECONDS)]
    return told


def _close_run(s: Snapshot) -> list[do.Action]:
    """Close the run of one that has ended; its pod may still be leaving."""
    if not s.resource_known:
        return [do.RequeueAfter(UNSYNCED_SECONDS)] if s.run is not None or s.child.uid is None else []
    resource = s.own_resource
    if resource is not None and not _is_terminal(resource):
        unwanted = s.child.cancel is not None or s.child.uid is None or _stays(s)
        if unwanted and not resource.spec.cancel:
            return [do.WriteCancel()]
        return [do.RequeueAfter(LEAVING_SECONDS)] if s.run is not None else []
    if s.run is None:
        return []
    if resource is None and s.child.uid is None:
        return [do.ConfirmAbsent()]
    return [do.EndRun(s.run.number, s.child.reason or Reason.DELETED)]


def _stays(s: Snapshot) -> bool:
    """Say whether the pod of one that has ended is still there after the time in which it should have left."""
    if s.child.finished_at is None:
        return False
    grace = s.timeouts.grace if s.timeouts is not None else USUAL_GRACE
    return s.now >= s.child.finished_at + timedelta(seconds=grace) + STOP_AFTER


def _show(s: Snapshot) -> list[do.Action]:
    """Show it, where it has a chat and where that does not yet say the same in its own words."""
    asked = s.child.turn_id is not None and s.still_wanted
    return [do.Show()] if s.child.parent_id is not None and (asked or _has_status_message(s)) else []


def _has_status_message(s: Snapshot) -> bool:
    return s.child.turn_id is None and s.child.phase is not None


def _is_terminal(resource: SubAgentValue) -> bool:
    return resource.status.phase is not None and resource.status.phase.terminal
