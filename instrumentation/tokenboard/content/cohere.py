"""Cohere's first chat and its older text generation; the second chat resembles OpenAI's.

https://docs.cohere.com/v1/reference/chat · https://docs.cohere.com/v1/reference/generate
"""

from __future__ import annotations

from tokenboard.content.openai import REASONS, asked_text
from tokenboard.content.spoken import Asked, Heard, Part, call, definition, result, said
from tokenboard.wire.values import Json, count, obj, objects, text

__all__ = ["Said", "asked", "asked_text"]

_ROLES = {"chatbot": "assistant", "system": "system", "tool": "tool"}


def asked(body: Json) -> Asked:
    """Read a chat request: the newest message stands beside the history."""
    found = Asked()
    if text(body.get("preamble")) is not None:
        found.system.append(said(body["preamble"]))
    for turn in objects(body.get("chat_history")):
        role = _ROLES.get(str(turn.get("role")).lower(), "user")
        words = text(turn.get("message"))
        parts: list[Part] = [said(words)] if words is not None else []
        parts += [
            call(None, each.get("name"), each.get("parameters"))
            for each in objects(turn.get("tool_calls"))
        ]
        found.say(role, [*parts, *_results(turn)])
    newest = text(body.get("message"))
    if newest is not None:
        found.say("user", [said(newest)])
    found.say("tool", _results(body))
    for tool in objects(body.get("tools")):
        found.tools.append(definition(tool, tool.get("parameter_definitions")))
    return found


def _results(source: Json) -> list[Part]:
    return [
        result((obj(each.get("call")) or {}).get("name"), each.get("outputs"))
        for each in objects(source.get("tool_results"))
    ]


class Said(Heard):
    """Whole answers, and JSON lines of which the last says it all again."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        del event
        kind = text(body.get("event_type"))
        if kind == "stream-end":
            whole = obj(body.get("response"))
            if whole is not None:
                self.forget()
                self._whole(whole)
            self.reason(body.get("finish_reason"), 0, REASONS)
        elif kind is not None:
            self.text(body.get("text") if kind == "text-generation" else None)
        else:
            self._whole(body)

    def _whole(self, body: Json) -> None:
        self.text(body.get("text"))
        for position, each in enumerate(objects(body.get("tool_calls"))):
            self.call(position, None, each.get("name"), each.get("parameters"))
        for position, each in enumerate(objects(body.get("generations"))):
            index = count(each.get("index")) or position
            self.text(each.get("text"), index=index)
            self.reason(each.get("finish_reason"), index, REASONS)
        self.reason(body.get("finish_reason"), 0, REASONS)
