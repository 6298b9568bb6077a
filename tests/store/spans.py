"""Plausible telemetry by the contract of docs/telemetry.md, as rows of ``otel_traces``.

``call()``, ``tool()``, ``agent()`` and ``task()`` make one row each; ``insert()`` stores rows the way the collector's
exporter does: every stored column named, attributes as a map of strings, arrays as JSON text.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

COLUMNS = (
    "Timestamp", "TraceId", "SpanId", "ParentSpanId", "TraceState", "SpanName", "SpanKind", "ServiceName",
    "ResourceAttributes", "ScopeName", "ScopeVersion", "SpanAttributes", "Duration", "StatusCode", "StatusMessage",
    "Events.Timestamp", "Events.Name", "Events.Attributes",
    "Links.TraceId", "Links.SpanId", "Links.TraceState", "Links.Attributes",
)  # fmt: skip

_serial = itertools.count(1)


def hexid(seed: object, digits: int) -> str:
    """A trace (32) or span (16) id that is always the same for the same seed."""
    return hashlib.blake2b(repr(seed).encode(), digest_size=digits // 2).hexdigest()


def text(value: Any) -> str:
    """An attribute as the exporter writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return json.dumps(list(value), separators=(",", ":"))
    return str(value)


def row(
    name: str,
    attributes: dict[str, Any],
    *,
    ts: datetime,
    seconds: float = 1.0,
    trace: str | None = None,
    span: str | None = None,
    parent: str = "",
    kind: str = "Internal",
    scope: str = "tokenboard",
    service: str = "app",
    resource: dict[str, Any] | None = None,
    error: bool = False,
) -> dict[str, Any]:
    """One row of ``otel_traces``. Attributes that are None are left out."""
    seed = next(_serial)
    if ts.tzinfo is None:
        ts = ts.replace(tzinfo=UTC)
    return {
        "Timestamp": ts,
        "TraceId": trace if trace is not None else hexid(("trace", seed), 32),
        "SpanId": span if span is not None else hexid(("span", seed), 16),
        "ParentSpanId": parent,
        "TraceState": "",
        "SpanName": name,
        "SpanKind": kind,
        "ServiceName": service,
        "ResourceAttributes": {
            "service.name": service,
            **{k: text(v) for k, v in (resource or {}).items()},
        },
        "ScopeName": scope,
        "ScopeVersion": "0.1.0",
        "SpanAttributes": {k: text(v) for k, v in attributes.items() if v is not None},
        "Duration": round(seconds * 1e9),
        "StatusCode": "Error" if error else "Unset",
        "StatusMessage": "",
        "Events.Timestamp": [],
        "Events.Name": [],
        "Events.Attributes": [],
        "Links.TraceId": [],
        "Links.SpanId": [],
        "Links.TraceState": [],
        "Links.Attributes": [],
    }


def call(
    *,
    ts: datetime,
    user: str | None = "alice",
    model: str = "gpt-4o-2024-08-06",
    request_model: str | None = None,
    provider: str = "openai",
    operation: str = "chat",
    input_tokens: Any = 100,
    output_tokens: Any = 10,
    cache_read: Any = None,
    cache_write: Any = None,
    reasoning: Any = None,
    response_id: str | None = "",
    session: str | None = None,
    conversation: str | None = None,
    messages: int | None = None,
    team: str | None = None,
    agent: str | None = None,
    task: str | None = None,
    trigger: str | None = "user",
    prompt: str | None = None,
    tools: list[tuple[str, str]] | None = None,
    results: list[str] | None = None,
    attempt: int = 1,
    status: int = 200,
    error: str | None = None,
    attributes: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A model call as our instrumentation emits it. ``response_id=""`` makes one up, None leaves it out."""
    seed = next(_serial)
    if response_id == "":
        response_id = f"chatcmpl-{hexid(('response', seed), 28)}"
    return row(
        f"{operation} {request_model or model}",
        {
            "gen_ai.operation.name": operation,
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": request_model or model,
            "gen_ai.response.model": None if error else model,
            "gen_ai.response.id": None if error else response_id,
            "gen_ai.response.finish_reasons": None if error else ["stop"],
            "gen_ai.usage.input_tokens": input_tokens,
            "gen_ai.usage.output_tokens": output_tokens,
            "gen_ai.usage.cache_read.input_tokens": cache_read,
            "gen_ai.usage.cache_write.input_tokens": cache_write,
            "gen_ai.usage.reasoning.output_tokens": reasoning,
            "tokenboard.attempt": attempt,
            "tokenboard.provider_request_id": f"req_{hexid(('request', seed), 32)}",
            "server.address": "api.openai.com",
            "server.port": 443,
            "http.response.status_code": status,
            "error.type": error,
            "session.id": session,
            "user.id": user,
            "tokenboard.user.source": "context" if user else "none",
            "tokenboard.team": team,
            "gen_ai.agent.name": agent,
            "tokenboard.agent.depth": 1 if agent else None,
            "tokenboard.task.id": task,
            "tokenboard.conversation": conversation,
            "tokenboard.trigger": trigger,
            "tokenboard.prompt.hash": prompt or hexid(("prompt", seed), 16),
            "tokenboard.request.messages": messages,
            "tokenboard.request.bytes": 512,
            "tokenboard.tool_calls.names": [name for name, _ in tools] if tools else None,
            "tokenboard.tool_calls.hashes": [hexid(what, 16) for what in tools] if tools else None,
            "tokenboard.tool_results.hashes": [hexid(what, 16) for what in results]
            if results
            else None,
            **(attributes or {}),
        },
        ts=ts,
        kind="Client",
        error=error is not None,
        **more,
    )


def tool(name: str, *, ts: datetime, error: str | None = None, **more: Any) -> dict[str, Any]:
    """A tool run as ``tokenboard.tool`` emits it."""
    attributes = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "error.type": error,
        **_stamped(more),
    }
    return row(f"execute_tool {name}", attributes, ts=ts, error=error is not None, **more)


def agent(name: str, *, ts: datetime, **more: Any) -> dict[str, Any]:
    """An agent run as ``tokenboard.agent`` emits it."""
    attributes = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": name,
        "tokenboard.agent.depth": 1,
        **_stamped(more),
    }
    return row(f"invoke_agent {name}", attributes, ts=ts, **more)


def task(
    task_id: str,
    *,
    ts: datetime,
    outcome: str | None = "done",
    reason: str | None = None,
    review: float | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A task as ``tokenboard.task`` emits it."""
    attributes = {
        "tokenboard.task.outcome": outcome,
        "tokenboard.task.reason": reason,
        "tokenboard.task.review_minutes": review,
        **_stamped(more),
        "tokenboard.task.id": task_id,
    }
    return row(f"task {task_id}", attributes, ts=ts, **more)


def _stamped(more: dict[str, Any]) -> dict[str, Any]:
    names = {
        "user": "user.id", "session": "session.id", "team": "tokenboard.team", "in_agent": "gen_ai.agent.name",
        "in_task": "tokenboard.task.id",
    }  # fmt: skip
    return {names[key]: more.pop(key) for key in list(more) if key in names}


def insert(client: Any, database: str, rows: list[dict[str, Any]]) -> None:
    """Store rows of ``otel_traces`` in one block."""
    client.insert(
        "otel_traces",
        [[one[column] for column in COLUMNS] for one in rows],
        column_names=list(COLUMNS),
        database=database,
    )


def minutes(count: float) -> timedelta:
    """A span of time."""
    return timedelta(minutes=count)
