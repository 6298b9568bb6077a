"""The whole road with real parts: the openai SDK, the app's exporter, the collector, ClickHouse, the board."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pipeline.conftest import until

# Three calls through the real SDK to a provider of its own; ada says who she is.
APP = """
import json, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import tokenboard.auto
import tokenboard
from openai import OpenAI

class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        Provider.asked += 1
        body = json.dumps({
            "id": f"chatcmpl-road-USER-{Provider.asked}", "object": "chat.completion", "created": 1,
            "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "finish_reason": "stop",
                         "message": {"role": "assistant", "content": "yes"}}],
            "usage": {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107},
        }).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    asked = 0
    def log_message(self, *_):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/v1")
with tokenboard.user("USER"):
    for _ in range(3):
        client.chat.completions.create(
            model="gpt-4o", messages=[{"role": "user", "content": "a secret plan"}]
        )
"""


@pytest.fixture(scope="module")
def plain(collector):
    return collector()


@pytest.mark.parametrize(("user", "protocol"), [("ada", "http/protobuf"), ("grace", "grpc")])
def test_calls_of_an_app_reach_the_leaderboard(plain, query, user, protocol):
    """What an app burned stands on the board, counted and priced, and its prompts nowhere."""
    port = plain.ports["grpc" if protocol == "grpc" else "http"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TOKENBOARD_"))}
    done = subprocess.run(
        [sys.executable, "-c", APP.replace("USER", user)],
        env={
            **kept,
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "span_only",
            "OTEL_SERVICE_NAME": "road",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    board = (
        "SELECT calls, gross_tokens, cost_usd > 0 FROM leaderboard "
        f"WHERE user_id = '{user}' AND cost_usd IS NOT NULL"
    )
    assert until(lambda: query(board)) == [(3, 321, True)]
    raw = "SELECT count() FROM otel_traces WHERE toString(tuple(*)) LIKE '%secret plan%'"
    assert query(raw) == [(0,)]


def test_text_that_is_no_utf8_costs_only_its_own_call(plain, query):
    """A byte that is no text passes the collector as it came; its call is kept out of the sums and told of."""
    request = ExportTraceServiceRequest()
    spans = request.resource_spans.add().scope_spans.add().spans
    now = time.time_ns()
    for number, user in enumerate(("hopper", "pl@in")):
        span = spans.add(
            name="chat m", kind=3, trace_id=os.urandom(16), span_id=os.urandom(8),
            start_time_unix_nano=now - 10**9, end_time_unix_nano=now + number,
        )  # fmt: skip
        for key, value in (
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "openai"),
            ("gen_ai.request.model", "gpt-4o"),
            ("user.id", user),
        ):
            span.attributes.add(key=key).value.string_value = value
        span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 1000
    sent = request.SerializeToString().replace(b"pl@in", b"pl\xffin")
    kind = {"content-type": "application/x-protobuf"}
    assert httpx.post(f"{plain.url}/v1/traces", content=sent, headers=kind).status_code == 200
    raw = "SELECT count() FROM otel_traces WHERE SpanAttributes['user.id'] = 'pl\\xFFin'"
    assert until(lambda: query(raw) == [(1,)])
    told = (
        "SELECT user_id, gross_tokens, unknown_calls FROM usage_1h "
        "WHERE user_id LIKE 'hop%' OR user_id LIKE 'pl%in' ORDER BY user_id"
    )
    assert until(lambda: query(told)) == [("hopper", 1000, 0), ("pl\ufffdin", 0, 1)]
    assert query("SELECT sum(calls) FROM flawed WHERE flaw = 'utf8'") == [(1,)]
