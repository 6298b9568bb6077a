"""InvokeModelWithResponseStream at Amazon Bedrock: each family's own chunks, then the metrics."""

from __future__ import annotations

from wire.cases_bedrock import ASK, HOST, PARAMETERS
from wire.exchange import Case, chunk

METRICS = "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-invoke.html"


def metrics(tokens_in, tokens_out, **more):
    return {
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": tokens_in,
            "outputTokenCount": tokens_out,
            "invocationLatency": 900,
            "firstByteLatency": 300,
            **more,
        }
    }


CASES = [
    Case(
        "invoke stream: Nova's events under their own names, then the metrics",
        "https://docs.aws.amazon.com/nova/latest/userguide/using-invoke-api.html",
        HOST + "amazon.nova-lite-v1:0/invoke-with-response-stream",
        chunk({"messageStart": {"role": "assistant"}})
        + chunk({"contentBlockDelta": {"delta": {"text": "4"}, "contentBlockIndex": 0}})
        + chunk({"messageStop": {"stopReason": "end_turn"}})
        + chunk(
            {
                "metadata": {
                    "usage": {"inputTokens": 12, "outputTokens": 13, "cacheReadInputTokenCount": 5}
                },
                "amazon-bedrock-invocationMetrics": {"inputTokenCount": 12, "outputTokenCount": 14},
            }
        ),
        {"input_tokens": 17, "output_tokens": 13, "cache_read_tokens": 5},
        {"schemaVersion": "messages-v1", **ASK},
        facts={"finish_reasons": ("end_turn",), "finished": True},
    ),
    Case(
        "invoke stream: Llama tells the prompt once and counts the answer up",
        PARAMETERS + "meta.html",
        HOST + "meta.llama3-70b-instruct-v1%3A0/invoke-with-response-stream",
        chunk({"generation": "H", "prompt_token_count": 17, "generation_token_count": 1})
        + chunk({"generation": "i", "prompt_token_count": None, "generation_token_count": 2})
        + chunk({"generation": "", "generation_token_count": 3, "stop_reason": "length"}),
        {"input_tokens": 17, "output_tokens": 3},
        {"prompt": "Hi"},
        facts={"finish_reasons": ("length",)},
    ),
    Case(
        "invoke stream: a model whose usage is in the metrics only",
        "https://docs.aws.amazon.com/bedrock/latest/userguide/inference-invoke.html",
        HOST + "cohere.command-text-v14/invoke-with-response-stream",
        chunk({"text": "Hi", "is_finished": False})
        + chunk(
            {
                "is_finished": True,
                "finish_reason": "COMPLETE",
                "amazon-bedrock-invocationMetrics": {
                    "inputTokenCount": 7,
                    "outputTokenCount": 4,
                    "cacheReadInputTokenCount": 3,
                },
            }
        ),
        {"input_tokens": 10, "output_tokens": 4, "cache_read_tokens": 3},
        {"prompt": "Hi"},
        facts={"finish_reasons": ("COMPLETE",), "finished": True},
    ),
    Case(
        "invoke stream: Titan counts the answer in its last chunk",
        PARAMETERS + "titan-text.html",
        HOST + "amazon.titan-text-premier-v1:0/invoke-with-response-stream",
        chunk(
            {
                "outputText": "Hel",
                "index": 0,
                "totalOutputTextTokenCount": None,
                "completionReason": None,
                "inputTextTokenCount": 5,
            }
        )
        + chunk(
            {
                "outputText": "lo",
                "index": 0,
                "totalOutputTextTokenCount": 2,
                "completionReason": "FINISH",
                "inputTextTokenCount": None,
                **metrics(5, 2),
            }
        ),
        {"input_tokens": 5, "output_tokens": 2},
        {"inputText": "Hi"},
        facts={"finish_reasons": ("FINISH",), "finished": True},
        asked={"stream": True, "operation": "text_completion"},
    ),
    Case(
        "invoke stream: Mistral is counted in the metrics only",
        PARAMETERS + "mistral-text-completion.html",
        HOST + "mistral.mixtral-8x7b-instruct-v0:1/invoke-with-response-stream",
        chunk({"outputs": [{"text": "Hel", "stop_reason": None}]})
        + chunk({"outputs": [{"text": "lo", "stop_reason": "length"}], **metrics(11, 40)}),
        {"input_tokens": 11, "output_tokens": 40},
        {"prompt": "<s>[INST] Hi [/INST]"},
        facts={"finish_reasons": ("length",), "finished": True},
    ),
    Case(
        "invoke stream: Command R's events, the metrics on the last",
        PARAMETERS + "cohere-command-r-plus.html",
        HOST + "cohere.command-r-plus-v1:0/invoke-with-response-stream",
        chunk({"is_finished": False, "event_type": "text-generation", "text": "Hi"})
        + chunk(
            {
                "is_finished": True,
                "event_type": "stream-end",
                "finish_reason": "COMPLETE",
                "response": {"response_id": "r", "generation_id": "g1", "text": "Hi"},
                **metrics(70, 3),
            }
        ),
        {"input_tokens": 70, "output_tokens": 3},
        {"message": "Hi", "stream": True},
        facts={"finish_reasons": ("COMPLETE",), "finished": True},
    ),
    Case(
        "invoke stream: Claude 2's text completions are counted in the metrics only",
        PARAMETERS + "anthropic-claude-text-completion.html",
        HOST + "anthropic.claude-v2%3A1/invoke-with-response-stream",
        chunk({"type": "completion", "completion": " Hel", "stop_reason": None, "stop": None})
        + chunk(
            {
                "type": "completion",
                "completion": "lo",
                "stop_reason": "stop_sequence",
                "stop": "\n\nHuman:",
                **metrics(12, 8),
            }
        ),
        {"input_tokens": 12, "output_tokens": 8},
        {"prompt": "\n\nHuman: Hi\n\nAssistant:", "max_tokens_to_sample": 50},
        facts={"finish_reasons": ("stop_sequence",), "finished": True},
        asked={"model": "anthropic.claude-v2:1", "operation": "text_completion"},
    ),
    Case(
        "invoke stream: gpt-oss speaks OpenAI's chunks, with the metrics under the last",
        PARAMETERS + "openai.html",
        HOST + "openai.gpt-oss-20b-1:0/invoke-with-response-stream",
        chunk(
            {
                "id": "chatcmpl-1",
                "model": "openai.gpt-oss-20b-1:0",
                "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}],
            }
        )
        + chunk(
            {
                "id": "chatcmpl-1",
                "model": "openai.gpt-oss-20b-1:0",
                "object": "chat.completion.chunk",
                "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                **metrics(68, 25),
            }
        ),
        {"input_tokens": 68, "output_tokens": 25},
        {"messages": [{"role": "user", "content": "Hi"}]},
        facts={"response_id": "chatcmpl-1", "finish_reasons": ("stop",), "finished": True},
    ),
]
