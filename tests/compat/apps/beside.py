"""An app that calls two providers' SDKs and langchain while other instrumentations are active too.

Arguments: ``first`` or ``last`` (when tokenboard is imported, by the others), then the names of the
others. ``native`` is none of them: the app's own provider alone wakes the Anthropic SDK's own spans.
"""

from __future__ import annotations

import os
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def openllmetry():
    from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()


def openllmetry_langchain():
    from opentelemetry.instrumentation.langchain import LangchainInstrumentor

    LangchainInstrumentor().instrument()


def openinference():
    from openinference.instrumentation.anthropic import AnthropicInstrumentor
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()


def openinference_langchain():
    from openinference.instrumentation.langchain import LangChainInstrumentor

    LangChainInstrumentor().instrument()


def genai():
    from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()
    AnthropicInstrumentor().instrument()


def openai_v2():
    from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor

    OpenAIInstrumentor().instrument()


def native():
    """Nothing to do."""


when, *others = sys.argv[1:]
os.environ["APP_IMPORTS"] = ""
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
if when == "first":
    import tokenboard.auto
for name in others:
    globals()[name]()
if when == "last":
    import tokenboard.auto  # noqa: F401 - the import is the set-up

if any(name.endswith("langchain") for name in others):
    import langchain_calls  # noqa: F401 - makes the calls
else:
    if "openai_v2" not in others:
        import anthropic_sdk  # noqa: F401 - makes the calls
    import openai_sdk  # noqa: F401 - makes the calls
provider.shutdown()
