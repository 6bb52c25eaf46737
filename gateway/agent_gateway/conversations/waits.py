"""What each turn that is not being answered waits for, so that its chat is told; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from agent_contract.agentthread import Reason
from agent_contract.lenient import MAX_RUN
from agent_gateway.conversations.actions import ShowWaiting, Wait
from agent_gateway.conversations.deadlines import find_away_since, find_delivered
from agent_gateway.conversations.runs import compute_next_run, is_ending
from agent_gateway.conversations.snapshot import Snapshot
from agent_gateway.resources.values import ThreadValue, find_run
from agent_gateway.store.rows import Run, RunState, Turn, VenueState
from agent_kube.known import Unknown

QUIET: Final = timedelta(seconds=3)
"""A stop or an interruption that takes no longer is not talked about."""
QUIET_START: Final = timedelta(seconds=1)
"""Nor is a start."""
QUIET_QUEUE: Final = timedelta(seconds=25)
"""Nor is a message talked about that waits no longer for the answer before it: its eyes say that it was seen."""
UNCONFIRMED_AFTER: Final = timedelta(seconds=10)
"""Nor a message that its agent was given and takes within this."""
AHEAD_PAUSE: Final = timedelta(seconds=60)
"""After the end of a run, before one is begun that no turn waits for."""
RECHECK_SECONDS: Final = 60.0
"""After which a waiting message is looked at where what it waits for should wake it."""
UNREADABLE_SECONDS: Final = 5.0
"""After which it is looked at where the cluster could not be read: that it can be again wakes nobody."""


class Words(NamedTuple):
    """What to tell a turn."""

    wait: Wait
    reason: str | None = None
    message: str | None = None


def find_block(s: Snapshot, turn: Turn) -> tuple[Words | None, float] | None:
    """Return why no run may be begun, in words once it is time for them, and the seconds to the next look."""
    resource = s.found
    if isinstance(s.resource, Unknown):
        return _after_quiet(s, _latest(turn.created_at, s.gateway_since), Words(Wait.UNREADABLE, None, s.problem))
    if resource is None:
        return (Words(Wait.HELD), RECHECK_SECONDS) if compute_next_run(s.thread, None) > MAX_RUN else None
    if resource.deleting:
        return _after_quiet(s, turn.created_at, Words(Wait.DELETING))
    if resource.spec.suspend:
        return Words(Wait.CLUSTER, Reason.SUSPENDED), RECHECK_SECONDS
    if compute_next_run(s.thread, resource) > MAX_RUN:
        return Words(Wait.HELD), RECHECK_SECONDS
    return None


def begins_ahead(s: Snapshot) -> bool:
    """Say whether a run is begun for what is asked in a moment; not behind one that ended lately, perhaps as it failed."""
    if not (s.warms and s.free_slot and s.waiting is None) or s.thread.venue is not VenueState.OPEN:
        return False
    ended = s.last.ended_at if s.last is not None else None
    held = s.found is not None and (s.found.deleting or s.found.spec.suspend)
    if held or isinstance(s.resource, Unknown) or (ended is not None and s.now - ended < AHEAD_PAUSE):
        return False
    return compute_next_run(s.thread, s.found) <= MAX_RUN


def _after_quiet(s: Snapshot, since: datetime, words: Words) -> tuple[Words | None, float]:
    left = (since + QUIET - s.now).total_seconds()
    return (None, left) if left > 0 else (words, UNREADABLE_SECONDS)


def tell_waits(s: Snapshot, run: Run) -> list[ShowWaiting]:
    """Return what the turns of a thread with an open run are told."""
    told = []
    if s.waiting is not None:
        words = _find_words(s, run, s.waiting)
        if words is not None:
            told.append(ShowWaiting(s.waiting.id, *words))
    delivered = find_delivered(s, run)
    if delivered is not None:
        words = _find_delivered_words(s, run, delivered)
        if words is not None:
            told.append(ShowWaiting(delivered.id, *words))
    return told


def find_word_times(s: Snapshot, run: Run) -> Iterable[datetime | None]:
    """Return when there may be other words than now, without anybody's doing."""
    delivered = find_delivered(s, run)
    if delivered is not None and delivered.delivered_at is not None:
        yield delivered.delivered_at + UNCONFIRMED_AFTER
    if s.waiting is not None:
        yield s.waiting.created_at + QUIET_QUEUE
        yield s.waiting.created_at + QUIET
        yield run.wanted_at + QUIET_START
        yield run.wanted_at + QUIET
        if s.limits is not None:
            yield run.wanted_at + timedelta(seconds=s.limits.start)
    if s.waiting is not None or delivered is not None:
        away = _find_away(s, run)
        yield away + QUIET if away is not None else None


def _find_words(s: Snapshot, run: Run, turn: Turn) -> Words | None:
    quiet = turn.created_at + QUIET > s.now
    if run.stop is not None or (s.found is not None and (s.found.spec.stop or 0) >= run.number):
        return None if quiet else Words(Wait.STOPPING)
    if s.ready and s.running is not None:
        return Words(Wait.BEHIND) if turn.created_at + QUIET_QUEUE <= s.now else None
    refusal = _find_refusal(s.found)
    if refusal is not None:
        return refusal
    if isinstance(s.resource, Unknown) and run.state is RunState.WANTED:
        return None if quiet else Words(Wait.UNREADABLE, None, s.problem)
    if is_ending(s.found, run):
        return None if quiet else Words(Wait.STOPPING)
    if s.found is not None and s.found.deleting and run.hello_at is None:
        return None if quiet else Words(Wait.DELETING)
    return None if s.ready else _find_start_words(s, run)


def _find_start_words(s: Snapshot, run: Run) -> Words | None:
    status = find_run(s.found, run.number) if s.found is not None else None
    if run.state is RunState.WANTED and status is not None and status.reason is not None:
        return Words(Wait.CLUSTER, status.reason, status.message)
    away = _find_away(s, run)
    if away is not None:
        return Words(Wait.AWAY) if away + QUIET <= s.now else None
    if run.wanted_at + QUIET_START > s.now:
        return None
    late = s.limits is not None and run.wanted_at + timedelta(seconds=s.limits.start) <= s.now
    return Words(Wait.LATE if late else Wait.START)


def _find_delivered_words(s: Snapshot, run: Run, turn: Turn) -> Words | None:
    away = _find_away(s, run)
    if away is not None:
        return Words(Wait.AWAY) if away + QUIET <= s.now else None
    given = turn.delivered_at
    return Words(Wait.UNCONFIRMED) if given is not None and given + UNCONFIRMED_AFTER <= s.now else None


def _find_away(s: Snapshot, run: Run) -> datetime | None:
    """Return since when an agent that was ready is not; None where it is, or never was."""
    if run.state is not RunState.LIVE or run.ready_at is None or s.ready:
        return None
    if s.live_link is not None:
        return s.live_link.since
    return find_away_since(s.link, run, s.gateway_since)


def _find_refusal(resource: ThreadValue | None) -> Words | None:
    """Return what to say where the operator cannot use the thread or its class, or an administrator holds it."""
    if resource is None:
        return None
    if resource.spec.suspend:
        return Words(Wait.CLUSTER, Reason.SUSPENDED)
    for condition in resource.status.conditions:
        if condition.type == "Accepted" and condition.status == "False":
            return Words(Wait.CLUSTER, condition.reason, condition.message)
    return None


def _latest(first: datetime, second: datetime | None) -> datetime:
    return first if second is None else max(first, second)
