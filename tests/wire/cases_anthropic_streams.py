"""Anthropic Messages as a stream: what each event adds to, and what it replaces."""

from __future__ import annotations

from wire.cases_anthropic import ASK, MESSAGES, PING, STOP, TEXT, end, start
from wire.exchange import Case, sse

STREAMING = "https://docs.claude.com/en/docs/build-with-claude/streaming"
STREAM = {**ASK, "stream": True}

CASES = [
    Case(
        "messages stream: the delta's output is cumulative and replaces the start's",
        STREAMING,
        MESSAGES,
        sse(
            start({"input_tokens": 25, "output_tokens": 3}),
            PING,
            TEXT,
            end({"output_tokens": 15}),
            STOP,
            named=True,
        ),
        {"input_tokens": 25, "output_tokens": 15},
        STREAM,
        facts={"finished": True, "finish_reasons": ("end_turn",), "response_id": "msg_1"},
    ),
    Case(
        "messages stream: several deltas, each cumulative, with input that grows",
        STREAMING,
        MESSAGES,
        sse(
            start(
                {
                    "input_tokens": 10,
                    "cache_read_input_tokens": 100,
                    "cache_creation_input_tokens": 7,
                    "output_tokens": 1,
                }
            ),
            end({"output_tokens": 20}, None),
            end({"input_tokens": 400, "output_tokens": 60, "cache_read_input_tokens": 100}),
            STOP,
            named=True,
        ),
        {
            "input_tokens": 507,
            "output_tokens": 60,
            "cache_read_tokens": 100,
            "cache_write_tokens": 7,
        },
        STREAM,
    ),
    Case(
        "messages stream: an overload in its midst",
        STREAMING + "#error-events",
        MESSAGES,
        sse(
            start({"input_tokens": 25, "output_tokens": 1}),
            {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
            named=True,
        ),
        {"input_tokens": 25, "output_tokens": 1},
        STREAM,
        facts={"error_type": "overloaded_error", "finished": False},
    ),
    Case(
        "an imitator that says zero first and the truth at the end",
        "https://docs.z.ai/guides/develop/claude",
        "https://api.z.ai/api/anthropic/v1/messages",
        sse(
            start({"input_tokens": 0, "output_tokens": 0}),
            end({"input_tokens": 14, "cache_read_input_tokens": 320, "output_tokens": 9}),
            STOP,
            named=True,
        ),
        {"input_tokens": 334, "output_tokens": 9, "cache_read_tokens": 320},
        STREAM,
    ),
    Case(
        "messages stream: the iterations stand in the delta, compaction among them",
        "https://docs.claude.com/en/docs/build-with-claude/compaction#understanding-usage",
        MESSAGES + "?beta=true",
        sse(
            start(
                {
                    "input_tokens": 229,
                    "cache_creation_input_tokens": 0,
                    "cache_read_input_tokens": 700,
                    "output_tokens": 1,
                }
            ),
            end(
                {
                    "input_tokens": 229,
                    "cache_read_input_tokens": 700,
                    "output_tokens": 40,
                    "iterations": [
                        {
                            "type": "compaction",
                            "input_tokens": 5000,
                            "cache_read_input_tokens": 300,
                            "output_tokens": 90,
                        },
                        {
                            "type": "message",
                            "input_tokens": 229,
                            "cache_read_input_tokens": 700,
                            "output_tokens": 40,
                        },
                    ],
                }
            ),
            STOP,
            named=True,
        ),
        {
            "input_tokens": 6229,
            "output_tokens": 130,
            "cache_read_tokens": 1000,
            "cache_write_tokens": 0,
        },
        STREAM,
    ),
    Case(
        "messages stream: what a delta leaves null stays as it was",
        STREAMING,
        MESSAGES,
        sse(
            start({"input_tokens": 12, "cache_read_input_tokens": 30, "output_tokens": 1}),
            end(
                {
                    "input_tokens": None,
                    "cache_creation_input_tokens": None,
                    "cache_read_input_tokens": None,
                    "output_tokens": 8,
                    "server_tool_use": {"web_search_requests": 1},
                }
            ),
            STOP,
            named=True,
        ),
        {"input_tokens": 42, "output_tokens": 8, "cache_read_tokens": 30},
        STREAM,
    ),
    Case(
        "messages stream: a refusal is an end like others",
        "https://docs.claude.com/en/docs/test-and-evaluate/strengthen-guardrails/handle-streaming-refusals",
        MESSAGES,
        sse(start({"input_tokens": 7, "output_tokens": 1}), end({"output_tokens": 3}, "refusal")),
        {"input_tokens": 7, "output_tokens": 3},
        STREAM,
        facts={"finish_reasons": ("refusal",), "finished": True, "error_type": None},
    ),
]
