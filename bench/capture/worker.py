"""One contender in a process of its own: reads commands on standard input, answers with JSON lines.

``python -m bench.capture.worker CONTENDER URL MODE``, where MODE is ``speed`` (answers commands),
``startup`` (one answer) or ``truth`` (one answer).
"""

from __future__ import annotations

import gc
import importlib.metadata
import json
import os
import sys
import threading
import time
from typing import IO, TYPE_CHECKING, Any

from bench.capture.contenders import CONTENDERS

if TYPE_CHECKING:
    from collections.abc import Callable

_SYSTEM = "You are a careful assistant of the finance department. Answer in one paragraph. " * 6
_QUESTION = "Do the figures of the third quarter agree with the ledger, and if not, where? " * 4
_MESSAGES: list[Any] = [
    {"role": "user", "content": _QUESTION},
    {
        "role": "assistant",
        "content": "Which ledger do you mean, the draft or the one that is closed?",
    },
    {"role": "user", "content": "The closed one."},
]
_CHAT: dict[str, Any] = {
    "model": "gpt-5.1",
    "messages": [{"role": "system", "content": _SYSTEM}, *_MESSAGES],
    "max_completion_tokens": 400,
}
_CHAT_STREAM: dict[str, Any] = {
    **_CHAT,
    "stream": True,
    "stream_options": {"include_usage": True},
}
_MESSAGE: dict[str, Any] = {
    "model": "claude-opus-4-8",
    "system": _SYSTEM,
    "messages": _MESSAGES,
    "max_tokens": 400,
}


class Apps:
    """The calls that an app would make, through the real SDKs."""

    def __init__(self, url: str) -> None:
        import anthropic
        import openai

        self.openai = openai.OpenAI(base_url=f"{url}/v1", api_key="bench", max_retries=0)
        self.anthropic = anthropic.Anthropic(base_url=url, api_key="bench", max_retries=0)

    def openai_call(self) -> None:
        self.openai.chat.completions.create(**_CHAT)

    def openai_stream(self) -> None:
        for _ in self.openai.chat.completions.create(**_CHAT_STREAM):
            pass

    def anthropic_call(self) -> None:
        self.anthropic.messages.create(**_MESSAGE)

    def anthropic_stream(self) -> None:
        for _ in self.anthropic.messages.create(**_MESSAGE, stream=True):
            pass

    def openai_stream_without_usage(self) -> None:
        for _ in self.openai.chat.completions.create(**_CHAT, stream=True):
            pass

    def openai_stream_closed_early(self) -> None:
        with self.openai.chat.completions.create(**_CHAT_STREAM) as stream:
            for _ in stream:
                break

    def openai_sse_lines(self) -> None:
        create = self.openai.chat.completions.with_streaming_response.create
        with create(**_CHAT_STREAM) as answer:
            for _ in answer.iter_lines():
                pass

    def anthropic_sse_lines(self) -> None:
        create = self.anthropic.messages.with_streaming_response.create
        with create(**_MESSAGE, stream=True) as answer:
            for _ in answer.iter_lines():
                pass


SPEED = ("openai_call", "openai_stream", "anthropic_call", "anthropic_stream")
TRUTH = (
    *SPEED,
    "openai_stream_without_usage",
    "openai_stream_closed_early",
    "openai_sse_lines",
    "anthropic_sse_lines",
)


def _measure(call: Callable[[], None], times: int) -> float:
    """CPU microseconds a call on this thread."""
    before = time.thread_time_ns()
    for _ in range(times):
        call()
    return (time.thread_time_ns() - before) / times / 1000


def _calibrate() -> float:
    """CPU microseconds of one span and three metrics: what any instrumentation pays for a call."""
    from opentelemetry import metrics, trace

    tracer, meter = trace.get_tracer("bench"), metrics.get_meter("bench")
    tokens = meter.create_histogram("bench.tokens", unit="{token}")
    duration = meter.create_histogram("bench.duration", unit="s")
    attributes = {f"gen_ai.bench.{number}": f"value {number}" for number in range(24)}
    labels = {f"label.{number}": f"value {number}" for number in range(6)}
    inputs, outputs = {**labels, "type": "input"}, {**labels, "type": "output"}

    def emit() -> None:
        span = tracer.start_span("chat gpt-5.1", kind=trace.SpanKind.CLIENT)
        for name, value in attributes.items():
            span.set_attribute(name, value)
        span.end()
        tokens.record(1200, inputs)
        tokens.record(200, outputs)
        duration.record(0.5, labels)

    _measure(emit, 200)
    return _measure(emit, 200)


