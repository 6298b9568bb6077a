"""Amazon Bedrock's Converse and ConverseStream.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from typing import Any

from tokenboard.wire.answer import Answer
from tokenboard.wire.model import Usage
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import Json, added, first_count, first_object, obj, objects, text

_NUMBERS = {
    "maxTokens": "max_tokens",
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
}


def read(draft: Draft, body: Json) -> None:
    """Read a Converse request, or a Nova request to InvokeModel; the model stands in the URL."""
    config = obj(body.get("inferenceConfig")) or {}
    draft.numbers(config, _NUMBERS)
    draft.stop(config.get("stopSequences"))
    extra = obj(body.get("additionalModelRequestFields")) or {}
    draft.numbers(extra, {"top_k": "top_k", "topK": "top_k"})
    if body.get("system"):
        draft.opening.append(f"system\n{plain(body['system'])}")
    draft.chat(body.get("messages"), _results)


def _results(turn: Json) -> list[tuple[Any, bool]]:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html."""
    results = [obj(part.get("toolResult")) for part in objects(turn.get("content"))]
    return [
        (result.get("content"), result.get("status") == "error")
        for result in results
        if result is not None
    ]


class ConverseAnswer(Answer):
    """Reads a whole answer, or the events of a stream."""

    __slots__ = ()

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        if not take_failure(self, body, event):
            take(self, body)


def take_failure(answer: Answer, body: Json, event: str | None) -> bool:
    """Note an exception, sent as an event or as the whole answer; say if it was one."""
    if event is not None and event.startswith("exception:"):
        answer.fail(event.partition(":")[2])
    elif "x-amzn-errortype" in answer.headers:
        # The name is followed by a colon and an address.
        answer.fail(answer.headers["x-amzn-errortype"].partition(":")[0])
    elif text(body.get("__type")) is not None:
        answer.fail(str(body["__type"]).rpartition("#")[2])
    else:
        return False
    return True


def take(answer: Answer, body: Json) -> None:
    """Read a whole answer, or one event of a stream with or without its name around it."""
    start = first_object(body, "contentBlockStart") or body
    tool = obj((obj(start.get("start")) or {}).get("toolUse"))
    if tool is not None:
        answer.tool(start.get("contentBlockIndex"), tool.get("name"), None)
    delta = first_object(body, "contentBlockDelta") or body
    piece = obj((obj(delta.get("delta")) or {}).get("toolUse"))
    if piece is not None:
        answer.tool(delta.get("contentBlockIndex"), None, piece.get("input"))
    message = obj((obj(body.get("output")) or {}).get("message")) or {}
    for index, part in enumerate(objects(message.get("content"))):
        call = obj(part.get("toolUse"))
        if call is not None:
            answer.tool(index, call.get("name"), call.get("input"))
    stop = first_object(body, "messageStop") or body
    answer.reason(stop.get("stopReason"))
    metadata = first_object(body, "metadata") or body
    usage = from_object(obj(metadata.get("usage")))
    if usage is not None:
        answer.usage = usage
    tier = text((obj(metadata.get("serviceTier")) or {}).get("type"))
    if tier is not None:
        answer.tier = tier


def from_object(usage: Json | None) -> Usage | None:
    """Read ``TokenUsage``: cache reads and writes come on top of ``inputTokens``.

    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
    """
    if usage is None:
        return None
    read = first_count(usage, "cacheReadInputTokens", "cacheReadInputTokenCount")
    write = first_count(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    tokens_in = added(first_count(usage, "inputTokens"), read, write)
    tokens_out = first_count(usage, "outputTokens")
    if tokens_in is None and tokens_out is None:
        return None
    hour = [
        first_count(detail, "inputTokens")
        for detail in objects(usage.get("cacheDetails"))
        if detail.get("ttl") == "1h"
    ]
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=read,
        cache_write_tokens=write,
        cache_write_1h_tokens=added(*hour),
    )
