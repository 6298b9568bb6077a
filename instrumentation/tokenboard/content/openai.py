"""OpenAI Chat Completions and Completions, and what resembles them (Cohere v2, Ollama, Mistral).

https://platform.openai.com/docs/api-reference/chat/create
https://docs.cohere.com/reference/chat · https://github.com/ollama/ollama/blob/main/docs/api.md
"""

from __future__ import annotations

from typing import Any

from tokenboard.content.spoken import Asked, Heard, Part, call, definition, media, result, said
from tokenboard.wire.values import Json, count, obj, objects, text

REASONS = {
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "TOOL_CALL": "tool_call",
    "COMPLETE": "stop",
    "STOP_SEQUENCE": "stop",
    "MAX_TOKENS": "length",
}


def asked(body: Json) -> Asked:
    """Read a chat request."""
    found = Asked()
    for message in objects(body.get("messages")):
        role = message.get("role")
        parts = _parts(message.get("content"))
        if role in ("tool", "function"):
            answer = message.get("content")
            parts = [result(message.get("tool_call_id") or message.get("name"), answer)]
        thought = message.get("reasoning_content") or message.get("thinking")
        if isinstance(thought, str) and thought:
            parts.insert(0, said(thought, "reasoning"))
        for tool in objects(message.get("tool_calls")):
            function = obj(tool.get("function")) or obj(tool.get("custom")) or {}
            written = function.get("arguments", function.get("input"))
            parts.append(call(tool.get("id"), function.get("name"), written))
        found.say(role, parts)
    for tool in objects(body.get("tools")):
        function = obj(tool.get("function")) or obj(tool.get("custom"))
        if function is not None:
            found.tools.append(definition(function, function.get("parameters")))
    return found


def asked_text(body: Json) -> Asked:
    """Read a request to complete a text; also Ollama's and Cohere's to generate one."""
    found = Asked()
    if isinstance(body.get("system"), str):
        found.system.append(said(body["system"]))
    prompt = body.get("prompt")
    prompts = prompt if isinstance(prompt, list) else [prompt]  # pyright: ignore[reportUnknownVariableType] - JSON
    for each in prompts:  # pyright: ignore[reportUnknownVariableType] - JSON
        if isinstance(each, str):
            found.say("user", [said(each)])
    return found


def _parts(content: Any) -> list[Part]:
    if isinstance(content, str):
        return [said(content)] if content else []
    found: list[Part] = []
    for part in objects(content):
        if isinstance(part.get("text"), str):
            found.append(said(part["text"]))
        elif isinstance(part.get("refusal"), str):
            found.append(said(part["refusal"]))
        elif isinstance(part.get("thinking"), str):
            found.append(said(part["thinking"], "reasoning"))
        elif part.get("image_url") is not None:
            image = part["image_url"]
            uri = image if isinstance(image, str) else (obj(image) or {}).get("url")
            found.append(media(None, uri=uri, modality="image"))
        elif obj(part.get("input_audio")) is not None:
            found.append(media(f"audio/{part['input_audio'].get('format')}"))
        elif obj(part.get("file")) is not None:
            found.append(media(None, file_id=part["file"].get("file_id")))
    return found


class Chat(Heard):
    """Whole answers and chunks of OpenAI's shape."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        del event
        for position, choice in enumerate(objects(body.get("choices"))):
            index = count(choice.get("index"))
            index = position if index is None else index
            self.text(choice.get("text"), index=index)
            for name in ("message", "delta"):
                message = obj(choice.get(name))
                if message is not None:
                    self._message(message, index)
            self.reason(choice.get("finish_reason"), index, REASONS)

    def _message(self, message: Json, index: int) -> None:
        for name in ("reasoning_content", "reasoning", "thinking"):
            self.text(message.get(name), index=index, kind="reasoning")
        for part in _parts(message.get("content")):
            if part["type"] in ("text", "reasoning"):
                self.text(part["content"], index=index, kind=part["type"])
        self.text(message.get("refusal"), index=index)
        self.text((obj(message.get("audio")) or {}).get("transcript"), index=index)
        for position, tool in enumerate(objects(message.get("tool_calls"))):
            function = obj(tool.get("function")) or obj(tool.get("custom")) or {}
            at = count(tool.get("index"))
            written = function.get("arguments", function.get("input"))
            key = position if at is None else at
            self.call(key, tool.get("id"), function.get("name"), written, index)
        legacy = obj(message.get("function_call"))
        if legacy is not None:
            self.call("function", None, legacy.get("name"), legacy.get("arguments"), index)


class Ollama(Chat):
    """Ollama's lines: one message, piece by piece."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        del event
        message = obj(body.get("message"))
        if message is not None:
            self._message(message, 0)
        self.text(body.get("thinking"), kind="reasoning")
        self.text(body.get("response"))
        self.reason(body.get("done_reason"))


class Cohere(Chat):
    """Cohere's v2 chat, whole or as typed events."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        del event
        delta = obj(body.get("delta")) or body
        message = obj(delta.get("message"))
        if message is not None:
            content = obj(message.get("content"))
            if content is not None:
                self.text(content.get("text"), body.get("index"))
                self.text(content.get("thinking"), body.get("index"), kind="reasoning")
            tool = obj(message.get("tool_calls"))
            if tool is not None:
                function = obj(tool.get("function")) or {}
                written = function.get("arguments")
                self.call(body.get("index"), tool.get("id"), function.get("name"), written)
            self._message(message, 0)
        self.text(body.get("text") if text(body.get("event_type")) != "stream-end" else None)
        self.reason(delta.get("finish_reason"), 0, REASONS)
