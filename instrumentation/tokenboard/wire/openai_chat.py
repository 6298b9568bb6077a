"""OpenAI Chat Completions, and everything that speaks it.

https://platform.openai.com/docs/api-reference/chat/object
https://platform.openai.com/docs/api-reference/chat-streaming/streaming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenboard.wire.answer import Answer
from tokenboard.wire.openai_usage import read_usage
from tokenboard.wire.request import Draft, choice_count
from tokenboard.wire.values import Json, count, obj, objects, text

if TYPE_CHECKING:
    from tokenboard.wire.model import ResponseFacts, Usage

_NUMBERS = {
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "random_seed": "seed",  # Mistral
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}


def read(draft: Draft, body: Json) -> None:
    """Read a request: https://platform.openai.com/docs/api-reference/chat/create."""
    common(draft, body)
    draft.chat(body.get("messages"))


def common(draft: Draft, body: Json) -> None:
    """Read what chat and text completions have in common."""
    draft.model = text(body.get("model")) or draft.model
    draft.stream = body.get("stream") is True or draft.stream
    draft.end_user_id = text(body.get("safety_identifier")) or text(body.get("user"))
    draft.numbers(body, _NUMBERS)
    draft.stop(body.get("stop"))
    choice_count(draft, body.get("n"))
    effort = text(body.get("reasoning_effort")) or text(
        (obj(body.get("reasoning")) or {}).get("effort")
    )
    if effort is not None:
        draft.parameters["reasoning.level"] = effort


class ChatAnswer(Answer):
    """Reads whole completions and chunks alike: some servers answer one with the other."""

    __slots__ = ("_choices", "_strange")

    markers = (
        b'tokens"',
        b'_reason":"',
        b'_reason": "',
        b'arguments"',
        b'"function"',
        b'"custom"',
        b"error",
        b"[DONE]",
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._choices = False
        self._strange = False

    def facts(self) -> ResponseFacts:
        """See ``Answer.facts``."""
        if self._strange and not self._choices:
            # Writer streams completions without a word of how they end.
            self.finished = True
        return super().facts()

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        if "choices" in body:
            self._choices = True
        else:
            self._strange = True
        self.name(body.get("id"), body.get("model"))
        tier = text(body.get("service_tier"))
        if tier is not None:
            self.tier = tier
        take_choices(self, body)
        usage = read_usage(body)
        if usage is not None and (self.usage is None or not _says_nothing(usage)):
            self.usage = usage
        error = body.get("error")
        if error:
            self._failed(error)
        elif event == "error":
            self.fail(body.get("code"), body.get("type"))
        elif body.get("object") == "error":
            self.fail(body.get("type"), body.get("code"))
        elif self.refused and "choices" not in body:
            # Without an object around it: https://inference-docs.cerebras.ai/support/error
            self.fail(body.get("code"), body.get("type"))

    def _failed(self, error: Any) -> None:
        details = obj(error)
        if details is None:
            self.fail()
        else:
            self.fail(details.get("code"), details.get("type"), details.get("status"))


def _says_nothing(usage: Usage) -> bool:
    """Whether these are the zeros that some servers fill in where a chunk has no usage."""
    return not (usage.input_tokens or usage.output_tokens or usage.reported_cost_usd)


def take_choices(answer: Answer, body: Json) -> None:
    """Read why each choice ended and which tools it asks for."""
    for position, choice in enumerate(objects(body.get("choices"))):
        index = count(choice.get("index"))
        index = position if index is None else index
        answer.reason(choice.get("finish_reason") or choice.get("stop_reason"), index)
        failed = obj(choice.get("error"))
        if failed:  # https://openrouter.ai/docs/api-reference/overview#completionsresponse-format
            answer.fail(failed.get("code"), failed.get("type"))
        for name in ("delta", "message"):
            message = obj(choice.get(name))
            if message is not None:
                # The last chunk of MiniMax's streams is the whole message once more:
                # https://platform.minimax.io/docs/api-reference/text-post
                _take_calls(answer, message, index, repeats=name == "message")
                if message.get("tool_calls"):
                    break  # Writer's chunks say everything twice


def _take_calls(answer: Answer, message: Json, index: int, *, repeats: bool) -> None:
    for position, call in enumerate(objects(message.get("tool_calls"))):
        function = obj(call.get("function")) or {}
        if not function.get("name") and not function.get("arguments"):
            function = obj(call.get("custom")) or function
        at = count(call.get("index"))
        key = (index, position if at is None else at)
        if repeats and answer.knows((key, call.get("id"))):
            continue
        arguments = function.get("arguments")
        answer.tool(
            key,
            function.get("name"),
            function.get("input") if arguments is None else arguments,
            call.get("id"),
        )
    legacy = obj(message.get("function_call"))
    if legacy is not None:
        answer.tool((index, -1), legacy.get("name"), legacy.get("arguments"))
