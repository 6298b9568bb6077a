"""Spans of emitters with names of their own; payloads by what each of them documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store.spans import hexid, row

NOON = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=5)
OPENINFERENCE = "openinference.instrumentation.openai"
TRACE = hexid("vercel", 32)
OUTER = hexid("outer", 16)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


# https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
OPENINFERENCE_SPANS = [
    row(
        "ChatCompletion",
        {
            "openinference.span.kind": "LLM", "llm.model_name": "gpt-4o-2024-08-06",
            "llm.provider": "openai", "llm.system": "openai", "llm.token_count.prompt": 120,
            "llm.token_count.completion": 30, "llm.token_count.total": 150,
            "llm.token_count.prompt_details.cache_read": 100,
            "llm.token_count.completion_details.reasoning": 10, "user.id": "alice",
            "session.id": "S1", "input.value": "{}",
        },
        ts=at(0), scope=OPENINFERENCE, service="oi-llm",
    ),
    row(
        "CreateEmbeddings",
        {
            "openinference.span.kind": "EMBEDDING", "embedding.model_name": "text-embedding-3-small",
            "llm.provider": "openai", "llm.token_count.prompt": 9, "llm.token_count.total": 9,
        },
        ts=at(1), scope=OPENINFERENCE, service="oi-embedding",
    ),
    row(
        "Messages",
        {
            "openinference.span.kind": "LLM", "llm.model_name": "claude-opus-4-5",
            "llm.provider": "anthropic", "llm.token_count.prompt": 20,
            "llm.token_count.completion": 7, "llm.token_count.prompt_details.cache_read": 500,
            "llm.token_count.prompt_details.cache_write": 30,
        },
        ts=at(2), scope="openinference.instrumentation.anthropic", service="oi-anthropic",
    ),
    # a chain that repeats what the calls in it used
    row(
        "RunnableSequence",
        {"openinference.span.kind": "CHAIN", "llm.token_count.prompt": 120, "llm.provider": "openai",
         "llm.model_name": "gpt-4o"},
        ts=at(0), scope="openinference.instrumentation.langchain", service="oi-chain",
    ),
    row(
        "get_weather",
        {"openinference.span.kind": "TOOL", "tool.name": "get_weather", "tool.id": "call_62136355"},
        ts=at(3), scope="openinference.instrumentation.langchain", service="oi-tool",
    ),
]  # fmt: skip


def vercel(name: str, seconds: float, service: str, parent: str = OUTER, **attributes):
    """A span of the AI SDK, https://ai-sdk.dev/docs/ai-sdk-core/telemetry#collected-data."""
    dotted = {key.replace("__", "."): value for key, value in attributes.items()}
    return row(
        name,
        {"operation.name": name, "ai.operationId": name, "ai.telemetry.functionId": "f", **dotted},
        ts=at(seconds), seconds=2, trace=TRACE, parent=parent,
        span=OUTER if not parent else None, scope="ai", service=service,
    )  # fmt: skip


BOTH_STEPS = {
    "ai__usage__promptTokens": 300, "ai__usage__completionTokens": 60,
    "ai__usage__inputTokens": 300, "ai__usage__outputTokens": 60,
}  # fmt: skip


def step(seconds: float, prompt: int, completion: int):
    return vercel(
        "ai.generateText.doGenerate", seconds, "vercel",
        ai__model__id="gpt-4o", ai__model__provider="openai.responses",
        ai__usage__promptTokens=prompt, ai__usage__completionTokens=completion,
        ai__usage__cachedInputTokens=64, ai__response__id=f"resp_{hexid(seconds, 24)}",
        ai__response__model="gpt-4o-2024-08-06", ai__response__finishReason="stop",
        ai__telemetry__metadata__userId="bob", ai__telemetry__metadata__sessionId="chat-1",
        gen_ai__system="openai.responses", gen_ai__request__model="gpt-4o",
        gen_ai__usage__input_tokens=prompt, gen_ai__usage__output_tokens=completion,
    )  # fmt: skip


VERCEL_SPANS = [
    vercel("ai.generateText", 10, "vercel", parent="", ai__model__id="gpt-4o",
           ai__model__provider="openai.responses", **BOTH_STEPS),
    step(10.1, 100, 20),
    vercel("ai.toolCall", 12.2, "vercel", ai__toolCall__name="weather", ai__toolCall__id="call_9"),
    step(12.5, 200, 40),
    # before version 6 Anthropic's input is told as Anthropic tells it
    vercel("ai.streamText.doStream", 20, "vercel-anthropic", ai__model__id="claude-opus-4-5",
           ai__model__provider="anthropic.messages", ai__usage__inputTokens=50,
           ai__usage__outputTokens=8, ai__usage__cachedInputTokens=40,
           ai__response__msToFirstChunk=321.5),
    vercel("ai.streamText.doStream", 21, "vercel-6", ai__model__id="claude-opus-4-5",
           ai__model__provider="anthropic.messages", ai__usage__inputTokens=90,
           ai__usage__outputTokens=8, ai__usage__inputTokenDetails__noCacheTokens=50,
           ai__usage__inputTokenDetails__cacheReadTokens=40),
    vercel("ai.embed.doEmbed", 22, "vercel-embed", ai__model__id="text-embedding-3-small",
           ai__model__provider="openai.embedding", ai__usage__tokens=11),
]  # fmt: skip

EXPECTED = {
    "oi-llm": [("openai", "gpt-4o-2024-08-06", "alice", "S1", "chat", 120, 30, 100, None, 10)],
    "oi-embedding": [("openai", "text-embedding-3-small", "", "", "embeddings", 9, None, None, None, None)],
    "oi-anthropic": [("anthropic", "claude-opus-4-5", "", "", "chat", 550, 7, 500, 30, None)],
    "oi-chain": [],
    "oi-tool": [],
    "vercel": [
        ("openai", "gpt-4o-2024-08-06", "bob", "chat-1", "chat", 100, 20, 64, None, None),
        ("openai", "gpt-4o-2024-08-06", "bob", "chat-1", "chat", 200, 40, 64, None, None),
    ],
    "vercel-anthropic": [("anthropic", "claude-opus-4-5", "", "", "chat", 90, 8, 40, None, None)],
    "vercel-6": [("anthropic", "claude-opus-4-5", "", "", "chat", 90, 8, 40, None, None)],
    "vercel-embed": [("openai", "text-embedding-3-small", "", "", "embeddings", 11, None, None, None, None)],
}  # fmt: skip


@pytest.fixture(scope="module")
def told(migrated):
    migrated.empty()
    migrated.send(*OPENINFERENCE_SPANS, *VERCEL_SPANS)
    migrated.refresh()
    return migrated


@pytest.mark.parametrize("service", EXPECTED)
def test_every_emitter_has_one_shape(told, service):
    """Names, user, session and counts of each emitter, input with cache; wrappers repeat nothing."""
    found = told.rows(
        "SELECT provider, model, user_id, session_id, operation, input_tokens, output_tokens, "
        "cache_read_tokens, cache_write_tokens, reasoning_tokens FROM {db}.calls "
        f"WHERE service = '{service}' ORDER BY ts"
    )
    assert [tuple(line.values()) for line in found] == EXPECTED[service]


def test_their_tools_are_tool_runs(told):
    """A tool span of theirs is a tool that was run."""
    found = told.rows("SELECT name, service FROM {db}.tool_runs ORDER BY name")
    assert [tuple(line.values()) for line in found] == [
        ("get_weather", "oi-tool"),
        ("weather", "vercel"),
    ]
