"""Anthropic Messages, direct, on Vertex AI and on Bedrock."""

from __future__ import annotations

from wire.exchange import Case, chunk, dump, sse

MESSAGES = "https://api.anthropic.com/v1/messages"
CACHING = "https://docs.claude.com/en/docs/build-with-claude/prompt-caching"
ASK = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 1024,
    "messages": [{"role": "user", "content": "Hi"}],
}


def message(usage, **more):
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "usage": usage,
        **more,
    }


def start(usage):
    body = message(usage, content=[], stop_reason=None)
    return {"type": "message_start", "message": body}


def end(usage, reason="end_turn"):
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}


PING = {"type": "ping"}
TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "He"}}
STOP = {"type": "message_stop"}

CASES = [
    Case(
        "messages: cache reads and writes come on top of the input",
        CACHING + "#tracking-cache-performance",
        MESSAGES,
        dump(
            message(
                {
                    "input_tokens": 4,
                    "cache_creation_input_tokens": 1165,
                    "cache_read_input_tokens": 2000,
                    "cache_creation": {
                        "ephemeral_5m_input_tokens": 165,
                        "ephemeral_1h_input_tokens": 1000,
                    },
                    "output_tokens": 207,
                    "service_tier": "standard",
                }
            )
        ),
        {
            "input_tokens": 3169,
            "output_tokens": 207,
            "cache_read_tokens": 2000,
            "cache_write_tokens": 1165,
            "cache_write_1h_tokens": 1000,
        },
        ASK,
        headers={"request-id": "req_9"},
        facts={
            "service_tier": "standard",
            "provider_request_id": "req_9",
            "finish_reasons": ("end_turn",),
        },
        asked={"provider": "anthropic"},
    ),
    Case(
        "messages: without caching no cache count is there",
        "https://docs.claude.com/en/api/messages",
        MESSAGES,
        dump(message({"input_tokens": 17, "output_tokens": 220})),
        {"input_tokens": 17, "output_tokens": 220},
        ASK,
    ),
    Case(
        "messages: thinking tokens are a part of the output",
        "https://docs.claude.com/en/docs/build-with-claude/extended-thinking",
        MESSAGES,
        dump(
            message(
                {
                    "input_tokens": 40,
                    "output_tokens": 145,
                    "output_tokens_details": {"thinking_tokens": 47},
                    "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
                }
            )
        ),
        {"input_tokens": 40, "output_tokens": 145, "reasoning_tokens": 47},
        ASK,
    ),
    Case(
        "messages: compaction is missing at the top and is added from its iteration",
        "https://docs.claude.com/en/docs/build-with-claude/compaction#understanding-usage",
        MESSAGES + "?beta=true",
        dump(
            message(
                {
                    "input_tokens": 229,
                    "output_tokens": 5,
                    "cache_read_input_tokens": 0,
                    "cache_creation_input_tokens": 0,
                    "iterations": [
                        {
                            "type": "compaction",
                            "input_tokens": 100,
                            "output_tokens": 131,
                            "cache_read_input_tokens": 30,
                            "cache_creation_input_tokens": 55096,
                        },
                        {
                            "type": "message",
                            "input_tokens": 229,
                            "output_tokens": 5,
                            "cache_read_input_tokens": 0,
                            "cache_creation_input_tokens": 0,
                        },
                    ],
                }
            )
        ),
        {
            "input_tokens": 55455,
            "output_tokens": 136,
            "cache_read_tokens": 30,
            "cache_write_tokens": 55096,
        },
        ASK,
    ),
    Case(
        "messages: several message iterations are in the top's counts already",
        "https://docs.claude.com/en/docs/agents-and-tools/tool-use/advisor-tool",
        MESSAGES + "?beta=true",
        dump(
            message(
                {
                    "input_tokens": 2390,
                    "output_tokens": 121,
                    "iterations": [
                        {"type": "message", "input_tokens": 1128, "output_tokens": 110},
                        {
                            "type": "advisor_message",
                            "model": "claude-opus-4-8",
                            "input_tokens": 2518,
                            "output_tokens": 22,
                        },
                        {"type": "message", "input_tokens": 1262, "output_tokens": 11},
                    ],
                }
            )
        ),
        {"input_tokens": 2390, "output_tokens": 121},
        ASK,
    ),
    Case(
        "messages: overloaded",
        "https://docs.claude.com/en/api/errors",
        MESSAGES,
        dump(
            {
                "type": "error",
                "error": {"type": "overloaded_error", "message": "Overloaded"},
                "request_id": "req_1",
            }
        ),
        {},
        ASK,
        status=529,
        facts={"error_type": "overloaded_error"},
    ),
    Case(
        "Vertex: the model and the streaming stand in the URL",
        "https://docs.claude.com/en/api/claude-on-vertex-ai",
        "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5/publishers/"
        "anthropic/models/claude-sonnet-4-5@20250929:streamRawPredict",
        sse(start({"input_tokens": 9, "output_tokens": 1}), end({"output_tokens": 4}), STOP),
        {"input_tokens": 9, "output_tokens": 4},
        {"anthropic_version": "vertex-2023-10-16", "messages": [], "max_tokens": 9},
        asked={
            "provider": "gcp.vertex_ai",
            "model": "claude-sonnet-4-5@20250929",
            "stream": True,
        },
    ),
    Case(
        "Bedrock: Claude's whole body; its token headers leave the cache out",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html",
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/"
        "anthropic.claude-3-5-haiku-20241022-v1%3A0/invoke",
        dump(
            message(
                {
                    "input_tokens": 4,
                    "cache_creation_input_tokens": 18131,
                    "cache_read_input_tokens": 0,
                    "output_tokens": 50,
                }
            )
        ),
        {
            "input_tokens": 18135,
            "output_tokens": 50,
            "cache_read_tokens": 0,
            "cache_write_tokens": 18131,
        },
        {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": []},
        headers={
            "x-amzn-bedrock-input-token-count": "4",
            "x-amzn-bedrock-output-token-count": "50",
            "x-amzn-bedrock-cache-write-input-token-count": "18131",
        },
        asked={"model": "anthropic.claude-3-5-haiku-20241022-v1:0", "provider": "aws.bedrock"},
    ),
    Case(
        "Bedrock stream: the metrics of the last event disagree with Claude's own counts",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-invoke.html",
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/"
        "anthropic.claude-3-sonnet-20240229-v1%3A0/invoke-with-response-stream",
        chunk(start({"input_tokens": 16, "cache_read_input_tokens": 90, "output_tokens": 1}))
        + chunk(TEXT)
        + chunk(end({"output_tokens": 21}))
        + chunk(
            {
                **STOP,
                "amazon-bedrock-invocationMetrics": {
                    "inputTokenCount": 16,
                    "outputTokenCount": 22,
                    "invocationLatency": 900,
                    "firstByteLatency": 300,
                },
            }
        ),
        {"input_tokens": 106, "output_tokens": 21, "cache_read_tokens": 90},
        {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 50, "messages": []},
        asked={"stream": True},
        facts={"finished": True, "finish_reasons": ("end_turn",)},
    ),
    Case(
        "the old text completions tell no usage",
        "https://docs.claude.com/en/api/complete",
        "https://api.anthropic.com/v1/complete",
        dump(
            {
                "type": "completion",
                "id": "compl_1",
                "completion": " Hello!",
                "stop_reason": "stop_sequence",
                "model": "claude-2.1",
            }
        ),
        {},
        {"model": "claude-2.1", "prompt": "\n\nHuman: Hi\n\nAssistant:", "max_tokens_to_sample": 9},
        facts={"response_id": "compl_1", "finish_reasons": ("stop_sequence",), "finished": True},
        asked={"operation": "text_completion"},
    ),
    Case(
        "messages: cache writes told by their lifetimes only",
        CACHING + "#1-hour-cache-duration",
        MESSAGES,
        dump(
            message(
                {
                    "input_tokens": 4,
                    "cache_creation": {
                        "ephemeral_5m_input_tokens": 100,
                        "ephemeral_1h_input_tokens": 50,
                    },
                    "output_tokens": 9,
                }
            )
        ),
        {
            "input_tokens": 154,
            "output_tokens": 9,
            "cache_write_tokens": 150,
            "cache_write_1h_tokens": 50,
        },
        ASK,
    ),
]
