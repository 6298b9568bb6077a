"""Calls are finished a moment after they ended, where nobody can see the difference."""

from __future__ import annotations

import json
import os
import threading
import time

import httpx2
import pytest
import tokenboard
from capture.conftest import forget
from fakes import bodies
from fakes.provider import Reply
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from tokenboard import backlog
from tokenboard.hooks import exchange

CHAT = {"model": "gpt-test", "messages": bodies.HELLO}


class Collected(SpanExporter):
    """Sends spans to some place, as far as anybody can tell."""

    def __init__(self):
        self.spans = []

    def export(self, spans):
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS


class Batched:
    """The app's own providers, exporting in batches."""

    def __init__(self, sampler=None):
        self.memory = Collected()
        self.traces = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        self.traces.add_span_processor(BatchSpanProcessor(self.memory))
        self.reader = InMemoryMetricReader()
        self.metrics = MeterProvider(metric_readers=[self.reader], shutdown_on_exit=False)

    @property
    def spans(self):
        return self.memory.spans


@pytest.fixture
def batched(alone):
    forget()
    found = Batched()
    tokenboard.init(tracer_provider=found.traces, meter_provider=found.metrics, http_spans="none")
    yield found
    backlog.drain()
    forget()


@pytest.fixture
def waiting(monkeypatch):
    """Nothing is finished unless somebody asks for it."""
    backlog.drain()
    monkeypatch.setattr(backlog.Backlog, "_one", _only_here(threading.get_ident()))


def _only_here(thread):
    real = backlog.Backlog._one

    def one(self, seconds):
        if threading.get_ident() == thread:
            return real(self, seconds)
        time.sleep(0.01)
        return True

    return one


def _chat(client, **more):
    messages = [{"role": "user", "content": "Say hello."}]
    return client.chat.completions.create(model="gpt-test", messages=messages, **more)


def test_a_flush_of_the_apps_own_provider_finds_the_call(batched, provider, openai_client, waiting):
    """``force_flush`` right after a call exports it, with its usage and the time when it ended."""
    provider.say(bodies.chat())
    _chat(openai_client)
    ended = time.time_ns()
    time.sleep(0.05)
    assert batched.traces.force_flush()
    (span,) = batched.spans
    assert span.attributes["gen_ai.usage.input_tokens"] == 19
    assert span.end_time <= ended


def test_a_provider_that_is_shut_down_loses_nothing(batched, provider, openai_client, waiting):
    """``shutdown`` right after a call exports it."""
    provider.say(bodies.chat())
    _chat(openai_client)
    batched.traces.shutdown()
    assert len(batched.spans) == 1


def test_metrics_that_are_collected_have_the_call(batched, provider, openai_client, waiting):
    """A reader that collects right after a call finds it measured."""
    provider.say(bodies.chat())
    _chat(openai_client)
    (resource,) = batched.reader.get_metrics_data().resource_metrics
    (scope,) = resource.scope_metrics
    assert "gen_ai.client.token.usage" in {metric.name for metric in scope.metrics}


def test_what_was_said_around_the_call_is_on_its_span(batched, provider, openai_client, waiting):
    """User, session and parent are those of the place where the call was made, not of later."""
    provider.say(bodies.chat())
    with tokenboard.user("ada"), tokenboard.session("s-1"), tokenboard.agent("planner"):
        parent = trace.get_current_span().get_span_context()
        _chat(openai_client)
    with tokenboard.user("grace"), tokenboard.session("s-2"):
        batched.traces.force_flush()
    span = next(span for span in batched.spans if span.name == "chat gpt-test")
    assert span.attributes["user.id"] == "ada"
    assert span.attributes["session.id"] == "s-1"
    assert span.attributes["gen_ai.agent.name"] == "planner"
    assert span.parent.span_id == parent.span_id


def test_a_conversation_goes_on_although_its_beginning_still_waits(
    batched, provider, openai_client, waiting
):
    """An answer that has not been read yet hands its conversation on all the same."""
    first = json.loads(bodies.responses().chunks[0])
    answers = [first | {"id": response_id} for response_id in ("resp_a", "resp_b")]
    provider.say(*(Reply([json.dumps(answer).encode()]) for answer in answers))
    openai_client.responses.create(model="gpt-test", input="Hello.")
    openai_client.responses.create(model="gpt-test", input="Go on.", previous_response_id="resp_a")
    batched.traces.force_flush()
    one, two = (span.attributes for span in batched.spans)
    assert two["tokenboard.conversation"] == one["tokenboard.conversation"]


