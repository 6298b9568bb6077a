"""Bodies as the providers document them, with token counts that a test can name.

OpenAI: https://platform.openai.com/docs/api-reference/chat/object and …/chat-streaming,
…/responses/object and …/responses-streaming.
Anthropic: https://docs.claude.com/en/api/messages and …/messages-streaming.
"""

from __future__ import annotations

import json

from fakes.provider import Reply

SSE = {"content-type": "text/event-stream"}
JSON = {"content-type": "application/json"}
HELLO = [{"role": "user", "content": "Say hello."}]


def _event(data, name=None) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {data if isinstance(data, str) else json.dumps(data)}\n\n".encode()


def chat(**changes) -> Reply:
    """A chat completion: 19 tokens in (8 of them cached), 10 out (4 of them reasoning)."""
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_750_000_000,
        "model": "gpt-test-2026-01-01",
        "service_tier": "default",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello there!", "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 4},
        },
    }
    text = json.dumps({**body, **changes}).encode()
    return Reply([text], headers={**JSON, "x-request-id": "req_chat"})


def chat_chunks(*, usage=True) -> list[bytes]:
    base = {
        "id": "chatcmpl-2",
        "object": "chat.completion.chunk",
        "created": 1_750_000_000,
        "model": "gpt-test-2026-01-01",
    }

    def choice(delta, reason=None):
        return _event({**base, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})

    chunks = [choice({"role": "assistant", "content": ""})]
    chunks += [choice({"content": word}) for word in ("Hello", " there", "!")]
    chunks.append(choice({}, "stop"))
    if usage:
        counts = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}
        chunks.append(_event({**base, "choices": [], "usage": counts}))
    chunks.append(_event("[DONE]"))
    return chunks


def chat_stream(*, usage=True, **changes) -> Reply:
    """The same as a stream: 19 tokens in, 10 out, or no usage at all."""
    return Reply(**{"chunks": chat_chunks(usage=usage), "headers": SSE, **changes})


def responses() -> Reply:
    """An OpenAI response: 36 tokens in (20 cached), 87 out (64 reasoning)."""
    body = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_750_000_000,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "model": "gpt-test-2026-01-01",
        "output": [
            {
                "type": "message",
                "id": "msg_1",
                "status": "completed",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Hello!", "annotations": []}],
            }
        ],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 36,
            "input_tokens_details": {"cached_tokens": 20},
            "output_tokens": 87,
            "output_tokens_details": {"reasoning_tokens": 64},
            "total_tokens": 123,
        },
    }
    return Reply([json.dumps(body).encode()])


def message(**changes) -> Reply:
    """A message of Anthropic's: 100 tokens in of which 60 read from cache and 30 written, 12 out."""
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-test-1",
        "content": [{"type": "text", "text": "Hello there!"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 10,
            "cache_read_input_tokens": 60,
            "cache_creation_input_tokens": 30,
            "output_tokens": 12,
        },
    }
    text = json.dumps({**body, **changes}).encode()
    return Reply([text], headers={**JSON, "request-id": "req_message"})


def message_chunks() -> list[bytes]:
    start = {
        "type": "message_start",
        "message": {
            "id": "msg_2",
            "type": "message",
            "role": "assistant",
            "model": "claude-test-1",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {
                "input_tokens": 10,
                "cache_read_input_tokens": 60,
                "cache_creation_input_tokens": 30,
                "output_tokens": 1,
            },
        },
    }

    def delta(text):
        return {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        }

    events = [
        start,
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        delta("Hello"),
        delta(" there!"),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 12},
        },
        {"type": "message_stop"},
    ]
    return [_event(event, event["type"]) for event in events]


def message_stream(**changes) -> Reply:
    """The same as a stream."""
    return Reply(**{"chunks": message_chunks(), "headers": SSE, **changes})


def rate_limit(after="0") -> Reply:
    """OpenAI's 429: https://platform.openai.com/docs/guides/error-codes/api-errors."""
    error = {
        "message": "Slow down.",
        "type": "requests",
        "param": None,
        "code": "rate_limit_exceeded",
    }
    headers = {**JSON, "retry-after-ms": "1", "retry-after": after}
    return Reply([json.dumps({"error": error}).encode()], status=429, headers=headers)


def overloaded() -> Reply:
    """Anthropic's 529: https://docs.claude.com/en/api/errors."""
    error = {"type": "overloaded_error", "message": "Overloaded"}
    body = {"type": "error", "error": error, "request_id": "req_over"}
    return Reply([json.dumps(body).encode()], status=529, headers={**JSON, "retry-after-ms": "1"})