def _others(calls: int, since: tuple[int, int]) -> float:
    """CPU microseconds that all other threads took a call, what they still hold included."""
    from opentelemetry import metrics, trace

    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        flush = getattr(provider, "force_flush", None)
        if flush is not None:
            # On a thread of its own: flushing exports on the thread that asks for it.
            thread = threading.Thread(target=flush)
            thread.start()
            thread.join(30)
    whole = time.process_time_ns() - since[0]
    own = time.thread_time_ns() - since[1]
    return (whole - own) / max(calls, 1) / 1000


def _resident_mb() -> float:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - nothing else imported
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except FileNotFoundError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _startup(contender: str, url: str) -> dict[str, float]:
    """CPU milliseconds and megabytes of import and set-up, after an app that has begun to work."""
    bare = Apps(url)
    for name in SPEED:
        getattr(bare, name)()
    gc.collect()
    memory, cpu, wall = _resident_mb(), time.process_time_ns(), time.perf_counter_ns()
    CONTENDERS[contender].setup()
    setup = {
        "cpu_ms": (time.process_time_ns() - cpu) / 1e6,
        "wall_ms": (time.perf_counter_ns() - wall) / 1e6,
        "mb": _resident_mb() - memory,
    }
    # What is imported with the first call only is paid all the same.
    apps = Apps(url)
    cpu = time.process_time_ns()
    for name in SPEED:
        getattr(apps, name)()
    return {
        **setup,
        "first_calls_ms": (time.process_time_ns() - cpu) / 1e6,
        "mb_after_calls": _resident_mb() - memory,
    }


_SPELLINGS = {
    "input": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    "output": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
    ),
    "cached": (
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "llm.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read",
    ),
}


def _reported(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        field: next((attributes[name] for name in names if attributes.get(name) is not None), None)
        for field, names in _SPELLINGS.items()
    }


def _truth(contender: str, url: str) -> dict[str, Any]:
    """What the spans of one call of each kind say: tokens, status, how many of them."""
    CONTENDERS[contender].setup()
    from opentelemetry import trace
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    provider: Any = trace.get_tracer_provider()
    if not hasattr(provider, "add_span_processor"):
        # tokenboard leaves the global provider to the app
        from tokenboard import export

        provider = export.providers().traces
    memory = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    apps = Apps(url)
    found: dict[str, Any] = {}
    for name in TRUTH:
        memory.clear()
        error = None
        try:
            getattr(apps, name)()
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        gc.collect()
        time.sleep(0.05)
        found[name] = {
            "error": error,
            "spans": [
                {
                    "scope": span.instrumentation_scope.name if span.instrumentation_scope else "",
                    "name": span.name,
                    "status": span.status.status_code.name,
                    "finish": str((span.attributes or {}).get("gen_ai.response.finish_reasons")),
                    **_reported(dict(span.attributes or {})),
                }
                for span in memory.get_finished_spans()
            ],
        }
    return found


def _serve(commands: IO[str], answer: Callable[[object], None], contender: str, url: str) -> None:
    CONTENDERS[contender].setup()
    apps = Apps(url)
    for name in SPEED:
        _measure(getattr(apps, name), 5)
    gc.collect()
    package = CONTENDERS[contender].package
    versions = {
        name: importlib.metadata.version(name)
        for name in ("openai", "anthropic", "opentelemetry-api", package)
        if name
    }
    answer({"ready": contender, "versions": versions})
    calls, since = 0, (time.process_time_ns(), time.thread_time_ns())
    for line in commands:
        command = json.loads(line)
        if command["case"] == "others":
            answer(_others(calls, since))
        elif command["case"] == "calibrate":
            answer(_calibrate())
        else:
            calls += command["times"]
            answer(_measure(getattr(apps, command["case"]), command["times"]))


def main() -> None:
    contender, url, mode = sys.argv[1:]
    # Some peers greet the world on standard output, which is where the answers go.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(value: object) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    if mode == "startup":
        answer(_startup(contender, url))
    elif mode == "truth":
        answer(_truth(contender, url))
    else:
        _serve(sys.stdin, answer, contender, url)


if __name__ == "__main__":
    main()
