"""Gateways and routers that speak OpenAI's chat in front of other models, and count for them."""

from __future__ import annotations

from decimal import Decimal

from wire.cases_openai import ASK, STREAM, delta, whole
from wire.exchange import Case, dump, sse

CASES = [
    Case(
        "OpenRouter: the cost and cache writes in the usage",
        "https://openrouter.ai/docs/use-cases/usage-accounting",
        "https://openrouter.ai/api/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 2000,
                "completion_tokens": 50,
                "total_tokens": 2050,
                "cost": 0.00492,
                "is_byok": False,
                "prompt_tokens_details": {"cached_tokens": 512, "cache_write_tokens": 1024},
                "cost_details": {"upstream_inference_cost": 0.00492},
                "completion_tokens_details": {"reasoning_tokens": 20},
            }
        ),
        {
            "input_tokens": 2000,
            "output_tokens": 50,
            "cache_read_tokens": 512,
            "cache_write_tokens": 1024,
            "reasoning_tokens": 20,
            "reported_cost_usd": Decimal("0.00492"),
        },
        {**ASK, "user": "customer-7"},
        asked={"provider": "openrouter", "end_user_id": "customer-7"},
    ),
    Case(
        "OpenRouter: with a key of one's own the upstream's bill is part of the cost",
        "https://openrouter.ai/docs/use-cases/byok",
        "https://openrouter.ai/api/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 14,
                "completion_tokens": 7,
                "total_tokens": 21,
                "cost": 0.0000003,
                "is_byok": True,
                "cost_details": {"upstream_inference_cost": 0.0000063},
            }
        ),
        {"input_tokens": 14, "output_tokens": 7, "reported_cost_usd": Decimal("0.0000066")},
        ASK,
    ),
    Case(
        "OpenRouter stream: usage on a 200 that carries an error",
        "https://openrouter.ai/docs/api-reference/errors",
        "https://openrouter.ai/api/v1/chat/completions",
        b": OPENROUTER PROCESSING\n\n"
        + sse(
            delta("Hel"),
            delta(
                None,
                "error",
                error={"code": 502, "message": "Provider disconnected"},
                usage={"prompt_tokens": 43, "completion_tokens": 10, "total_tokens": 53},
            ),
            done=True,
        ),
        {"input_tokens": 43, "output_tokens": 10},
        STREAM,
        facts={"error_type": "502", "finished": False},
    ),
    Case(
        "LiteLLM: a proxy's cost header, cache writes at the top of the usage",
        "https://docs.litellm.ai/docs/completion/prompt_caching",
        "http://proxy.internal:4000/chat/completions",
        whole(
            {
                "prompt_tokens": 2010,
                "completion_tokens": 5,
                "total_tokens": 2015,
                "prompt_tokens_details": {"cached_tokens": 1000},
                "cache_read_input_tokens": 1000,
                "cache_creation_input_tokens": 1000,
            }
        ),
        {
            "input_tokens": 2010,
            "output_tokens": 5,
            "cache_read_tokens": 1000,
            "cache_write_tokens": 1000,
            "reported_cost_usd": Decimal("0.000612"),
        },
        ASK,
        headers={"X-LiteLLM-Response-Cost": "0.000612"},
        asked={"provider": "openai"},
    ),
    Case(
        "a gateway that counts the cache beside the prompt",
        "https://docs.litellm.ai/docs/completion/prompt_caching",
        "http://gateway.internal/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 4,
                "completion_tokens": 50,
                "total_tokens": 1054,
                "prompt_tokens_details": {"cached_tokens": 1000},
            }
        ),
        {"input_tokens": 1004, "output_tokens": 50, "cache_read_tokens": 1000},
        ASK,
    ),
    Case(
        "a cache larger than the prompt, and a total that leaves it out: nothing is made up",
        "https://learn.microsoft.com/en-us/rest/api/microsoft-foundry/model-inference/get-chat-completions/get-chat-completions",
        "https://unit.services.ai.azure.com/models/chat/completions?api-version=2024-05-01-preview",
        whole(
            {
                "prompt_tokens": 7,
                "completion_tokens": 1,
                "total_tokens": 8,
                "prompt_tokens_details": {"cached_tokens": 163, "text_tokens": 7},
            }
        ),
        {"input_tokens": 7, "output_tokens": 1, "cache_read_tokens": 163},
        ASK,
    ),
    Case(
        "a gateway with no total that counts the cache beside the prompt",
        "https://docs.litellm.ai/docs/completion/prompt_caching",
        "http://gateway.internal/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 4,
                "completion_tokens": 50,
                "prompt_tokens_details": {"cached_tokens": 1000},
            }
        ),
        {"input_tokens": 1004, "output_tokens": 50, "cache_read_tokens": 1000},
        ASK,
    ),
    Case(
        "OpenRouter: more reasoning than output, and a total that leaves it out",
        "https://openrouter.ai/docs/use-cases/usage-accounting",
        "https://openrouter.ai/api/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 43,
                "completion_tokens": 10,
                "total_tokens": 53,
                "cost": 0,
                "is_byok": False,
                "completion_tokens_details": {"reasoning_tokens": 11},
            }
        ),
        {
            "input_tokens": 43,
            "output_tokens": 10,
            "reasoning_tokens": 11,
            "reported_cost_usd": Decimal(0),
        },
        ASK,
        asked={"provider": "openrouter"},
    ),
    Case(
        "a gateway that counts the cache beside the prompt, and reasoning in the completion",
        "https://docs.litellm.ai/docs/completion/prompt_caching",
        "http://gateway.internal/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 2000,
                "completion_tokens": 50,
                "total_tokens": 3050,
                "prompt_tokens_details": {"cached_tokens": 1000},
                "completion_tokens_details": {"reasoning_tokens": 30},
            }
        ),
        {
            "input_tokens": 3000,
            "output_tokens": 50,
            "cache_read_tokens": 1000,
            "reasoning_tokens": 30,
        },
        ASK,
    ),
    Case(
        "a gateway that counts the cache and the reasoning beside",
        "https://docs.litellm.ai/docs/completion/prompt_caching",
        "http://gateway.internal/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 2000,
                "completion_tokens": 50,
                "total_tokens": 3080,
                "prompt_tokens_details": {"cached_tokens": 1000},
                "completion_tokens_details": {"reasoning_tokens": 30},
            }
        ),
        {
            "input_tokens": 3000,
            "output_tokens": 80,
            "cache_read_tokens": 1000,
            "reasoning_tokens": 30,
        },
        ASK,
    ),
    Case(
        "LiteLLM: the details say zero where the top of the usage says more",
        "https://docs.litellm.ai/docs/completion/prompt_caching",
        "http://proxy.internal:4000/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 2010,
                "completion_tokens": 5,
                "total_tokens": 2015,
                "prompt_tokens_details": {"cached_tokens": 0},
                "cache_read_input_tokens": 1500,
                "cache_creation_input_tokens": 0,
            }
        ),
        {
            "input_tokens": 2010,
            "output_tokens": 5,
            "cache_read_tokens": 1500,
            "cache_write_tokens": 0,
        },
        ASK,
    ),
    Case(
        "LiteLLM: cache writes by their lifetime",
        "https://docs.litellm.ai/docs/completion/prompt_caching",
        "http://proxy.internal:4000/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 3000,
                "completion_tokens": 5,
                "total_tokens": 3005,
                "completion_tokens_details": None,
                "prompt_tokens_details": {
                    "audio_tokens": None,
                    "cached_tokens": 0,
                    "text_tokens": 10,
                    "cache_creation_tokens": 2990,
                    "cache_creation_token_details": {
                        "ephemeral_5m_input_tokens": 990,
                        "ephemeral_1h_input_tokens": 2000,
                    },
                },
                "cache_creation_input_tokens": 2990,
                "cache_read_input_tokens": 0,
            }
        ),
        {
            "input_tokens": 3000,
            "output_tokens": 5,
            "cache_read_tokens": 0,
            "cache_write_tokens": 2990,
            "cache_write_1h_tokens": 2000,
        },
        ASK,
    ),
    Case(
        "OpenRouter: the upstream's failure stands in the choice",
        "https://openrouter.ai/docs/api-reference/overview#completionsresponse-format",
        "https://openrouter.ai/api/v1/chat/completions",
        dump(
            {
                "id": "gen-1",
                "model": "x/y",
                "choices": [
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": "Hal"},
                        "finish_reason": "error",
                        "error": {"code": 502, "message": "Upstream broke off"},
                    }
                ],
                "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
            }
        ),
        {"input_tokens": 7, "output_tokens": 2},
        ASK,
        facts={"error_type": "502", "finished": False},
    ),
    Case(
        "Portkey: Anthropic's caching as the gateway hands it on, beside the prompt",
        "https://portkey.ai/docs/integrations/llms/anthropic/prompt-caching",
        "https://api.portkey.ai/v1/chat/completions",
        whole(
            {
                "prompt_tokens": 8,
                "completion_tokens": 25,
                "total_tokens": 1533,
                "cache_read_input_tokens": 1200,
                "cache_creation_input_tokens": 300,
            }
        ),
        {
            "input_tokens": 1508,
            "output_tokens": 25,
            "cache_read_tokens": 1200,
            "cache_write_tokens": 300,
        },
        ASK,
        asked={"provider": "portkey"},
    ),
    Case(
        "Azure behind API Management: a deployment's vectors, the model in the URL only",
        "https://learn.microsoft.com/azure/api-management/azure-openai-api-from-specification",
        "https://my.azure-api.net/openai/deployments/small/embeddings?api-version=2024-10-21",
        dump(
            {
                "object": "list",
                "data": [{"index": 0, "embedding": [0.1]}],
                "model": "text-embedding-3-small",
                "usage": {"prompt_tokens": 3, "total_tokens": 3},
            }
        ),
        {"input_tokens": 3},
        {"input": ["Hi"]},
        asked={"model": "small", "provider": "azure.ai.openai"},
    ),
]