def test_a_poll_finds_the_response_that_still_waits(batched, provider, openai_client, waiting):
    """A background response is counted under the request that began it, however soon it is done."""
    body = json.loads(bodies.responses().chunks[0]) | {"id": "resp_c", "background": True}
    begun = body | {"status": "queued", "usage": None, "output": []}
    provider.say(*(Reply([json.dumps(each).encode()]) for each in (begun, body)))
    openai_client.responses.create(model="gpt-test", input="Think.", background=True)
    openai_client.responses.retrieve("resp_c")
    batched.traces.force_flush()
    one, two = batched.spans
    assert one.start_time == two.start_time
    assert two.attributes["tokenboard.prompt.hash"] == one.attributes["tokenboard.prompt.hash"]
    assert two.attributes["gen_ai.usage.input_tokens"] == 36


def _sent_within(provider, look):
    """Make a call with plain httpx2 and have ``look`` called while it is being sent."""
    with httpx2.Client(event_hooks={"request": [lambda _request: look()]}) as client:
        answer = client.post(f"{provider.url}/v1/chat/completions", json=CHAT)
        assert answer.status_code == 200


def test_who_looks_at_the_span_while_the_call_is_sent_finds_it(batched, provider, waiting):
    """What starts inside is its child, and what is laid on the current span is on it."""
    provider.say(bodies.chat())
    seen = []

    def look():
        current = trace.get_current_span()
        seen.append((current.is_recording(), current.get_span_context()))
        current.set_attribute("app.note", "mine")
        batched.traces.get_tracer("app").start_span("within").end()

    _sent_within(provider, look)
    batched.traces.force_flush()
    child, span = sorted(batched.spans, key=lambda span: span.name == "chat gpt-test")
    ((recording, context),) = seen
    assert recording
    assert span.name == "chat gpt-test"
    assert span.context.span_id == context.span_id == child.parent.span_id
    assert span.context.trace_id == context.trace_id == child.context.trace_id
    assert span.attributes["app.note"] == "mine"
    assert span.attributes["gen_ai.usage.input_tokens"] == 19
    assert span.start_time <= child.start_time


def test_where_spans_are_seen_at_once_the_current_one_is_the_sdks_own(books, provider):
    """Code that asks the current span for what only the SDK's spans have gets it, as ever."""
    provider.say(bodies.chat())
    seen = []
    _sent_within(provider, lambda: seen.append(trace.get_current_span()))
    assert isinstance(seen[0], ReadableSpan)
    assert seen[0].name == books.one().name


def test_a_name_that_the_app_gives_the_span_stays(batched, provider, waiting):
    """A span that was renamed while the call was sent keeps that name."""
    provider.say(bodies.chat())
    _sent_within(provider, lambda: trace.get_current_span().update_name("my question"))
    batched.traces.force_flush()
    assert [span.name for span in batched.spans] == ["my question"]


def test_what_only_looks_like_a_call_makes_no_span(batched, provider, waiting):
    """A body that has a call's words deep inside, at a path that may be something else, is none."""
    provider.say(Reply([b"{}"]))
    body = {"payload": {"model": "m", "messages": [], "max_tokens": 1}}
    with httpx2.Client() as client:
        client.post(f"{provider.url}/v1/messages", json=body)
    batched.traces.force_flush()
    assert batched.spans == []


def test_a_sampler_decides_about_calls(alone, provider, openai_client):
    """A provider that keeps no spans exports none, and the call is measured all the same."""
    forget()
    found = Batched(sampler=ALWAYS_OFF)
    tokenboard.init(tracer_provider=found.traces, meter_provider=found.metrics, http_spans="none")
    provider.say(bodies.chat())
    _chat(openai_client)
    found.traces.force_flush()
    assert found.spans == []
    assert found.reader.get_metrics_data() is not None
    forget()


