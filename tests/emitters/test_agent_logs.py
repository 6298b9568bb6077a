"""Coding agents that report their calls as log records; payloads by what each of them documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from emitters import records
from emitters.records import claude, codex, cursor, gemini
from store.spans import call, hexid, row

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
REQUEST = {
    "model": "claude-sonnet-4-5-20250929",
    "cost_usd": 0.0123,
    "duration_ms": 4000,
    "input_tokens": 12,
    "output_tokens": 340,
    "cache_read_tokens": 20_000,
    "cache_creation_tokens": 1_500,
    "request_id": "req_011CVabcdefghijklmnop1",
}


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def send(books, *rows):
    records.insert(books.client, books.database, list(rows))


@pytest.fixture(scope="module")
def told(migrated):
    """One of everything, stored twice: replays must not count."""
    migrated.empty()
    rows = [
        claude("api_request", ts=at(4), **REQUEST),
        claude(
            "api_error", ts=at(10), model="claude-sonnet-4-5", error="Overloaded", status_code=529,
            duration_ms=900, attempt=11,
        ),
        claude("tool_result", ts=at(20), tool_name="Bash", tool_use_id="toolu_01ABCDEFGHIJKLMN",
               success="false", duration_ms=250, error_type="ShellError"),
        claude("user_prompt", ts=at(1), prompt_length=12),
        codex(
            "sse_event", ts=at(30), input_token_count=9_000, output_token_count=700,
            cached_token_count=8_000, reasoning_token_count=512, tool_token_count=9_700,
            **{"event.kind": "response.completed"},
        ),
        codex("sse_event", ts=at(29), duration_ms=5, **{"event.kind": "response.output_text.delta"}),
        codex("api_request", ts=at(31), duration_ms=80, attempt=1,
              **{"http.response.status_code": 429, "error.message": "rate limited"}),
        codex("api_request", ts=at(32), duration_ms=80, attempt=2, **{"http.response.status_code": 200}),
        codex("tool_result", ts=at(33), tool_name="shell", call_id="call_abcdefgh1234", arguments="{}",
              duration_ms=40, success="true", output="ok"),
        gemini(
            "api_response", ts=at(40), model="gemini-3-pro", status_code=200, duration_ms=1500,
            input_token_count=4_000, output_token_count=200, cached_content_token_count=3_000,
            thoughts_token_count=150, tool_token_count=0, total_token_count=4_350,
            prompt_id="p########0", auth_type="oauth-personal", finish_reasons=["STOP"],
        ),
        gemini("api_error", ts=at(41), model="gemini-3-pro", error="boom", error_type="ApiError",
               status_code=503, duration_ms=30, prompt_id="p########0"),
        gemini("tool_call", ts=at(42), function_name="read_file", duration_ms=7, success=True),
        cursor(
            "api_request", ts=at(50),
            **{
                "cursor.event.id": "evt_1", "cursor.model.name": "claude-4.5-sonnet",
                "cursor.api.request.input_tokens": 100, "cursor.api.request.output_tokens": 200,
                "cursor.api.request.cache_read_tokens": 5_000,
                "cursor.api.request.cache_creation_tokens": 10, "cursor.api.billable": True,
            },
        ),
        cursor("api_error", ts=at(51),
               **{"cursor.event.id": "evt_2", "cursor.model.name": "gpt-5.1"}),
    ]  # fmt: skip
    send(migrated, *rows)
    migrated.refresh()
    send(migrated, *reversed(rows))
    # Cursor sends a record again under its id, whatever else is new about it
    again = cursor("api_request", ts=at(50), **rows[-2]["LogAttributes"] | {"cursor.retry": "1"})
    send(migrated, again)
    # the same usage once more as a metric: never added up
    migrated.run(
        "INSERT INTO {db}.otel_metrics_sum (MetricName, Attributes, TimeUnix, Value) VALUES "
        f"('claude_code.token.usage', map('type', 'input'), toDateTime64('{NOON:%F %T}', 9, 'UTC'), 12)"
    )
    migrated.refresh()
    return migrated


FIELDS = (
    "provider, model, user_id, session_id, input_tokens, output_tokens, cache_read_tokens, "
    "cache_write_tokens, reasoning_tokens, status"
)
OK = {
    "claude-code": (
        "anthropic", "claude-sonnet-4-5-20250929", "alice@example.com",
        "11111111-2222-3333-4444-555555555555", 21_512, 340, 20_000, 1_500, None, "ok",
    ),
    "codex": (
        "openai", "gpt-5.1-codex", "bob@example.com", "0199a213-81c0-7800-8aa1-bbab2a035a53",
        9_000, 700, 8_000, None, 512, "ok",
    ),
    "gemini-cli": (
        "gcp.gemini", "gemini-3-pro", "carol@example.com", "gemini-session-1",
        4_000, 350, 3_000, None, 150, "ok",
    ),
    "cursor": (
        "anthropic", "claude-4.5-sonnet", "4711", "cursor-conversation-1",
        5_110, 200, 5_000, 10, None, "ok",
    ),
}  # fmt: skip


@pytest.mark.parametrize("agent", OK)
def test_an_agents_call_stands_once_with_its_counts(told, agent):
    """Input includes what was cached, output what was thought, whatever the agent adds up itself."""
    found = told.one(f"SELECT {FIELDS} FROM {{db}}.calls WHERE agent = '{agent}' AND status = 'ok'")
    assert tuple(found.values()) == OK[agent]


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("claude-code", ("529", 11, 529)),
        ("codex", ("429", 1, 429)),
        ("gemini-cli", ("ApiError", 0, 503)),
        ("cursor", ("error", 0, 0)),
    ],
)
def test_an_agents_failed_call_is_a_failed_attempt(told, agent, expected):
    """An error event is a call without usage, with its reason."""
    found = told.one(
        "SELECT error_type, attempt, http_status, usage_known FROM {db}.priced_calls "
        f"WHERE agent = '{agent}' AND status = 'error'"
    )
    assert tuple(found.values()) == (*expected, False)


def test_an_agents_tools_are_tool_runs(told):
    """Tool events are tool calls of their session, failed ones with their error."""
    found = told.rows(
        "SELECT name, error, error_type, duration_ms FROM {db}.tool_calls ORDER BY name"
    )
    assert [tuple(line.values()) for line in found] == [
        ("Bash", True, "ShellError", 250),
        ("read_file", False, "", 7),
        ("shell", False, "", 40),
    ]


def test_an_agents_call_began_when_it_began(told):
    """The record comes at the end; the call lies before it, as long as it took."""
    found = told.one(
        "SELECT ts, duration_ms, reported_cost_usd FROM {db}.calls "
        "WHERE agent = 'claude-code' AND status = 'ok'"
    )
    assert (found["ts"].replace(tzinfo=UTC), found["duration_ms"]) == (NOON, 4000)
    assert str(found["reported_cost_usd"]) == "0.012300000000"


def test_an_alias_makes_an_account_a_person(told):
    """The e-mail address of an agent's account and the login of an app are one person on the board."""
    told.run(
        "INSERT INTO {db}.aliases (value, kind, person_id) VALUES "
        "('alice@example.com', 'email', 'alice')"
    )
    told.refresh()
    found = told.one("SELECT gross_tokens FROM {db}.leaderboard WHERE user_id = 'alice'")
    assert found["gross_tokens"] == 21_512 + 340


