"""What a thread needs next; pure. Everything is compared anew each time, so it may be asked at any moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent_contract.agentthread import AgentThread, Phase, Reason, RunStatus
from agent_contract.terms import Timeouts
from agent_gateway.conversations.actions import (
    Abort,
    Action,
    ConfirmGone,
    Deliver,
    EndRun,
    GiveUp,
    Interrupt,
    LookAgain,
    RequestRun,
    Requeue,
    RewriteRun,
    ShowWaiting,
    StopRun,
    TimeOut,
)
from agent_gateway.resources.agentthreads import find_run
from agent_gateway.store.rows import MOVED, Run, RunState, Thread, Turn, TurnState, VenueState

LOST_AFTER = timedelta(seconds=30)
"""A lost connection alone is not the end; after this the run is stopped."""
QUIET_START = timedelta(seconds=3)
"""A start that takes no longer is not talked about."""
QUIET_QUEUE = timedelta(seconds=1.5)
"""Nor is a message talked about that waits no longer for the answer before it."""
SENT_AFTER = timedelta(seconds=1)
"""What a turn that is delivered has at most to be read for it before it is on its way."""
LATE_FRAMES = timedelta(seconds=5)
"""What a runner sent before its end is read first, even where the status tells the end sooner."""
PAUSES = (2.0, 10.0)
"""Seconds before a run is tried again, by how many failed to start."""
MAX_ATTEMPTS = len(PAUSES) + 1
RESUMED = frozenset({Reason.EVICTED, Reason.NODE_LOST, Reason.GATEWAY_LOST, MOVED})
"""Ends of a run that nobody wanted and that a new one may not meet: its turn goes on by itself."""
TURN_BACKSTOP = timedelta(seconds=30)
"""The runner ends a turn at its deadline; that much later the gateway does."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """The connection to a run's runner."""

    run: int
    connected: bool
    ready: bool
    lost_since: datetime | None = None
    turn: int | None = None
    """The turn that the runner was sent."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that is known of one thread at one moment."""

    thread: Thread
    run: Run | None
    """The run that is not over."""
    last: Run | None
    """The newest run that is over."""
    running: Turn | None
    waiting: Turn | None
    """The oldest turn that waits."""
    link: LinkState | None
    resource: AgentThread | None
    """As last watched."""
    resource_known: bool
    """False until the watch has listed once: absence means nothing before."""
    timeouts: Timeouts = field(default_factory=Timeouts)
    free_slot: bool = True
    gateway_since: datetime | None = None
    """When this gateway began to lead: runners had no chance to connect before."""
    children_until: datetime | None = None
    """When the running turn's last sub-agent ended, or now while one works: its clock stood still till then."""


def decide(s: Snapshot, now: datetime) -> list[Action]:
    """Say what to do next for a thread; after each but ShowWaiting and LookAgain it is to be looked at again."""
    if s.run is not None:
        return _with_open_run(s, s.run, now)
    if s.running is not None:
        return [_cut(s.running, s.last, s.thread.venue)]
    if s.waiting is not None:
        return _without_run(s, s.waiting, now)
    return []


def _cut(turn: Turn, last: Run | None, place: VenueState) -> Action:
    if turn.state is TurnState.DELIVERED and not turn.stop_asked:
        return Requeue(turn.id)
    if turn.stop_asked:
        return Interrupt(turn.id, Reason.STOPPED)
    reason = (last.reason if last else None) or Reason.DELETED
    # once: what is cut again is a person's to decide
    resumes = reason in RESUMED and turn.again_of is None and place is VenueState.OPEN
    return Interrupt(turn.id, reason, last.message if last else None, resumes)


def _without_run(s: Snapshot, turn: Turn, now: datetime) -> list[Action]:
    resource = s.resource
    if s.thread.venue is not VenueState.OPEN:
        return []  # who opens it wakes the thread
    if not s.resource_known:
        return [LookAgain(0.5)]
    if resource is not None and resource.metadata.get("deletionTimestamp"):
        return [LookAgain(1)]
    if resource is not None and resource.spec.suspend:
        return [ShowWaiting(Reason.SUSPENDED)]
    if turn.attempts >= MAX_ATTEMPTS:
        return [GiveUp(s.last.reason if s.last else None, s.last.message if s.last else None)]
    if turn.attempts and s.last is not None and s.last.ended_at is not None:
        left = s.last.ended_at + timedelta(seconds=PAUSES[turn.attempts - 1]) - now
        if left > timedelta():
            return [ShowWaiting(s.last.reason, s.last.message), LookAgain(left.total_seconds())]
    if not s.free_slot:
        return [ShowWaiting(no_slot=True), LookAgain(2)]
    return [RequestRun()]