@pytest.mark.usefixtures("waiting")
@pytest.mark.parametrize("room", [1_000, 0], ids=["room", "no_room"])
def test_a_long_stream_is_read_piece_by_piece_in_order(
    batched, provider, openai_client, monkeypatch, room
):
    """However much of it waits to be read, and however little may wait, its end is its end."""
    monkeypatch.setattr(backlog, "_MOST", room)
    monkeypatch.setattr(exchange, "_HOLD", 64)
    monkeypatch.setattr(exchange, "_PIECES", 2)
    provider.say(bodies.chat_stream())
    for _ in _chat(openai_client, stream=True, stream_options={"include_usage": True}):
        pass
    batched.traces.force_flush()
    (span,) = batched.spans
    assert span.attributes["gen_ai.usage.input_tokens"] == 19
    assert span.attributes["gen_ai.usage.output_tokens"] == 10
    assert span.attributes["gen_ai.response.finish_reasons"] == ("stop",)


def test_without_being_asked_it_is_finished_soon(batched, provider, openai_client):
    """Calls end by themselves, and later ones after the thread had nothing to do."""
    for number in (1, 2):
        provider.say(bodies.chat())
        _chat(openai_client)
        give_up = time.monotonic() + 10
        while len(batched.spans) < number and time.monotonic() < give_up:
            time.sleep(0.05)
            batched.traces._active_span_processor._span_processors[-1].force_flush()
        assert len(batched.spans) == number


def test_whoever_sees_each_span_sees_it_at_once(batched, provider, openai_client, waiting):
    """A processor that is shown every span as it ends has it when the call returns."""
    seen = InMemorySpanExporter()
    batched.traces.add_span_processor(SimpleSpanProcessor(seen))
    provider.say(bodies.chat())
    _chat(openai_client)
    assert len(seen.get_finished_spans()) == 1


def test_spans_kept_in_memory_are_there_at_once(alone, provider, openai_client, waiting):
    """An exporter that is made to be looked at has the span as soon as its processor is flushed."""
    forget()
    seen = InMemorySpanExporter()
    processor = BatchSpanProcessor(seen)
    traces = TracerProvider(shutdown_on_exit=False)
    traces.add_span_processor(processor)
    tokenboard.init(tracer_provider=traces, http_spans="none")
    provider.say(bodies.chat())
    _chat(openai_client)
    processor.force_flush()
    assert len(seen.get_finished_spans()) == 1
    forget()


def test_under_a_guard_it_is_finished_at_once(batched, provider, openai_client, waiting):
    """A guard knows of each answer before the next call is sent."""
    provider.say(bodies.chat())
    with tokenboard.guard(max_calls=3) as guarded:
        _chat(openai_client)
        assert guarded.spent.tokens == 29


def test_a_guard_counts_answers_that_still_wait(batched, provider, openai_client, waiting):
    """The answer before is counted when the next call is about to be sent, and may stop it."""
    provider.say(bodies.chat())
    with tokenboard.guard(max_tokens=29):
        _chat(openai_client)
        with pytest.raises(tokenboard.RunawayLoop, match="29 tokens burned of the 29 allowed"):
            _chat(openai_client)
    batched.traces.force_flush()
    assert len(batched.spans) == 1


def test_what_finds_no_room_is_finished_at_once(
    batched, provider, openai_client, waiting, monkeypatch
):
    """However many calls are made faster than they are finished, none is lost."""
    monkeypatch.setattr(backlog, "_MOST", 2)
    for _ in range(5):
        provider.say(bodies.chat())
        _chat(openai_client)
    batched.traces.force_flush()
    assert len(batched.spans) == 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_does_not_send_what_its_parent_did(batched, provider, openai_client, waiting):
    """What waits at a fork is finished once, by the parent."""
    provider.say(bodies.chat())
    _chat(openai_client)
    child = os.fork()
    if child == 0:  # only what may run in a child of a test: no fixture may be torn down there
        os._exit(len(backlog._backlog._waiting) if backlog._backlog else 0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    batched.traces.force_flush()
    assert len(batched.spans) == 1


def test_an_abandoned_stream_is_finished_too(batched, provider, openai_client, waiting):
    """A stream that is dropped half-read is one span with no finish reason."""
    provider.say(bodies.chat_stream())
    stream = _chat(openai_client, stream=True)
    next(iter(stream))
    stream.close()
    del stream
    batched.traces.force_flush()
    (span,) = batched.spans
    assert span.attributes["gen_ai.response.finish_reasons"] == ("error",)
