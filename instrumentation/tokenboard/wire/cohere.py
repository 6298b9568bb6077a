"""Cohere: chat, generate and embed, versions 1 and 2.

https://docs.cohere.com/reference/chat https://docs.cohere.com/v1/reference/chat
``tokens`` says what the model read and wrote, ``billed_units`` what is charged, which leaves out
what Cohere itself adds to a prompt. The first is used, for ``cached_tokens`` is a part of it;
where only the second is sent (embed, generate), that.
"""

from __future__ import annotations

from typing import Any

from tokenboard.wire.answer import Answer
from tokenboard.wire.model import Usage
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import Json, count, first_count, first_object, items, obj, objects, text

_NUMBERS = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "p": "top_p",
    "k": "top_k",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}


def _common(draft: Draft, body: Json) -> None:
    draft.model = text(body.get("model")) or draft.model
    draft.stream = body.get("stream") is True
    draft.numbers(body, _NUMBERS)
    draft.stop(body.get("stop_sequences"))


def read(draft: Draft, body: Json) -> None:
    """Read ``/v2/chat``."""
    _common(draft, body)
    draft.chat(body.get("messages"))


def read_v1(draft: Draft, body: Json) -> None:
    """Read ``/v1/chat``: the newest message stands beside the history."""
    _common(draft, body)
    draft.conversation_id = text(body.get("conversation_id"))
    history = objects(body.get("chat_history"))
    results = objects(body.get("tool_results"))
    draft.messages = len(history) + 1
    if body.get("preamble"):
        draft.opening.append(f"system\n{plain(body['preamble'])}")
    said = [turn for turn in history if str(turn.get("role")).lower() == "user"]
    first = said[0].get("message") if said else body.get("message")
    draft.opening.append(f"user\n{plain(first)}")
    draft.trigger = "tool" if results else "user"
    for result in results:
        draft.result(result.get("outputs"))


def read_generate(draft: Draft, body: Json) -> None:
    """Read ``/v1/generate``: https://docs.cohere.com/v1/reference/generate."""
    _common(draft, body)
    draft.messages = 1
    draft.opening.append(f"user\n{plain(body.get('prompt'))}")


def read_embed(draft: Draft, body: Json) -> None:
    """Read ``/v1/embed`` and ``/v2/embed``: https://docs.cohere.com/reference/embed."""
    draft.model = text(body.get("model")) or draft.model
    counts = [len(items(body.get(name))) for name in ("texts", "inputs", "images")]
    draft.messages = sum(counts) or None


class CohereAnswer(Answer):
    """Reads whole answers and streams of both versions."""

    __slots__ = ("_calls",)

    markers = (
        b"message-start",
        b"message-end",
        b"tool-call",
        b"stream-start",
        b"stream-end",
        b"tool-calls-generation",
        b"error",
    )

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._calls = 0

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        kind = text(body.get("type")) or text(body.get("event_type")) or event
        self.name(body.get("generation_id") or body.get("id"), None)
        self.settled = self.response_id is not None  # no answer names a model
        delta = obj(body.get("delta")) or {}
        if kind in ("tool-call-start", "tool-call-delta"):
            message = obj(delta.get("message")) or {}
            self._call(obj(message.get("tool_calls")) or {}, body.get("index"))
        elif kind == "message-end":
            self._end(delta)
            if delta.get("error"):
                self.fail(delta.get("error_type"))
        elif kind == "stream-end":
            self._end(obj(body.get("response")) or body)
            self.reason(body.get("finish_reason"))
        elif kind == "error" or body.get("error"):
            self.fail((obj(body.get("error")) or {}).get("code"))
        elif "event_type" not in body and kind in (None, "message"):
            self._end(body)

    def _end(self, body: Json) -> None:
        self.name(body.get("generation_id") or body.get("id"), None)
        self.reason(body.get("finish_reason"))
        for generation in objects(body.get("generations")):
            self.reason(generation.get("finish_reason"), count(generation.get("index")) or 0)
        message = obj(body.get("message")) or body
        for call in objects(message.get("tool_calls")):
            self._calls += 1
            self._call(call, -self._calls)
        usage = from_object(first_object(body, "usage", "meta"))
        if usage is not None:
            self.usage = usage

    def _call(self, call: Json, key: Any) -> None:
        function = obj(call.get("function")) or call
        arguments = function.get("arguments")
        self.tool(
            key,
            function.get("name"),
            function.get("parameters") if arguments is None else arguments,
        )


class CohereEmbedAnswer(CohereAnswer):
    """Reads vectors, which are left out before the parsing."""

    __slots__ = ()
    bulky = True


def from_object(usage: Json | None) -> Usage | None:
    """Read ``usage`` (version 2) or ``meta`` (version 1)."""
    if usage is None:
        return None
    tokens = obj(usage.get("tokens"))
    billed = obj(usage.get("billed_units"))
    tokens_in = first_count(tokens, "input_tokens")
    tokens_out = first_count(tokens, "output_tokens")
    if tokens_in is None:
        tokens_in = first_count(billed, "input_tokens")
    if tokens_out is None:
        tokens_out = first_count(billed, "output_tokens")
    if tokens_in is None and tokens_out is None:
        return None
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=first_count(usage, "cached_tokens"),
        # A part of the output: https://docs.cohere.com/docs/reasoning
        reasoning_tokens=first_count(tokens, "reasoning_tokens"),
    )
