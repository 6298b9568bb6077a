"""More than the stack can write: it says so, stays small, and loses nothing that it took."""

from __future__ import annotations

import threading

import httpx
import pytest
from google.rpc.status_pb2 import Status
from harried import QUEUE, app, kept_and_lost
from local import payloads
from local.conftest import Asked
from local.test_receiver import span
from pipeline.conftest import until
from tokenboard.local.engine import Engine
from tokenboard.local.stack import Stack

SPANS = 100


def body():
    request = span("load")
    for n in range(SPANS - 1):
        request.resource_spans[0].scope_spans[0].spans.add(
            name="load",
            trace_id=payloads.TRACE,
            span_id=n.to_bytes(8, "big"),
            start_time_unix_nano=payloads.START,
        )
    return request.SerializeToString()


def test_overload_is_503_with_retry_after(tmp_path):
    """A full queue is passed on as 503 and Retry-After; what was acknowledged is stored, to the span."""
    content = body()
    answers = []
    with Stack(tmp_path, 0, 0, 0, max_pending_bytes=4 * len(content)) as stack:
        ask = Asked(stack.addresses)

        def send():
            with httpx.Client(timeout=60) as http:
                answers.extend(
                    http.post(
                        f"{stack.addresses['otlp']}/v1/traces",
                        content=content,
                        headers={"content-type": "application/x-protobuf"},
                    )
                    for _ in range(10)
                )

        threads = [threading.Thread(target=send) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        refused = [answer for answer in answers if answer.status_code == 503]
        taken = [answer for answer in answers if answer.status_code == 200]
        assert refused
        assert len(refused) + len(taken) == len(answers)
        for answer in refused:
            assert int(answer.headers["retry-after"]) > 0
            assert "send again" in Status.FromString(answer.content).message
        assert ask.value("SELECT count() FROM otel_traces") == str(SPANS * len(taken))
        state = ask.http.get(f"{stack.addresses['web']}/api/status").json()
        assert state["ingest"]["refused"] == {"spans": SPANS * len(refused)}
    with Engine(tmp_path) as engine:
        client = engine.client()
        told = client.query("SELECT sum(refused), sum(accepted) FROM pipeline_minutes").result_rows
        client.close()
    assert told == [(SPANS * len(refused), SPANS * len(taken))]


@pytest.fixture
def small_stack(tmp_path):
    content = body()
    with Stack(tmp_path, 0, 0, 0, max_pending_bytes=2 * len(content)) as running:
        yield running, content


def test_an_app_beside_a_flood_of_the_local_stack(small_stack):
    """While others flood the local receiver an app's calls go on; each is on the books or counted as lost."""
    stack, content = small_stack
    client = stack.engine.client()
    quiet = threading.Event()
    refused = []

    def flood():
        with httpx.Client(timeout=60) as http:
            while not quiet.is_set():
                answer = http.post(
                    f"{stack.addresses['otlp']}/v1/traces",
                    content=content,
                    headers={"content-type": "application/x-protobuf"},
                )
                if answer.status_code == 503:
                    refused.append(answer.headers["retry-after"])

    floods = [threading.Thread(target=flood) for _ in range(6)]
    for one in floods:
        one.start()
    try:
        with app("beside", stack.addresses["otlp"]) as calls:
            until(lambda: refused)
            said = calls(3 * QUEUE)
            assert (said["made"], said["wrong"]) == (3 * QUEUE, 0)
            quiet.set()
            for one in floods:
                one.join()
            # An app that ends while nobody listens can tell nobody what it lost.
            small = span("quiet").SerializeToString()
            ask = Asked(stack.addresses)
            until(lambda: ask.otlp("traces", small).status_code == 200)
    finally:
        quiet.set()

    def found():
        return kept_and_lost(lambda sql: client.query(sql).result_rows, "beside")

    until(lambda: sum(found()) >= 3 * QUEUE)
    assert sum(found()) == 3 * QUEUE
    client.close()
