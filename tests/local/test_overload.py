"""More than the stack can write: it says so, stays small, and loses nothing that it took."""

from __future__ import annotations

import threading

import httpx
from google.rpc.status_pb2 import Status
from local import payloads
from local.conftest import Asked
from local.test_receiver import span
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
        assert state["ingest"]["refused"] == len(refused)
    with Engine(tmp_path) as engine:
        client = engine.client()
        told = client.query("SELECT sum(refused), sum(accepted) FROM pipeline_minutes").result_rows
        client.close()
    assert told == [(len(refused), SPANS * len(taken))]
