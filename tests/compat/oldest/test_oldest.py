"""The oldest SDKs that are supported (requirements/oldest.in), on the oldest OpenTelemetry."""

from __future__ import annotations

from compat.conftest import booked

ENV = "oldest"


def test_openai_1_0_is_booked(run):
    """openai 1.0 on httpx 0.23: plain, streamed, async, embeddings."""
    outcome = run(ENV, "openai_sdk")
    booked(
        outcome,
        *("gpt-sync", "gpt-stream", "gpt-stream-usage", "gpt-async", "gpt-async-stream"),
        *("embed-sync", "embed-async"),
    )


def test_anthropic_0_16_is_booked(run):
    """anthropic 0.16 on httpx 0.23: plain, streamed, its stream helper, async."""
    outcome = run(ENV, "anthropic_sdk")
    booked(
        outcome,
        *("claude-sync", "claude-stream", "claude-helper", "claude-async", "claude-async-stream"),
    )


def test_google_genai_1_0_is_booked(run):
    """google-genai 1.0 speaks through requests, in threads for its async calls."""
    outcome = run(ENV, "google_genai")
    booked(outcome, "gemini-sync", "gemini-stream", "gemini-async", "gemini-async-stream")


def test_boto3_1_34_is_booked(run):
    """The first boto3 with Converse."""
    outcome = run(ENV, "bedrock")
    booked(
        outcome,
        "anthropic.claude-converse",
        "anthropic.claude-converse-stream",
        "anthropic.claude-invoke",
        "anthropic.claude-invoke-stream",
    )


def test_groq_0_4_is_booked(run):
    """groq 0.4: an OpenAI-like client generated with another host and path."""
    outcome = run(ENV, "clients", "groq")
    booked(outcome, "llama-sync", "llama-stream", "llama-async")
