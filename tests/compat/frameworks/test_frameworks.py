"""Frameworks and providers' clients at their newest versions, untouched: each billed call is booked."""

from __future__ import annotations

from collections import Counter

import pytest
from compat.conftest import booked, discreet

ENV = "frameworks"


def test_litellm_is_booked_by_every_road(run):
    """litellm's OpenAI and Anthropic roads, with httpx and aiohttp beneath, plain and streamed."""
    outcome = run(ENV, "litellm_app")
    booked(
        outcome,
        *("gpt-sync", "gpt-stream", "gpt-async", "gpt-async-stream"),
        *("claude-sync", "claude-stream", "claude-async", "claude-async-stream"),
        "embed-sync",
    )


def test_langchain_is_booked_for_every_provider(run):
    """langchain over OpenAI, Anthropic, Google and Bedrock, plain and streamed, sync and async."""
    outcome = run(ENV, "langchain_app")
    booked(
        outcome,
        *("gpt-sync", "gpt-stream", "gpt-responses", "gpt-async", "gpt-async-stream"),
        *("claude-sync", "claude-stream", "claude-async", "claude-async-stream"),
        *("gemini-sync", "gemini-stream", "gemini-async"),
        *("anthropic.claude-converse", "anthropic.claude-converse-stream"),
        "embed-sync",
    )


def test_langgraph_agents_book_each_step(run):
    """An agent that asks, calls its tool and answers is two calls, however it is run."""
    outcome = run(ENV, "langgraph_app")
    booked(outcome, "gpt-graph", "gpt-graph-stream", "gpt-graph-async")
    steps = Counter(entry.model for entry in outcome.ledger.billed)
    assert steps == {"gpt-graph": 2, "gpt-graph-stream": 2, "gpt-graph-async": 2}
    assert [span.attributes["tokenboard.trigger"] for span in outcome.ours()][:2] == [
        "user",
        "tool",
    ]


def test_openai_agents_book_each_step(run):
    """openai-agents over Responses and Chat: each model call of a run is booked."""
    outcome = run(ENV, "openai_agents")
    booked(outcome, "gpt-agents", "gpt-agents-stream", "gpt-agents-chat")
    assert len(outcome.ledger.billed) == 6


def test_pydantic_ai_books_each_step(run):
    """pydantic-ai over OpenAI's Chat and Responses and Anthropic: each model call is booked."""
    outcome = run(ENV, "pydantic_ai_app")
    booked(
        outcome,
        "gpt-pydantic",
        "gpt-pydantic-responses",
        "claude-pydantic",
        "gpt-pydantic-stream",
    )
    assert len(outcome.ledger.billed) == 8


_AGENTS = {
    "langgraph_app": {
        "gpt-graph": "forecaster",
        "gpt-graph-stream": "forecaster",
        "gpt-graph-async": "forecaster",
    },
    "openai_agents": {
        "gpt-agents": "forecaster",
        "gpt-agents-stream": "herald",
        "gpt-agents-chat": "chatter",
    },
    "pydantic_ai_app": {
        "gpt-pydantic": "forecaster",
        "gpt-pydantic-responses": "answerer",
        "claude-pydantic": "thinker",
        "gpt-pydantic-stream": "herald",
    },
}


@pytest.mark.parametrize("app", _AGENTS)
def test_calls_carry_the_name_that_the_framework_gave_its_agent(run, app):
    """Each call of a framework's agent says which agent made it, with no code of the app's."""
    outcome = run(ENV, app)
    found = {
        (span.attributes["gen_ai.request.model"], span.attributes.get("gen_ai.agent.name"))
        for span in outcome.ours()
    }
    assert found == set(_AGENTS[app].items())


def test_agents_inside_agents_keep_their_names(run):
    """A call is its innermost agent's, with tracing off too; the app's own name goes before."""
    outcome = run(ENV, "agent_names")
    found = {
        (span.attributes["gen_ai.request.model"], span.attributes.get("gen_ai.agent.name"))
        for span in outcome.ours()
    }
    assert found == {
        ("gpt-outer", "quiet"),
        ("gpt-inner", "helper"),
        ("gpt-afterwards", None),
        ("gpt-mine", "mine"),
        ("gpt-p-outer", "p-outer"),
        ("gpt-p-inner", "p-inner"),
        ("gpt-nested", "researcher"),
    }


def test_a_guard_stops_every_frameworks_agents_at_once(run):
    """RunawayLoop comes out of each SDK and framework as it is; the second call is never sent."""
    outcome = run(ENV, "guarded")
    said = outcome.said.splitlines()
    assert len(said) == 12
    assert [line for line in said if not line.endswith(" max_calls 1")] == []
    assert len(outcome.ledger.billed) == 12


def test_the_providers_own_clients_are_booked(run):
    """Mistral, Cohere, Groq, Together and Ollama, each with its own client, sync and async."""
    outcome = run(ENV, "clients", "mistral", "cohere", "groq", "together", "ollama")
    booked(
        outcome,
        *("mistral-sync", "mistral-stream", "mistral-async", "mistral-async-stream"),
        *("command-sync", "command-stream", "command-async", "embed-sync"),
        *("llama-sync", "llama-stream", "llama-async", "llama-generate"),
        *("qwen-sync", "qwen-stream", "qwen-async"),
    )
    # the host is this machine's for all of them: the path and the body must tell the formats apart
    assert len(outcome.ledger.billed) == 19
    discreet(outcome)


@pytest.mark.parametrize(
    ("env", "aiohttp"),
    [("", "aiohttp"), ("", "no-aiohttp"), (ENV, "aiohttp")],
    ids=["newest", "newest without aiohttp", "as langchain has it"],
)
def test_google_genai_is_booked_with_and_without_aiohttp(run, env, aiohttp):
    """google-genai takes aiohttp for its async calls where it finds it; counting tokens is no call."""
    outcome = run(env, "google_genai", aiohttp)
    booked(outcome, "gemini-sync", "gemini-stream", "gemini-async", "gemini-async-stream")
    assert any(":countTokens" in asked.path for asked in outcome.ledger.asked)


def test_a_provider_is_told_nothing_even_by_requests_that_are_no_calls(run):
    """Counting tokens sends the provider no trace headers either."""
    discreet(run("", "google_genai", "aiohttp"))


def test_boto3_is_booked(run):
    """Bedrock through botocore, Converse and InvokeModel, with binary event streams."""
    outcome = run("", "bedrock")
    booked(
        outcome,
        "anthropic.claude-converse",
        "anthropic.claude-converse-stream",
        "anthropic.claude-invoke",
        "anthropic.claude-invoke-stream",
    )


def test_an_app_without_any_import_is_booked_under_opentelemetry_instrument(run):
    """``opentelemetry-instrument python app.py`` captures the calls of an app that names nobody."""
    outcome = run(ENV, "unaware", by="opentelemetry-instrument")
    booked(outcome, "gpt-unaware", "claude-unaware")


def test_disabled_means_that_nothing_is_captured(run):
    """TOKENBOARD_DISABLED switches everything off, the app's calls go on."""
    outcome = run(ENV, "unaware", by="opentelemetry-instrument", TOKENBOARD_DISABLED="true")
    assert len(outcome.ledger.billed) == 2
    assert outcome.ours() == []
