"""Gemini's interactions.

https://ai.google.dev/api/interactions-api
"""

from __future__ import annotations

from typing import Any

from tokenboard.content.spoken import (
    Asked,
    Heard,
    Part,
    call,
    definition,
    media,
    result,
    said,
    texts,
)
from tokenboard.wire.values import Json, first_object, obj, objects, text

_ROLES = {"model": "assistant", "model_output": "assistant"}
_ENDS = {
    "completed": "stop",
    "incomplete": "length",
    "failed": "error",
    "cancelled": "error",
    "requires_action": "tool_call",
}


def asked(body: Json) -> Asked:
    """Read a request: its input is a text, the parts of one message, or the steps of a talk."""
    found = Asked(system=texts(body.get("system_instruction")))
    given = body.get("input")
    if isinstance(given, str):
        found.say("user", [said(given)])
    loose: list[Part] = []
    for step in objects(given):
        if "content" not in step:
            loose += _parts([step])
            continue
        kind = text(step.get("role")) or text(step.get("type")) or ""
        found.say(_ROLES.get(kind, "user"), _parts(step.get("content")))
    answers = loose and all(part["type"] == "tool_call_response" for part in loose)
    found.say("tool" if answers else "user", loose)
    for tool in objects(body.get("tools")):
        if tool.get("type") == "function":
            found.tools.append(definition(tool, tool.get("parameters")))
    return found


def _parts(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [said(content)] if content else []
    found: list[Part] = []
    for part in objects(content):
        kind = part.get("type")
        if isinstance(part.get("text"), str):
            found.append(said(part["text"]))
        elif kind == "function_result":
            found.append(result(part.get("call_id"), part.get("result")))
        elif kind == "function_call":
            found.append(call(part.get("id"), part.get("name"), part.get("arguments")))
        elif "mime_type" in part or "uri" in part:
            found.append(media(part.get("mime_type"), uri=part.get("uri")))
    return found


class Interaction(Heard):
    """A whole interaction, or the events that carry one."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        del event
        whole = obj(body.get("interaction"))
        if whole is not None or "steps" in body or body.get("object") == "interaction":
            self._whole(whole or body)
            return
        kind, at = body.get("event_type"), body.get("index")
        if kind in ("step.start", "content.start"):
            self._step(first_object(body, "step", "content") or {}, at)
        elif kind in ("step.delta", "content.delta"):
            delta = obj(body.get("delta")) or {}
            if delta.get("type") == "thought_summary":
                words = (obj(delta.get("content")) or {}).get("text")
                self.text(words, at, kind="reasoning")
            elif "arguments" in delta:
                self.call(at, delta.get("id"), delta.get("name"), delta["arguments"])
            else:
                self.text(delta.get("text"), at)

    def _whole(self, interaction: Json) -> None:
        steps = objects(interaction.get("steps")) or objects(interaction.get("outputs"))
        if steps:
            self.forget()
        for position, step in enumerate(steps):
            self._step(step, position)
        status = text(interaction.get("status"))
        if status in _ENDS:
            self.reason(status, words=_ENDS)

    def _step(self, step: Json, at: Any) -> None:
        kind = step.get("type")
        if kind == "function_call":
            self.call(at, step.get("id"), step.get("name"), step.get("arguments") or None)
        elif kind == "thought":
            for part in texts(step.get("summary")):
                self.text(part["content"], at, kind="reasoning")
        elif kind in ("model_output", "text"):
            self.text(step.get("text"), at)
            for part in _parts(step.get("content")):
                self.text(part.get("content") if part["type"] == "text" else None, at)
