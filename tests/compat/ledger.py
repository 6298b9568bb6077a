"""A provider that speaks many wire formats and keeps a ledger of what it billed.

Every answer bears token counts of its own, so a span can be matched with the one request that it
must stand for, whatever a framework did in between. Bodies are written from the providers'
documentation; the address stands beside each.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from typing import TYPE_CHECKING, Self

from compat.cloud_replies import anthropic, converse, gemini, gemini_count, invoke
from compat.openai_replies import openai_chat, openai_embeddings, openai_responses
from compat.other_replies import cohere_chat, cohere_embed, ollama, ollama_embed
from compat.turn import Billed, Turn
from fakes.canned import Answer, Asked, Canned, document

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Billed", "Ledger"]


class Ledger:
    """The provider, as a context manager; ``billed`` is what it wrote down."""

    def __init__(self) -> None:
        self.billed: list[Billed] = []
        self.unknown: list[str] = []
        self._lock = threading.Lock()
        self._count = 0
        self._salt = secrets.token_hex(8)
        self._server = Canned(self._answer)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def asked(self) -> list[Asked]:
        return self._server.asked

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *exit_: object) -> None:
        self._server.__exit__(*exit_)

    def _answer(self, asked: Asked) -> Answer:
        with self._lock:
            self._count += 1
            number = self._count
        path = asked.path.split("?")[0]
        for pattern, answer in _ROUTES:
            if asked.method == "POST" and re.search(pattern, path):
                turn = Turn(asked.path, json.loads(asked.body or b"{}"), number, self._salt)
                reply = answer(turn)
                with self._lock:
                    self.billed += turn.ledger
                return reply
        self.unknown.append(f"{asked.method} {asked.path}")
        return document({"error": {"message": f"no such path: {path}"}}, 404)


_ROUTES: tuple[tuple[str, Callable[[Turn], Answer]], ...] = (
    (r"/messages/count_tokens$", lambda turn: document({"input_tokens": turn.input})),
    (r"/chat/completions$", openai_chat),
    (r"/responses$", openai_responses),
    (r"/model/.+/converse(-stream)?$", converse),
    (r"/model/.+/invoke(-with-response-stream)?$", invoke),
    (r":(generateContent|streamGenerateContent)$", gemini),
    (r":countTokens$", gemini_count),
    (r"/v2/chat$", cohere_chat),
    (r"/v2/embed$", cohere_embed),
    (r"/api/(chat|generate)$", ollama),
    (r"/api/embed$", ollama_embed),
    (r"/embeddings$", openai_embeddings),
    (r"/v1/messages$", anthropic),
)
