"""Ollama's own API: https://github.com/ollama/ollama/blob/main/docs/api.md."""

from __future__ import annotations

from typing import Any

from tokenboard.wire.answer import Answer
from tokenboard.wire.model import Usage
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import Json, first_count, items, obj, objects, text

_NUMBERS = {
    "num_predict": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}


def _common(draft: Draft, body: Json, *, streams: bool) -> None:
    draft.model = text(body.get("model")) or draft.model
    # Without the field, chat and generate stream.
    draft.stream = body.get("stream", streams) is True
    options = obj(body.get("options")) or {}
    draft.numbers(options, _NUMBERS)
    draft.stop(options.get("stop"))


def read_chat(draft: Draft, body: Json) -> None:
    """Read ``/api/chat``."""
    _common(draft, body, streams=True)
    draft.chat(body.get("messages"))


def read_generate(draft: Draft, body: Json) -> None:
    """Read ``/api/generate``."""
    _common(draft, body, streams=True)
    draft.messages = 1
    if body.get("system"):
        draft.opening.append(f"system\n{plain(body['system'])}")
    draft.opening.append(f"user\n{plain(body.get('prompt'))}")


def read_embed(draft: Draft, body: Json) -> None:
    """Read ``/api/embed`` and the older ``/api/embeddings``."""
    _common(draft, body, streams=False)
    inputs = body.get("input", body.get("prompt"))
    draft.messages = len(items(inputs)) or 1


class OllamaAnswer(Answer):
    """Reads a whole answer or the lines of one; the counts stand in the last.

    ``prompt_eval_count`` is missing when the prompt was in the cache: the input is unknown then.
    """

    __slots__ = ("_calls",)

    markers = (b'"done":true', b'"done": true', b"tool_calls", b"error")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._calls = 0

    def value(self, body: Json, event: str | None) -> None:  # noqa: ARG002 - the shape of Answer.value
        """See ``Answer.value``."""
        self.name(None, body.get("model"))
        self.settled = self.model is not None
        message = obj(body.get("message")) or {}
        for call in objects(message.get("tool_calls")):
            function = obj(call.get("function")) or {}
            self._calls += 1
            self.tool(self._calls, function.get("name"), function.get("arguments"))
        tokens_in = first_count(body, "prompt_eval_count")
        tokens_out = first_count(body, "eval_count")
        if tokens_in is not None or tokens_out is not None:
            self.usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out)
        if body.get("done") is True:
            self.finished = True
            self.reason(body.get("done_reason"))
        if body.get("error"):
            self.fail()


class OllamaEmbedAnswer(OllamaAnswer):
    """Reads vectors, which are left out before the parsing."""

    __slots__ = ()
    bulky = True
