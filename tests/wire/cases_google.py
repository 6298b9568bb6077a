"""Gemini on the Developer API and on Vertex AI."""

from __future__ import annotations

from wire.exchange import Case, dump, sse

USAGE = "https://ai.google.dev/api/generate-content#UsageMetadata"
MODELS = "https://generativelanguage.googleapis.com/v1beta/models/"
VERTEX = (
    "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/"
    "publishers/google/models/"
)
ASK = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def part(usage, text="Hi", reason=None, **more):
    candidate = {"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}
    if reason is not None:
        candidate["finishReason"] = reason
    return {
        "candidates": [candidate],
        "usageMetadata": usage,
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r1",
        **more,
    }


CASES = [
    Case(
        "gemini: cached and tool-use prompts are input, thoughts are output",
        USAGE,
        MODELS + "gemini-2.5-flash:generateContent",
        dump(
            part(
                {
                    "promptTokenCount": 1000,
                    "cachedContentTokenCount": 900,
                    "candidatesTokenCount": 400,
                    "thoughtsTokenCount": 100,
                    "toolUsePromptTokenCount": 50,
                    "totalTokenCount": 1550,
                    "promptTokensDetails": [
                        {"modality": "TEXT", "tokenCount": 968},
                        {"modality": "AUDIO", "tokenCount": 32},
                    ],
                    "candidatesTokensDetails": [{"modality": "AUDIO", "tokenCount": 25}],
                    "serviceTier": "standard",
                },
                reason="STOP",
            )
        ),
        {
            "input_tokens": 1050,
            "output_tokens": 500,
            "cache_read_tokens": 900,
            "reasoning_tokens": 100,
            "audio_input_tokens": 32,
            "audio_output_tokens": 25,
        },
        ASK,
        facts={"finish_reasons": ("STOP",), "response_id": "r1", "service_tier": "standard"},
        asked={
            "provider": "gcp.gemini",
            "model": "gemini-2.5-flash",
            "operation": "generate_content",
        },
    ),
    Case(
        "gemini: zeros are left out and nothing is put in their place",
        "https://protobuf.dev/programming-guides/json/",
        VERTEX + "gemini-2.5-pro:generateContent",
        dump(part({"promptTokenCount": 5, "thoughtsTokenCount": 4, "totalTokenCount": 9})),
        {"input_tokens": 5, "output_tokens": 4, "reasoning_tokens": 4},
        ASK,
        asked={"provider": "gcp.vertex_ai"},
    ),
    Case(
        "gemini: a usage object without any count",
        "https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#UsageMetadata",
        VERTEX + "gemini-2.5-pro:generateContent",
        dump(part({"trafficType": "ON_DEMAND"}, reason="STOP")),
        {},
        ASK,
    ),
    Case(
        "gemini: enums as numbers",
        "https://cloud.google.com/apis/docs/system-parameters",
        VERTEX + "gemini-2.5-pro:generateContent?$alt=json;enum-encoding=int",
        dump(
            part(
                {
                    "promptTokenCount": 74,
                    "candidatesTokenCount": 16,
                    "totalTokenCount": 90,
                    "trafficType": 1,
                    "promptTokensDetails": [
                        {"modality": 1, "tokenCount": 70},
                        {"modality": 4, "tokenCount": 4},
                    ],
                },
                reason=2,
            )
        ),
        {"input_tokens": 74, "output_tokens": 16, "audio_input_tokens": 4},
        ASK,
        facts={"finish_reasons": ("MAX_TOKENS",)},
    ),
    Case(
        "gemini: names in snake_case",
        "https://protobuf.dev/programming-guides/json/",
        MODELS + "gemini-2.5-flash:generateContent",
        dump(
            {
                "candidates": [{"content": {"parts": []}, "finish_reason": "STOP"}],
                "usage_metadata": {
                    "prompt_token_count": 7,
                    "cached_content_token_count": 2,
                    "candidates_token_count": 3,
                    "thoughts_token_count": 1,
                },
                "model_version": "gemini-2.5-flash",
                "response_id": "r2",
            }
        ),
        {
            "input_tokens": 7,
            "output_tokens": 4,
            "cache_read_tokens": 2,
            "reasoning_tokens": 1,
        },
        ASK,
        facts={"response_id": "r2", "finish_reasons": ("STOP",)},
    ),
    Case(
        "gemini stream: the last block wins, also when it is smaller",
        "https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent",
        MODELS + "gemini-2.5-flash:streamGenerateContent?alt=sse",
        sse(
            part(
                {
                    "promptTokenCount": 40,
                    "candidatesTokenCount": 9,
                    "thoughtsTokenCount": 60,
                    "totalTokenCount": 109,
                }
            ),
            part({"trafficType": "ON_DEMAND"}),
            part(
                {"promptTokenCount": 32, "candidatesTokenCount": 20, "totalTokenCount": 52},
                reason="STOP",
            ),
        ),
        {"input_tokens": 32, "output_tokens": 20},
        ASK,
        facts={"finished": True},
        asked={"stream": True},
    ),
    Case(
        "gemini stream without alt=sse: one array, element by element",
        "https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent",
        MODELS + "gemini-2.5-flash:streamGenerateContent",
        b"["
        + dump(part({"promptTokenCount": 8, "totalTokenCount": 8}, text='a "}" or {"\\'))
        + b"\n,\r\n"
        + dump(
            part(
                {"promptTokenCount": 8, "candidatesTokenCount": 5, "totalTokenCount": 13},
                reason="STOP",
            )
        )
        + b"]",
        {"input_tokens": 8, "output_tokens": 5},
        ASK,
        facts={"finished": True},
    ),
    Case(
        "gemini stream: an error comes as an array of one",
        "https://cloud.google.com/apis/design/errors",
        MODELS + "gemini-2.5-flash:streamGenerateContent",
        dump([{"error": {"code": 429, "message": "?", "status": "RESOURCE_EXHAUSTED"}}]),
        {},
        ASK,
        status=429,
        facts={"error_type": "RESOURCE_EXHAUSTED"},
    ),
    Case(
        "gemini: a prompt that is blocked under status 200",
        "https://ai.google.dev/api/generate-content#PromptFeedback",
        MODELS + "gemini-2.5-flash:generateContent",
        dump(
            {
                "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
                "usageMetadata": {"promptTokenCount": 6, "totalTokenCount": 6},
                "modelVersion": "gemini-2.5-flash",
            }
        ),
        {"input_tokens": 6},
        ASK,
        facts={"finish_reasons": ("PROHIBITED_CONTENT",), "error_type": None},
    ),
    Case(
        "gemini embeddings: usage where the newer models send it",
        "https://ai.google.dev/api/embeddings",
        MODELS + "gemini-embedding-2:batchEmbedContents",
        dump(
            {
                "embeddings": [{"values": [0.01] * 3072}],
                "usageMetadata": {
                    "promptTokenCount": 11,
                    "promptTokenDetails": [{"modality": "TEXT", "tokenCount": 11}],
                },
            }
        ),
        {"input_tokens": 11},
        {"requests": [{"model": "models/gemini-embedding-2", "content": {"parts": []}}]},
        asked={"operation": "embeddings", "model": "gemini-embedding-2"},
    ),
    Case(
        "gemini embeddings: usage unknown where the older models send none",
        "https://ai.google.dev/api/embeddings",
        MODELS + "gemini-embedding-001:embedContent",
        dump({"embedding": {"values": [0.01, 0.02]}}),
        {},
        {"content": {"parts": [{"text": "Hi"}]}},
        facts={"finished": True},
    ),
    Case(
        "Vertex embeddings: tokens counted beside each vector",
        "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api",
        VERTEX + "text-embedding-005:predict",
        dump(
            {
                "predictions": [
                    {"embeddings": {"values": [0.1], "statistics": {"token_count": 4}}},
                    {"embeddings": {"values": [0.2], "statistics": {"token_count": 6}}},
                ],
                "metadata": {"billableCharacterCount": 40},
            }
        ),
        {"input_tokens": 10},
        {"instances": [{"content": "Hi"}, {"content": "there"}]},
        asked={"provider": "gcp.vertex_ai"},
    ),
    Case(
        "gemini interactions: thoughts and tool use beside the totals",
        "https://ai.google.dev/api/interactions-api",
        "https://generativelanguage.googleapis.com/v1beta/interactions",
        dump(
            {
                "id": "v1_a",
                "object": "interaction",
                "status": "completed",
                "model": "gemini-2.5-flash",
                "service_tier": "standard",
                "steps": [{"type": "model_output", "content": [{"type": "text", "text": "Hi"}]}],
                "usage": {
                    "total_tokens": 240,
                    "total_input_tokens": 9,
                    "input_tokens_by_modality": [{"modality": "text", "tokens": 9}],
                    "total_cached_tokens": 0,
                    "total_output_tokens": 13,
                    "total_tool_use_tokens": 7,
                    "total_thought_tokens": 211,
                },
            }
        ),
        {
            "input_tokens": 16,
            "output_tokens": 224,
            "cache_read_tokens": 0,
            "reasoning_tokens": 211,
        },
        {"model": "gemini-2.5-flash", "input": "Hi"},
        facts={"response_id": "v1_a", "finish_reasons": ("completed",)},
    ),
    Case(
        "gemini interactions stream: usage on the last event",
        "https://ai.google.dev/api/interactions-api",
        "https://generativelanguage.googleapis.com/v1beta/interactions",
        sse(
            {
                "event_type": "interaction.created",
                "interaction": {"id": "v1_b", "status": "in_progress", "model": "gemini-2.5-flash"},
            },
            {"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "Hi"}},
            {
                "event_type": "interaction.completed",
                "interaction": {
                    "id": "v1_b",
                    "status": "completed",
                    "model": "gemini-2.5-flash",
                    "usage": {
                        "total_tokens": 12,
                        "total_input_tokens": 9,
                        "total_output_tokens": 3,
                    },
                },
            },
            done=True,
        ),
        {"input_tokens": 9, "output_tokens": 3},
        {"model": "gemini-2.5-flash", "input": "Hi", "stream": True},
        facts={"finished": True, "deferred": False},
    ),
    Case(
        "gemini: thoughts that only the total shows",
        "https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse#UsageMetadata",
        VERTEX + "gemini-2.5-flash:generateContent",
        dump(
            part(
                {"promptTokenCount": 10, "candidatesTokenCount": 20, "totalTokenCount": 95},
                reason="STOP",
            )
        ),
        {"input_tokens": 10, "output_tokens": 85},
        ASK,
    ),
    Case(
        "gemini stream: an error after the first words",
        "https://cloud.google.com/apis/design/errors",
        MODELS + "gemini-2.5-flash:streamGenerateContent?alt=sse",
        sse(
            part({"promptTokenCount": 8, "candidatesTokenCount": 2, "totalTokenCount": 10}),
            {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}},
        ),
        {"input_tokens": 8, "output_tokens": 2},
        ASK,
        facts={"error_type": "UNAVAILABLE", "finished": False},
    ),
    Case(
        "gemini interactions on Vertex: the project stands in the path",
        "https://ai.google.dev/api/interactions-api",
        "https://aiplatform.googleapis.com/v1beta1/projects/p/locations/global/interactions",
        dump(
            {
                "id": "v1_c",
                "object": "interaction",
                "status": "completed",
                "model": "gemini-2.5-flash",
                "usage": {"total_input_tokens": 4, "total_output_tokens": 2},
            }
        ),
        {"input_tokens": 4, "output_tokens": 2},
        {"model": "gemini-2.5-flash", "input": "Hi"},
        asked={"provider": "gcp.vertex_ai"},
    ),
]
