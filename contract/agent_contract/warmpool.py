"""The warm pool of an AgentClass: how many pods shall wait for conversations, when, and how many do."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from agent_contract.base import Wire
from agent_contract.text import Message, Word

MOST_AHEAD: Final = 10
"""Pods at most that are started for whoever waits in line."""
Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAYS: Final[tuple[Day, ...]] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)]
Replicas = Annotated[int, Field(ge=0, le=100)]


class PoolTime(Wire):
    """A time of the week at which another number of pods waits."""

    days: Annotated[list[Day], Field(max_length=7)] = []
    """On which days it begins; empty means each day."""
    start: Clock
    """When it begins, such as 07:30."""
    end: Clock
    """When it ends: on the next day where that is not later than its begin."""
    replicas: Replicas
    """How many wait then."""


class WarmPool(Wire):
    """Pods that wait for conversations, each with its agent started, and with nothing of anybody's in it."""

    replicas: Replicas = 0
    """How many wait at most; fewer where the gateway's maxThreads leaves less room. None by default."""
    max_age: Annotated[int, Field(ge=300, le=86400)] = 3600
    """Seconds after which one that still waits is replaced."""
    times: Annotated[list[PoolTime], Field(max_length=16)] = []
    """When another number than `replicas` waits: the first that holds counts. So a pool has no pods at night."""
    time_zone: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]*$", max_length=64)] = "UTC"
    """By whose clocks, such as Europe/Berlin."""
    ahead: Annotated[int, Field(ge=0, le=MOST_AHEAD)] = 0
    """How many pods are started for those who are next in line where all of the gateway's maxThreads are at work: whoever
    is next has one when a slot is free. They wait beside those, so the cluster needs room for as many more. None by
    default."""


class WarmPoolStatus(Wire):
    """How the warm pool of a class stands."""

    hash: Annotated[str, Field(max_length=16)] | None = None
    """Of all that its pods are made of; only those of this hash are given to conversations. Absent where there is no pool."""
    replicas: Annotated[int, Field(ge=0, le=1000)] = 0
    """How many pods shall wait."""
    ready: Annotated[int, Field(ge=0, le=1000)] = 0
    """How many of this hash wait with a running agent."""
    starting: Annotated[int, Field(ge=0, le=1000)] = 0
    """How many of this hash have none yet."""
    draining: Annotated[int, Field(ge=0, le=1000)] = 0
    """How many are still to be replaced: of another hash, or older than maxAge."""
    claimed: Annotated[int, Field(ge=0, le=100_000)] = 0
    """How many conversations work in a pod of the pool."""
    made: Annotated[int, Field(ge=0, le=9_999_999_999)] = 0
    """How many were made in all; the number in the newest one's name."""
    reason: Word | None = None
    """Why fewer wait than are asked for, or why none are asked for now, in a word."""
    message: Message | None = None
    """The same in a sentence."""

    @property
    def is_closed(self) -> bool:
        """Say whether it tells no more than how many were made, of a pool that is there no longer."""
        return self == WarmPoolStatus(made=self.made)


def asks_for_pool(pool: WarmPool) -> bool:
    """Say whether a class asks for pods that wait, be it at another time or for whoever is next in line."""
    return bool(pool.replicas or pool.ahead or any(one.replicas for one in pool.times))
