"""The demo's provider, through the real SDKs: what they read is what was billed."""

from __future__ import annotations

import json

import anthropic
import httpx2
import openai
import pytest
from tokenboard.demo.provider import Faults, Provider

CALM = Faults(0, 0)
FILES = {"file-big": 300_000}
TOOL = {
    "type": "function",
    "function": {
        "name": "search",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
    },
}


@pytest.fixture
def provider():
    with Provider(files=FILES, faults=CALM, seconds_to_first_token=0) as running:
        yield running


@pytest.fixture
def gpt(provider):
    with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="k") as client:
        yield client


@pytest.fixture
def claude(provider):
    with anthropic.Anthropic(base_url=provider.url, api_key="k") as client:
        yield client


def ask(question):
    return [
        {"role": "system", "content": "Be brief. " * 20},
        {"role": "user", "content": question},
    ]


def test_chat_bills_what_it_says(provider, gpt):
    """A chat answer's usage is what stands in the ledger."""
    answer = gpt.chat.completions.create(model="gpt-5.5", messages=ask("How many shards?"))
    (served,) = provider.ledger
    assert answer.choices[0].finish_reason == "stop"
    assert answer.choices[0].message.content
    assert answer.model == "gpt-5.5-2026-04-23"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (
        served.input_tokens,
        served.output_tokens,
    )
    assert served.input_tokens == 200 // 4 + len("How many shards?") // 4
    assert served.reported


def test_chat_streams_report_usage_only_when_asked(provider, gpt):
    """Without include_usage a chat stream carries no usage, with it one chunk without choices."""

    def stream(**options):
        return list(
            gpt.chat.completions.create(
                model="gpt-5.5", messages=ask("Why?"), stream=True, **options
            )
        )

    silent, telling = stream(), stream(stream_options={"include_usage": True})
    assert [c for c in silent if c.usage] == []
    (last,) = [c for c in telling if c.usage]
    assert last.choices == []
    assert "".join(c.choices[0].delta.content or "" for c in telling if c.choices)
    assert [s.reported for s in provider.ledger] == [False, True]
    assert last.usage.completion_tokens == provider.ledger[1].output_tokens


def test_the_same_seed_gives_the_same_bill():
    """Two providers with one seed bill the same, another seed something else."""

    def bill(seed):
        with (
            Provider(seed=seed, faults=CALM) as provider,
            openai.OpenAI(base_url=f"{provider.url}/v1", api_key="k") as client,
        ):
            client.chat.completions.create(model="gpt-5.5", messages=ask("Why?"))
            return provider.ledger[0].output_tokens

    assert bill(1) == bill(1)
    assert len({bill(seed) for seed in range(5)}) > 1


def test_openai_caches_the_prefix(gpt):
    """A second question over the same long document reads the document from cache."""
    document = {"type": "file", "file": {"file_id": "file-big"}}

    def about(question):
        content = [document, {"type": "text", "text": question}]
        return gpt.chat.completions.create(
            model="gpt-5.5", messages=[{"role": "user", "content": content}]
        ).usage

    first, second = about("Who?"), about("When?")
    assert first.prompt_tokens_details.cached_tokens == 0
    assert second.prompt_tokens_details.cached_tokens == 300_000 // 128 * 128
    assert second.prompt_tokens == 300_001


def test_anthropic_caches_what_is_marked(provider, claude):
    """A marked document is written to the cache once and read afterwards, beside fresh input."""
    document = {
        "type": "document",
        "source": {"type": "file", "file_id": "file-big"},
        "cache_control": {"type": "ephemeral"},
    }

    def about(question):
        content = [document, {"type": "text", "text": question}]
        return claude.messages.create(
            model="claude-opus-5", max_tokens=4000, messages=[{"role": "user", "content": content}]
        ).usage

    first, second = about("Who is it?"), about("When was it?")
    assert (first.cache_creation_input_tokens, first.cache_read_input_tokens) == (300_000, 0)
    assert (second.cache_creation_input_tokens, second.cache_read_input_tokens) == (0, 300_000)
    assert (first.input_tokens, second.input_tokens) == (2, 3)
    assert [s.input_tokens for s in provider.ledger] == [300_002, 300_003]


def test_anthropic_streams_end_with_cumulative_usage(provider, claude):
    """The SDK's stream helper ends with the ledger's counts."""
    with claude.messages.stream(
        model="claude-haiku-4-5", max_tokens=4000, messages=[{"role": "user", "content": "Go on"}]
    ) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == final.content[0].text
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens == provider.ledger[0].output_tokens


def test_responses_continue_by_id(provider, gpt):
    """A response that names its predecessor is billed for the whole conversation."""
    first = gpt.responses.create(model="gpt-5.4-mini", input="x" * 4000)
    second = gpt.responses.create(
        model="gpt-5.4-mini", input="y" * 400, previous_response_id=first.id
    )
    assert first.usage.input_tokens == 1000
    assert second.usage.input_tokens > 1100
    assert second.output_text
    with pytest.raises(openai.BadRequestError, match="not found"):
        gpt.responses.create(model="gpt-5.4-mini", input="z", previous_response_id="resp_none")


