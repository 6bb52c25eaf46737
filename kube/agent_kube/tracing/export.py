"""The way of spans to a collector: OpenTelemetry's own, imported when it is opened and not before.

Spans wait in a bounded queue and go out in batches from a thread of its own: whoever made one waits for nothing. What
finds no room, and what the collector does not take within its deadline, is lost and counted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

from typing_extensions import override

from agent_kube.tracing.settings import TracingSettings
from agent_kube.tracing.spans import SERVICES, Span
from agent_kube.tracing.steps import Step, listening

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

QUEUE: Final = 4096
"""Spans that wait to go out; what comes while so many do is left out, and counted."""
BATCH: Final = 512
EVERY_SECONDS: Final = 2.0
POST_SECONDS: Final = 5.0
"""That a collector may take for one batch, tries again included."""
CLOSE_SECONDS: Final = 1.5
"""For the last batch of a process that ends."""
_SCOPE: Final = "openclaw"
_log = logging.getLogger(__name__)

Count = Callable[[str, int], None]
"""Told what became of how many spans: `exported`, `failed`, `full` where too many waited, or `broken` where none could be
made of a step."""


class Traces(Protocol):
    """Makes spans of steps."""

    def take(self, step: Step) -> None:
        """Take a step."""


T = TypeVar("T", bound=Traces)


@dataclass(frozen=True, slots=True)
class _Sampled:
    """What the SDK asks of a span before it keeps it: that its trace is told."""

    trace_flags: Any


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A span on its way to the thread that makes the SDK's own of it."""

    span: Span
    context: _Sampled


class Exporter:
    """Sends spans to a collector.

    Args:
        processor: The SDK's, which keeps and batches them.
        sampled: Its flag of a trace that is told.
        begun: Returns how many spans it has begun to send, all in all.
        count: Told what became of spans.
    """

    def __init__(self, processor: SpanProcessor, sampled: Any, begun: Callable[[], int], count: Count) -> None:
        self._processor = processor
        self._context = _Sampled(sampled)
        self._begun = begun
        self._count = count
        self._taken = 0

    def put(self, span: Span) -> None:
        """Send a span some time later, if there is room: the SDK would leave one out and tell nobody."""
        if self._taken - self._begun() >= QUEUE:
            self._count("full", 1)
            return
        self._taken += 1
        self._processor.on_end(cast("ReadableSpan", _Waiting(span, self._context)))

    def close(self) -> None:
        """Send what waits, for so long as an ending process has."""
        # a daemon: a collector that does not answer holds no process that ends
        closing = threading.Thread(target=self._processor.shutdown, name="traces-close", daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)


def open_exporter(settings: TracingSettings, count: Count) -> Exporter | None:
    """Return what sends spans to the collector of the settings; None where they name none.

    Args:
        settings: Where it is.
        count: Told what became of spans.

    Raises:
        OSError: the file with its headers cannot be read.
        ValueError: it holds no headers.
    """
    if not settings.endpoint:
        return None
    headers = settings.read_headers()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult  # noqa: PLC0415
    from opentelemetry.trace import TraceFlags  # noqa: PLC0415

    build = _build_maker(settings.instance)

    class Sending(SpanExporter):
        """Makes the SDK's spans, in its thread, and counts what became of each batch."""

        def __init__(self, inner: SpanExporter) -> None:
            self._inner = inner
            self.begun = 0

        @override
        def export(self, spans: Sequence[Any]) -> SpanExportResult:
            self.begun += len(spans)
            result = self._inner.export([build(waiting.span) for waiting in spans])
            count("exported" if result is SpanExportResult.SUCCESS else "failed", len(spans))
            return result

        @override
        def shutdown(self) -> None:
            self._inner.shutdown()

    for name in ("opentelemetry", "urllib3"):  # one line for each batch would tell less than the counter
        logging.getLogger(name).setLevel(logging.CRITICAL)
    trusted = str(settings.ca_file) if settings.ca_file is not None else os.environ.get("SSL_CERT_FILE")
    poster = OTLPSpanExporter(settings.url, trusted, headers=headers, timeout=POST_SECONDS)
    sending = Sending(poster)
    processor = BatchSpanProcessor(sending, QUEUE, EVERY_SECONDS * 1000, BATCH)
    _log.info("tracing", extra={"ratio": settings.ratio})
    return Exporter(processor, TraceFlags(TraceFlags.SAMPLED), lambda: sending.begun, count)


def _build_maker(instance: str) -> Callable[[Span], ReadableSpan]:
    """Return what makes the SDK's span of ours."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import ReadableSpan  # noqa: PLC0415
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope  # noqa: PLC0415
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags  # noqa: PLC0415

    more = {"service.instance.id": instance} if instance else {}
    resources = {
        name: Resource.create({"service.name": name, "service.namespace": "openclaw", **more}) for name in SERVICES
    }
    scope, sampled = InstrumentationScope(_SCOPE), TraceFlags(TraceFlags.SAMPLED)

    def build(span: Span) -> ReadableSpan:
        about = {**span.attributes, **({"error.type": span.failed} if span.failed else {})}
        parent = SpanContext(span.trace, span.parent, is_remote=True, trace_flags=sampled) if span.parent else None
        return ReadableSpan(
            span.name, SpanContext(span.trace, span.id, is_remote=False, trace_flags=sampled), parent,
            resources[span.service], about, kind=SpanKind.CLIENT if span.client else SpanKind.INTERNAL,
            status=Status(StatusCode.ERROR if span.failed else StatusCode.UNSET), start_time=span.begin,
            end_time=max(span.begin, span.end), instrumentation_scope=scope,
        )  # fmt: skip

    return build


@contextlib.contextmanager
def telling(
    settings: TracingSettings, count: Count, build: Callable[[Callable[[Span], None]], T]
) -> Iterator[T | None]:
    """Tell traces to the collector of the settings, None where they name none; what waits goes out at the end.

    Args:
        settings: Where it is.
        count: Told what became of spans.
        build: Makes what makes spans of steps, from what takes them.

    Raises:
        OSError: the file with headers cannot be read.
        ValueError: it holds none.
    """
    exporter = open_exporter(settings, count)
    if exporter is None:
        yield None
        return
    traces = build(exporter.put)

    def take(step: Step) -> None:
        try:
            traces.take(step)
        except Exception:  # noqa: BLE001  # a trace that fails must not hold up what it is about
            count("broken", 1)
            _log.exception("trace_failed", extra={"step": step.name})

    try:
        with listening(take):
            yield traces
    finally:
        exporter.close()
