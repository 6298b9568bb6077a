"""What was said, in the shape of OpenTelemetry's GenAI messages, and how an answer is put together.

The shapes are those of the conventions' JSON schemas (``gen-ai-input-messages.json`` and
``-output-messages``, ``-system-instructions``, ``-tool-definitions`` at
https://opentelemetry.io/docs/specs/semconv/gen-ai/).
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tokenboard.wire.values import Json, obj, objects, text

Part = dict[str, Any]
Message = dict[str, Any]

_MOST_PIECES = 1 << 20
"""Characters of one part of an answer that are put together while it streams."""
_MOST_PARTS = 1_024

_MODALITIES = {"image", "video", "audio"}


@dataclass(slots=True)
class Asked:
    """What a request says: instructions apart from the talk, the talk, the tools on offer."""

    system: list[Part] = field(default_factory=list[Part])
    messages: list[Message] = field(default_factory=list[Message])
    tools: list[Json] = field(default_factory=list[Json])

    def say(self, role: Any, parts: list[Part]) -> None:
        """Add a message."""
        if parts:
            self.messages.append({"role": text(role) or "user", "parts": parts})


def said(content: Any, kind: str = "text") -> Part:
    """Return a part with a text: ``text`` or ``reasoning``."""
    return {"type": kind, "content": content}


def call(call_id: Any, name: Any, arguments: Any) -> Part:
    """Return a part in which the model asks for a tool; arguments written as JSON are read."""
    if isinstance(arguments, str):
        with suppress(ValueError):
            arguments = json.loads(arguments)
    return {
        "type": "tool_call",
        "id": text(call_id),
        "name": text(name) or "",
        "arguments": arguments,
    }


def result(call_id: Any, response: Any) -> Part:
    """Return a part with what a tool answered."""
    return {"type": "tool_call_response", "id": text(call_id), "response": response}


def media(mime: Any, *, uri: Any = None, file_id: Any = None, modality: str = "") -> Part:
    """Return a part for a picture, a sound or a file; its bytes themselves are never kept."""
    mime_type = text(mime)
    address = text(uri)
    if address is not None and address.startswith("data:"):
        mime_type = mime_type or address[5:].partition(";")[0].partition(",")[0] or None
        address = None
    first = (mime_type or "").partition("/")[0]
    kind = modality or (first if first in _MODALITIES else "document")
    common: Part = {"mime_type": mime_type, "modality": kind}
    if address is not None:
        return {"type": "uri", **common, "uri": address}
    if text(file_id) is not None:
        return {"type": "file", **common, "file_id": file_id}
    return {"type": "blob", **common, "content": ""}


def definition(tool: Json, parameters: Any) -> Json:
    """Return the definition of a tool on offer."""
    found: Json = {"type": "function", "name": text(tool.get("name")) or ""}
    if text(tool.get("description")) is not None:
        found["description"] = tool["description"]
    if parameters is not None:
        found["parameters"] = parameters
    return found


def texts(content: Any) -> list[Part]:
    """Return the parts of instructions: a text, or a list of texts."""
    if isinstance(content, str):
        return [said(content)] if content else []
    return [said(part["text"]) for part in objects(content) if text(part.get("text")) is not None]


class _Piece:
    """One part of an answer while it comes in."""

    __slots__ = ("call_id", "kind", "length", "name", "pieces", "whole")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.pieces: list[str] = []
        self.length = 0
        self.call_id: Any = None
        self.name: Any = None
        self.whole: Any = None

    def add(self, piece: Any) -> None:
        if isinstance(piece, str):
            if self.length < _MOST_PIECES:
                self.pieces.append(piece)
                self.length += len(piece)
        elif piece is not None:
            self.whole = piece

    def part(self) -> Part | None:
        written = "".join(self.pieces)
        if self.kind == "tool_call":
            return call(self.call_id, self.name, written or self.whole or {})
        return said(written, self.kind) if written else None


class Heard(ABC):
    """Takes the JSON values of an answer in, and says what was answered.

    What the framings of ``wire`` feed; one subclass per wire format fills in ``take``.
    """

    settled = False
    markers: tuple[bytes, ...] = ()
    bulky = False

    def __init__(self) -> None:
        self._choices: dict[int, dict[Any, _Piece]] = {}
        self._reasons: dict[int, str] = {}
        self._parts = 0

    def take(self, value: Any, event: str | None) -> None:
        """See ``wire.framing.Taker``."""
        body = obj(value)
        if body is None:
            for each in objects(value):
                self.value(each, event)
        else:
            self.value(body, event)

    def done(self) -> None:  # noqa: B027 - an end tells nothing of what was said
        """See ``wire.framing.Taker``."""

    def facts(self) -> None:  # noqa: B027 - as its text says
        """``wire.reader`` asks for them; there are none here."""

    @abstractmethod
    def value(self, body: Json, event: str | None) -> None:
        """Read one JSON object of the answer."""

    # -- what a format uses ---------------------------------------------------------------

    def text(self, piece: Any, key: Any = 0, index: int = 0, kind: str = "text") -> None:
        """Add to the text (or ``reasoning``) with this key of the answer with this index."""
        if isinstance(piece, str) and piece:
            self._piece(index, (kind, key), kind).add(piece)

    def call(
        self, key: Any, call_id: Any = None, name: Any = None, arguments: Any = None, index: int = 0
    ) -> None:
        """Add to a tool call: its name, its id, its arguments or a piece of them."""
        piece = self._piece(index, ("tool_call", key), "tool_call")
        piece.call_id = piece.call_id or call_id
        piece.name = piece.name or name
        piece.add(arguments)

    def reason(self, reason: Any, index: int = 0, words: dict[str, str] | None = None) -> None:
        """Note why an answer ended, in the conventions' words where ``words`` has them."""
        told = text(reason)
        if told is not None:
            self._reasons[index] = (words or {}).get(told, told)
            self._choices.setdefault(index, {})

    def forget(self) -> None:
        """Begin anew: what comes next says it all again."""
        self._choices.clear()
        self._parts = 0

    def _piece(self, index: int, key: Any, kind: str) -> _Piece:
        choice = self._choices.setdefault(index, {})
        piece = choice.get(key)
        if piece is None:
            piece = _Piece(kind)
            if self._parts < _MOST_PARTS:
                choice[key] = piece
                self._parts += 1
        return piece

    def messages(self) -> list[Message]:
        """Return what was answered, one message for each choice."""
        found: list[Message] = []
        for index, choice in sorted(self._choices.items()):
            parts = [part for piece in choice.values() if (part := piece.part()) is not None]
            if parts or index in self._reasons:
                reason = self._reasons.get(index, "error")
                found.append({"role": "assistant", "parts": parts, "finish_reason": reason})
        return found