def test_responses_stream(provider, gpt):
    """The streamed events give the same text and bill as the final response."""
    with gpt.responses.stream(model="gpt-6-sol", input="Why?") as stream:
        said = "".join(e.delta for e in stream if e.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert said == final.output_text
    assert final.usage.output_tokens == provider.ledger[0].output_tokens


def chat_agent(gpt, result, *, stream=False, limit=12):
    """Run a plain tool loop; return the calls the model asked for."""
    messages, asked = ask("Find the owner"), []
    for _ in range(limit):
        if stream:
            with gpt.chat.completions.stream(
                model="gpt-5.5", messages=messages, tools=[TOOL]
            ) as events:
                message = events.get_final_completion().choices[0].message
        else:
            message = (
                gpt.chat.completions.create(model="gpt-5.5", messages=messages, tools=[TOOL])
                .choices[0]
                .message
            )
        messages.append(
            message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"})
        )
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            asked.append((call.function.name, call.function.arguments))
            messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
    return asked


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop_ends_when_the_tool_answers(gpt, stream):
    """A model whose tool finds something asks a few different things and then answers."""
    asked = chat_agent(gpt, "found: platform", stream=stream)
    assert 2 <= len(asked) < 12
    assert len(set(asked)) == len(asked)
    assert all(set(json.loads(arguments)) == {"query"} for _, arguments in asked)


def test_a_model_that_finds_nothing_asks_the_same_again(gpt):
    """When the tool has no matches the model repeats itself for as long as it is let."""
    asked = chat_agent(gpt, "no matches")
    assert len(asked) >= 12
    assert len(set(asked)) == len(set(asked[:2]))


def test_anthropic_and_responses_speak_tools_too(gpt, claude):
    """Both other formats ask for a tool, take its result and ask on."""
    schema = TOOL["function"]["parameters"]
    said = claude.messages.create(
        model="claude-sonnet-5",
        max_tokens=2000,
        tools=[{"name": "search", "input_schema": schema}],
        messages=[{"role": "user", "content": "Find it"}],
    )
    assert said.stop_reason == "tool_use"
    assert set(said.content[0].input) == {"query"}
    with claude.messages.stream(
        model="claude-sonnet-5",
        max_tokens=2000,
        tools=[{"name": "search", "input_schema": schema}],
        messages=[{"role": "user", "content": "Find it"}],
    ) as stream:
        assert [b.input for b in stream.get_final_message().content] == [
            b.input for b in said.content
        ]
    first = gpt.responses.create(
        model="gpt-5.5",
        input="Find it",
        tools=[{"type": "function", "name": "search", "parameters": schema, "strict": False}],
    )
    calls = [o for o in first.output if o.type == "function_call"]
    second = gpt.responses.create(
        model="gpt-5.5",
        previous_response_id=first.id,
        input=[
            {"type": "function_call_output", "call_id": c.call_id, "output": "no matches"}
            for c in calls
        ],
        tools=[{"type": "function", "name": "search", "parameters": schema, "strict": False}],
    )
    again = [o for o in second.output if o.type == "function_call"]
    assert [c.arguments for c in again] == [c.arguments for c in calls]


@pytest.mark.parametrize("faults", [Faults(1, 0), Faults(0, 1)])
def test_turned_away_once_then_served(faults):
    """A first attempt that is limited or overloaded is retried by the SDKs, and bills nothing."""
    with Provider(faults=faults, seconds_to_first_token=0) as provider:
        with openai.OpenAI(base_url=f"{provider.url}/v1", api_key="k") as gpt:
            gpt.chat.completions.create(model="gpt-5.5", messages=ask("Why?"))
        with anthropic.Anthropic(base_url=provider.url, api_key="k") as claude:
            claude.messages.create(
                model="claude-opus-5", max_tokens=50, messages=[{"role": "user", "content": "Hm"}]
            )
    refused, served = [429] if faults.rate_limited else [500, 529], provider.ledger
    assert [s.attempt for s in served] == [1, 2, 1, 2]
    assert {served[0].status, served[2].status} == set(refused)
    assert [s.output_tokens > 0 for s in served] == [False, True, False, True]


def test_bad_requests_are_named(provider, gpt, claude):
    """Unknown models, unknown files, bodies that are no JSON: the provider's own error formats."""
    with pytest.raises(openai.NotFoundError, match="does not exist") as missing:
        gpt.chat.completions.create(model="gpt-0", messages=ask("Why?"))
    assert missing.value.code == "model_not_found"
    with pytest.raises(anthropic.NotFoundError, match="does not exist"):
        claude.messages.create(
            model="claude-0", max_tokens=5, messages=[{"role": "user", "content": "Hm"}]
        )
    with pytest.raises(openai.NotFoundError, match="No such file"):
        gpt.responses.create(
            model="gpt-5.5",
            input=[{"role": "user", "content": [{"type": "input_file", "file_id": "nope"}]}],
        )
    broken = httpx2.post(f"{provider.url}/v1/messages", content=b"{")
    assert broken.status_code == 400
    assert broken.json()["type"] == "error"
    shapeless = httpx2.post(f"{provider.url}/v1/chat/completions", json={"messages": [3]})
    assert shapeless.status_code == 400


def test_counting_tokens_bills_nothing(provider, claude):
    """The token counting endpoint answers and leaves no trace in the ledger."""
    counted = claude.messages.count_tokens(
        model="claude-opus-5", messages=[{"role": "user", "content": "x" * 400}]
    )
    assert counted.input_tokens == 100
    assert provider.ledger == []
