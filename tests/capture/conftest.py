"""A provider on this machine, and books that hold what was captured."""

from __future__ import annotations

import json
import logging
import os

import anthropic
import openai
import pytest
import tokenboard
from fakes.collector import Collector
from fakes.provider import Provider
from opentelemetry import metrics, trace
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tokenboard import attribution, export, meters, mishap, settings, setup, telemetry
from tokenboard.hooks import http_spans


class Books:
    """What was captured."""

    def __init__(self) -> None:
        self.memory = InMemorySpanExporter()
        self.traces = TracerProvider()
        self.traces.add_span_processor(SimpleSpanProcessor(self.memory))
        self.reader = InMemoryMetricReader()
        self.metrics = MeterProvider(metric_readers=[self.reader])

    @property
    def spans(self):
        return self.memory.get_finished_spans()

    def named(self, name):
        return [span for span in self.spans if span.name == name]

    def one(self):
        """The only span there is."""
        (span,) = self.spans
        return span

    def points(self, name):
        """Attributes and value of each point of a histogram: (attributes, count, sum)."""
        data = self.reader.get_metrics_data()
        if data is None:
            return []
        return [
            (dict(point.attributes), point.count, point.sum)
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


def forget():
    """Make this process one that has never heard of tokenboard."""
    setup.stop()
    settings._current = None
    settings._warned.clear()
    export._providers = None
    telemetry._instruments = None
    mishap._reported.clear()
    attribution.login.cache_clear()
    http_spans.waiting = False
    http_spans._pending.clear()
    meters._labels.cache_clear()
    for bounded in meters._NAMED.values():
        bounded._seen.clear()
    # what another file's tests had instrumented, for providers that are gone
    for kind in (HTTPXClientInstrumentor, HTTPX2ClientInstrumentor):
        if kind().is_instrumented_by_opentelemetry:
            kind().uninstrument()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("OTEL_", "TOKENBOARD_")) and name != "TOKENBOARD_TEST_DATA":
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_mishaps():
    """Our own failures are swallowed in an app; here they fail the test."""
    heard = []

    class Ear(logging.Handler):
        def emit(self, record):
            if "internal error" in record.getMessage():
                heard.append(self.format(record))

    ear = Ear()
    logger = logging.getLogger("tokenboard")
    logger.addHandler(ear)
    yield
    logger.removeHandler(ear)
    assert not heard, "\n".join(heard)


@pytest.fixture
def collector():
    """A collector that keeps what it is sent."""
    with Collector() as collector:
        yield collector


@pytest.fixture
def alone(monkeypatch):
    """An app that has not set OpenTelemetry up; other tests' global providers come back after."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(metrics._internal, "_METER_PROVIDER", None)


@pytest.fixture
def books(alone):
    """Capture is on, into memory."""
    forget()
    books = Books()
    tokenboard.init(tracer_provider=books.traces, meter_provider=books.metrics, http_spans="none")
    yield books
    forget()


@pytest.fixture
def unhooked(alone):
    """Capture is off."""
    forget()
    yield
    forget()


@pytest.fixture
def provider():
    with Provider() as provider:
        yield provider


@pytest.fixture
def openai_client(provider):
    with openai.OpenAI(api_key="k", base_url=f"{provider.url}/v1") as client:
        yield client


@pytest.fixture
async def async_openai(provider):
    async with openai.AsyncOpenAI(api_key="k", base_url=f"{provider.url}/v1") as client:
        yield client


@pytest.fixture
def claude(provider):
    with anthropic.Anthropic(api_key="k", base_url=provider.url) as client:
        yield client


@pytest.fixture
async def async_claude(provider):
    async with anthropic.AsyncAnthropic(api_key="k", base_url=provider.url) as client:
        yield client


@pytest.fixture
def unguarded(books):
    """The books, and no guard of the whole app left behind."""
    yield books
    tokenboard.init(guard=False)


@pytest.fixture
def noted(books):
    """Function: an attribute of the only span, read as JSON; None if it is absent."""
    tokenboard.init(content=True)

    def read(name):
        value = books.one().attributes.get(name)
        return None if value is None else json.loads(value)

    yield read
    tokenboard.init(content=False)
