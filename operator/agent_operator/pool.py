"""What the warm pool of a class needs next, from what is asked for and what stands; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from agent_contract.warmpool import WarmPoolStatus
from agent_operator.causes import explain_no_pod, explain_waiting
from agent_operator.endings import explain_end
from agent_operator.jobs import Job
from agent_operator.podevents import Event
from agent_operator.pods import Pod

AT_ONCE: Final = 3
"""Pods of a pool that start at the same time: whoever waits for a conversation's own pod shares the node with them."""
AGAIN_SECONDS: Final = 10.0
"""From the making of a pod that ended by itself to the next one; twice as long after each further one."""
AGAIN_MOST: Final = 300.0
_LONG_AGO: Final = datetime.fromtimestamp(0, UTC)
_DOUBLINGS: Final = 5
Why = Literal["closed", "surplus", "changed", "age"]


@dataclass(frozen=True, slots=True)
class Member:
    """A Job of the pool that no conversation has.

    Attributes:
        number: As its name says.
        job: It.
        pod: Its pod.
        events: About both, the newest first.
    """

    number: int
    job: Job
    pod: Pod | None = None
    events: tuple[Event, ...] = ()

    @property
    def ended(self) -> bool:
        """Say whether its agent will not run any more."""
        return self.job.terminal or (self.pod is not None and self.pod.terminal)

    @property
    def ready(self) -> bool:
        """Say whether its agent runs."""
        return self.pod is not None and self.pod.agent.running and self.pod.deleted_at is None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for.

    Attributes:
        replicas: As the class says for now.
        room: How many the gateway's maxThreads leaves room for.
        max_age: Seconds.
        digest: Of what a pod would be made of now; empty where the class can have no pool.
        cold: Why it can have none, in a word and a sentence.
        squeezed: Pods of conversations or sub-agents find no room in the cluster: a pool must not stand in their way.
        ahead: How many those who are next in line shall find, beside the conversations that have all of maxThreads.
        standing: The class asks for a pool, be it at another time or for whoever is next in line.
        closed: Why it asks for none now, or for what it may not mean, in a word and a sentence.
        stays: How many stay of those that are there, for those who were next in line a moment ago; none is made for them.
    """

    replicas: int
    room: int
    max_age: int
    digest: str
    cold: tuple[str, str] | None = None
    squeezed: bool = False
    ahead: int = 0
    standing: bool = False
    closed: tuple[str, str] | None = None
    stays: int = 0

    @property
    def most(self) -> int:
        """Return how many pods shall wait, if there is room."""
        return max(self.replicas, self.ahead)

    @property
    def stands(self) -> bool:
        """Say whether there is to be a pool, though it may be empty now."""
        return self.standing or self.most > 0

    @property
    def target(self) -> int:
        """Return how many shall wait."""
        return max(min(self.replicas, self.room), self.ahead) if self.digest and not self.squeezed else 0

    @property
    def bound(self) -> int:
        """Return how many may wait before one goes."""
        return max(self.target, self.stays) if self.digest and not self.squeezed else 0


@dataclass(frozen=True, slots=True)
class ObservedPool:
    """What stands.

    Attributes:
        members: The Jobs of the pool that nobody claimed and that are not being deleted.
        claimed: How many of the pool conversations work in.
        last: The greatest number of a Job that is known.
        rests: One of the pool was claimed a moment ago: none is made now.
    """

    members: tuple[Member, ...]
    claimed: int = 0
    last: int = 0
    rests: bool = False


@dataclass(frozen=True, slots=True)
class PoolPlan:
    """What to do for a pool.

    Attributes:
        status: To write, where it differs. Where the class asks for no pool and none is left it tells how many were made,
            as no name of theirs is used again; None where none ever was.
        make: Numbers of the Jobs to make.
        drop: Jobs to delete, each with the reason.
        requeue_after: Seconds after which it is to be observed again at the latest.
    """

    status: WarmPoolStatus | None
    make: tuple[int, ...] = ()
    drop: tuple[tuple[Job, Why], ...] = ()
    requeue_after: float | None = None


def share_room(asked: Mapping[str, int], room: int) -> dict[str, int]:
    """Share what is free among pools, one each in turn, so that the largest does not take all of it."""
    given = dict.fromkeys(sorted(asked), 0)
    while room > 0 and (open_ones := [name for name, count in given.items() if count < asked[name]]):
        for name in open_ones[:room]:
            given[name] += 1
        room -= len(open_ones)
    return given


def decide_pool(asked: Asked, observed: ObservedPool, now: datetime) -> PoolPlan:
    """Compare what is asked for with what stands.

    Args:
        asked: What is asked for.
        observed: What stands.
        now: By the API server's clock.
    """
    members, claimed, last = observed.members, observed.claimed, observed.last
    target = asked.target
    live = [one for one in members if not one.ended]
    stale = [(one, why) for one in live if (why := _find_stale(one.job, asked, now)) is not None]
    fresh = [one for one in live if all(one is not other for other, _ in stale)]
    ended = _find_failures(members, asked.digest)
    drop = _choose_drop(target, asked.bound, stale, fresh)
    make, again = ((), None) if drop or observed.rests else _choose_make(target, live, fresh, ended, last, now)
    if not (asked.stands or live or claimed):
        return PoolPlan(WarmPoolStatus(made=last) if last else None)
    going = {job.uid for job, _ in drop}
    fresh = [one for one in fresh if one.job.uid not in going]
    ready = sum(one.ready for one in fresh)
    reason, message = _explain(asked, target, ready, fresh, ended) or (None, None)
    status = WarmPoolStatus(
        hash=asked.digest if asked.digest and asked.stands else None,
        replicas=target, ready=ready, starting=len(fresh) - ready + len(make), draining=sum(one.job.uid not in going for one, _ in stale),
        claimed=claimed, made=last + len(make), reason=reason, message=message,
    )  # fmt: skip
    return PoolPlan(status, make, drop, again)


def _find_stale(job: Job, asked: Asked, now: datetime) -> Why | None:
    """Say why a Job is to be replaced; None where it is not."""
    if job.pool_hash != asked.digest:
        return "changed"
    return "age" if now - _created(job) >= timedelta(seconds=asked.max_age) else None


def _created(job: Job) -> datetime:
    return job.created_at or _LONG_AGO


def _choose_drop(
    target: int, bound: int, stale: Sequence[tuple[Member, Why]], fresh: Sequence[Member]
) -> tuple[tuple[Job, Why], ...]:
    """Choose what goes: what is too much at once, what is to be replaced one by one, each when the one before is up."""
    old = sorted(stale, key=lambda one: _created(one[0].job))
    surplus = len(old) + len(fresh) - bound
    if surplus > 0:
        # those that have not begun go before those that wait already, and of these the youngest: the gateway takes the oldest
        young = sorted(sorted(fresh, key=lambda one: _created(one.job), reverse=True), key=lambda one: one.ready)
        why: Why = "surplus" if target else "closed"
        return tuple([*((one.job, reason) for one, reason in old), *((one.job, why) for one in young)][:surplus])
    if old and surplus == 0 and all(one.ready for one in fresh):
        return ((old[0][0].job, old[0][1]),)
    return ()


def _choose_make(
    target: int, live: Sequence[Member], fresh: Sequence[Member], ended: Sequence[Member], last: int, now: datetime
) -> tuple[tuple[int, ...], float | None]:
    """Choose the numbers of the Jobs to make, and the seconds until more may be made."""
    missing = target - len(live)
    if missing <= 0:
        return (), None
    starting = sum(not one.ready for one in fresh)
    if not ended:
        return tuple(range(last + 1, last + 1 + max(0, min(missing, AT_ONCE - starting)))), None
    if starting:
        return (), None
    pause = min(AGAIN_MOST, AGAIN_SECONDS * 2 ** min(len(ended) - 1, _DOUBLINGS))
    rest = (max(_created(one.job) for one in ended) + timedelta(seconds=pause) - now).total_seconds()
    return ((last + 1,), None) if rest <= 0 else ((), min(rest, AGAIN_MOST))


def _find_failures(members: Sequence[Member], digest: str) -> list[Member]:
    """Return those of a hash that ended by themselves since one of it last worked, the newest first."""
    found: list[Member] = []
    for one in sorted(members, key=lambda one: one.number, reverse=True):
        if one.job.pool_hash != digest:
            continue
        if not one.ended:
            if one.ready:
                break
            continue
        found.append(one)
    return found


def _explain(
    asked: Asked, target: int, ready: int, fresh: Sequence[Member], ended: Sequence[Member]
) -> tuple[str, str] | None:
    """Say why fewer wait than the class asks for, or why it asks for none now; None where there is nothing to say."""
    if asked.stands and asked.cold is not None:
        return asked.cold
    if not asked.most or (asked.closed is not None and ready >= asked.most):
        return asked.closed
    if ready >= asked.most:
        return None
    if asked.squeezed:
        return "NoRoom", "Pods that people wait for find no room in the cluster."
    for one in fresh:
        if one.ready:
            continue
        held = explain_waiting(one.pod, one.events) if one.pod is not None else explain_no_pod(one.job, one.events)
        if held is not None:
            return held.reason.value, held.message
    if ended and ready < target:
        cause = explain_end(ended[0].job, ended[0].pod)
        return cause.reason.value, f"The pods of the pool end by themselves. {cause.message}"
    if target < asked.replicas:
        return "NoRoom", f"The gateway's maxThreads leaves room for {target} of the {asked.replicas} asked for."
    return "Starting", ""
