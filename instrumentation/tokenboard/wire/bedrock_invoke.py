"""Amazon Bedrock's InvokeModel and InvokeModelWithResponseStream: each model's own body.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
Usage is looked for in the body first, which holds what the model's own provider counts; then in
the headers of a whole answer (``x-amzn-bedrock-…-token-count``) or the last event of a stream
(``amazon-bedrock-invocationMetrics``). The latter leave cached tokens out of the input.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tokenboard.wire import anthropic, bedrock, cohere, openai_chat, openai_usage
from tokenboard.wire.model import ResponseFacts, Usage
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import Json, added, count, first_count, items, obj, objects

_NUMBERS = {
    "max_gen_len": "max_tokens",  # Llama
    "max_tokens": "max_tokens",
    "max_tokens_to_sample": "max_tokens",  # Claude 2
    "maxTokens": "max_tokens",  # Jurassic
    "maxTokenCount": "max_tokens",  # Titan
    "temperature": "temperature",
    "top_p": "top_p",
    "topP": "top_p",
    "p": "top_p",
    "top_k": "top_k",
    "k": "top_k",
}
_HEADER = "x-amzn-bedrock-"


def read(draft: Draft, body: Json) -> None:
    """Read a request by what it looks like; the model and the streaming stand in the URL."""
    model, stream = draft.model, draft.stream
    if "dimensions" in body or "embeddingTypes" in body or "texts" in body:
        # An inference profile's ARN does not say that it is for vectors:
        # https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
        draft.operation = "embeddings"
        read_embed(draft, body)
    elif "messages" in body:
        if "inferenceConfig" in body or "schemaVersion" in body or "nova" in (model or ""):
            bedrock.read(draft, body)
        elif "anthropic_version" in body:
            anthropic.read(draft, body)
        else:
            openai_chat.read(draft, body)
    elif "message" in body:
        cohere.read_v1(draft, body)
    else:
        draft.operation = "text_completion"
        config = obj(body.get("textGenerationConfig")) or body
        draft.numbers(config, _NUMBERS)
        draft.stop(
            config.get("stopSequences") or config.get("stop_sequences") or config.get("stop")
        )
        said = body.get("prompt") or body.get("inputText")
        if said:
            draft.messages = 1
            draft.opening.append(f"user\n{plain(said)}")
    draft.model, draft.stream = model, stream


def read_embed(draft: Draft, body: Json) -> None:
    """Read a request for embeddings."""
    draft.messages = len(items(body.get("texts"))) or 1


class InvokeAnswer(anthropic.MessagesAnswer):
    """Reads whole bodies and chunks of every family of models."""

    __slots__ = ("_metrics", "_told")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._told: Json = {}
        self._metrics = _counts(
            self.headers.get(_HEADER + "input-token-count"),
            self.headers.get(_HEADER + "output-token-count"),
            self.headers.get(_HEADER + "cache-read-input-token-count"),
            self.headers.get(_HEADER + "cache-write-input-token-count"),
        )

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        if bedrock.take_failure(self, body, event):
            return
        metrics = obj(body.get("amazon-bedrock-invocationMetrics"))
        if metrics is not None:
            self.finished = True  # the last event, whatever the model
            self._metrics = _counts(
                metrics.get("inputTokenCount"),
                metrics.get("outputTokenCount"),
                metrics.get("cacheReadInputTokenCount"),
                metrics.get("cacheWriteInputTokenCount"),
            )
        if body.get("amazon-bedrock-guardrailAction") == "INTERVENED":
            self.reason("guardrail_intervened")  # Converse's word for it
        kind = body.get("type")
        if isinstance(kind, str) and kind.startswith(("message", "content_block", "error", "ping")):
            super().value(body, None)
        elif "choices" in body:
            self._chat(body)
        else:
            bedrock.take(self, body)
            self._others(body)

    def facts(self) -> ResponseFacts:
        """See ``Answer.facts``."""
        told, metrics = self.usage, self._metrics
        if told is None:
            self.usage = metrics
        elif metrics is not None and (told.input_tokens is None or told.output_tokens is None):
            # A guardrail that rewrites a Nova answer leaves the output's count out of its body.
            # https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-invoke-model.html
            self.usage = replace(
                told,
                input_tokens=metrics.input_tokens
                if told.input_tokens is None
                else told.input_tokens,
                output_tokens=metrics.output_tokens
                if told.output_tokens is None
                else told.output_tokens,
            )
        return super().facts()

    def _chat(self, body: Json) -> None:
        """Jamba, Mistral's newer models, DeepSeek, gpt-oss: OpenAI's words, more or less."""
        self.name(body.get("id"), body.get("model"))
        openai_chat.take_choices(self, body)
        usage = openai_usage.read_usage(body)
        if usage is not None:
            self.usage = usage

    def _others(self, body: Json) -> None:
        """Titan, Llama, Claude 2, Cohere, older Mistral, Jurassic."""
        self.name(body.get("generation_id") or body.get("id"), None)
        self.reason(body.get("stop_reason") or body.get("finish_reason"))
        self.reason(body.get("completionReason"))
        results = objects(body.get("results")) + objects(body.get("outputs"))
        results += objects(body.get("generations"))
        for index, result in enumerate(results):
            reason = result.get("completionReason") or result.get("stop_reason")
            self.reason(reason or result.get("finish_reason"), index)
        for index, completion in enumerate(objects(body.get("completions"))):
            self.reason((obj(completion.get("finishReason")) or {}).get("reason"), index)
        for index, call in enumerate(objects(body.get("tool_calls"))):
            self.tool(index, call.get("name"), call.get("parameters"))
        # Llama's stream tells the prompt's count once and counts the answer's up.
        for name, value in (
            ("in", first_count(body, "inputTextTokenCount", "prompt_token_count")),
            ("out", first_count(body, "totalOutputTextTokenCount", "generation_token_count")),
            ("out", added(*(first_count(result, "tokenCount") for result in results))),
        ):
            if value is not None:
                self._told[name] = value
        if self._told:
            self.usage = Usage(
                input_tokens=self._told.get("in"), output_tokens=self._told.get("out")
            )


class InvokeEmbedAnswer(InvokeAnswer):
    """Reads vectors, which are left out before the parsing."""

    __slots__ = ()
    bulky = True


def _counts(fresh: Any, out: Any, read: Any, write: Any) -> Usage | None:
    cached, written = count(read), count(write)
    tokens_in = added(count(fresh), cached, written)
    tokens_out = count(out)
    if tokens_in is None and tokens_out is None:
        return None
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=cached,
        cache_write_tokens=written,
    )
