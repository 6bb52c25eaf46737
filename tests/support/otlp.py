"""A collector as far as tests need one: takes OTLP over HTTP and remembers each span."""

from __future__ import annotations

import contextlib
import gzip
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """A span that arrived."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    begin: int
    end: int
    kind: int
    status: int
    attributes: dict[str, Any]


@dataclass
class Collector:
    """What arrived; it answers with `status`."""

    url: str = ""
    status: int = 200
    spans: list[Seen] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    raw: bytes = b""

    def of(self, trace: str) -> dict[str, Seen]:
        """Return the spans of a trace by their names; of several of one name the last."""
        return {span.name: span for span in self.spans if span.trace == trace}

    async def take(self, request: web.Request) -> web.Response:
        """Take a batch."""
        body = await request.read()
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self.status != 200:
            return web.Response(status=self.status)
        body = gzip.decompress(body) if request.headers.get("Content-Encoding") == "gzip" else body
        self.raw += body
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(a.value.string_value for a in group.resource.attributes if a.key == "service.name")
            self.spans += [_read(service, span) for scope in group.scope_spans for span in scope.spans]
        return web.Response(body=b"", content_type="application/x-protobuf")


def _read(service: str, span: Any) -> Seen:
    about = {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}
    return Seen(
        service, span.name, span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex(),
        span.start_time_unix_nano, span.end_time_unix_nano, span.kind, span.status.code, about,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """Yield a collector at a port of its own."""
    found = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", found.take)
    async with TestServer(app) as server:
        found.url = str(server.make_url("")).rstrip("/")
        yield found
