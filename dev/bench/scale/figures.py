"""Figures of the measurements, and what they are compared with; pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dev.bench.scale.audit import Call
from dev.bench.scale.processes import Memory

QUIET_SECONDS: Final = 0.25
RESTART_SECONDS: Final = 2.0
BURST_SECONDS: Final = 2.0
MOST_REQUESTS: Final = 8.0
MOST_STATUS_WRITES: Final = 3.0
IDLE_PERCENT: Final = 1.0
MEMORY_AT: Final = 10_000
MEMORY_MIB: Final = {"operator": 150.0, "gateway": 200.0}
READY_AT: Final = 20_000
READY_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Starts:
    """How Jobs came to be.

    Attributes:
        count: How many.
        p50: Seconds from the write that wanted it to the answered POST of its Job, of half of them.
        p99: The same of all but a hundredth: of fewer than a hundred, the worst.
        jobs_a_second: From the first write to the last Job.
        pods_a_second: From the first write to the last pod that runs.
        api_cpu_ms: Milliseconds of the API server's CPU for each.
    """

    count: int
    p50: float
    p99: float
    jobs_a_second: float
    pods_a_second: float
    api_cpu_ms: float


@dataclass(frozen=True, slots=True)
class PerRun:
    """What one undisturbed run asks the API server for.

    Attributes:
        requests: All that is not asked for however many runs there are.
        status_writes: Of these, writes of a status.
        by_kind: The same by verb and resource.
    """

    requests: float
    status_writes: float
    by_kind: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Rest:
    """What the parts take while nothing happens.

    Attributes:
        cpu_percent: Of a core, by part.
        calls_a_minute: To the API server, by part.
        rows_walked_a_minute: Rows of the database that were read without an index, of the tables with the most.
        transactions_a_second: Of the database.
        sessions: Connections to the database.
    """

    cpu_percent: Mapping[str, float]
    calls_a_minute: Mapping[str, float]
    rows_walked_a_minute: Mapping[str, int]
    transactions_a_second: float
    sessions: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All that was measured beside one number of AgentThreads at rest; what was left out is None."""

    threads: int
    gateway_ready: float
    operator_ready: float
    memory: Mapping[str, Memory]
    rest: Rest | None
    quiet: Starts
    per_run: Mapping[str, PerRun]
    restart: Starts | None
    restart_ready: float | None
    burst: Starts
    patches: Starts
    bare: Starts
    children: Starts
    per_child: PerRun
    memory_after: Mapping[str, Memory]


@dataclass(frozen=True, slots=True)
class Line:
    """One figure beside its goal; without a goal it is only told."""

    words: str
    value: float
    unit: str
    goal: float | None = None

    @property
    def met(self) -> bool:
        """Say whether the goal is met."""
        return self.goal is None or self.value <= self.goal

    def describe(self) -> str:
        """Return the line of a table."""
        told = f"{self.words:54} {self.value:10.2f} {self.unit:4}"
        if self.goal is None:
            return told.rstrip()
        return f"{told} goal ≤ {self.goal:<7g} {self.value / self.goal:6.2f} x  {'met' if self.met else 'MISSED'}"


def summarise_starts(found: Sequence[tuple[float, float, float]], api_cpu: float) -> Starts:
    """Summarise triples of seconds: wanted, Job made, pod running."""
    waits = sorted(made - wanted for wanted, made, _ in found)
    first = min(wanted for wanted, _, _ in found)
    jobs, pods = (max(one[index] for one in found) - first for index in (1, 2))
    return Starts(
        count=len(found), p50=round(_rank(waits, 0.5), 4), p99=round(_rank(waits, 0.99), 4),
        jobs_a_second=round(len(found) / jobs, 2), pods_a_second=round(len(found) / pods, 2),
        api_cpu_ms=round(1000 * api_cpu / len(found), 1),
    )  # fmt: skip


def count_calls(calls: Iterable[Call], part: str, runs: int) -> PerRun:
    """Count what a part asked for in so many runs."""
    own = [call for call in calls if call.who == part and not call.is_standing]
    kinds = Counter(call.words for call in own)
    return PerRun(
        requests=round(len(own) / runs, 2),
        status_writes=round(sum(call.is_status_write for call in own) / runs, 2),
        by_kind={kind: round(count / runs, 2) for kind, count in kinds.most_common()},
    )


