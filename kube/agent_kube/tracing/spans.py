"""Spans, and the ids by which parts that never speak with each other make one trace. Pure.

An id is computed from what it is about, so that nothing has to be stored for a trace, and a process that takes over
goes on with it. Ids, `traceparent` and the choice by ratio are those of W3C Trace Context and of OpenTelemetry's
sampler TraceIdRatioBased.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

GATEWAY: Final = "openclaw-gateway"
OPERATOR: Final = "openclaw-operator"
RUNNER: Final = "openclaw-runner"
"""Values of `service.name`."""
SERVICES: Final = (GATEWAY, OPERATOR, RUNNER)
_HALF: Final = 1 << 64
_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-01")
_RUN_TRACE: Final = re.compile(r"([0-9]{1,10})/(.{1,64})")

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time, as it is told when it is over.

    Attributes:
        name: What was done.
        trace: Id of its trace, 128 bits.
        id: Its own, 64 bits.
        parent: Of the span that it is a part of; 0 without one.
        begin: Nanoseconds since the epoch.
        end: Likewise.
        service: Who did it, as `service.name`.
        client: It waited for somebody else's answer.
        failed: The class of its error (`error.type`); empty where there was none.
        attributes: What else is known of it: ids, names and numbers, never texts of people.
    """

    name: str
    trace: int
    id: int
    parent: int
    begin: int
    end: int
    service: str = GATEWAY
    client: bool = False
    failed: str = ""
    attributes: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parent:
    """What a span is a part of.

    Attributes:
        trace: Id of its trace.
        span: Its id.
    """

    trace: int
    span: int


def derive_trace(*about: object) -> int:
    """Return the id of the trace of something; never 0, which is no id."""
    return _derive(16, "trace", *about)


def derive_span(trace: int, *about: object) -> int:
    """Return the id of a span of a trace; never 0."""
    return _derive(8, "span", trace, *about)


def is_sampled(trace: int, ratio: float) -> bool:
    """Say whether a trace is one of those that are told, where this share of all is: the same answer everywhere."""
    return trace % _HALF < round(ratio * _HALF)


def write_traceparent(parent: Parent) -> str:
    """Return the header `traceparent` of W3C Trace Context."""
    return f"00-{parent.trace:032x}-{parent.span:016x}-01"


def read_traceparent(text: str) -> Parent | None:
    """Read such a header; None where it is none, or none of a trace that is told."""
    found = _TRACEPARENT.fullmatch(text)
    if found is None:
        return None
    trace, span = (int(part, 16) for part in found.groups())
    return Parent(trace, span) if trace and span else None


def write_run_trace(run: int, parent: Parent) -> str:
    """Return what `names.ANNOTATION_TRACE` says: which run it is about, and the `traceparent`."""
    return f"{run}/{write_traceparent(parent)}"


def read_run_trace(text: str) -> tuple[int, Parent] | None:
    """Read that annotation: which run it is about, and what the spans of its start are parts of; None where it is none."""
    found = _RUN_TRACE.fullmatch(text)
    parent = read_traceparent(found[2]) if found is not None else None
    return (int(found[1]), parent) if found is not None and parent is not None else None


def _derive(size: int, *about: object) -> int:
    digest = hashlib.sha256("\0".join(map(str, about)).encode()).digest()
    return int.from_bytes(digest[:size], "big") or 1
