"""The way to the collector: an empty OTLP request, as the exporter would send one.

https://opentelemetry.io/docs/specs/otlp/: a request without spans is answered like any other.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tokenboard.doctor import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMEOUT_S = 5.0
_NAME = "collector"
_CREDENTIAL = (
    "give the sender's credential: OTEL_EXPORTER_OTLP_HEADERS=Authorization=Basic%20… "
    "(docs/pipeline.md, Identity)"
)


def asked(protocol: str, endpoint: str, headers: Mapping[str, str]) -> Check:
    """Send an empty request to a collector.

    Args:
        protocol: ``http/protobuf`` or ``grpc``.
        endpoint: the whole URL, or for gRPC the address.
        headers: sent along.
    """
    return _by_grpc(endpoint, headers) if protocol == "grpc" else _by_http(endpoint, headers)


def _by_http(endpoint: str, headers: Mapping[str, str]) -> Check:
    fields = {**headers, "Content-Type": "application/x-protobuf"}
    request = urllib.request.Request(endpoint, data=b"", headers=fields, method="POST")  # noqa: S310 - settings lets http and https through only
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310 - likewise
            return Check(_NAME, "ok", f"{endpoint} answers")
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    except (OSError, http.client.HTTPException) as error:
        return _unreachable(endpoint, error)
    if status in (401, 403):
        return Check(_NAME, "broken", f"{endpoint} refuses this sender ({status})", _CREDENTIAL)
    if status in (429, 503):
        return Check(
            _NAME,
            "doubtful",
            f"{endpoint} is overloaded or its queue is full ({status})",
            "look at its store and at pipeline_minutes (docs/pipeline.md, Faults)",
        )
    if status in (502, 504):
        return Check(
            _NAME,
            "broken",
            f"a proxy answers for {endpoint}, and no collector behind it ({status})",
            "start the collector behind the proxy, or correct the proxy's target",
        )
    return Check(
        _NAME,
        "broken",
        f"{endpoint} answers {status}: it does not take OTLP there",
        "OTEL_EXPORTER_OTLP_ENDPOINT is a collector's base address, such as http://host:4318",
    )


def _unreachable(endpoint: str, error: Exception) -> Check:
    if isinstance(error, (http.client.BadStatusLine, ConnectionResetError)) or (
        urlsplit(endpoint).port == 4317  # noqa: PLR2004 - OTLP's port for gRPC
        and "refused" not in str(error).lower()
    ):
        return Check(
            _NAME,
            "broken",
            f"{endpoint} does not speak HTTP ({error!r})"[:200],
            "a gRPC port? OTEL_EXPORTER_OTLP_PROTOCOL=grpc, or the HTTP port, mostly 4318",
        )
    reason = getattr(error, "reason", error)
    if "SSL" in str(reason):
        return Check(
            _NAME,
            "broken",
            f"{endpoint} cannot be reached by TLS ({reason})"[:200],
            "http:// where the collector speaks no TLS; OTEL_EXPORTER_OTLP_CERTIFICATE for a CA of "
            "your own",
        )
    return Check(
        _NAME,
        "broken",
        f"nobody answers at {endpoint} ({reason})",
        "start the stack (tokenboard up) or name a collector: OTEL_EXPORTER_OTLP_ENDPOINT",
    )


def _by_grpc(endpoint: str, headers: Mapping[str, str]) -> Check:
    import grpc
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

    parts = urlsplit(endpoint if "://" in endpoint else f"http://{endpoint}")
    secure = parts.scheme == "https"
    channel = (
        grpc.secure_channel(parts.netloc, grpc.ssl_channel_credentials())
        if secure
        else grpc.insecure_channel(parts.netloc)
    )
    with channel:
        try:
            TraceServiceStub(channel).Export(
                ExportTraceServiceRequest(),
                timeout=TIMEOUT_S,
                metadata=tuple((name.lower(), value) for name, value in headers.items()),
            )
        except grpc.RpcError as error:
            code = error.code().name
            if code in ("UNAUTHENTICATED", "PERMISSION_DENIED"):
                return Check(_NAME, "broken", f"{endpoint} refuses this sender", _CREDENTIAL)
            return Check(
                _NAME,
                "broken",
                f"{endpoint} does not answer over gRPC ({code})",
                "start a collector there, or name one: OTEL_EXPORTER_OTLP_ENDPOINT=http://host:4317",
            )
    return Check(_NAME, "ok", f"{endpoint} answers")