def test_one_request_told_by_log_trace_and_proxy_is_one_call(migrated):
    """Claude Code's event and its span, and our own span in the proxy between, share the request."""
    migrated.empty()
    send(migrated, claude("api_request", ts=at(4), **REQUEST))
    # https://code.claude.com/docs/en/monitoring-usage (Traces: claude_code.llm_request)
    flat = {
        name: REQUEST[name]
        for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens")
    }
    span = row(
        "claude_code.llm_request",
        {
            **records.CLAUDE, **flat, "span.type": "llm_request", "model": REQUEST["model"],
            "gen_ai.system": "anthropic", "gen_ai.request.model": REQUEST["model"],
            "request_id": REQUEST["request_id"], "gen_ai.response.id": REQUEST["request_id"],
            "success": True, "attempt": 1, "ttft_ms": 800, "stop_reason": "tool_use",
        },
        ts=NOON, seconds=4, scope="com.anthropic.claude_code.tracing", service="claude-code",
    )  # fmt: skip
    proxied = call(
        ts=at(0.1), seconds=3.8, user=None, provider="anthropic", model=REQUEST["model"],
        input_tokens=21_512, output_tokens=340, cache_read=20_000, cache_write=1_500,
        response_id="msg_01ABCDEFGHIJKLMNOP", service="litellm",
        attributes={"tokenboard.provider_request_id": REQUEST["request_id"]},
    )  # fmt: skip
    migrated.send(span)
    migrated.refresh()
    found = migrated.one(f"SELECT {FIELDS}, ttft_ms FROM {{db}}.calls")
    assert tuple(found.values()) == (*OK["claude-code"], 800)
    migrated.send(proxied)
    migrated.refresh()
    found = migrated.one(f"SELECT {FIELDS}, emitter, response_id FROM {{db}}.calls")
    assert tuple(found.values()) == (*OK["claude-code"], "tokenboard", "msg_01ABCDEFGHIJKLMNOP")


