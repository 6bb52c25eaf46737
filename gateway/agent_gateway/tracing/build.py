"""Traces of this gateway, from its settings: nothing of them, and nothing of OpenTelemetry, where these name no collector."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial

from agent_gateway.metrics import count_spans
from agent_gateway.tracing.turns import TurnTraces
from agent_gateway.way import naming_traces
from agent_kube.tracing.export import telling
from agent_kube.tracing.settings import TracingSettings

RunTrace = Callable[[str, int], str | None]
"""Returns what an AgentThread's annotation says of the trace of a run's first turn; None where that is not told."""


def no_trace(_thread: str, _run: int) -> None:
    """Tell no trace."""


@contextlib.contextmanager
def tell_traces(settings: TracingSettings) -> Iterator[RunTrace]:
    """Tell traces to the collector of the settings, where they name one; what waits goes out at the end.

    Raises:
        OSError: the file with headers cannot be read.
        ValueError: it holds none.
    """
    with telling(settings, count_spans, partial(TurnTraces, settings.ratio)) as traces:
        if traces is None:
            yield no_trace
            return
        with naming_traces(traces.find_trace):
            yield traces.find_run_trace
