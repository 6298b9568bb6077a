"""Amazon Bedrock: Converse, and InvokeModel with each family's own body."""

from __future__ import annotations

from wire.exchange import Case, dump, frame

HOST = "https://bedrock-runtime.us-east-1.amazonaws.com/model/"
TOKEN_USAGE = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html"
STREAM = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html"
PARAMETERS = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-"
ASK = {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}
ARN = "arn:aws:bedrock:us-east-1:012345678901:inference-profile/us.anthropic.claude-3-7-sonnet-v1:0"

CASES = [
    Case(
        "converse: cache reads and writes come on top of the input",
        TOKEN_USAGE,
        HOST + "us.amazon.nova-pro-v1%3A0/converse",
        dump(
            {
                "metrics": {"latencyMs": 900},
                "output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}},
                "stopReason": "end_turn",
                "usage": {
                    "inputTokens": 11,
                    "outputTokens": 264,
                    "totalTokens": 1303,
                    "cacheReadInputTokens": 28,
                    "cacheReadInputTokenCount": 28,
                    "cacheWriteInputTokens": 1000,
                    "cacheWriteInputTokenCount": 1000,
                    "cacheDetails": [
                        {"ttl": "1h", "inputTokens": 600},
                        {"ttl": "5m", "inputTokens": 400},
                    ],
                },
            }
        ),
        {
            "input_tokens": 1039,
            "output_tokens": 264,
            "cache_read_tokens": 28,
            "cache_write_tokens": 1000,
            "cache_write_1h_tokens": 600,
        },
        ASK,
        facts={"finish_reasons": ("end_turn",), "finished": True},
        asked={"provider": "aws.bedrock", "model": "us.amazon.nova-pro-v1:0", "operation": "chat"},
    ),
    Case(
        "converse: an inference profile's ARN, percent-encoded in the URL",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-use.html",
        HOST + ARN.replace(":", "%3A").replace("/", "%2F") + "/converse",
        dump({"output": {}, "stopReason": "end_turn", "usage": {"inputTokens": 20}}),
        {"input_tokens": 20},
        ASK,
        asked={"model": ARN},
    ),
    Case(
        "converse stream: usage in the last of the binary messages",
        STREAM,
        HOST + "amazon.nova-micro-v1%3A0/converse-stream",
        frame("messageStart", {"role": "assistant", "p": "abc"})
        + frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hi"}, "p": "a"})
        + frame("messageStop", {"stopReason": "max_tokens"})
        + frame(
            "metadata",
            {
                "metrics": {"latencyMs": 1},
                "usage": {"inputTokens": 28, "outputTokens": 22, "totalTokens": 50},
            },
        ),
        {"input_tokens": 28, "output_tokens": 22},
        ASK,
        headers={"content-type": "application/vnd.amazon.eventstream"},
        asked={"stream": True},
        facts={"finish_reasons": ("max_tokens",), "finished": True},
    ),
    Case(
        "converse stream: throttled in its midst",
        STREAM + "#API_runtime_ConverseStream_ResponseSyntax",
        HOST + "amazon.nova-micro-v1%3A0/converse-stream",
        frame("messageStart", {"role": "assistant"})
        + frame("throttlingException", {"message": "Too many tokens"}, "exception"),
        {},
        ASK,
        facts={"error_type": "throttlingException", "finished": False},
    ),
    Case(
        "converse: the exception's name stands in a header",
        "https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html",
        HOST + "does-not-exist/converse",
        dump({"message": "The provided model identifier is invalid."}),
        {},
        ASK,
        status=400,
        headers={"x-amzn-ErrorType": "ValidationException:http://internal.amazon.com/coral/"},
        facts={"error_type": "ValidationException"},
    ),
    Case(
        "invoke: Nova",
        "https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html",
        HOST + "amazon.nova-lite-v1:0/invoke",
        dump(
            {
                "output": {"message": {"role": "assistant", "content": [{"text": "4"}]}},
                "stopReason": "end_turn",
                "usage": {
                    "inputTokens": 13,
                    "outputTokens": 3,
                    "totalTokens": 16,
                    "cacheReadInputTokenCount": 100,
                    "cacheWriteInputTokenCount": 0,
                },
            }
        ),
        {
            "input_tokens": 113,
            "output_tokens": 3,
            "cache_read_tokens": 100,
            "cache_write_tokens": 0,
        },
        {"schemaVersion": "messages-v1", "inferenceConfig": {"maxTokens": 9}, **ASK},
        headers={"x-amzn-bedrock-input-token-count": "13"},
    ),
    Case(
        "invoke: Llama",
        PARAMETERS + "meta.html",
        HOST + "meta.llama3-70b-instruct-v1%3A0/invoke",
        dump(
            {
                "generation": "Hi",
                "prompt_token_count": 17,
                "generation_token_count": 25,
                "stop_reason": "stop",
            }
        ),
        {"input_tokens": 17, "output_tokens": 25},
        {"prompt": "Hi", "max_gen_len": 64},
        facts={"finish_reasons": ("stop",)},
        asked={"operation": "text_completion", "parameters": {"max_tokens": 64}},
    ),
    Case(
        "invoke: Titan",
        PARAMETERS + "titan-text.html",
        HOST + "amazon.titan-text-express-v1/invoke",
        dump(
            {
                "inputTextTokenCount": 5,
                "results": [{"tokenCount": 30, "outputText": "Hi", "completionReason": "FINISH"}],
            }
        ),
        {"input_tokens": 5, "output_tokens": 30},
        {"inputText": "Hi", "textGenerationConfig": {"maxTokenCount": 30}},
        facts={"finish_reasons": ("FINISH",)},
    ),
    Case(
        "invoke: Titan's vectors",
        PARAMETERS + "titan-embed-text.html",
        HOST + "amazon.titan-embed-text-v2%3A0/invoke",
        dump({"embedding": [0.01] * 1024, "inputTextTokenCount": 2}),
        {"input_tokens": 2},
        {"inputText": "Hi"},
        headers={"x-amzn-bedrock-input-token-count": "2"},
        asked={"operation": "embeddings"},
    ),
    Case(
        "invoke: Cohere's vectors are counted in a header only",
        PARAMETERS + "embed.html",
        HOST + "us.cohere.embed-v4%3A0/invoke",
        dump({"id": "e1", "embeddings": {"float": [[0.01] * 512]}, "texts": ["Hi"]}),
        {"input_tokens": 5},
        {"texts": ["Hi"], "input_type": "search_query"},
        headers={"x-amzn-bedrock-input-token-count": "5"},
        asked={"operation": "embeddings"},
    ),
    Case(
        "invoke: Mistral is counted in the headers only",
        PARAMETERS + "mistral-text-completion.html",
        HOST + "mistral.mistral-7b-instruct-v0:2/invoke",
        dump({"outputs": [{"text": "Hi", "stop_reason": "stop"}]}),
        {"input_tokens": 9, "output_tokens": 40},
        {"prompt": "<s>[INST] Hi [/INST]", "max_tokens": 200},
        headers={
            "x-amzn-bedrock-input-token-count": "9",
            "x-amzn-bedrock-output-token-count": "40",
        },
        facts={"finish_reasons": ("stop",)},
    ),
    Case(
        "invoke: the headers leave cached tokens out of the input",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html",
        HOST + "deepseek.r1-v1:0/invoke",
        dump({"choices": [{"text": "Hi", "stop_reason": "stop"}]}),
        {
            "input_tokens": 130,
            "output_tokens": 40,
            "cache_read_tokens": 100,
            "cache_write_tokens": 21,
        },
        {"prompt": "Hi"},
        headers={
            "x-amzn-bedrock-input-token-count": "9",
            "x-amzn-bedrock-output-token-count": "40",
            "x-amzn-bedrock-cache-read-input-token-count": "100",
            "x-amzn-bedrock-cache-write-input-token-count": "21",
        },
        facts={"finish_reasons": ("stop",)},
    ),
    Case(
        "invoke: Jamba speaks OpenAI's words",
        PARAMETERS + "jamba.html",
        HOST + "ai21.jamba-1-5-mini-v1:0/invoke",
        dump(
            {
                "id": "chatcmpl-1",
                "choices": [
                    {"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"},
                ],
                "usage": {"prompt_tokens": 12, "completion_tokens": 2, "total_tokens": 14},
            }
        ),
        {"input_tokens": 12, "output_tokens": 2},
        {"messages": [{"role": "user", "content": "Hi"}]},
        facts={"response_id": "chatcmpl-1"},
    ),
    Case(
        "invoke: Jurassic is counted in the headers only",
        PARAMETERS + "jurassic2.html",
        HOST + "ai21.j2-ultra-v1/invoke",
        dump(
            {
                "id": 1234,
                "prompt": {"text": "Hi", "tokens": []},
                "completions": [
                    {"data": {"text": "Hi"}, "finishReason": {"reason": "endoftext"}},
                ],
            }
        ),
        {"input_tokens": 6, "output_tokens": 8},
        {"prompt": "Hi", "maxTokens": 9},
        headers={
            "x-amzn-bedrock-input-token-count": "6",
            "x-amzn-bedrock-output-token-count": "8",
        },
        facts={"finish_reasons": ("endoftext",)},
    ),
    Case(
        "invoke: Cohere Command R, with a tool call",
        PARAMETERS + "cohere-command-r-plus.html",
        HOST + "cohere.command-r-v1%3A0/invoke",
        dump(
            {
                "response_id": "a",
                "generation_id": "g1",
                "text": "I will look it up",
                "finish_reason": "COMPLETE",
                "tool_calls": [{"name": "lookup", "parameters": {"city": "Paris"}}],
            }
        ),
        {"input_tokens": 30, "output_tokens": 12},
        {"message": "Hi"},
        headers={
            "x-amzn-bedrock-input-token-count": "30",
            "x-amzn-bedrock-output-token-count": "12",
        },
        facts={"tool_names": ("lookup",), "finish_reasons": ("COMPLETE",), "response_id": "g1"},
    ),
    Case(
        "converse: a guardrail stopped it before the model: nothing was read or written",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-converse-api.html",
        HOST + "amazon.nova-pro-v1:0/converse",
        dump(
            {
                "output": {"message": {"role": "assistant", "content": [{"text": "No."}]}},
                "stopReason": "guardrail_intervened",
                "usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
            }
        ),
        {"input_tokens": 0, "output_tokens": 0},
        ASK,
        facts={"finish_reasons": ("guardrail_intervened",), "finished": True, "error_type": None},
    ),
    Case(
        "converse stream: usage came before the throttling",
        STREAM,
        HOST + "amazon.nova-micro-v1%3A0/converse-stream",
        frame("messageStart", {"role": "assistant"})
        + frame("metadata", {"usage": {"inputTokens": 9, "outputTokens": 1, "totalTokens": 10}})
        + frame("modelStreamErrorException", {"message": "?"}, "exception"),
        {"input_tokens": 9, "output_tokens": 1},
        ASK,
        facts={"error_type": "modelStreamErrorException", "finished": False},
    ),
    Case(
        "invoke: a guardrail rewrote Nova's answer, and its count stands in a header only",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-invoke-model.html",
        HOST + "amazon.nova-lite-v1%3A0/invoke",
        dump(
            {
                "output": {"message": {"role": "assistant", "content": [{"text": "{Name}"}]}},
                "stopReason": "end_turn",
                "usage": {"inputTokens": 30},
                "amazon-bedrock-guardrailAction": "INTERVENED",
            }
        ),
        {"input_tokens": 30, "output_tokens": 51},
        {"schemaVersion": "messages-v1", **ASK},
        headers={
            "X-Amzn-Bedrock-Input-Token-Count": "30",
            "X-Amzn-Bedrock-Output-Token-Count": "51",
        },
        facts={"finish_reasons": ("end_turn",)},
    ),
    Case(
        "invoke: vectors asked for by an inference profile that names no model",
        PARAMETERS + "titan-embed-text.html",
        HOST + ARN.replace(":", "%3A").replace("/", "%2F") + "/invoke",
        dump({"embedding": [0.5, 0.25], "inputTextTokenCount": 5}),
        {"input_tokens": 5},
        {"inputText": "Hi", "dimensions": 512, "normalize": True},
        asked={"operation": "embeddings", "model": ARN},
    ),
    Case(
        "invoke: gpt-oss, whose usage stands in the body",
        PARAMETERS + "openai.html",
        HOST + "openai.gpt-oss-120b-1:0/invoke",
        dump(
            {
                "id": "chatcmpl-1",
                "model": "openai.gpt-oss-120b-1:0",
                "choices": [
                    {
                        "index": 0,
                        "message": {"content": "<reasoning>?</reasoning>Hi"},
                        "finish_reason": "stop",
                    },
                ],
                "usage": {"prompt_tokens": 75, "completion_tokens": 40, "total_tokens": 115},
            }
        ),
        {"input_tokens": 75, "output_tokens": 40},
        {"messages": [{"role": "user", "content": "Hi"}], "max_completion_tokens": 99},
        headers={"X-Amzn-Bedrock-Input-Token-Count": "75"},
    ),
]
