"""Amazon Bedrock: Converse, and the bodies of InvokeModel by what they look like.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from __future__ import annotations

from typing import Any

from tokenboard.content import anthropic, openai
from tokenboard.content.spoken import (
    Asked,
    Heard,
    Message,
    Part,
    call,
    definition,
    media,
    result,
    said,
    texts,
)
from tokenboard.wire.values import Json, first_object, obj, objects, text

_REASONS = {
    **anthropic.REASONS,
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}


def asked(body: Json) -> Asked:
    """Read a Converse request."""
    found = Asked(system=texts(body.get("system")))
    for message in objects(body.get("messages")):
        parts = _parts(message.get("content"))
        only_results = bool(parts) and all(p["type"] == "tool_call_response" for p in parts)
        found.say("tool" if only_results else message.get("role"), parts)
    for tool in objects((obj(body.get("toolConfig")) or {}).get("tools")):
        spec = obj(tool.get("toolSpec"))
        if spec is not None:
            schema = (obj(spec.get("inputSchema")) or {}).get("json")
            found.tools.append(definition(spec, schema))
    return found


def asked_invoke(body: Json) -> Asked:
    """Read a request to InvokeModel: each model's own body."""
    if "anthropic_version" in body:
        return anthropic.asked(body)
    if "messages" in body:
        looks_converse = "inferenceConfig" in body or "schemaVersion" in body
        return asked(body) if looks_converse else openai.asked(body)
    return openai.asked_text({"prompt": body.get("prompt") or body.get("inputText")})


def _parts(content: Any) -> list[Part]:
    found: list[Part] = []
    for block in objects(content):
        asks, answers = obj(block.get("toolUse")), obj(block.get("toolResult"))
        if isinstance(block.get("text"), str):
            found.append(said(block["text"]))
        elif asks is not None:
            found.append(call(asks.get("toolUseId"), asks.get("name"), asks.get("input")))
        elif answers is not None:
            found.append(result(answers.get("toolUseId"), answers.get("content")))
        elif thought := _thought(block):
            found.append(said(thought, "reasoning"))
        else:
            kind = next((name for name in ("image", "video", "document") if name in block), None)
            if kind is not None:
                form = text((obj(block[kind]) or {}).get("format"))
                found.append(media(f"{kind}/{form}" if form else None, modality=kind))
    return found


def _thought(block: Json) -> str | None:
    reasoning = obj(block.get("reasoningContent")) or {}
    return text((obj(reasoning.get("reasoningText")) or reasoning).get("text"))


class Converse(Heard):
    """A whole answer, or the events of a stream."""

    def value(self, body: Json, event: str | None) -> None:
        """See ``Heard.value``."""
        del event
        message = obj((obj(body.get("output")) or {}).get("message")) or {}
        for position, part in enumerate(_parts(message.get("content"))):
            if part["type"] == "tool_call":
                self.call(position, part["id"], part["name"], part["arguments"])
            elif "content" in part:
                self.text(part["content"], position, kind=part["type"])
        start = first_object(body, "contentBlockStart") or body
        tool = obj((obj(start.get("start")) or {}).get("toolUse"))
        if tool is not None:
            self.call(start.get("contentBlockIndex"), tool.get("toolUseId"), tool.get("name"))
        block = first_object(body, "contentBlockDelta") or body
        delta = obj(block.get("delta")) or {}
        key = block.get("contentBlockIndex")
        self.text(delta.get("text"), key)
        self.text(_thought(delta), key, kind="reasoning")
        piece = obj(delta.get("toolUse"))
        if piece is not None:
            self.call(key, arguments=piece.get("input"))
        stop = first_object(body, "messageStop") or body
        self.reason(stop.get("stopReason"), words=_REASONS)


class Invoked:
    """Whole bodies and chunks of InvokeModel: whichever reader understands them."""

    settled = False
    markers: tuple[bytes, ...] = ()
    bulky = False

    def __init__(self) -> None:
        self._readers: tuple[Heard, ...] = (
            anthropic.Message(),
            openai.Chat(),
            Converse(),
            _Plain(),
        )

    def take(self, value: Any, event: str | None) -> None:
        """See ``wire.framing.Taker``."""
        for reader in self._readers:
            reader.take(value, event)

    def done(self) -> None:
        """See ``wire.framing.Taker``."""

    def facts(self) -> None:
        """See ``Heard.facts``."""

    def messages(self) -> list[Message]:
        """See ``Heard.messages``: the first reader that understood something."""
        for reader in self._readers:
            found = reader.messages()
            if found:
                return found
        return []


class _Plain(Heard):
    """Llama, Titan, older Mistral and Cohere: a text under one name or another."""

    def value(self, body: Json, event: str | None) -> None:
        del event
        for name in ("generation", "completion", "outputText"):
            self.text(body.get(name))
        for name in ("results", "outputs", "generations"):
            for each in objects(body.get(name)):
                self.text(each.get("outputText") or each.get("text"))
        self.reason(body.get("stop_reason") or body.get("completionReason"), words=_REASONS)
