"""OpenAI Responses.

https://platform.openai.com/docs/api-reference/responses/object
https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenboard.wire.answer import Answer
from tokenboard.wire.openai_usage import read_usage
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import Json, count, items, obj, objects, text

if TYPE_CHECKING:
    from tokenboard.wire.model import ResponseFacts

_NUMBERS = {
    "max_output_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
}


def read(draft: Draft, body: Json) -> None:
    """Read a request: https://platform.openai.com/docs/api-reference/responses/create."""
    draft.model = text(body.get("model")) or draft.model
    draft.stream = body.get("stream") is True or draft.stream
    draft.end_user_id = text(body.get("safety_identifier")) or text(body.get("user"))
    draft.previous_response_id = text(body.get("previous_response_id"))
    conversation = body.get("conversation")
    draft.conversation_id = text(conversation) or text((obj(conversation) or {}).get("id"))
    draft.numbers(body, _NUMBERS)
    effort = text((obj(body.get("reasoning")) or {}).get("effort"))
    if effort is not None:
        draft.parameters["reasoning.level"] = effort
    _input(draft, body)


def _input(draft: Draft, body: Json) -> None:
    instructions = body.get("instructions")
    if instructions:
        draft.opening.append(f"system\n{plain(instructions)}")
    said = body.get("input")
    if isinstance(said, str):
        draft.messages = 1
        draft.opening.append(f"user\n{said}")
        draft.trigger = "user"
        return
    turns = items(said)
    draft.messages = len(turns)
    for item in objects(turns):
        role = item.get("role")
        if role in ("system", "developer", "user"):
            draft.opening.append(f"{role}\n{plain(item.get('content'))}")
        if role in ("user", "assistant"):
            break
    last = obj(turns[-1]) if turns else None
    if last is not None:
        if _is_result(last):
            draft.trigger = "tool"
        elif last.get("role") is not None:
            draft.role(last.get("role"))
        elif last.get("type") in ("function_call", "custom_tool_call", "reasoning"):
            draft.trigger = "assistant"
    _results(draft, turns)


def _results(draft: Draft, turns: list[Any]) -> None:
    fresh: list[Json] = []
    for turn in reversed(turns):
        item = obj(turn)
        if item is None:
            continue
        if _is_result(item):
            fresh.append(item)
        elif item.get("role") == "assistant" or item.get("type") in (
            "function_call",
            "custom_tool_call",
            "reasoning",
        ):
            break
    for item in reversed(fresh):
        draft.result(item.get("output"))


def _is_result(item: Json) -> bool:
    kind = item.get("type")
    return isinstance(kind, str) and kind.endswith("_output")


class ResponsesAnswer(Answer):
    """Reads a whole response, or the events that carry one."""

    __slots__ = ()

    markers = (
        b"response.completed",
        b"response.incomplete",
        b"response.failed",
        b"response.cancelled",
        b"response.output_item.done",
        b'tokens"',
        b"error",
    )

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        kind = text(body.get("type")) or event
        response = obj(body.get("response"))
        if response is not None:
            self._response(response)
        elif kind == "response.output_item.done":
            self._item(obj(body.get("item")) or {})
        elif kind == "error":
            inner = obj(body.get("error")) or body
            self.fail(inner.get("code"), inner.get("type") if inner is not body else None)
        elif body.get("error") and body.get("object") != "response":
            inner = obj(body["error"]) or {}
            self.fail(inner.get("code"), inner.get("type"))
        elif "output" in body or body.get("object") == "response":
            self._response(body)

    def _response(self, response: Json) -> None:
        self.name(response.get("id"), response.get("model"))
        tier = text(response.get("service_tier"))
        if tier is not None:
            self.tier = tier
        for item in objects(response.get("output")):
            self._item(item)
        usage = read_usage(response)
        if usage is not None:
            self.usage = usage
        status = text(response.get("status"))
        if status in ("completed", "incomplete", "failed", "cancelled"):
            self.finished = True
            details = obj(response.get("incomplete_details")) or {}
            self.reason(details.get("reason") or status)
        if response.get("error"):
            inner = obj(response["error"]) or {}
            self.fail(inner.get("code"), inner.get("type"))
        elif status == "failed":
            self.fail()
        conversation = response.get("conversation")
        self.conversation_id = text((obj(conversation) or {}).get("id")) or text(conversation)
        self.background = response.get("background") is True
        self.created = count(response.get("created_at"))
        self.deferred = self.background and status in ("queued", "in_progress")

    def _item(self, item: Json) -> None:
        kind = item.get("type")
        key = text(item.get("call_id")) or text(item.get("id"))
        if self.knows(key):
            return  # a stream tells of it twice: as it is done, and in the whole response
        if kind == "function_call":
            self.tool(key, item.get("name"), item.get("arguments"))
        elif kind == "custom_tool_call":
            self.tool(key, item.get("name"), item.get("input"))


class PolledAnswer(ResponsesAnswer):
    """Reads a response that is fetched again: only a background one that has ended counts.

    https://platform.openai.com/docs/guides/background
    """

    __slots__ = ()

    def facts(self) -> ResponseFacts:
        """See ``Answer.facts``."""
        self.emit = self.background and not self.deferred and self.usage is not None
        return super().facts()
