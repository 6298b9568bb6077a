"""The makers and servers of models that speak OpenAI's formats, each by its own documentation."""

from __future__ import annotations

from decimal import Decimal

from wire.cases_openai import ASK, STREAM, delta, whole
from wire.exchange import HASHER, Case, dump, sse

CASES = [
    Case(
        "Azure: the first chunk's model and id are empty",
        "https://learn.microsoft.com/azure/ai-services/openai/concepts/content-streaming",
        "https://x.openai.azure.com/openai/deployments/my-gpt/chat/completions?api-version=2024-02-01",
        sse(
            {"choices": [], "id": "", "model": "", "object": "", "prompt_filter_results": []},
            delta("Hi"),
            delta(None, "stop"),
            done=True,
        ),
        {},
        {"messages": ASK["messages"], "stream": True},
        facts={"model": "gpt-5-2025-08-07", "response_id": "chatcmpl-1"},
        asked={"provider": "azure.ai.openai", "model": "my-gpt"},
    ),
    Case(
        "Azure: an error under status 200",
        "https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter",
        "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-02-01",
        dump({"error": {"message": "filtered", "type": None, "code": "content_filter"}}),
        {},
        ASK,
        facts={"error_type": "content_filter", "finished": False},
    ),
    Case(
        "DeepSeek: cache hits beside the prompt's count",
        "https://api-docs.deepseek.com/guides/kv_cache",
        "https://api.deepseek.com/chat/completions",
        whole(
            {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "total_tokens": 120,
                "prompt_cache_hit_tokens": 64,
                "prompt_cache_miss_tokens": 36,
            }
        ),
        {"input_tokens": 100, "output_tokens": 20, "cache_read_tokens": 64},
        ASK,
        asked={"provider": "deepseek"},
    ),
    Case(
        "Moonshot: cached tokens at the top of the usage, which a stream puts into the choice",
        "https://platform.moonshot.ai/docs/api/chat",
        "https://api.moonshot.ai/v1/chat/completions",
        sse(
            delta("Hi"),
            {
                "id": "chatcmpl-1",
                "model": "kimi-k2",
                "choices": [
                    {
                        "index": 0,
                        "delta": {},
                        "finish_reason": "stop",
                        "usage": {
                            "prompt_tokens": 19,
                            "completion_tokens": 13,
                            "total_tokens": 32,
                            "cached_tokens": 12,
                        },
                    }
                ],
            },
            done=True,
        ),
        {"input_tokens": 19, "output_tokens": 13, "cache_read_tokens": 12},
        STREAM,
        asked={"provider": "moonshot_ai"},
    ),
    Case(
        "Mistral: num_cached_tokens",
        "https://docs.mistral.ai/api/#tag/chat",
        "https://api.mistral.ai/v1/chat/completions#stream",
        sse(
            delta("Hi"),
            delta(
                None,
                "stop",
                usage={
                    "prompt_tokens": 70,
                    "completion_tokens": 12,
                    "total_tokens": 82,
                    "num_cached_tokens": 64,
                },
            ),
            done=True,
        ),
        {"input_tokens": 70, "output_tokens": 12, "cache_read_tokens": 64},
        STREAM,
        asked={"provider": "mistral_ai"},
    ),
    Case(
        "Writer: the details' names lack an s",
        "https://dev.writer.com/api-reference/completion-api/chat-completion",
        "https://api.writer.com/v1/chat",
        whole(
            {
                "prompt_tokens": 40,
                "completion_tokens": 30,
                "total_tokens": 70,
                "prompt_token_details": {"cached_tokens": 16},
                "completion_token_details": {"reasoning_tokens": 8},
            }
        ),
        {"input_tokens": 40, "output_tokens": 30, "cache_read_tokens": 16, "reasoning_tokens": 8},
        ASK,
    ),
    Case(
        "Groq stream: usage in the vendor's own object",
        "https://console.groq.com/docs/api-reference#chat-create",
        "https://api.groq.com/openai/v1/chat/completions",
        sse(
            delta("Hi", x_groq={"id": "req_1"}),
            delta(
                None,
                "stop",
                x_groq={
                    "id": "req_1",
                    "usage": {
                        "queue_time": 0.28,
                        "prompt_tokens": 18,
                        "completion_tokens": 73,
                        "total_tokens": 91,
                        "completion_tokens_details": {"reasoning_tokens": 60},
                    },
                },
            ),
            done=True,
        ),
        {"input_tokens": 18, "output_tokens": 73, "reasoning_tokens": 60},
        STREAM,
        asked={"provider": "groq"},
    ),
    Case(
        "xAI: reasoning comes on top of the completion, as the total shows",
        "https://docs.x.ai/docs/key-information/consumption-and-rate-limits",
        "https://api.x.ai/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 12,
                "completion_tokens": 1,
                "total_tokens": 399,
                "prompt_tokens_details": {"text_tokens": 12, "audio_tokens": 0, "cached_tokens": 2},
                "completion_tokens_details": {"reasoning_tokens": 386, "audio_tokens": 0},
                "cost_in_usd_ticks": 232856000,
            }
        ),
        {
            "input_tokens": 12,
            "output_tokens": 387,
            "cache_read_tokens": 2,
            "reasoning_tokens": 386,
            "audio_input_tokens": 0,
            "audio_output_tokens": 0,
            "reported_cost_usd": Decimal("0.0232856"),
        },
        ASK,
        asked={"provider": "x_ai"},
    ),
    Case(
        "Gemini's OpenAI-compatible API: thoughts only in the total",
        "https://ai.google.dev/gemini-api/docs/openai",
        "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions",
        whole({"prompt_tokens": 35, "completion_tokens": 12, "total_tokens": 109}),
        {"input_tokens": 35, "output_tokens": 74},
        ASK,
        asked={"provider": "gcp.gemini"},
    ),
    Case(
        "Perplexity: reasoning outside completion and total, the cost an object",
        "https://docs.perplexity.ai/api-reference/chat-completions-post",
        "https://api.perplexity.ai/chat/completions",
        whole(
            {
                "prompt_tokens": 33,
                "completion_tokens": 7163,
                "total_tokens": 7196,
                "citation_tokens": 20016,
                "num_search_queries": 18,
                "reasoning_tokens": 73997,
                "cost": {"input_tokens_cost": 0.0, "request_cost": 0.09, "total_cost": 0.409},
            }
        ),
        {
            "input_tokens": 33,
            "output_tokens": 81160,
            "reasoning_tokens": 73997,
            "reported_cost_usd": Decimal("0.409"),
        },
        ASK,
        asked={"provider": "perplexity"},
    ),
    Case(
        "Mistral's Voxtral: what it hears stands in the details and the total only",
        "https://docs.mistral.ai/capabilities/audio/",
        "https://api.mistral.ai/v1/chat/completions",
        whole(
            {
                "prompt_audio_seconds": 3,
                "prompt_tokens": 9,
                "completion_tokens": 248,
                "total_tokens": 632,
                "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 375},
            }
        ),
        {
            "input_tokens": 384,
            "output_tokens": 248,
            "cache_read_tokens": 0,
            "audio_input_tokens": 375,
        },
        ASK,
        asked={"provider": "mistral_ai"},
    ),
    Case(
        "Writer completions: chunks of a shape of their own, which never say that they end",
        "https://dev.writer.com/api-reference/completion-api/text-generation",
        "https://api.writer.com/v1/completions",
        sse(*({"value": word} for word in ("Why", " did", " the", "?"))),
        {},
        {"model": "palmyra-x4", "prompt": "Hi", "stream": True},
        facts={"finished": True, "error_type": None},
    ),
    Case(
        "Voyage embeddings: the total is all there is",
        "https://docs.voyageai.com/reference/embeddings-api",
        "https://api.voyageai.com/v1/embeddings",
        dump(
            {
                "object": "list",
                "data": [{"object": "embedding", "embedding": [0.5, -1e-05], "index": 0}],
                "model": "voyage-3-lite",
                "usage": {"total_tokens": 12},
            }
        ),
        {"input_tokens": 12},
        {"model": "voyage-3-lite", "input": ["Hi"]},
        asked={"provider": "voyage_ai"},
    ),
    Case(
        "xAI: the name of cached tokens in its older answers",
        "https://docs.x.ai/docs/guides/chat",
        "https://api.x.ai/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 90,
                "completion_tokens": 4,
                "reasoning_tokens": 6,
                "total_tokens": 100,
                "prompt_text_tokens": 90,
                "prompt_image_tokens": 0,
                "cached_prompt_tokens": 64,
            }
        ),
        {
            "input_tokens": 90,
            "output_tokens": 10,
            "cache_read_tokens": 64,
            "reasoning_tokens": 6,
        },
        ASK,
    ),
    Case(
        "MiniMax stream: the last chunk is the whole message once more",
        "https://platform.minimax.io/docs/api-reference/text-post",
        "https://api.minimax.io/v1/text/chatcompletion_v2/chat/completions",
        sse(
            delta(usage={"total_tokens": 0}),
            {
                "id": "m1",
                "model": "MiniMax-M2",
                "choices": [
                    {
                        "index": 0,
                        "delta": {
                            "tool_calls": [
                                {
                                    "index": 0,
                                    "id": "call_1",
                                    "function": {"name": "look", "arguments": '{"at":"sea"}'},
                                }
                            ]
                        },
                        "finish_reason": "tool_calls",
                    }
                ],
            },
            {
                "id": "m1",
                "model": "MiniMax-M2",
                "object": "chat.completion",
                "choices": [
                    {
                        "index": 0,
                        "message": {
                            "tool_calls": [
                                {
                                    "id": "call_1",
                                    "function": {"name": "look", "arguments": '{"at":"sea"}'},
                                }
                            ]
                        },
                        "finish_reason": "tool_calls",
                    }
                ],
                "usage": {"total_tokens": 44, "prompt_tokens": 31, "completion_tokens": 13},
            },
        ),
        {"input_tokens": 31, "output_tokens": 13},
        STREAM,
        facts={
            "tool_names": ("look",),
            "tool_hashes": (HASHER.json(["look", {"at": "sea"}]),),
        },
    ),
    Case(
        "Perplexity stream: usage grows with each chunk, and the last one counts",
        "https://docs.perplexity.ai/api-reference/chat-completions-post",
        "https://api.perplexity.ai/chat/completions",
        sse(
            delta("a", usage={"prompt_tokens": 5, "completion_tokens": 1, "total_tokens": 6}),
            delta("b", usage={"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}),
            delta(
                None,
                "stop",
                usage={
                    "prompt_tokens": 5,
                    "completion_tokens": 3,
                    "total_tokens": 8,
                    "search_context_size": "low",
                    "cost": {"request_cost": 0.005, "total_cost": 0.006},
                },
            ),
        ),
        {"input_tokens": 5, "output_tokens": 3, "reported_cost_usd": Decimal("0.006")},
        STREAM,
        facts={"finished": True},
    ),
    Case(
        "Cerebras: an error under 429 names its code",
        "https://inference-docs.cerebras.ai/support/error",
        "https://api.cerebras.ai/v1/chat/completions",
        dump({"message": "?", "type": "too_many_requests_error", "code": "request_quota_exceeded"}),
        {},
        ASK,
        status=429,
        facts={"error_type": "request_quota_exceeded", "finished": False},
        asked={"provider": "cerebras"},
    ),
]
