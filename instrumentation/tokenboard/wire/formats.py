"""The table of wire formats: how each one's request and answer are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenboard.wire import (
    anthropic,
    bedrock,
    bedrock_invoke,
    cohere,
    gemini,
    gemini_interactions,
    mistral,
    ollama,
    openai_chat,
    openai_responses,
    openai_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenboard.wire.answer import Answer
    from tokenboard.wire.request import Draft
    from tokenboard.wire.values import Json


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format.

    ``operation`` is the value of ``gen_ai.operation.name``, ``family`` the provider whose format
    it is. ``keys`` are fields that a request body of this format has, all of them: on a host that
    is not known, a body without them is no call, whatever the path says.
    """

    name: str
    family: str
    operation: str
    read: Callable[[Draft, Json], None]
    answer: type[Answer]
    keys: tuple[str, ...] = ()


def _nothing(draft: Draft, body: Json) -> None:
    """A poll has no body."""


_CHAT, _TEXT, _EMBED, _GENERATE = "chat", "text_completion", "embeddings", "generate_content"

OPENAI_CHAT = Format(
    "openai.chat", "openai", _CHAT, openai_chat.read, openai_chat.ChatAnswer, ("messages",)
)
OPENAI_RESPONSES = Format(
    "openai.responses",
    "openai",
    _CHAT,
    openai_responses.read,
    openai_responses.ResponsesAnswer,
    ("model", "input"),
)
OPENAI_RESPONSES_POLL = Format(
    "openai.responses.poll", "openai", _CHAT, _nothing, openai_responses.PolledAnswer
)
OPENAI_COMPLETIONS = Format(
    "openai.completions",
    "openai",
    _TEXT,
    openai_text.read_completion,
    openai_chat.ChatAnswer,
    ("prompt",),
)
OPENAI_EMBEDDINGS = Format(
    "openai.embeddings",
    "openai",
    _EMBED,
    openai_text.read_embedding,
    openai_text.EmbeddingAnswer,
    ("model", "input"),
)
ANTHROPIC = Format(
    "anthropic.messages",
    "anthropic",
    _CHAT,
    anthropic.read,
    anthropic.MessagesAnswer,
    ("messages", "max_tokens"),
)
ANTHROPIC_COMPLETE = Format(
    "anthropic.complete",
    "anthropic",
    _TEXT,
    anthropic.read_complete,
    anthropic.CompleteAnswer,
    ("prompt", "max_tokens_to_sample"),
)
GEMINI = Format(
    "gemini.generate", "gcp.gemini", _GENERATE, gemini.read, gemini.GenerateAnswer, ("contents",)
)
GEMINI_EMBED = Format("gemini.embed", "gcp.gemini", _EMBED, gemini.read_embed, gemini.EmbedAnswer)
GEMINI_INTERACTIONS = Format(
    "gemini.interactions",
    "gcp.gemini",
    _GENERATE,
    gemini_interactions.read,
    gemini_interactions.InteractionAnswer,
    ("input",),
)
GEMINI_INTERACTIONS_POLL = Format(
    "gemini.interactions.poll",
    "gcp.gemini",
    _GENERATE,
    _nothing,
    gemini_interactions.PolledAnswer,
)
BEDROCK_CONVERSE = Format(
    "bedrock.converse", "aws.bedrock", _CHAT, bedrock.read, bedrock.ConverseAnswer, ("messages",)
)
BEDROCK_INVOKE = Format(
    "bedrock.invoke", "aws.bedrock", _CHAT, bedrock_invoke.read, bedrock_invoke.InvokeAnswer
)
BEDROCK_EMBED = Format(
    "bedrock.embed",
    "aws.bedrock",
    _EMBED,
    bedrock_invoke.read_embed,
    bedrock_invoke.InvokeEmbedAnswer,
)
COHERE_CHAT = Format(
    "cohere.chat", "cohere", _CHAT, cohere.read, cohere.CohereAnswer, ("model", "messages")
)
COHERE_CHAT_V1 = Format(
    "cohere.chat.v1", "cohere", _CHAT, cohere.read_v1, cohere.CohereAnswer, ("message",)
)
COHERE_GENERATE = Format(
    "cohere.generate", "cohere", _TEXT, cohere.read_generate, cohere.CohereAnswer, ("prompt",)
)
COHERE_EMBED = Format(
    "cohere.embed", "cohere", _EMBED, cohere.read_embed, cohere.CohereEmbedAnswer, ("model",)
)
OLLAMA_CHAT = Format(
    "ollama.chat", "ollama", _CHAT, ollama.read_chat, ollama.OllamaAnswer, ("model", "messages")
)
OLLAMA_GENERATE = Format(
    "ollama.generate", "ollama", _TEXT, ollama.read_generate, ollama.OllamaAnswer, ("model",)
)
OLLAMA_EMBED = Format(
    "ollama.embed", "ollama", _EMBED, ollama.read_embed, ollama.OllamaEmbedAnswer, ("model",)
)
MISTRAL_CONVERSATIONS = Format(
    "mistral.conversations",
    "mistral_ai",
    _CHAT,
    mistral.read,
    mistral.ConversationAnswer,
    ("inputs",),
)
BY_NAME: dict[str, Format] = {
    form.name: form for form in list(globals().values()) if isinstance(form, Format)
}
