"""Real apps, each in a process and an environment of its own, and what their telemetry says."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from compat.ledger import Billed, Ledger
from fakes.canned import Answer, Asked, Canned
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

HERE = Path(__file__).resolve().parent
ENVS = HERE.parent.parent / ".cache" / "envs"


@dataclass(frozen=True)
class Span:
    """A span as it went over the wire."""

    name: str
    kind: int
    scope: str
    attributes: dict[str, Any]
    error: bool
    trace: str
    id: str
    parent: str

    @property
    def operation(self) -> str | None:
        return self.attributes.get("gen_ai.operation.name")


@dataclass
class Outcome:
    """What an app printed, and what it had reported when it ended."""

    said: str
    complaints: str
    spans: list[Span]
    ledger: Ledger

    def ours(self) -> list[Span]:
        """The spans that tokenboard itself wrote for calls to models."""
        return [span for span in self.spans if span.scope == "tokenboard" and span.kind == 3]

    def books(self) -> Counter[Billed]:
        """The same in the ledger's terms."""
        return Counter(as_billed(span) for span in self.ours())


def as_billed(span: Span) -> Billed:
    """What a span of tokenboard's says was billed."""
    said = span.attributes
    known = any(name.startswith("gen_ai.usage.") for name in said)
    return Billed(
        model=said["gen_ai.request.model"],
        input=said.get("gen_ai.usage.input_tokens"),
        output=said.get("gen_ai.usage.output_tokens"),
        cached=said.get("gen_ai.usage.cache_read.input_tokens"),
        streamed=said.get("gen_ai.request.stream", False),
        id=said.get("gen_ai.response.id"),
        known=known,
    )


def told(billed: list[Billed]) -> Counter[Billed]:
    """What an observer of the wire can know of it: no counts where the answer had none."""
    return Counter(
        entry
        if entry.known
        else Billed(entry.model, None, None, None, entry.streamed, entry.id, known=False)
        for entry in billed
    )


class _Sink:
    """Receives OTLP over HTTP and keeps the spans."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.server = Canned(self._take)

    def _take(self, asked: Asked) -> Answer:
        if asked.path == "/v1/traces":
            body = asked.body
            if asked.headers.get("content-encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            self.spans += _decoded(body)
        return Answer(b"", headers={"content-type": "application/x-protobuf"})


def _decoded(body: bytes) -> list[Span]:
    request = ExportTraceServiceRequest.FromString(body)
    return [
        Span(
            name=span.name,
            kind=span.kind,
            scope=scope.scope.name,
            attributes={item.key: _value(item.value) for item in span.attributes},
            error=span.status.code == 2,
            trace=span.trace_id.hex(),
            id=span.span_id.hex(),
            parent=span.parent_span_id.hex(),
        )
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return tuple(_value(item) for item in value.array_value.values)
    return getattr(value, kind) if kind else None


def python(env: str) -> Path:
    """The interpreter of an environment; the development environment's is called ""."""
    if not env:
        return Path(sys.executable)
    found = ENVS / env / "bin" / "python"
    if not (ENVS / env / ".ready").exists():
        pytest.skip(f"no environment {env!r}: make .cache/envs/{env}/.ready")
    return found


def launch(
    env: str, app: str, provider: str, sink: str, *arguments: str, by: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run ``apps/<app>.py`` to its end, by a program of its environment if ``by`` names one."""
    interpreter = python(env)
    command = [str(interpreter.with_name(by)), str(interpreter)] if by else [str(interpreter)]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "TOKENBOARD_", "OPENAI_", "ANTHROPIC_", "AWS_"))
    }
    return subprocess.run(
        [*command, str(HERE / "apps" / f"{app}.py"), *arguments],
        env={
            **kept,
            "PROVIDER": provider,
            "OTEL_EXPORTER_OTLP_ENDPOINT": sink,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_METRICS_EXPORTER": "none",
            "NO_PROXY": "127.0.0.1,localhost",
            "PYTHONPATH": str(HERE / "apps"),
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="session")
def run():
    """Function: (environment, app, arguments) -> what became of it; each is run once a session."""
    done: dict[Any, Outcome] = {}

    def run_(env: str, app: str, *arguments: str, by: str = "", **variables: str) -> Outcome:
        key = (env, app, arguments, by, tuple(variables.items()))
        if key not in done:
            sink = _Sink()
            with Ledger() as ledger, sink.server as server:
                ended = launch(env, app, ledger.url, server.url, *arguments, by=by, **variables)
            assert ended.returncode == 0, ended.stderr[-4000:]
            done[key] = Outcome(ended.stdout, ended.stderr, sink.spans, ledger)
        return done[key]

    return run_


def booked(outcome: Outcome, *models: str) -> None:
    """Every request that the provider billed is one span with its exact counts, and none is more.

    ``models`` are those that the app asks for: a call that was never made proves nothing.
    """
    assert outcome.ledger.unknown == []
    assert {entry.model for entry in outcome.ledger.billed} == set(models)
    assert outcome.books() == told(outcome.ledger.billed)
    assert "internal error" not in outcome.complaints


def discreet(outcome: Outcome) -> None:
    """No header tells a provider about traces, users or sessions, whatever the app asked it."""
    too_much = {"traceparent", "tracestate", "baggage"}
    assert not [each.path for each in outcome.ledger.asked if too_much & set(each.headers)]