def build_lines(found: Figures) -> list[Line]:
    """Return the table's lines."""
    operator = found.per_run["operator"]
    lines = [
        Line("spec patch → Job, quiet, p50", found.quiet.p50, "s"),
        Line("spec patch → Job, quiet, p99", found.quiet.p99, "s", QUIET_SECONDS),
    ]
    if found.restart is not None:
        lines += [
            Line("… right after a restart of the operator, p50", found.restart.p50, "s"),
            Line("… right after a restart of the operator, p99", found.restart.p99, "s", RESTART_SECONDS),
            Line("operator ready after a restart", found.restart_ready or 0.0, "s"),
        ]
    lines += [
        Line(f"… {found.patches.count} patches at once, p50", found.patches.p50, "s"),
        Line(f"… {found.patches.count} patches at once, p99", found.patches.p99, "s", BURST_SECONDS),
        Line(f"… {found.burst.count} messages at once, p50", found.burst.p50, "s"),
        Line(f"… {found.burst.count} messages at once, p99", found.burst.p99, "s", BURST_SECONDS),
        Line(f"… {found.bare.count} bare Jobs at once, POST → answer, p99", found.bare.p99, "s"),
        Line(f"… {found.children.count} sub-agents at once, p99", found.children.p99, "s", BURST_SECONDS),
        Line("operator's requests of a run", operator.requests, "", MOST_REQUESTS),
        Line("… of these, status writes", operator.status_writes, "", MOST_STATUS_WRITES),
        Line("operator's requests of a parent's or sub-agent's run", found.per_child.requests, ""),
        Line("gateway's requests of a run", found.per_run["gateway"].requests, ""),
        *_memory_lines(found),
        Line("gateway ready", found.gateway_ready, "s", READY_SECONDS if found.threads <= READY_AT else None),
        *(_rest_lines(found.rest) if found.rest is not None else ()),
        *_ratio_lines(found),
    ]
    return lines


def _memory_lines(found: Figures) -> list[Line]:
    lines = []
    for part, goal in MEMORY_MIB.items():
        most = max(found.memory[part].peak, found.memory_after[part].peak)
        lines.append(
            Line(f"memory of the {part}, at the most", most, "MiB", goal if found.threads <= MEMORY_AT else None)
        )
        lines.append(Line(f"memory of the {part}, at rest", found.memory[part].now, "MiB"))
    return lines


def _rest_lines(rest: Rest) -> list[Line]:
    lines = [Line(f"idle CPU of the {part}", rest.cpu_percent[part], "%", IDLE_PERCENT) for part in MEMORY_MIB]
    lines += [
        Line(f"idle CPU of {name}", value, "%") for name, value in rest.cpu_percent.items() if name not in MEMORY_MIB
    ]
    lines += [Line(f"idle calls of the {part} a minute", count, "") for part, count in rest.calls_a_minute.items()]
    return [
        *lines,
        *(
            Line(f"idle rows of {table} walked a minute", count, "")
            for table, count in rest.rows_walked_a_minute.items()
        ),
        Line("idle transactions a second", rest.transactions_a_second, ""),
        Line("connections to the database", rest.sessions, ""),
    ]


def _ratio_lines(found: Figures) -> list[Line]:
    bare = found.bare
    lines = [Line("pods a second, bare Jobs", bare.pods_a_second, "")]
    for words, starts in (("patches", found.patches), ("messages", found.burst)):
        lines.append(Line(f"pods a second, {words}", starts.pods_a_second, ""))
        lines.append(Line(f"… beside bare Jobs ({words})", starts.pods_a_second / bare.pods_a_second, "x"))
    for words, starts in (("a bare Job", bare), ("a patch", found.patches), ("a message", found.burst)):
        lines.append(Line(f"API server's CPU until its pod runs, {words}", starts.api_cpu_ms, "ms"))
    return lines


def _rank(ordered: Sequence[float], share: float) -> float:
    """Return the value that a share of an ordered sequence does not exceed (nearest rank)."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
