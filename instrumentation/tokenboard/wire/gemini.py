"""Gemini: generate, stream and embed, on the Developer API and on Vertex AI.

https://ai.google.dev/api/generate-content
https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
Protocol-buffer JSON leaves zeros out, may spell names in snake_case, and may send enums as
numbers (``$alt=json;enum-encoding=int``): https://protobuf.dev/programming-guides/json/
"""

from __future__ import annotations

from typing import Any

from tokenboard.wire.answer import Answer
from tokenboard.wire.model import Usage
from tokenboard.wire.request import Draft, choice_count, newest
from tokenboard.wire.values import (
    Json,
    added,
    count,
    first_count,
    first_object,
    items,
    obj,
    objects,
    text,
)

_NUMBERS = {
    "maxOutputTokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "top_p": "top_p",
    "topK": "top_k",
    "top_k": "top_k",
    "seed": "seed",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
}
_REASONS = (
    # https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rpc/google.cloud.aiplatform.v1#finishreason
    "FINISH_REASON_UNSPECIFIED",
    "STOP",
    "MAX_TOKENS",
    "SAFETY",
    "RECITATION",
    "OTHER",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MALFORMED_FUNCTION_CALL",
)
_AUDIO = ("AUDIO", "audio", 4)
"""https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rpc/google.cloud.aiplatform.v1#modality"""


def read(draft: Draft, body: Json) -> None:
    """Read a request to generate; the model stands in the URL."""
    config = first_object(body, "generationConfig", "generation_config") or {}
    draft.numbers(config, _NUMBERS)
    draft.stop(config.get("stopSequences") or config.get("stop_sequences"))
    choice_count(draft, config.get("candidateCount") or config.get("candidate_count"))
    thinking = first_object(config, "thinkingConfig", "thinking_config") or {}
    level = text(thinking.get("thinkingLevel")) or text(thinking.get("thinking_level"))
    if level is not None:
        draft.parameters["reasoning.level"] = level
    system = body.get("systemInstruction") or body.get("system_instruction")
    if system:
        draft.opening.append(f"system\n{_said(system)}")
    turns = items(body.get("contents"))
    draft.messages = len(turns)
    for turn in objects(turns):
        if turn.get("role") in ("user", None):
            draft.opening.append(f"user\n{_said(turn)}")
            break
    last = obj(turns[-1]) if turns else None
    if last is not None:
        draft.role("tool" if _results(last) else last.get("role") or "user")
    for turn in newest(turns):
        for result in _results(turn):
            said = result.get("response")
            # "use 'error' key to specify error details": https://ai.google.dev/api/caching#FunctionResponse
            draft.result(said, failed="error" in (obj(said) or {}))


def _said(content: Any) -> str:
    parts = objects((obj(content) or {}).get("parts"))
    return "\n".join(said for part in parts if (said := text(part.get("text"))) is not None)


def _results(turn: Json) -> list[Json]:
    results = [
        first_object(part, "functionResponse", "function_response")
        for part in objects(turn.get("parts"))
    ]
    return [result for result in results if result is not None]


