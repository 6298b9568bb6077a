"""Who is measured, in which environment, and how each is set up: as its documentation says.

Message content is switched off wherever there is a switch, since tokenboard takes none by default
either. Telemetry goes over OTLP/HTTP to a sink on localhost, sent by each one's own thread.
Imports stand inside the functions: they are part of what is measured.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _nothing() -> None:
    """The bare SDK."""


def _otel_sdk() -> None:
    from opentelemetry import metrics, trace
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    metrics.set_meter_provider(MeterProvider([reader]))


def _tokenboard() -> None:
    import tokenboard.auto  # noqa: F401 - the import is the set-up


def _tokenboard_in_app() -> None:
    _otel_sdk()
    import tokenboard.auto  # noqa: F401 - the import is the set-up


def _genai() -> None:
    _otel_sdk()
    from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()


def _openinference() -> None:
    os.environ["OPENINFERENCE_HIDE_INPUTS"] = os.environ["OPENINFERENCE_HIDE_OUTPUTS"] = "true"
    _otel_sdk()
    from openinference.instrumentation.anthropic import AnthropicInstrumentor
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()


def _openllmetry() -> None:
    os.environ["TRACELOOP_TRACE_CONTENT"] = "false"
    os.environ["TRACELOOP_TELEMETRY"] = "false"
    from traceloop.sdk import Traceloop

    Traceloop.init(app_name="bench", api_endpoint=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"])


def _openlit() -> None:
    import openlit

    openlit.init(
        otlp_endpoint=os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"], capture_message_content=False
    )


def _logfire() -> None:
    os.environ["LOGFIRE_IGNORE_NO_CONFIG"] = "1"
    import logfire

    logfire.configure(send_to_logfire=False, console=False, service_name="bench")
    logfire.instrument_openai()
    logfire.instrument_anthropic()


@dataclass(frozen=True, slots=True)
class Contender:
    """``env``: a folder under .cache/envs, or "" for the development environment itself."""

    title: str
    env: str
    setup: Callable[[], None]
    package: str = ""


CONTENDERS = {
    "bare": Contender("bare SDK", "", _nothing),
    "otel": Contender("OTel SDK alone", "", _otel_sdk, "opentelemetry-sdk"),
    "tokenboard": Contender("**tokenboard**", "", _tokenboard, "tokenboard"),
    "tokenboard-in-app": Contender(
        "tokenboard, the app's own providers", "", _tokenboard_in_app, "tokenboard"
    ),
    "bare-peers": Contender("bare SDK", "peers", _nothing),
    "genai": Contender(
        "official genai", "peers", _genai, "opentelemetry-instrumentation-genai-openai"
    ),
    "openinference": Contender(
        "OpenInference", "peers", _openinference, "openinference-instrumentation-openai"
    ),
    "openllmetry": Contender("OpenLLMetry", "peers", _openllmetry, "traceloop-sdk"),
    "bare-logfire": Contender("bare SDK", "logfire", _nothing),
    "logfire": Contender("Logfire", "logfire", _logfire, "logfire"),
    "bare-openlit": Contender("bare SDK", "openlit", _nothing),
    "openlit": Contender("OpenLIT", "openlit", _openlit, "openlit"),
}
# environment -> the contender that everything in it is compared with
BARE = {"": "bare", "peers": "bare-peers", "logfire": "bare-logfire", "openlit": "bare-openlit"}
