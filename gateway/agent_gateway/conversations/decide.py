"""What a thread needs next; pure. Everything is compared anew each time, so it may be asked at any moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from agent_contract.agentthread import Reason
from agent_gateway.conversations.actions import (
    Abort,
    Action,
    ConfirmGone,
    Deliver,
    EndRun,
    Extend,
    GiveBack,
    GiveUp,
    Interrupt,
    RecordGone,
    RecordLimits,
    RequestRun,
    RequeueAfter,
    RewriteRun,
    ShowWaiting,
    StopRun,
    TimeOut,
    Wait,
    WriteStop,
)
from agent_gateway.conversations.deadlines import (
    compute_gone_by,
    compute_lost,
    compute_ready_by,
    compute_resend,
    compute_stop_by,
    compute_taken_by,
    compute_turn_end,
    is_due,
)
from agent_gateway.conversations.runs import MAX_WRITES, ends_alike, is_ending, is_open, is_written, was_refused
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.conversations.waits import (
    RECHECK_SECONDS,
    Words,
    begins_ahead,
    find_block,
    find_word_times,
    tell_waits,
)
from agent_gateway.resources.values import RunValue, find_run
from agent_gateway.store.rows import MOVED, Run, RunState, Turn, TurnState, VenueState
from agent_kube.known import Absent, Present, Unknown

LATE_FRAMES: Final = timedelta(seconds=5)
"""What a runner sent before its end is read first, even where the status tells the end sooner."""
PAUSES: Final = (2.0, 10.0)
"""Seconds before a run is tried again, by how many failed to start."""
MAX_ATTEMPTS: Final = len(PAUSES) + 1
RESUMED: Final = frozenset(
    {Reason.EVICTED, Reason.PREEMPTED, Reason.NODE_LOST, Reason.GATEWAY_LOST, Reason.CLAIM_REFUSED, MOVED}
)
"""Ends of a run that nobody wanted and that a new one may not meet: its turn goes on by itself."""
STOP_SECONDS: Final = 30.0
"""After which a stop is written again whose effect is not seen."""
LEARN_SECONDS: Final = 30.0
"""After which the class of a run is asked for again whose limits are not known."""


def decide(s: Snapshot) -> list[Action]:
    """Say what to do next for a thread.

    After all but ShowWaiting, Abort, Extend, StopRun and RequeueAfter it is to be looked at again. What comes to be due by
    itself is named by a RequeueAfter; for all else whoever changes it wakes the thread.
    """
    if s.run is not None:
        return _with_open_run(s, s.run)
    if s.running is not None:
        return [_cut(s.running, s.last, s.thread.venue)]
    leaving = _see_off(s, s.last) if s.last is not None and s.last.lingering else []
    if s.waiting is not None and s.thread.venue is VenueState.OPEN:  # who opens it wakes the thread
        actions = _without_run(s, s.waiting)
        return actions if RequestRun() in actions else [*actions, *leaving]  # the next run takes the place of the last
    return [RequestRun()] if begins_ahead(s) else leaving


def _cut(turn: Turn, last: Run | None, venue: VenueState) -> Action:
    if turn.state is TurnState.DELIVERED and not turn.stop_asked:
        return GiveBack(turn.id)
    if turn.stop_asked:
        return Interrupt(turn.id, Reason.STOPPED)
    reason = (last.reason if last else None) or Reason.DELETED
    # once: what is cut again is a person's to decide
    resumes = reason in RESUMED and turn.again_of is None and venue is VenueState.OPEN
    return Interrupt(turn.id, reason, last.message if last else None, resumes)


def _see_off(s: Snapshot, last: Run) -> list[Action]:
    """Wait for the pod of a run that was said goodbye to, and end one that does not go by itself."""
    match s.resource:
        case Unknown():
            return [RequeueAfter(RECHECK_SECONDS)]
        case Absent():
            return [RecordGone(last.number)]
        case Present(value=resource):
            pass
    status = find_run(resource, last.number)
    later = (resource.spec.run or 0) > last.number or resource.uid != (last.thread_uid or resource.uid)
    if later or status is None or status.finished_at is not None:
        return [RecordGone(last.number)]
    if (resource.spec.stop or 0) >= last.number:
        return [RequeueAfter(STOP_SECONDS)]
    due = compute_gone_by(last)
    left = (due - s.now).total_seconds() if due is not None else 0.0
    return [RequeueAfter(left)] if left > 0 else [WriteStop(last.number), RequeueAfter(STOP_SECONDS)]


# --- no run is open ---------------------------------------------------------------------------------


def _without_run(s: Snapshot, turn: Turn) -> list[Action]:
    blocked = find_block(s, turn)
    if blocked is not None:
        return _told(s, *blocked)
    last = s.last
    if last is not None and was_refused(last) and last.ended_at is not None and turn.created_at <= last.ended_at:
        return [GiveUp(last.reason, last.message)]
    hopeless = turn.attempts > 0 and last is not None and ends_alike(last)
    if turn.attempts >= MAX_ATTEMPTS or hopeless:
        return [GiveUp(last.reason if last else None, last.message if last else None)]
    if turn.attempts and last is not None and last.ended_at is not None:
        left = (last.ended_at + timedelta(seconds=PAUSES[turn.attempts - 1]) - s.now).total_seconds()
        if left > 0:
            return [ShowWaiting(turn.id, Wait.CLUSTER, last.reason, last.message), RequeueAfter(left)]
    if not s.free_slot:
        return [ShowWaiting(turn.id, Wait.SLOT)]  # whoever frees one wakes it
    return [RequestRun()]


# --- a run is open ----------------------------------------------------------------------------------


def _with_open_run(s: Snapshot, run: Run) -> list[Action]:
    for step in (_withdraw, _ended, _write, _stop, _overdue, _outdated):
        actions = step(s, run)
        if actions:
            return actions
    return _going_on(s, run)


def _is_unwritten(s: Snapshot, run: Run) -> bool:
    """Say whether a wanted run does not stand in its resource, as last read."""
    if isinstance(s.resource, Unknown) or not (run.state is RunState.WANTED or run.claimed):
        return False
    return s.found is None or (s.found.spec.run or 0) < run.number


def _withdraw(s: Snapshot, run: Run) -> list[Action]:
    """End a run at once that was never written, where it is to end or nobody waits for it.

    Should the write have come through after all, its runner is refused, as the run is over.
    """
    if not _is_unwritten(s, run):
        return []
    if run.stop is not None:
        return [EndRun(run.number, Reason.STOPPED)]
    unwanted = s.waiting is None and s.running is None and not (run.claimed or s.warms)
    return [EndRun(run.number, Reason.CANCELLED)] if unwanted else []


def _ended(s: Snapshot, run: Run) -> list[Action]:
    """Learn from the resource that a run is over."""
    match s.resource:
        case Unknown():
            return []
        case Absent():
            return [ConfirmGone(run.number)] if run.thread_uid else []
        case Present(value=resource):
            pass
    if resource.uid != (run.thread_uid or resource.uid):
        return [ConfirmGone(run.number)]
    status = find_run(resource, run.number)
    newer = resource.status.run is not None and resource.status.run.number > run.number
    taken = run.claimed and resource.spec.run == run.number and not is_written(resource, run)
    if taken or (status is None and newer) or (is_open(status) and (resource.spec.run or 0) > run.number):
        return [EndRun(run.number, Reason.SUPERSEDED)]
    if status is None or status.finished_at is None:
        return []
    waits = s.live_link is not None and status.reason != Reason.CLAIM_REFUSED
    left = (s.end_seen or s.now) + LATE_FRAMES - s.now if waits else timedelta()
    return [RequeueAfter(left.total_seconds())] if left > timedelta() else [_end(s, run, status)]


def _end(s: Snapshot, run: Run, status: RunValue) -> EndRun:
    """Say why a run is over: where the gateway asked for it, its own reason tells more than "Stopped"."""
    if status.reason == Reason.STOPPED and run.stop == "lost":
        return EndRun(run.number, Reason.GATEWAY_LOST, "The connection to the agent was lost.")
    if status.reason == Reason.STOPPED and run.stop == "not_ready":
        within = f"within {s.limits.start} s" if s.limits is not None else "in time"
        return EndRun(run.number, Reason.AGENT_FAILED, f"It was not ready {within}.")
    if status.reason == Reason.IDLE_TIMEOUT and run.stop == "killed":  # its runner heard of it before the cluster did
        return EndRun(run.number, Reason.STOPPED)
    return EndRun(run.number, status.reason or Reason.ERROR, status.message)


def _write(s: Snapshot, run: Run) -> list[Action]:
    """Write a run that is stored and does not stand in its resource; the resource may be one that is going."""
    unwritten = _is_unwritten(s, run)
    if isinstance(s.resource, Unknown) or not (unwritten or run.thread_uid is None):
        return []
    if s.found is not None and s.found.deleting:
        return _told(s, Words(Wait.DELETING), RECHECK_SECONDS)
    if run.attempts >= MAX_WRITES:
        return [EndRun(run.number, Reason.CREATE_REFUSED, run.message)]
    left = (run.next_at - s.now).total_seconds() if run.next_at is not None else 0.0
    return _told(s, Words(Wait.REFUSED, None, run.message), left) if left > 0 else [RewriteRun(run.number)]


def _stop(s: Snapshot, run: Run) -> list[Action]:
    """Carry out a stop that is recorded, and wait for the end of a run that is being stopped."""
    written = s.found is not None and (s.found.spec.stop or 0) >= run.number
    if not written and run.stop is None:
        return []
    soon = [t for t in find_word_times(s, run) if t is not None and t > s.now]
    again = RECHECK_SECONDS if written else STOP_SECONDS
    told = [*tell_waits(s, run), *_requeue(s, [*soon, s.now + timedelta(seconds=again)])]
    return told if written or run.stop is None else [StopRun(run.number, run.stop), *told]


def _overdue(s: Snapshot, run: Run) -> list[Action]:
    """End what has taken longer than it may."""
    if is_due(s, compute_lost(s, run)) or is_due(s, compute_taken_by(s, run)):
        return [StopRun(run.number, "lost")]
    if s.link is not None and s.link.run == run.number and s.link.contested:
        return [StopRun(run.number, "lost")]
    if is_due(s, compute_stop_by(s, run)):
        return [StopRun(run.number, "killed")]
    if is_due(s, compute_ready_by(s, run)):
        return [StopRun(run.number, "not_ready")]
    if s.running is not None and is_due(s, compute_turn_end(s, run)):
        return [TimeOut(s.running.id)]
    return []


def _outdated(s: Snapshot, run: Run) -> list[Action]:
    """End a run that has another model, or thinks otherwise, than was chosen since, once it writes no answer: the next one has it."""
    chosen = (s.thread.model, s.thread.thinking)
    return [] if chosen == (run.model, run.thinking) or s.running is not None else [StopRun(run.number, "killed")]


def _going_on(s: Snapshot, run: Run) -> list[Action]:
    if run.limits is None and s.learned is not None:
        return [RecordLimits(run.number, s.learned)]
    clocks = (compute_lost, compute_ready_by, compute_turn_end, compute_taken_by, compute_stop_by)
    times = [clock(s, run) for clock in clocks]
    if run.limits is None and (s.running is not None or not s.ready):
        times.append(s.now + timedelta(seconds=LEARN_SECONDS))
    # the first word may have been lost, or have overtaken its turn; a runner passes over a second one
    stopping = s.ready and s.running is not None and s.running.stop_asked
    aborts: list[Action] = [Abort(s.running.id)] if stopping and s.running is not None else _extend(s)
    if s.thread.venue is not VenueState.OPEN:
        return [*aborts, *_requeue(s, times)]
    resend = compute_resend(s, run)
    if is_due(s, resend) or _may_give(s, run):
        return [Deliver()]
    actions: list[Action] = [*tell_waits(s, run)]
    if actions:
        times.append(s.now + timedelta(seconds=RECHECK_SECONDS))
    if s.waiting is not None:
        times.append(s.waiting.ready_at)
    return [*actions, *aborts, *_requeue(s, [*times, resend, *find_word_times(s, run)])]


def _extend(s: Snapshot) -> list[Action]:
    """Tell the runner of the time that its turn was given more, once for each connection and each time."""
    turn, link = s.running, s.live_link
    if turn is None or link is None or not s.ready or not turn.extended:
        return []
    return [Extend(turn.id, turn.extended)] if link.extended != (turn.id, turn.extended) else []


def _may_give(s: Snapshot, run: Run) -> bool:
    """Say whether the oldest waiting turn can be given to the run now."""
    turn = s.waiting
    if turn is None or not s.ready or s.running is not None or is_ending(s.found, run):
        return False
    return turn.ready_at is None or turn.ready_at <= s.now


def _told(s: Snapshot, words: Words | None, seconds: float) -> list[Action]:
    """Tell the waiting turn what it waits for, and look again after a while."""
    told: list[Action] = [ShowWaiting(s.waiting.id, *words)] if s.waiting is not None and words is not None else []
    return [*told, RequeueAfter(seconds)]


def _requeue(s: Snapshot, times: Iterable[datetime | None]) -> list[Action]:
    """Look again at the earliest of these times."""
    ahead = [time for time in times if time is not None and time > s.now]
    return [RequeueAfter((min(ahead) - s.now).total_seconds())] if ahead else []
