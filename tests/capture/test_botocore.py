"""boto3's Bedrock client against a local endpoint: Converse, InvokeModel and their streams."""

from __future__ import annotations

import gc
import json
from urllib.parse import unquote

import boto3
import botocore.eventstream
import botocore.response
import pytest
import tokenboard
from botocore.config import Config
from botocore.exceptions import ClientError
from fakes.canned import Answer, Canned, document
from fakes.eventstream import chunk, frame

MODEL = "anthropic.claude-test-v1:0"
TALK = [{"role": "user", "content": [{"text": "Say hello."}]}]
CONVERSE = {
    "metrics": {"latencyMs": 12},
    "output": {"message": {"role": "assistant", "content": [{"text": "Hello!"}]}},
    "stopReason": "end_turn",
    "usage": {
        "inputTokens": 10,
        "outputTokens": 12,
        "totalTokens": 112,
        "cacheReadInputTokens": 60,
        "cacheWriteInputTokens": 30,
    },
}
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html: the cached
tokens are on top of inputTokens, so 100 in and 12 out."""
CONVERSE_STREAM = [
    frame("messageStart", {"role": "assistant"}),
    frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hel"}}),
    frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "lo!"}}),
    frame("contentBlockStop", {"contentBlockIndex": 0}),
    frame("messageStop", {"stopReason": "end_turn"}),
    frame("metadata", {"usage": CONVERSE["usage"], "metrics": {"latencyMs": 12}}),
]
CLAUDE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hi"}],
}
MESSAGE = {
    "id": "msg_bdrk_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-test-1",
    "content": [{"type": "text", "text": "Hello!"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 21, "output_tokens": 5},
}
INVOKE_STREAM = [
    chunk({"type": "message_start", "message": {**MESSAGE, "content": [], "stop_reason": None, "usage": {"input_tokens": 21, "output_tokens": 1}}}),
    chunk({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}),
    chunk({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello!"}}),
    chunk({"type": "content_block_stop", "index": 0}),
    chunk({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}}),
    chunk({"type": "message_stop"}),
]  # fmt: skip
EVENTS = {"content-type": "application/vnd.amazon.eventstream"}


def answer(asked):
    if asked.path.endswith("/converse"):
        return document(CONVERSE, **{"x-amzn-requestid": "aws-1"})
    if asked.path.endswith("/converse-stream"):
        return Answer(chunks=cut(CONVERSE_STREAM), headers=EVENTS)
    if asked.path.endswith("/invoke"):
        return document(MESSAGE)
    return Answer(chunks=cut(INVOKE_STREAM), headers=EVENTS)


def cut(frames):
    whole = b"".join(frames)
    return [whole[at : at + 41] for at in range(0, len(whole), 41)]


@pytest.fixture
def server():
    with Canned(answer) as server:
        yield server


def bedrock(server, **config):
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(**config),
    )


def usage(span):
    return tuple(
        span.attributes.get(f"gen_ai.usage.{name}") for name in ("input_tokens", "output_tokens")
    )


def test_converse(server, books):
    """Model from the URL, cached tokens by Bedrock's own arithmetic, the request id."""
    got = bedrock(server).converse(modelId=MODEL, messages=TALK)
    assert got["output"]["message"]["content"] == [{"text": "Hello!"}]
    span = books.one()
    assert span.name == f"chat {MODEL}"
    assert span.attributes["gen_ai.provider.name"] == "aws.bedrock"
    assert usage(span) == (100, 12)
    assert span.attributes["gen_ai.usage.cache_read.input_tokens"] == 60
    assert span.attributes["gen_ai.usage.cache_write.input_tokens"] == 30
    assert span.attributes["gen_ai.response.finish_reasons"] == ("end_turn",)
    assert span.attributes["tokenboard.provider_request_id"] == "aws-1"
    assert span.attributes["tokenboard.trigger"] == "user"
    assert span.attributes["tokenboard.attempt"] == 1


def test_converse_stream(server, books):
    """A binary event stream: the SDK's own EventStream, and the usage at its end."""
    got = bedrock(server).converse_stream(modelId=MODEL, messages=TALK)
    assert type(got["stream"]) is botocore.eventstream.EventStream
    assert books.spans == ()
    texts = [
        e["contentBlockDelta"]["delta"]["text"] for e in got["stream"] if "contentBlockDelta" in e
    ]
    assert texts == ["Hel", "lo!"]
    span = books.one()
    assert usage(span) == (100, 12)
    assert span.attributes["gen_ai.request.stream"] is True
    assert span.attributes["gen_ai.response.time_to_first_chunk"] > 0
    assert span.attributes["gen_ai.response.finish_reasons"] == ("end_turn",)


