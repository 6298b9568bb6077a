"""A conversation as the pretend provider reads it, whatever wire format it came in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from tokenboard.demo.mind import Item, Prompt, Tool, ToolCall, item

if TYPE_CHECKING:
    from collections.abc import Mapping

Json = dict[str, Any]


class RefusedError(Exception):
    """The provider answers with an error: HTTP status, the provider's error type, a message."""

    def __init__(self, status: int, kind: str, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.code = code


@dataclass(slots=True)
class Transcript:
    """What has been said so far, piece by piece."""

    items: list[Item] = field(default_factory=list[Item])
    question: str = ""
    tool_rounds: int = 0
    asked: tuple[ToolCall, ...] = ()
    answered: str = ""

    def copy(self) -> Transcript:
        """Return an independent copy, to be continued."""
        return replace(self, items=list(self.items))

    def system(self, content: Any, cache: str | None = None) -> None:
        """Add instructions."""
        self.items.append(item("system", content, cache=cache))

    def person(self, content: Any, *, tokens: int | None = None, cache: str | None = None) -> None:
        """Add what a person said: a new question begins."""
        self.items.append(item("user", content, tokens, cache))
        if isinstance(content, str):
            self.question = content
        self.tool_rounds, self.asked, self.answered = 0, (), ""

    def model(self, content: Any, calls: tuple[ToolCall, ...] = ()) -> None:
        """Add an answer of the model's, with the tools it asked for."""
        self.items.append(item("assistant", content))
        self.asked = calls
        if calls:
            self.tool_rounds += 1

    def tool(self, content: Any, cache: str | None = None) -> None:
        """Add what a tool answered."""
        self.items.append(item("tool", content, cache=cache))
        self.answered = content if isinstance(content, str) else json.dumps(content)

    def prompt(
        self,
        *,
        account: str,
        model: str,
        tools: tuple[Tool, ...],
        max_output: int | None,
        automatic_cache: bool,
    ) -> Prompt:
        """Return everything as one prompt; the tools on offer come first, as in real caches."""
        offered = [item("tools", [[t.name, *t.arguments] for t in tools])] if tools else []
        return Prompt(
            account=account,
            model=model,
            items=(*offered, *self.items),
            question=self.question,
            tools=tools,
            tool_rounds=self.tool_rounds,
            asked=self.asked,
            answered=self.answered,
            max_output=max_output,
            automatic_cache=automatic_cache,
        )


def file_tokens(files: Mapping[str, int], name: str) -> int:
    """Return the size of an uploaded file, in tokens.

    Raises:
        RefusedError: nobody uploaded such a file.
    """
    if name not in files:
        raise RefusedError(404, "invalid_request_error", f"No such file: {name!r}")
    return files[name]


def messages_of(body: Json) -> list[Json]:
    """Return a request's messages.

    Raises:
        RefusedError: there are none.
    """
    messages: Any = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise RefusedError(400, "invalid_request_error", "messages: field required")
    return cast("list[Json]", messages)


def schema_arguments(schema: Json | None) -> tuple[str, ...]:
    """Return the argument names of a tool's JSON schema."""
    properties: Json = (schema or {}).get("properties") or {}
    return tuple(properties)
