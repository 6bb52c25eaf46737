"""How many pods of a warm pool a class asks for now, by the times of the week that it names; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from agent_contract.warmpool import DAYS, PoolTime, WarmPool

OUT_OF_HOURS: Final = "OutOfHours"
BAD_ZONE: Final = "BadZone"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a class asks for now.

    Attributes:
        replicas: How many pods shall wait.
        reason: Why that may not be what is meant, or why it is none, in a word; empty where there is nothing to say.
        message: The same in a sentence.
    """

    replicas: int
    reason: str = ""
    message: str = ""


def find_wanted(pool: WarmPool, now: datetime) -> Wanted:
    """Return how many pods a class asks for at a moment; `replicas` where its time zone is none."""
    if not pool.times:
        return Wanted(pool.replicas)
    zone = _load_zone(pool.time_zone)
    if zone is None:
        words = f"No time zone is named {pool.time_zone}, so that warmPool.times count for nothing."
        return Wanted(pool.replicas, BAD_ZONE, words)
    local = now.astimezone(zone)
    found = next((one for one in pool.times if _holds(one, local)), None)
    replicas = pool.replicas if found is None else found.replicas
    if replicas:
        return Wanted(replicas)
    # without the time of day: a status would be written anew each minute
    return Wanted(0, OUT_OF_HOURS, f"warmPool.times ask for none now, by the clocks of {pool.time_zone}.")


def _holds(time: PoolTime, local: datetime) -> bool:
    """Say whether a clock that shows `local` is within a time of the week, its begin included."""
    clock = f"{local:%H:%M}"
    begins_today = _is_on(time, local)
    if time.start < time.end:
        return begins_today and time.start <= clock < time.end
    began_yesterday = _is_on(time, local - timedelta(days=1))
    return (begins_today and clock >= time.start) or (began_yesterday and clock < time.end)


def _is_on(time: PoolTime, local: datetime) -> bool:
    return not time.days or DAYS[local.weekday()] in time.days


def _load_zone(name: str) -> ZoneInfo | None:
    try:
        return _read_zone(name)
    except (ValueError, OSError, KeyError):  # a name that is no path, or that leads to none
        return None


@lru_cache(maxsize=256)
def _read_zone(name: str) -> ZoneInfo:
    """Read one from the disk, once; what could not be read is tried anew."""
    return ZoneInfo(name)
