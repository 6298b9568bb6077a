"""The table of wire formats: how each one's request and answer are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenboard.wire import anthropic, openai_chat, openai_responses

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenboard.wire.answer import Answer
    from tokenboard.wire.request import Draft
    from tokenboard.wire.values import Json


@dataclass(frozen=True, slots=True)
class Format:
    """A wire format.

    ``keys`` are fields that a request body of this format has, all of them: on a host that is not
    known, a body without them is no call, whatever the path says.
    """

    name: str
    operation: str
    read: Callable[[Draft, Json], None]
    answer: type[Answer]
    keys: tuple[str, ...] = ()


OPENAI_CHAT = Format("openai.chat", "chat", openai_chat.read, openai_chat.ChatAnswer, ("messages",))
OPENAI_RESPONSES = Format(
    "openai.responses",
    "chat",
    openai_responses.read,
    openai_responses.ResponsesAnswer,
    ("model",),
)
ANTHROPIC = Format(
    "anthropic.messages",
    "chat",
    anthropic.read,
    anthropic.MessagesAnswer,
    ("messages", "max_tokens"),
)
