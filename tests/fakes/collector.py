"""An OTLP/HTTP collector on this machine that keeps what it is sent, decoded."""

from __future__ import annotations

import gzip
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_KINDS = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}


class Collector:
    """Answers ``status`` to everything; ``headers`` are those of the last post."""

    def __init__(self, status: int = 200) -> None:
        self.posts: list[tuple[str, object]] = []
        self.headers: dict[str, str] = {}
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                request = _KINDS[self.path]()
                request.ParseFromString(body)
                collector.headers = {name.lower(): value for name, value in self.headers.items()}
                collector.posts.append((self.path, request))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def spans(self) -> list[tuple[str, dict[str, object]]]:
        """Name and attributes of every span that arrived."""
        return [
            (span.name, _attributes(span.attributes))
            for path, request in self.posts
            if path == "/v1/traces"
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def resources(self) -> list[dict[str, object]]:
        return [
            _attributes(resource.resource.attributes)
            for path, request in self.posts
            if path == "/v1/traces"
            for resource in request.resource_spans
        ]

    @property
    def metrics(self) -> set[str]:
        """Names of the metrics that arrived."""
        return {
            metric.name
            for path, request in self.posts
            if path == "/v1/metrics"
            for resource in request.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


def _attributes(pairs) -> dict[str, object]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}
