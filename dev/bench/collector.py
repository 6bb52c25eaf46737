"""A collector that writes each span as a line of JSON. It runs in the gateway's image, which can read OTLP, and needs nothing else."""

from __future__ import annotations

import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from typing_extensions import override

PORT = 4318


class _Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Take a batch."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(one.value.string_value for one in group.resource.attributes if one.key == "service.name")
            for scope in group.scope_spans:
                for span in scope.spans:
                    sys.stdout.write(json.dumps(_describe(service, span)) + "\n")
        sys.stdout.flush()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    @override
    def log_message(self, *_: Any) -> None:
        """Say nothing of each request: the output is the spans."""


def _describe(service: str, span: Any) -> dict[str, Any]:
    about = {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}
    return {
        "service": service, "name": span.name, "trace": span.trace_id.hex(), "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(), "begin": span.start_time_unix_nano, "end": span.end_time_unix_nano,
        "attributes": about,
    }  # fmt: skip


if __name__ == "__main__":
    ThreadingHTTPServer(("", PORT), _Taker).serve_forever()
