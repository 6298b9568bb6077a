"""The app's other HTTP calls: spans by OpenTelemetry's instrumentation, and never under a call."""

from __future__ import annotations

import httpx
import httpx2
import pytest
import tokenboard
from fakes import bodies
from fakes.provider import Reply
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor

HELLO = bodies.HELLO
KINDS = {"httpx": HTTPXClientInstrumentor, "httpx2": HTTPX2ClientInstrumentor}


@pytest.fixture
def watched(books):
    """Capture with spans for other HTTP calls, as by default."""
    tokenboard.init(http_spans="other")
    from tokenboard.hooks import http_spans

    for name in KINDS:
        http_spans.want(name)
    return books


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
def test_other_calls_get_a_span_in_their_agents_trace(watched, provider, module):
    """A tool's HTTP call is a span below the tool's, for the same user, and carries the trace on."""
    provider.say(Reply([b"{}"]))
    with tokenboard.user("ada"), tokenboard.tool("search"):
        module.get(f"{provider.url}/search")
    http, tool = watched.spans
    assert http.name == "GET"
    assert http.parent.span_id == tool.context.span_id
    assert http.attributes["user.id"] == "ada"
    trace_id = f"{tool.context.trace_id:032x}"
    assert trace_id in provider.seen[0].headers["traceparent"]


def test_a_call_has_no_http_span_below_it(watched, provider, openai_client):
    """Once the instrumentation runs, calls to models still have one span and send no headers."""
    provider.say(Reply([b"{}"]), bodies.chat(), bodies.chat_stream())
    httpx2.get(f"{provider.url}/warm-up")
    watched.memory.clear()
    with tokenboard.agent("planner"):
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
        list(openai_client.chat.completions.create(model="gpt-test", messages=HELLO, stream=True))
    names = [span.name for span in watched.spans]
    assert names == ["chat gpt-test", "chat gpt-test", "invoke_agent planner"]
    for seen in provider.seen[1:]:
        assert "traceparent" not in seen.headers


def test_http_spans_below_calls_on_request(watched, provider, openai_client):
    """``TOKENBOARD_HTTP_SPANS=all`` gives a call its HTTP span."""
    tokenboard.init(http_spans="all")
    provider.say(Reply([b"{}"]), bodies.chat())
    httpx2.get(f"{provider.url}/warm-up")
    watched.memory.clear()
    openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
    http, call = watched.spans
    assert (http.name, call.name) == ("POST", "chat gpt-test")
    assert http.parent.span_id == call.context.span_id


def test_no_http_spans_on_request(books, provider):
    """``TOKENBOARD_HTTP_SPANS=none`` leaves the app's other calls alone."""
    provider.say(Reply([b"{}"]))
    httpx2.get(f"{provider.url}/search")
    assert books.spans == ()
    assert not HTTPX2ClientInstrumentor().is_instrumented_by_opentelemetry


def test_an_app_that_instruments_httpx_itself_keeps_its_hooks(watched, provider):
    """Where the app has set the instrumentation up, ours stays away, so that its hooks still run."""
    seen = []
    HTTPX2ClientInstrumentor().instrument(
        tracer_provider=watched.traces,
        request_hook=lambda span, request: seen.append(request.method),
    )
    provider.say(Reply([b"{}"]))
    httpx2.get(f"{provider.url}/search")
    assert seen == [b"GET"]
    assert len(watched.spans) == 1


def test_muted_telemetry_is_muted(watched, provider, openai_client):
    """Under OpenTelemetry's ``suppress_instrumentation`` nothing is captured."""
    from opentelemetry.instrumentation.utils import suppress_instrumentation

    provider.say(bodies.chat())
    with suppress_instrumentation():
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
    assert watched.spans == ()
