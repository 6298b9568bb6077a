"""OpenAI: chat, completions, embeddings; failures. Helpers for those who speak the same."""

from __future__ import annotations

from wire.exchange import Case, dump, sse

OPENAI_CHAT = "https://platform.openai.com/docs/api-reference/chat/object"
OPENAI_CHUNK = "https://platform.openai.com/docs/api-reference/chat-streaming/streaming"
CHAT = "https://api.openai.com/v1/chat/completions"
ASK = {"model": "gpt-5", "messages": [{"role": "user", "content": "Hi"}]}
STREAM = {**ASK, "stream": True}


def whole(usage, **more):
    return dump(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "model": "gpt-5-2025-08-07",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": "Hello"},
                    "finish_reason": "stop",
                }
            ],
            "usage": usage,
            **more,
        }
    )


def delta(content=None, reason=None, **more):
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "model": "gpt-5-2025-08-07",
        "choices": [
            {"index": 0, "delta": {"content": content} if content else {}, "finish_reason": reason}
        ],
        **more,
    }


CASES = [
    Case(
        "chat: cached, audio and reasoning tokens are parts",
        OPENAI_CHAT,
        CHAT,
        whole(
            {
                "prompt_tokens": 1200,
                "completion_tokens": 300,
                "total_tokens": 1500,
                "prompt_tokens_details": {"cached_tokens": 1024, "audio_tokens": 40},
                "completion_tokens_details": {
                    "reasoning_tokens": 192,
                    "audio_tokens": 16,
                    "accepted_prediction_tokens": 0,
                    "rejected_prediction_tokens": 0,
                },
            },
            service_tier="flex",
        ),
        {
            "input_tokens": 1200,
            "output_tokens": 300,
            "cache_read_tokens": 1024,
            "reasoning_tokens": 192,
            "audio_input_tokens": 40,
            "audio_output_tokens": 16,
        },
        ASK,
        facts={"service_tier": "flex", "finish_reasons": ("stop",), "response_id": "chatcmpl-1"},
    ),
    Case(
        "chat: a zero that was sent stays a zero",
        OPENAI_CHAT,
        CHAT,
        whole(
            {
                "prompt_tokens": 8,
                "completion_tokens": 2,
                "total_tokens": 10,
                "prompt_tokens_details": {"cached_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0},
            }
        ),
        {"input_tokens": 8, "output_tokens": 2, "cache_read_tokens": 0, "reasoning_tokens": 0},
        ASK,
    ),
    Case(
        "chat: no usage object is unknown, not zero",
        OPENAI_CHAT,
        CHAT,
        whole(None),
        {},
        ASK,
    ),
    Case(
        "chat: a usage object without counts is unknown",
        OPENAI_CHAT,
        CHAT,
        whole({"prompt_tokens": None, "completion_tokens": None, "total_tokens": None}),
        {},
        ASK,
    ),
    Case(
        "chat stream: usage on the last chunk, after the finish reason",
        OPENAI_CHUNK,
        CHAT,
        sse(
            delta("He", usage=None),
            delta("llo", usage=None),
            delta(None, "stop", usage=None),
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "model": "gpt-5-2025-08-07",
                "choices": [],
                "usage": {
                    "prompt_tokens": 9,
                    "completion_tokens": 12,
                    "total_tokens": 21,
                    "prompt_tokens_details": {"cached_tokens": 0},
                },
            },
            done=True,
        ),
        {"input_tokens": 9, "output_tokens": 12, "cache_read_tokens": 0},
        {**STREAM, "stream_options": {"include_usage": True}},
        facts={"finish_reasons": ("stop",), "finished": True},
    ),
    Case(
        "chat stream: without usage it stays unknown",
        OPENAI_CHUNK,
        CHAT,
        sse(delta("He"), delta("llo"), delta(None, "stop"), done=True),
        {},
        STREAM,
        facts={"finished": True, "model": "gpt-5-2025-08-07", "error_type": None},
    ),
    Case(
        "chat stream: cut before its end is not finished",
        OPENAI_CHUNK,
        CHAT,
        sse(delta("He"), delta("llo")),
        {},
        STREAM,
        facts={"finished": False, "finish_reasons": ()},
    ),
    Case(
        "completions",
        "https://platform.openai.com/docs/api-reference/completions/object",
        "https://api.openai.com/v1/completions",
        dump(
            {
                "id": "cmpl-1",
                "object": "text_completion",
                "model": "gpt-3.5-turbo-instruct",
                "choices": [{"text": "!", "index": 0, "finish_reason": "length"}],
                "usage": {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12},
            }
        ),
        {"input_tokens": 5, "output_tokens": 7},
        {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi"},
        facts={"finish_reasons": ("length",)},
        asked={"operation": "text_completion"},
    ),
    Case(
        "embeddings: no output tokens are invented",
        "https://platform.openai.com/docs/api-reference/embeddings/create",
        "https://api.openai.com/v1/embeddings",
        dump(
            {
                "object": "list",
                "data": [{"object": "embedding", "index": 0, "embedding": [0.0123] * 1536}],
                "model": "text-embedding-3-small",
                "usage": {"prompt_tokens": 8, "total_tokens": 8},
            }
        ),
        {"input_tokens": 8},
        {"model": "text-embedding-3-small", "input": "Hi"},
        facts={"model": "text-embedding-3-small", "finished": True},
        asked={"operation": "embeddings"},
    ),
    Case(
        "a rate limit costs nothing",
        "https://platform.openai.com/docs/guides/error-codes",
        CHAT,
        dump({"error": {"message": "?", "type": "requests", "code": "rate_limit_exceeded"}}),
        {},
        ASK,
        status=429,
        facts={"error_type": "rate_limit_exceeded", "finished": False},
    ),
    Case(
        "a gateway's page instead of JSON",
        "https://www.rfc-editor.org/rfc/rfc9110#name-502-bad-gateway",
        CHAT,
        b"<html><body><h1>502 Bad Gateway</h1></body></html>",
        {},
        ASK,
        status=502,
        facts={"error_type": "502", "finished": False},
    ),
    Case(
        "chat: details that are null say nothing",
        OPENAI_CHAT,
        CHAT,
        whole(
            {
                "prompt_tokens": 8,
                "completion_tokens": 2,
                "total_tokens": 10,
                "prompt_tokens_details": None,
                "completion_tokens_details": None,
            }
        ),
        {"input_tokens": 8, "output_tokens": 2},
        ASK,
    ),
    Case(
        "chat stream: an error after the first words",
        "https://platform.openai.com/docs/guides/error-codes",
        CHAT,
        sse(
            delta("He"),
            {"error": {"message": "?", "type": "server_error", "param": None, "code": None}},
        ),
        {},
        STREAM,
        facts={"error_type": "server_error", "finished": False},
    ),
    Case(
        "completions stream: without usage it stays unknown",
        "https://platform.openai.com/docs/api-reference/completions/create",
        "https://api.openai.com/v1/completions",
        sse(
            {
                "id": "cmpl-1",
                "object": "text_completion",
                "model": "gpt-3.5-turbo-instruct",
                "choices": [{"text": "Hi", "index": 0, "finish_reason": None}],
            },
            {
                "id": "cmpl-1",
                "object": "text_completion",
                "model": "gpt-3.5-turbo-instruct",
                "choices": [{"text": "", "index": 0, "finish_reason": "stop"}],
            },
            done=True,
        ),
        {},
        {"model": "gpt-3.5-turbo-instruct", "prompt": "Hi", "stream": True},
        facts={"finish_reasons": ("stop",), "finished": True, "error_type": None},
    ),
    Case(
        "completions stream: usage on a chunk of its own",
        "https://platform.openai.com/docs/api-reference/completions/create",
        "https://api.openai.com/v1/completions",
        sse(
            {
                "id": "cmpl-1",
                "model": "gpt-3.5-turbo-instruct",
                "choices": [{"text": "Hi", "index": 0, "finish_reason": "stop"}],
                "usage": None,
            },
            {
                "id": "cmpl-1",
                "model": "gpt-3.5-turbo-instruct",
                "choices": [],
                "usage": {"prompt_tokens": 2, "completion_tokens": 1, "total_tokens": 3},
            },
            done=True,
        ),
        {"input_tokens": 2, "output_tokens": 1},
        {
            "model": "gpt-3.5-turbo-instruct",
            "prompt": "Hi",
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    ),
]
