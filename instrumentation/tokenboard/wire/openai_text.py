"""OpenAI text completions and embeddings, and everything that speaks them.

https://platform.openai.com/docs/api-reference/completions
https://platform.openai.com/docs/api-reference/embeddings
"""

from __future__ import annotations

from tokenboard.wire.model import Usage
from tokenboard.wire.openai_chat import ChatAnswer, common
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import Json, first_count, items, obj, text


def read_completion(draft: Draft, body: Json) -> None:
    """Read a request for a completion."""
    common(draft, body)
    prompt = body.get("prompt")
    if isinstance(prompt, str):
        draft.messages = 1
        draft.opening.append(f"user\n{prompt}")
    elif prompt is not None:
        draft.messages = len(items(prompt)) or None
        draft.opening.append(f"user\n{plain(prompt)}")


def read_embedding(draft: Draft, body: Json) -> None:
    """Read a request for embeddings."""
    draft.model = text(body.get("model")) or draft.model
    draft.end_user_id = text(body.get("safety_identifier")) or text(body.get("user"))
    inputs = body.get("input", body.get("inputs"))
    draft.messages = len(items(inputs)) or 1
    encoding = text(body.get("encoding_format"))
    if encoding is not None:
        draft.parameters["encoding_formats"] = [encoding]


class EmbeddingAnswer(ChatAnswer):
    """Reads vectors, which are left out before the parsing."""

    __slots__ = ()
    bulky = True

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        super().value(body, event)
        if self.usage is None:
            # Voyage sends the total alone: https://docs.voyageai.com/reference/embeddings-api
            total = first_count(obj(body.get("usage")), "total_tokens")
            if total is not None:
                self.usage = Usage(input_tokens=total)
