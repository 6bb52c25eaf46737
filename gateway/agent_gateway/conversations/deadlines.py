"""When what of a conversation is over or due by itself; pure. `decide` acts on it, and asks to look again by it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from agent_contract.terms import Timeouts
from agent_gateway.conversations.snapshot import LinkState, Snapshot
from agent_gateway.store.rows import Run, RunState, Turn, TurnState

LOST_AFTER: Final = timedelta(seconds=30)
"""A lost connection alone is not the end; after this the run is stopped."""
SENT_AFTER: Final = timedelta(seconds=1)
"""What a turn that is delivered has at most to be read for it before it is on its way."""
RESEND_AFTER: Final = timedelta(seconds=30)
"""A turn that was sent and not taken is sent again: a runner prompts none twice."""
TAKEN_AFTER: Final = timedelta(seconds=150)
"""A turn that was sent again and again, and not taken after this, is lost with its run."""
FETCH_MOST: Final = timedelta(seconds=600)
"""So much longer that may take where the runner fetches files first."""
STOP_AFTER: Final = timedelta(seconds=5)
"""So much longer than its grace may a runner take to answer a stop."""
USUAL_GRACE: Final = Timeouts().grace
"""Seconds, of a run of which no limits are known."""
TURN_BACKSTOP: Final = timedelta(seconds=30)
"""The runner ends a turn at its deadline; that much later the gateway does."""


def find_away_since(link: LinkState | None, run: Run, gateway_since: datetime | None) -> datetime | None:
    """Return since when a live run has no connection; None while it has one."""
    if link is not None and link.run == run.number:
        return None if link.connected else link.lost_since
    known = [t for t in (run.seen_at, gateway_since) if t is not None]
    return max(known) if known else run.wanted_at


def compute_lost(s: Snapshot, run: Run) -> datetime | None:
    """Return when a run without a connection is lost; None while it has one, or never had."""
    since = find_away_since(s.link, run, s.gateway_since) if run.state is RunState.LIVE else None
    return since + LOST_AFTER if since is not None else None


def compute_ready_by(s: Snapshot, run: Run) -> datetime | None:
    """Return until when a connected run must be ready: at first, and again when its runner comes back.

    None where it is, or where nobody knows how long it may take.
    """
    if run.state is not RunState.LIVE or s.ready or s.limits is None:
        return None
    link = s.live_link
    since = run.hello_at if run.ready_at is None else (link.unready_since or link.since) if link is not None else None
    return since + timedelta(seconds=s.limits.start) if since is not None else None


def compute_turn_end(s: Snapshot, run: Run) -> datetime | None:
    """Return when the running turn is timed out: its silence is the runner's to count, all its time is counted here too."""
    turn = s.running
    if turn is None or turn.started_at is None or turn.run != run.number or s.limits is None:
        return None
    most = s.limits.turn_max + turn.extended
    return turn.started_at + timedelta(seconds=most + s.limits.grace) + TURN_BACKSTOP


def find_delivered(s: Snapshot, run: Run) -> Turn | None:
    """Return the turn that the run was given and has not taken."""
    turn = s.running
    return turn if turn is not None and turn.state is TurnState.DELIVERED and turn.run == run.number else None


def compute_taken_by(s: Snapshot, run: Run) -> datetime | None:
    """Return until when a runner must have taken the turn that it was given, however often it comes back meanwhile."""
    turn = find_delivered(s, run)
    if turn is None:
        return None
    given = turn.delivered_at or s.now
    fetch = FETCH_MOST if turn.files else timedelta()
    latest = max(given, s.gateway_since or given) + 2 * TAKEN_AFTER + fetch
    if not s.ready:
        return latest
    times = [t for t in (given, run.ready_at, s.live_link.since if s.live_link else None) if t is not None]
    return min(latest, max(times) + TAKEN_AFTER + fetch)


def compute_stop_by(s: Snapshot, run: Run) -> datetime | None:
    """Return until when a runner must have ended the turn that a person stopped."""
    turn = s.running
    if turn is None or turn.run != run.number or turn.stop_asked_at is None:
        return None
    asked = max(turn.stop_asked_at, s.gateway_since or turn.stop_asked_at)
    return asked + _get_grace(run) + STOP_AFTER


def compute_gone_by(run: Run) -> datetime | None:
    """Return until when the pod of a run that is over must have gone by itself."""
    return run.ended_at + _get_grace(run) + STOP_AFTER if run.ended_at is not None else None


def _get_grace(run: Run) -> timedelta:
    return timedelta(seconds=run.limits.grace if run.limits is not None else USUAL_GRACE)


def compute_resend(s: Snapshot, run: Run) -> datetime | None:
    """Return when the turn that the run was given is to be sent, or sent again."""
    turn, link = find_delivered(s, run), s.live_link
    if turn is None or link is None or not link.ready:
        return None
    given = turn.delivered_at or s.now
    if link.turn != turn.id:
        return given + SENT_AFTER
    return max(given, link.sent_at or given, link.since or given) + RESEND_AFTER


def is_due(s: Snapshot, at: datetime | None) -> bool:
    """Say whether a time has come."""
    return at is not None and at <= s.now
