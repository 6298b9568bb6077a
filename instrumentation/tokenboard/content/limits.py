"""Keeps what is exported within bounds and lets the app redact it, before anything leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    Redact = Callable[[str], str]

_STRUCTURE = frozenset({"type", "id", "name", "mime_type", "modality", "file_id"})
_SHORTEST = 64


def redacted(items: list[Any], redact: Redact) -> list[Any]:
    """Return messages, parts or definitions with every text in them passed through ``redact``.

    Roles, types, ids, tool names and finish reasons stay: they are the structure, not what was
    said. What ``redact`` raises goes up: what could not be redacted must not be exported.
    """
    return [
        {**item, "parts": [_part(part, redact) for part in item["parts"]]}
        if "parts" in item
        else _part(item, redact)
        for item in items
    ]


def _part(part: dict[str, Any], redact: Redact) -> dict[str, Any]:
    return {
        name: value if name in _STRUCTURE else _all(value, redact) for name, value in part.items()
    }


def _all(value: Any, redact: Redact) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, list):
        return [_all(each, redact) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: _all(each, redact) for name, each in fields.items()}
    return value


def written(items: list[Any], limit: int) -> str:
    """Return ``items`` as JSON of at most ``limit`` characters.

    Long texts are cut first, and say so; if that is not enough the oldest items go.
    """
    text = _json(items)
    longest = limit
    while len(text) > limit and longest > _SHORTEST:
        longest = max(_SHORTEST, longest // 2)
        text = _json(_cut(items, longest))
    kept = items
    while len(text) > limit and len(kept) > 1:
        kept = kept[-(len(kept) // 2) :]
        text = _json(_cut(kept, _SHORTEST))
    return text if len(text) <= limit else "[]"


def _cut(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        over = len(value) - longest
        return value if over <= 0 else f"{value[:longest]}… [{over} more characters]"
    if isinstance(value, list):
        return [_cut(each, longest) for each in cast("list[Any]", value)]
    if isinstance(value, dict):
        return {name: _cut(each, longest) for name, each in cast("dict[str, Any]", value).items()}
    return value


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # halves of surrogate pairs cannot be exported unless escaped
        return json.dumps(value, separators=(",", ":"))
    return text