def _with_open_run(s: Snapshot, run: Run, now: datetime) -> list[Action]:
    return (
        _ended(s, run, now)
        or _stopping(s, run)
        or _lost(s, run, now)
        or _stuck_turn(s, run, now)
        or _outdated(s, run)
        or [*_going_on(s, run, now), *_unheard_stop(s, run)]
    )


def _ended(s: Snapshot, run: Run, now: datetime) -> list[Action]:
    """Learn from the resource that a run is over."""
    if not s.resource_known:
        return []
    resource = s.resource
    if resource is None or resource.uid != (run.thread_uid or resource.uid):
        return [ConfirmGone(run.number)] if run.thread_uid else [RewriteRun(run.number)]
    if resource.metadata.get("deletionTimestamp") and run.hello_at is None:
        return [LookAgain(1)]
    status = find_run(resource, run.number)
    newer = resource.status.run is not None and resource.status.run.number > run.number
    if status is None and newer:
        return [EndRun(run.number, Reason.SUPERSEDED)]
    if status is None or status.finished_at is None:
        return _unwritten(resource, run)
    connected = s.link is not None and s.link.connected and s.link.run == run.number
    if connected and now - status.finished_at < LATE_FRAMES:
        return [LookAgain(1)]
    return [_end(s, run, status)]


def _end(s: Snapshot, run: Run, status: RunStatus) -> EndRun:
    """Say why a run is over: where the gateway asked for it, its own reason tells more than "Stopped"."""
    if status.reason == Reason.STOPPED and run.stop == "lost":
        return EndRun(run.number, Reason.GATEWAY_LOST, "The connection to the agent was lost.")
    if status.reason == Reason.STOPPED and run.stop == "not_ready":
        return EndRun(run.number, Reason.AGENT_FAILED, f"It was not ready within {s.timeouts.start} s.")
    return EndRun(run.number, status.reason or Reason.ERROR, status.message)


def _unwritten(resource: AgentThread, run: Run) -> list[Action]:
    wanted = resource.spec.run or 0
    if run.state is RunState.WANTED and wanted < run.number:
        return [RewriteRun(run.number)]
    if wanted > run.number:
        return [EndRun(run.number, Reason.SUPERSEDED)]
    if run.thread_uid is None:  # written, but not yet noted whose it is: its runner could not prove itself
        return [RewriteRun(run.number)]
    return []


def _stopping(s: Snapshot, run: Run) -> list[Action]:
    """Carry out a stop that is recorded, and wait for the end of a run that is being stopped."""
    if s.resource is not None and (s.resource.spec.stop or 0) >= run.number:
        return [LookAgain(5)]
    return [StopRun(run.number, run.stop)] if run.stop is not None else []


def _lost(s: Snapshot, run: Run, now: datetime) -> list[Action]:
    """Stop a run whose runner went away, or never became ready."""
    if run.state is RunState.LIVE:
        since = find_away_since(s.link, run, s.gateway_since)
        if since is not None:
            left = since + LOST_AFTER - now
            return [StopRun(run.number, "lost")] if left <= timedelta() else [LookAgain(left.total_seconds())]
        ready = s.link is not None and s.link.run == run.number and s.link.ready  # it may not be stored yet
        if not ready and run.ready_at is None and run.hello_at is not None:
            left = run.hello_at + timedelta(seconds=s.timeouts.start) - now
            return [StopRun(run.number, "not_ready")] if left <= timedelta() else [LookAgain(left.total_seconds())]
    return []


def find_away_since(link: LinkState | None, run: Run, gateway_since: datetime | None) -> datetime | None:
    """Return since when a live run has no connection; None while it has one."""
    if link is not None and link.run == run.number:
        return None if link.connected else link.lost_since
    known = [t for t in (run.seen_at, gateway_since) if t is not None]
    return max(known) if known else run.wanted_at


def _stuck_turn(s: Snapshot, run: Run, now: datetime) -> list[Action]:
    turn = s.running
    if turn is None or turn.started_at is None or turn.run != run.number:
        return []
    since = max(turn.started_at, s.children_until or turn.started_at)
    deadline = since + timedelta(seconds=s.timeouts.turn + s.timeouts.grace) + TURN_BACKSTOP
    return [TimeOut(turn.id)] if now >= deadline else []


