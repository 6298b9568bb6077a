"""Rows of ``otel_logs`` as the collector's exporter stores them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.spans import text

if TYPE_CHECKING:
    from datetime import datetime


def record(
    name: str,
    attributes: dict[str, Any],
    *,
    ts: datetime,
    scope: str = "",
    service: str = "",
    resource: dict[str, Any] | None = None,
    body: str = "",
    trace: str = "",
    span: str = "",
) -> dict[str, Any]:
    """One log record; ``name`` goes where its emitter puts it: the attribute ``event.name``."""
    return {
        "Timestamp": ts,
        "TraceId": trace,
        "SpanId": span,
        "ServiceName": service,
        "Body": body,
        "ScopeName": scope,
        "ResourceAttributes": {k: text(v) for k, v in (resource or {}).items()},
        "LogAttributes": {
            k: text(v)
            for k, v in {"event.name": name, **attributes}.items()
            if v is not None and v != ""
        },
    }


def insert(client: Any, database: str, rows: list[dict[str, Any]]) -> None:
    """Store records in one block."""
    columns = list(rows[0])
    client.insert(
        "otel_logs",
        [[row[c] for c in columns] for row in rows],
        column_names=columns,
        database=database,
    )


# https://code.claude.com/docs/en/monitoring-usage (Standard attributes, API request event)
CLAUDE = {
    "session.id": "11111111-2222-3333-4444-555555555555",
    "organization.id": "org-1",
    "user.id": "a1b2c3device",
    "user.account_uuid": "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
    "user.email": "alice@example.com",
    "terminal.type": "vscode",
}


def claude(name: str, *, ts: datetime, **attributes: Any) -> dict[str, Any]:
    """An event of Claude Code."""
    dotted = {key: value for key, value in attributes.items() if key != "identity"}
    return record(
        name,
        {**(attributes.get("identity") or CLAUDE), **dotted},
        ts=ts,
        scope="com.anthropic.claude_code.events",
        service="claude-code",
        body=f"claude_code.{name}",
    )


# https://github.com/openai/codex/blob/main/codex-rs/otel/src/events/shared/log.rs
def codex(name: str, *, ts: datetime, **attributes: Any) -> dict[str, Any]:
    """An event of Codex CLI."""
    return record(
        f"codex.{name}",
        {
            "conversation.id": "0199a213-81c0-7800-8aa1-bbab2a035a53",
            "app.version": "0.60.0",
            "user.account_id": "acc-bob",
            "user.email": "bob@example.com",
            "terminal.type": "xterm",
            "model": "gpt-5.1-codex",
            "slug": "gpt-5.1-codex",
            **attributes,
        },
        ts=ts,
        scope="codex_otel",
        service="codex_cli_rs",
    )


# https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/telemetry.md (API)
def gemini(name: str, *, ts: datetime, **attributes: Any) -> dict[str, Any]:
    """An event of Gemini CLI."""
    return record(
        f"gemini_cli.{name}",
        {
            "session.id": "gemini-session-1",
            "installation.id": "inst-9",
            "user.email": "carol@example.com",
            **attributes,
        },
        ts=ts,
        scope="gemini-cli",
        service="gemini-cli",
        body="API response from gemini-3-pro.",
    )


# https://cursor.com/docs/enterprise/opentelemetry-export/wire
def cursor(body: str, *, ts: datetime, **attributes: Any) -> dict[str, Any]:
    """A record of Cursor: its name is its body."""
    return record(
        "",
        {"cursor.conversation.id": "cursor-conversation-1", **attributes},
        ts=ts,
        scope="cursor.telemetry",
        service="cursor",
        resource={"cursor.user.id": 4711, "cursor.team.id": 7, "cursor.surface": "desktop"},
        body=body,
    )
