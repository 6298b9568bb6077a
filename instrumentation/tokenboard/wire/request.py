"""What the readers of requests share: a draft to fill in, and how turns are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tokenboard.wire.hashing import Hasher, canonical
from tokenboard.wire.values import Json, count, items, obj

if TYPE_CHECKING:
    from collections.abc import Callable

    from tokenboard.wire.model import Trigger

    Results = Callable[[Json], list[tuple[Any, bool]]]
    """What a message holds of tools' results: each one's content, and whether the tool failed."""

_TRIGGERS: dict[str, Trigger] = {
    "user": "user",
    "human": "user",
    "tool": "tool",
    "function": "tool",
    "ipython": "tool",
    "assistant": "assistant",
    "model": "assistant",
    "chatbot": "assistant",
    "ai": "assistant",
    "system": "system",
    "developer": "system",
}

_MOST_RESULTS = 512
_CACHE_MARKS = ("cache_control", "cachePoint")


class Draft:
    """The facts of a request while a format reads them; see ``model.RequestFacts``."""

    __slots__ = (
        "conversation_id",
        "end_user_id",
        "hasher",
        "messages",
        "model",
        "opening",
        "operation",
        "parameters",
        "previous_response_id",
        "stream",
        "tool_errors",
        "tool_results",
        "trigger",
    )

    def __init__(self, hasher: Hasher, model: str | None, *, stream: bool) -> None:
        self.hasher = hasher
        self.model = model
        self.stream = stream
        self.parameters: dict[str, Any] = {}
        self.end_user_id: str | None = None
        self.conversation_id: str | None = None
        self.previous_response_id: str | None = None
        self.opening: list[str] = []
        """The texts up to the first user message: what stays the same while a talk goes on."""
        self.operation: str | None = None
        """Set where the body and not the path shows what is asked for."""
        self.trigger: Trigger | None = None
        self.messages: int | None = None
        self.tool_results: list[str] = []
        self.tool_errors: list[bool] = []

    def numbers(self, source: Json, names: dict[str, str]) -> None:
        """Copy the numeric parameters of ``source`` under their conventional names."""
        for name, ours in names.items():
            value = source.get(name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                self.parameters[ours] = value

    def stop(self, value: Any) -> None:
        """Note the stop sequences: one text or a list of them."""
        sequences = [value] if isinstance(value, str) else items(value)
        texts = [each for each in sequences if isinstance(each, str)]
        if texts:
            self.parameters["stop_sequences"] = texts

    def role(self, role: Any) -> None:
        """Note whose message drove this call."""
        self.trigger = _TRIGGERS.get(role.lower()) if isinstance(role, str) else None

    def result(self, content: Any, *, failed: bool = False) -> None:
        """Note a tool's result in the newest turn, and whether it is said to be an error."""
        if len(self.tool_results) < _MOST_RESULTS:
            self.tool_results.append(self.hasher.text(plain(content)))
            self.tool_errors.append(failed)

    def chat(self, messages: Any, results: Results | None = None) -> None:
        """Read messages that have ``role`` and ``content``.

        Args:
            messages: the list, oldest first.
            results: says what a message holds of tools' results, where they are parts of it;
                otherwise a message with the role ``tool`` is one.
        """
        found = _by_role if results is None else results
        turns = items(messages)
        self.messages = len(turns)
        for turn in turns:
            message = obj(turn)
            if message is None:
                continue
            role = message.get("role")
            kind = _TRIGGERS.get(role.lower()) if isinstance(role, str) else None
            if kind in ("user", "system"):
                self.opening.append(f"{kind}\n{plain(message.get('content'))}")
            if kind == "user":
                break
        last = obj(turns[-1]) if turns else None
        if last is not None:
            self.role("tool" if found(last) else last.get("role"))
        for turn in newest(turns):
            for content, failed in found(turn):
                self.result(content, failed=failed)


def _by_role(turn: Json) -> list[tuple[Any, bool]]:
    return [(turn.get("content"), False)] if turn.get("role") in ("tool", "function") else []


def newest(turns: list[Any]) -> list[Json]:
    """Return the messages after the assistant's last one, in order."""
    fresh: list[Json] = []
    for turn in reversed(turns):
        message = obj(turn)
        if message is None:
            continue
        role = message.get("role")
        if isinstance(role, str) and _TRIGGERS.get(role.lower()) == "assistant":
            break
        fresh.append(message)
    fresh.reverse()
    return fresh


def plain(content: Any) -> str:
    """Write a message's content as text, the same for a text and for a list with that one text.

    ``cache_control`` and ``cachePoint`` move from turn to turn and are no part of what was said.
    """
    if isinstance(content, str):
        return content
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [_part(part) for part in cast("list[Any]", content)]
        return "\n".join(part for part in parts if part)
    return _part(content)


def _part(part: Any) -> str:
    fields = obj(part)
    if fields is None:
        return part if isinstance(part, str) else canonical(part)
    said = fields.get("text")
    if isinstance(said, str):
        return said
    kept = {name: value for name, value in fields.items() if name not in _CACHE_MARKS}
    return canonical(kept) if kept else ""


def choice_count(draft: Draft, value: Any) -> None:
    """Note how many answers were asked for; the conventions leave 1 out."""
    number = count(value)
    if number is not None and number != 1:
        draft.parameters["choice.count"] = number