class GenerateAnswer(Answer):
    """Reads a whole answer or a chunk of one: both look the same."""

    __slots__ = ("_calls",)

    markers = (
        b"sageMetadata",
        b"usage_metadata",
        b"inishReason",
        b"finish_reason",
        b"unctionCall",
        b"function_call",
        b"error",
        b"blockReason",
        b"block_reason",
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._calls = 0

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        self.name(
            body.get("responseId") or body.get("response_id"),
            body.get("modelVersion") or body.get("model_version"),
        )
        for position, candidate in enumerate(objects(body.get("candidates"))):
            self._candidate(candidate, position)
        blocked = first_object(body, "promptFeedback", "prompt_feedback") or {}
        self.reason(blocked.get("blockReason") or blocked.get("block_reason"))
        metadata = first_object(body, "usageMetadata", "usage_metadata")
        if metadata is not None:
            self._metadata(metadata)
        error = obj(body.get("error"))
        if error is not None:
            self.fail(error.get("status"), error.get("code"))
        elif event == "error":
            self.fail()

    def _candidate(self, candidate: Json, position: int) -> None:
        index = count(candidate.get("index"))
        reason = candidate.get("finishReason") or candidate.get("finish_reason")
        if type(reason) is int:
            reason = _REASONS[reason] if 0 < reason < len(_REASONS) else str(reason)
        self.reason(reason, position if index is None else index)
        content = obj(candidate.get("content")) or {}
        for part in objects(content.get("parts")):
            call = first_object(part, "functionCall", "function_call")
            if call is not None:
                if call.get("name"):
                    self._calls += 1
                # Streamed arguments come as pieces without a name:
                # https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling
                for piece in objects(call.get("partialArgs")):
                    self.tool(self._calls, None, str(piece))
                self.tool(self._calls, call.get("name"), call.get("args"))

    def _metadata(self, metadata: Json) -> None:
        usage = from_object(metadata)
        if usage is not None:
            self.usage = usage  # a later block takes the place of an earlier one, even a larger
        tier = text(metadata.get("serviceTier")) or text(metadata.get("service_tier"))
        if tier is not None:
            self.tier = tier


def from_object(usage: Json) -> Usage | None:
    """Read ``usageMetadata``: the prompt contains cached tokens, candidates leave thoughts out.

    https://ai.google.dev/api/generate-content#UsageMetadata
    """
    thoughts = first_count(usage, "thoughtsTokenCount", "thoughts_token_count")
    tokens_in = added(
        first_count(usage, "promptTokenCount", "prompt_token_count"),
        first_count(usage, "toolUsePromptTokenCount", "tool_use_prompt_token_count"),
    )
    tokens_out = added(
        first_count(usage, "candidatesTokenCount", "candidates_token_count"),
        # Live sessions and the first Vertex versions say it so.
        first_count(usage, "responseTokenCount", "response_token_count"),
        thoughts,
    )
    if tokens_in is None and tokens_out is None:
        return None
    total = first_count(usage, "totalTokenCount", "total_token_count")
    if total is not None and thoughts is None and tokens_out is not None:
        # Thoughts that are not told apart still stand in the total.
        tokens_out = max(tokens_out, total - (tokens_in or 0))
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=first_count(
            usage, "cachedContentTokenCount", "cached_content_token_count"
        ),
        reasoning_tokens=thoughts,
        audio_input_tokens=added(
            _audio(usage, "promptTokensDetails", "prompt_tokens_details"),
            _audio(usage, "toolUsePromptTokensDetails", "tool_use_prompt_tokens_details"),
        ),
        audio_output_tokens=_audio(usage, "candidatesTokensDetails", "candidates_tokens_details"),
    )


def _audio(usage: Json, *names: str) -> int | None:
    for name in names:
        counts = [
            first_count(detail, "tokenCount", "token_count")
            for detail in objects(usage.get(name))
            if detail.get("modality") in _AUDIO
        ]
        if counts:
            return added(*counts)
    return None


def read_embed(draft: Draft, body: Json) -> None:
    """Read a request to embed: https://ai.google.dev/api/embeddings."""
    requests = objects(body.get("requests")) or objects(body.get("instances"))
    draft.messages = len(requests) or 1


class EmbedAnswer(GenerateAnswer):
    """Reads embeddings; Vertex's ``predict`` counts tokens beside each vector.

    https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api
    """

    __slots__ = ()
    bulky = True

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        super().value(body, event)
        counts = [
            first_count(first_object(obj(each.get("embeddings")), "statistics"), "token_count")
            for each in objects(body.get("predictions"))
        ]
        tokens = added(*counts)
        if tokens is not None:
            self.usage = Usage(input_tokens=tokens)