def test_a_request_without_an_id_is_one_call_all_the_same(migrated):
    """On Bedrock or Vertex there is no id of the request: session and counts say that it is the same."""
    migrated.empty()
    said = {name: value for name, value in REQUEST.items() if name != "request_id"}
    counts = {name: said[name] for name in said if name.endswith("_tokens")}
    send(
        migrated, claude("api_request", ts=at(4), **said), claude("api_request", ts=at(64), **said)
    )
    migrated.send(
        row(
            "claude_code.llm_request",
            {
                **records.CLAUDE, **counts, "gen_ai.system": "anthropic",
                "gen_ai.request.model": REQUEST["model"], "success": True,
            },
            ts=at(0.0004), seconds=4.001, scope="com.anthropic.claude_code.tracing",
            service="claude-code",
        )
    )  # fmt: skip
    migrated.refresh()
    # the second event has only itself to tell of it
    assert migrated.value("SELECT count() FROM {db}.calls") == 2


def test_what_codex_tells_and_has_on_file_is_one_call(migrated):
    """Neither its event nor its file names the request: the session and the counts say it is the same."""
    migrated.empty()
    session = "0199a213-81c0-7800-8aa1-bbab2a035a53"
    for number in range(2):
        counts = {"input_token_count": 9_000 + number, "output_token_count": 700}
        send(
            migrated,
            codex(
                "sse_event", ts=at(30 * number), cached_token_count=8_000,
                **counts, **{"event.kind": "response.completed"},
            ),
        )  # fmt: skip
    migrated.send(
        call(
            ts=at(-5), seconds=5.2, user="bo", provider="openai", model="gpt-5.1-codex",
            input_tokens=9_000, output_tokens=700, cache_read=8_000, response_id=None,
            session=session, scope="tokenboard.history", service="codex",
            attributes={"tokenboard.provider_request_id": None},
        )
    )  # fmt: skip
    migrated.refresh()
    found = migrated.rows("SELECT input_tokens, session_id FROM {db}.calls ORDER BY input_tokens")
    assert [tuple(line.values()) for line in found] == [(9_000, session), (9_001, session)]


def test_what_cannot_be_is_set_aside_and_counted(migrated):
    """Negative and absurd counts, text for a count, endless names, clocks ahead and behind: by day, flaw, emitter."""
    migrated.empty()
    spoilt = [
        {"input_tokens": -12},
        {"output_tokens": 10**12},
        {"output_tokens": "many"},
        {"model": "m" * 10_000},
    ]
    for number, wrong in enumerate(spoilt):
        said = {**REQUEST, "request_id": f"req_{hexid(number, 24)}", **wrong}
        send(migrated, claude("api_request", ts=at(number), **said))
    send(migrated, gemini("api_response", ts=at(9), model="gemini-3-pro", input_token_count=10,
                          output_token_count=5, cached_content_token_count=11))  # fmt: skip
    ahead = datetime.now(UTC) + timedelta(hours=30)
    send(migrated, claude("api_request", ts=ahead, **REQUEST))
    for ago in (datetime(1970, 1, 1, tzinfo=UTC), datetime(2001, 2, 3, tzinfo=UTC)):
        send(migrated, claude("api_request", ts=ago, **REQUEST))
        send(migrated, claude("api_request", ts=ago, **REQUEST))
        send(migrated, claude("user_prompt", ts=ago, **REQUEST))
    nobody = {"session.id": "s-nobody"}
    send(migrated, claude("api_request", ts=at(20), **{**REQUEST, "identity": nobody}))
    migrated.refresh()
    found = migrated.rows("SELECT flaw, emitter, calls FROM {db}.flawed ORDER BY flaw")
    assert [tuple(line.values()) for line in found] == [
        ("ancient", "claude-code", 2),
        ("count", "claude-code", 3),
        ("future", "claude-code", 1),
        ("name", "claude-code", 1),
        ("subset", "gemini-cli", 1),
    ]
    # only the call of nobody has usage
    assert migrated.value("SELECT sum(gross_tokens) FROM {db}.usage_1h") == 21_852
    assert migrated.value("SELECT countIf(usage_known) FROM {db}.calls") == 1
    assert migrated.value("SELECT count() FROM {db}.otel_logs") == 13
