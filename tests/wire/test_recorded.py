"""Real exchanges, recorded by others, are read to the counts that an independent extractor gives."""

from __future__ import annotations

from collections import Counter

import pytest
from wire.exchange import play_recorded, told

FILES = {
    "anthropic_messages": 18,
    "bedrock_converse": 4,
    "bedrock_converse_stream": 4,
    "bedrock_invoke": 14,
    "bedrock_invoke_stream": 4,
    "cohere_chat": 16,
    "cohere_embed": 2,
    "gemini_generate": 17,
    "ollama": 12,
    "openai_chat": 70,
    "openai_completions": 21,
    "openai_embeddings": 19,
    "openai_responses": 12,
}
COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)


def differences(exchange):
    """What is read otherwise than the recording says that it should be."""
    expect = exchange["expect"]
    read = play_recorded(exchange)
    if read is None:
        return ["is not taken for a call"]
    asked, answer = read
    usage = told(answer.usage)
    found = {
        "request_model": asked.model,
        "response_model": answer.model,
        "response_id": answer.response_id,
        **{name: usage.get(name) for name in COUNTS},
    }
    wrong = [
        f"{name} is {value!r}, accepted: {expect[name]!r}"
        for name, value in found.items()
        # No accepted value at all: nothing of the kind was sent, and nothing may be made up.
        if value not in (expect[name] or [None])
    ]
    if (answer.error_type is not None) != expect["error"]:
        wrong.append(f"error_type is {answer.error_type!r}, error: {expect['error']}")
    if expect["finished"] and not expect["error"] and not answer.finished:
        wrong.append("is not seen to be finished")
    return wrong


@pytest.mark.parametrize("name", FILES)
def test_every_recorded_call_is_read_exactly(name, recorded_exchanges):
    """Models, ids, every token count, failure and end of each exchange are as accepted."""
    exchanges = recorded_exchanges(name)

    wrong = {each["source"]: differences(each) for each in exchanges}

    assert {source: found for source, found in wrong.items() if found} == {}
    assert len(exchanges) == FILES[name]


def test_what_is_no_call_makes_no_usage(recorded_exchanges):
    """Exchanges with a provider that bill nothing are left alone."""
    exchanges = recorded_exchanges("not_calls")

    assert [play_recorded(each) for each in exchanges] == [None] * 4


def test_recorded_tool_calls_are_seen_by_name(recorded_exchanges):
    """Whole and streamed, the tools that answers ask for are told, each with its hash."""
    names = Counter()
    for name in FILES:
        for exchange in recorded_exchanges(name):
            _, answer = play_recorded(exchange)
            names.update(answer.tool_names)
            assert len(answer.tool_names) == len(answer.tool_hashes)

    assert names["get_current_weather"] > 0
    assert "" not in names
