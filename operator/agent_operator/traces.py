"""The operator's part of a message's trace: from what is written into an AgentThread to a container that runs.

Which trace it is part of stands on the AgentThread (`names.ANNOTATION_TRACE`), as the gateway wrote it with the run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent_kube.tracing.spans import OPERATOR, Parent, Span, derive_span, read_run_trace
from agent_kube.tracing.steps import Step
from agent_operator.records import PodRecord, ThreadRecord

MOST_STARTS: Final = 1000
"""Runs whose start is followed at once; of more the oldest are followed no longer."""


@dataclass(slots=True)
class _Start:
    """The start of a run.

    Attributes:
        parent: What its spans are parts of.
        run: Which run it is.
        text: The annotation that says so.
        last: When the part of it ended that is told already, in nanoseconds since the epoch.
        made: Its Job is made.
        scheduled: Its pod has a node.
    """

    parent: Parent
    run: int
    text: str
    last: int
    made: bool = False
    scheduled: bool = False


class StartTraces:
    """Makes spans of what the operator does and sees of a run's start.

    Args:
        put: Takes the spans.
    """

    def __init__(self, put: Callable[[Span], None]) -> None:
        self._put = put
        self._starts: OrderedDict[str, _Start] = OrderedDict()

    def take(self, step: Step) -> None:
        """Take a step; those that no trace is made of are passed over."""
        match step.name:
            case "thread_seen":
                self._take_thread(step.ids["record"], step.at)
            case "job_created" | "job_adopted":
                self._take_made(step)
            case "pod_changed" if step.ids["record"] is not None:
                self._take_pod(step.ids["record"], step.at)

    def _take_thread(self, record: ThreadRecord, at: int) -> None:
        known = self._starts.get(record.name)
        if not record.trace or (known is not None and known.text == record.trace):
            return
        found = read_run_trace(record.trace)
        if found is None or record.active:  # its run is begun already: it is seen anew by an operator that takes over
            return
        run, parent = found
        self._starts[record.name] = _Start(parent, run, record.trace, at)
        self._starts.move_to_end(record.name)
        while len(self._starts) > MOST_STARTS:
            self._starts.popitem(last=False)

    def _take_made(self, step: Step) -> None:
        name, adopted = str(step.ids.get("agent_thread", "")), step.name == "job_adopted"
        start = self._starts.get(name)
        if start is None or start.made:
            return
        start.made = True
        self._tell(start, "adopt Job" if adopted else "create Job", step.at)
        if adopted:  # its pod runs already
            del self._starts[name]

    def _take_pod(self, record: PodRecord, at: int) -> None:
        name, pod = record.owner.thread or "", record.pod
        start = self._starts.get(name)
        if start is None or not start.made or record.owner.subagent or pod.run != start.run:
            return
        if pod.scheduled and not start.scheduled:
            start.scheduled = True
            self._tell(start, "schedule pod", at)
        if pod.agent.running or pod.terminal:
            self._tell(start, "start container", at)
            del self._starts[name]

    def _tell(self, start: _Start, name: str, at: int) -> None:
        about = {"openclaw.run": start.run}
        trace, parent = start.parent.trace, start.parent.span
        made = derive_span(trace, name, start.last)
        self._put(Span(name, trace, made, parent, start.last, at, OPERATOR, attributes=about))
        start.last = at