@pytest.mark.parametrize("way", ["read", "pieces", "lines"])
def test_invoke_model(server, books, way):
    """The provider's own body inside Bedrock, read from the SDK's own StreamingBody."""
    body = bedrock(server).invoke_model(modelId=MODEL, body=json.dumps(CLAUDE))["body"]
    assert type(body) is botocore.response.StreamingBody
    read = {
        "read": body.read,
        "pieces": lambda: b"".join(iter(lambda: body.read(10), b"")),
        "lines": lambda: b"".join(body.iter_lines()),
    }[way]
    assert json.loads(read()) == MESSAGE
    span = books.one()
    assert usage(span) == (21, 5)
    assert span.attributes["gen_ai.response.id"] == "msg_bdrk_1"


def test_invoke_model_with_response_stream(server, books):
    """The provider's own stream, base64-coded inside the binary one."""
    got = bedrock(server).invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(CLAUDE))
    types = [json.loads(event["chunk"]["bytes"])["type"] for event in got["body"]]
    assert types[-1] == "message_stop"
    assert usage(books.one()) == (21, 5)


def test_a_stream_that_is_left_early(server, books):
    """Closed after its first event: one span without an error."""
    got = bedrock(server).converse_stream(modelId=MODEL, messages=TALK)
    next(iter(got["stream"]))
    got["stream"].close()
    assert "error.type" not in books.one().attributes


def test_an_error_inside_a_stream(books):
    """Bedrock's exception events reach the app as before, and mark the span."""
    broken = [CONVERSE_STREAM[0], frame("throttlingException", {"message": "slow"}, "exception")]
    with Canned([Answer(chunks=broken, headers=EVENTS)]) as server:
        got = bedrock(server).converse_stream(modelId=MODEL, messages=TALK)
        with pytest.raises(botocore.exceptions.EventStreamError):
            list(got["stream"])
    del got
    gc.collect()
    assert books.one().status.status_code.name == "ERROR"
    assert "throttling" in books.one().attributes["error.type"].lower()


def test_every_attempt_is_a_span(books):
    """What boto3 retries by itself is seen: attempts 1, 2 and 3, of which only one is billed."""
    slow = document(
        {"message": "Too many requests"}, status=429, **{"x-amzn-errortype": "ThrottlingException"}
    )
    with Canned([slow, slow, document(CONVERSE)]) as server, tokenboard.user("ada"):
        api = bedrock(server, retries={"max_attempts": 4, "mode": "standard"})
        api.converse(modelId=MODEL, messages=TALK)
    assert [span.attributes["tokenboard.attempt"] for span in books.spans] == [1, 2, 3]
    assert [span.attributes["http.response.status_code"] for span in books.spans] == [429, 429, 200]
    assert [usage(span) for span in books.spans] == [(None, None), (None, None), (100, 12)]
    assert "Throttling" in books.spans[0].attributes["error.type"]


def test_a_refused_request(books):
    """The app's own ClientError, one failed span, no tokens."""
    no = document({"message": "no"}, status=400, **{"x-amzn-errortype": "ValidationException"})
    with Canned([no]) as server, pytest.raises(ClientError, match="ValidationException"):
        bedrock(server).converse(modelId=MODEL, messages=TALK)
    assert books.one().attributes["error.type"] == "ValidationException"


def test_the_requests_stay_signed(server, books):
    """Nothing is added to a signed request: no header of ours, the model percent-encoded as before."""
    bedrock(server).converse(modelId=MODEL, messages=TALK)
    (asked,) = server.asked
    assert unquote(asked.path) == f"/model/{MODEL}/converse"
    assert not {"traceparent", "baggage", "x-stainless-retry-count"} & asked.headers.keys()
    assert asked.json == {"messages": TALK}


def test_counting_tokens_is_no_call(books):
    """Bedrock's CountTokens bills nothing."""
    with Canned([document({"inputTokens": 7})]) as server:
        bedrock(server).count_tokens(modelId=MODEL, input={"converse": {"messages": TALK}})
    assert books.spans == ()


def test_the_guard_stops_it(server, books):
    """botocore wraps and retries every Exception; RunawayLoop reaches the app as it is, at once."""
    with tokenboard.guard(max_calls=1):
        api = bedrock(server)
        api.converse(modelId=MODEL, messages=TALK)
        with pytest.raises(tokenboard.RunawayLoop):
            api.converse(modelId=MODEL, messages=TALK)
    assert len(server.asked) == 1