def _unheard_stop(s: Snapshot, run: Run) -> list[Action]:
    """Tell of a stop again: it may have overtaken its turn on the way. A runner passes over a second word."""
    ready = s.link is not None and s.link.run == run.number and s.link.ready
    return [Abort(s.running.id)] if ready and s.running is not None and s.running.stop_asked else []


def _outdated(s: Snapshot, run: Run) -> list[Action]:
    """End a run that has another model than was chosen since, once it writes no answer: the next one has it."""
    return [] if s.thread.model == run.model or s.running is not None else [StopRun(run.number, "killed")]


def _going_on(s: Snapshot, run: Run, now: datetime) -> list[Action]:
    if s.thread.venue is not VenueState.OPEN:
        return []
    ready = s.link is not None and s.link.run == run.number and s.link.ready
    unsent = _send(s.running, s.link, now) if ready and s.link is not None else []
    if unsent:
        return unsent
    if ready and s.waiting is not None:
        return _behind(s.waiting, now) if s.running is not None else _hold(s.resource, run) or _give(s.waiting, now)
    if ready:
        return []
    if s.waiting is None or run.state is RunState.LIVE:
        return []
    return _waiting_for_start(s, run, now)


def _send(turn: Turn | None, link: LinkState, now: datetime) -> list[Action]:
    """Send a turn that was delivered, where what had to be read before that could not be; one on its way has time."""
    if turn is None or turn.state is not TurnState.DELIVERED or turn.run != link.run or turn.id == link.turn:
        return []
    left = (turn.delivered_at or now) + SENT_AFTER - now
    return [Deliver()] if left <= timedelta() else [LookAgain(left.total_seconds())]


def _behind(turn: Turn, now: datetime) -> list[Action]:
    """Tell what waits for the running answer that it does, unless that is soon over."""
    left = turn.created_at + QUIET_QUEUE - now
    return [ShowWaiting(behind=True)] if left <= timedelta() else [LookAgain(left.total_seconds())]


def _give(turn: Turn, now: datetime) -> list[Action]:
    """Give a turn to its run; one of an album once the rest of that had time to come."""
    left = (turn.ready_at - now).total_seconds() if turn.ready_at is not None else 0.0
    return [LookAgain(left)] if left > 0 else [Deliver()]


def _hold(resource: AgentThread | None, run: Run) -> list[Action]:
    """Keep a turn from a pod that is known to be ending: it would be cut off there, and the next run can take it."""
    if resource is None:
        return []
    if resource.spec.suspend:
        return [ShowWaiting(Reason.SUSPENDED)]
    status = resource.status
    ending = status.phase is Phase.STOPPING and status.run is not None and status.run.number == run.number
    return [LookAgain(5)] if ending else []


def _waiting_for_start(s: Snapshot, run: Run, now: datetime) -> list[Action]:
    refused = _refusal(s.resource)
    if refused is not None:
        return [refused]
    status = find_run(s.resource, run.number) if s.resource is not None else None
    if status is not None and _holds_up(status):
        return [ShowWaiting(status.reason, status.message), LookAgain(5)]
    left = run.wanted_at + QUIET_START - now
    if left > timedelta():
        return [LookAgain(left.total_seconds())]
    late = now >= run.wanted_at + timedelta(seconds=s.timeouts.start)
    return [ShowWaiting(late=late), LookAgain(5)]


def _refusal(resource: AgentThread | None) -> ShowWaiting | None:
    """Return what to say where the operator cannot use the thread or its class, or an administrator holds it."""
    if resource is None:
        return None
    if resource.spec.suspend:
        return ShowWaiting(Reason.SUSPENDED)
    for condition in resource.status.conditions:
        if condition.type == "Accepted" and condition.status == "False":
            return ShowWaiting(condition.reason, condition.message)
    return None


def _holds_up(status: RunStatus) -> bool:
    return status.reason is not None


def compute_next_run(thread: Thread, found: AgentThread | None) -> int:
    """Return the number of the next run: above every run that anybody knows of, or has forbidden by `spec.stop`."""
    if found is None:
        return 1 + thread.run_counter
    status = found.status.run.number if found.status.run is not None else 0
    return 1 + max(thread.run_counter, found.spec.run or 0, found.spec.stop or 0, status)


def failed_to_start(run: Run, reason: str) -> bool:
    """Say whether a run that is over was a start that failed, rather than one that somebody did not want any more."""
    return run.ready_at is None and run.stop != "killed" and reason not in {Reason.SUPERSEDED, Reason.SUSPENDED}
