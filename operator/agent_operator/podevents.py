"""Events about Jobs and pods, as far as they say why a start takes long; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_operator.jobs import read_time

_Json = Mapping[str, Any]
_LONG_AGO = datetime.fromtimestamp(0, UTC)

PULLS = frozenset({"Pulling", "Pulled"})
"""Reasons of the Events that tell of an image on its way; no warnings, but a start may wait for it."""


@dataclass(frozen=True, slots=True)
class Event:
    """A warning about a Job or a pod, or a word of its image.

    Attributes:
        uid: Of what it is about.
        reason: One word.
        message: A sentence.
        at: When it was last seen, in whole seconds as a rule.
    """

    uid: str
    reason: str
    message: str
    at: datetime = _LONG_AGO


def read_event(raw: _Json) -> Event:
    """Read an Event as the API gives it, of either kind: `lastTimestamp` of the old one, `series` of the new."""
    series = raw.get("series") or {}
    at = (
        series.get("lastObservedTime") or raw.get("lastTimestamp") or raw.get("eventTime")
        or raw.get("firstTimestamp") or raw.get("metadata", {}).get("creationTimestamp")
    )  # fmt: skip
    regarding = raw.get("involvedObject") or {}
    return Event(regarding.get("uid", ""), raw.get("reason", ""), raw.get("message", ""), read_time(at) or _LONG_AGO)


def is_telling(raw: _Json) -> bool:
    """Say whether an Event may say why a start takes long."""
    return raw.get("type") == "Warning" or raw.get("reason") in PULLS


def newest_first(events: Sequence[Event]) -> tuple[Event, ...]:
    """Return Events, the newest first."""
    return tuple(sorted(events, key=lambda event: event.at, reverse=True))
