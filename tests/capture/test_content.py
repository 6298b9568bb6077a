"""Prompts and answers on the spans: only on request, redacted, bounded, by the conventions' shapes.

Expected values follow https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ and its JSON
schemas for input messages, output messages, system instructions and tool definitions.
"""

from __future__ import annotations

import json

import anthropic
import boto3
import httpx2
import openai
import pytest
import tokenboard
from capture.spoken import CALL, CALLED, INPUT, OUTPUT, SCHEMA, SYSTEM, TOOLS, chat_answer, text
from fakes.canned import Answer, Canned, document, events
from fakes.eventstream import chunk, frame
from google import genai


def test_openai_chat(noted):
    """System, user, assistant and tool messages in; a tool call out; the tools on offer."""
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}, {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}]},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "rain"},
    ]  # fmt: skip
    tools = [
        {
            "type": "function",
            "function": {"name": "weather", "description": "Look.", "parameters": SCHEMA},
        }
    ]
    with Canned([chat_answer(content="One more.", tool_calls=[CALL])]) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        api.chat.completions.create(model="gpt-test", messages=messages, tools=tools)
    assert noted(INPUT) == [
        {"role": "system", "parts": [text("Be brief.")]},
        {"role": "user", "parts": [text("Weather?"), {"type": "uri", "mime_type": None, "modality": "image", "uri": "https://x.example/a.png"}]},
        {"role": "assistant", "parts": [CALLED]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "rain"}]},
    ]  # fmt: skip
    assert noted(OUTPUT) == [
        {"role": "assistant", "parts": [text("One more."), CALLED], "finish_reason": "tool_call"}
    ]
    assert noted(TOOLS) == [
        {"type": "function", "name": "weather", "description": "Look.", "parameters": SCHEMA}
    ]
    assert noted(SYSTEM) is None


def test_an_openai_stream_is_put_together(noted):
    """Pieces of two choices and of a tool call's arguments, cut anywhere."""

    def piece(index, delta, reason=None):
        choice = {"index": index, "delta": delta, "finish_reason": reason}
        return {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "m",
            "choices": [choice],
        }

    stream = events(
        piece(0, {"role": "assistant", "content": "Hel"}),
        piece(1, {"role": "assistant", "content": "Oth"}),
        piece(0, {"content": "lo"}),
        piece(1, {"content": "er"}),
        piece(0, {"tool_calls": [{"index": 0, **CALL, "function": {"name": "weather", "arguments": '{"ci'}}]}),
        piece(0, {"tool_calls": [{"index": 0, "function": {"arguments": 'ty":"Paris"}'}}]}),
        piece(0, {}, "tool_calls"),
        piece(1, {}, "length"),
        done=True, size=19,
    )  # fmt: skip
    with Canned([stream]) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        list(
            api.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "Hi"}], n=2, stream=True
            )
        )
    assert noted(OUTPUT) == [
        {"role": "assistant", "parts": [text("Hello"), CALLED], "finish_reason": "tool_call"},
        {"role": "assistant", "parts": [text("Other")], "finish_reason": "length"},
    ]


def test_openai_responses(noted):
    """Instructions apart, items in, items out as one message."""
    output = [
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {"type": "message", "id": "m", "status": "completed", "role": "assistant", "content": [{"type": "output_text", "text": "Rain.", "annotations": []}]},
    ]  # fmt: skip
    response = {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-5", "status": "completed",
        "output": output, "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
    }  # fmt: skip
    stream = events(
        {"type": "response.created", "sequence_number": 0, "response": {**response, "status": "in_progress", "output": []}},
        {"type": "response.output_text.delta", "sequence_number": 1, "item_id": "m", "output_index": 1, "content_index": 0, "delta": "Rain.", "logprobs": []},
        {"type": "response.completed", "sequence_number": 2, "response": response},
        named=True,
    )  # fmt: skip
    with Canned([stream]) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        asked = [
            {"role": "user", "content": "Weather?"},
            {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": '{"city":"Paris"}'},
            {"type": "function_call_output", "call_id": "call_1", "output": "rain"},
        ]  # fmt: skip
        tools = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}]
        list(
            api.responses.create(
                model="gpt-5", instructions="Be brief.", input=asked, tools=tools, stream=True
            )
        )
    assert noted(SYSTEM) == [text("Be brief.")]
    assert noted(INPUT) == [
        {"role": "user", "parts": [text("Weather?")]},
        {"role": "assistant", "parts": [CALLED]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "rain"}]},
    ]  # fmt: skip
    thought = {"type": "reasoning", "content": "Hm."}
    assert noted(OUTPUT) == [
        {"role": "assistant", "parts": [thought, text("Rain.")], "finish_reason": "stop"}
    ]
    assert noted(TOOLS) == [{"type": "function", "name": "weather", "parameters": SCHEMA}]


def test_an_anthropic_stream(noted):
    """Thinking, text and a tool call of a stream; results in a user's turn are a tool's."""
    start = {
        "type": "message_start",
        "message": {
            "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [],
            "stop_reason": None, "usage": {"input_tokens": 1, "output_tokens": 1},
        },
    }  # fmt: skip

    def block(index, first, *deltas):
        return [
            {"type": "content_block_start", "index": index, "content_block": first},
            *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
            {"type": "content_block_stop", "index": index},
        ]

    stream = events(
        start,
        *block(0, {"type": "thinking", "thinking": "", "signature": ""}, {"type": "thinking_delta", "thinking": "Hm."}),
        *block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Let me "}, {"type": "text_delta", "text": "see."}),
        *block(2, {"type": "tool_use", "id": "call_1", "name": "weather", "input": {}}, {"type": "input_json_delta", "partial_json": '{"city":'}, {"type": "input_json_delta", "partial_json": '"Paris"}'}),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 9}},
        {"type": "message_stop"},
        named=True,
    )  # fmt: skip
    messages = [
        {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "call_1", "name": "weather", "input": {"city": "Paris"}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "rain"}]},
    ]  # fmt: skip
    with Canned([stream]) as server:
        api = anthropic.Anthropic(api_key="k", base_url=server.url)
        with api.messages.stream(
            model="claude",
            max_tokens=9,
            system="Be brief.",
            messages=messages,
            tools=[{"name": "weather", "input_schema": SCHEMA}],
        ) as got:
            got.get_final_message()
    assert noted(SYSTEM) == [text("Be brief.")]
    assert noted(INPUT) == [
        {"role": "user", "parts": [{"type": "blob", "mime_type": "image/png", "modality": "image", "content": ""}]},
        {"role": "assistant", "parts": [CALLED]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "rain"}]},
    ]  # fmt: skip
    assert noted(OUTPUT) == [
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "Hm."}, text("Let me see."), CALLED],
            "finish_reason": "tool_call",
        }
    ]
    assert noted(TOOLS) == [{"type": "function", "name": "weather", "parameters": SCHEMA}]


def test_gemini(noted):
    """Gemini's contents and parts; its model is the assistant."""
    parts = [{"text": "Hm.", "thought": True}, {"text": "Rain."}, {"functionCall": {"id": "call_1", "name": "weather", "args": {"city": "Paris"}}}]  # fmt: skip
    answer = {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]
    }
    with Canned([events(answer)]) as server:
        api = genai.Client(api_key="k", http_options={"base_url": server.url})
        config = {"system_instruction": "Be brief.", "tools": [{"function_declarations": [{"name": "weather", "description": "Look."}]}]}  # fmt: skip
        list(api.models.generate_content_stream(model="gemini", contents="Weather?", config=config))
    assert noted(SYSTEM) == [text("Be brief.")]
    assert noted(INPUT) == [{"role": "user", "parts": [text("Weather?")]}]
    assert noted(OUTPUT) == [
        {
            "role": "assistant",
            "parts": [{"type": "reasoning", "content": "Hm."}, text("Rain."), CALLED],
            "finish_reason": "stop",
        }
    ]
    assert noted(TOOLS) == [{"type": "function", "name": "weather", "description": "Look."}]


def bedrock(server):
    return boto3.client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=server.url,
        aws_access_key_id="a", aws_secret_access_key="b",
    )  # fmt: skip


def test_bedrock_converse_stream(noted):
    """Converse's blocks, and the events of its stream."""
    frames = [
        frame("messageStart", {"role": "assistant"}),
        frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Let me "}}),
        frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "see."}}),
        frame("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": {"toolUseId": "call_1", "name": "weather"}}}),
        frame("contentBlockDelta", {"contentBlockIndex": 1, "delta": {"toolUse": {"input": '{"city":"Paris"}'}}}),
        frame("messageStop", {"stopReason": "tool_use"}),
        frame("metadata", {"usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}, "metrics": {"latencyMs": 1}}),
    ]  # fmt: skip
    messages = [
        {"role": "user", "content": [{"text": "Weather?"}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "call_1", "name": "weather", "input": {"city": "Paris"}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "call_1", "content": [{"text": "rain"}]}}]},
    ]  # fmt: skip
    answer = Answer(chunks=frames, headers={"content-type": "application/vnd.amazon.eventstream"})
    with Canned([answer]) as server:
        got = bedrock(server).converse_stream(
            modelId="m",
            messages=messages,
            system=[{"text": "Be brief."}],
            toolConfig={
                "tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]
            },
        )
        list(got["stream"])
    assert noted(SYSTEM) == [text("Be brief.")]
    assert noted(INPUT) == [
        {"role": "user", "parts": [text("Weather?")]},
        {"role": "assistant", "parts": [CALLED]},
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": [{"text": "rain"}]}]},
    ]  # fmt: skip
    assert noted(OUTPUT) == [
        {"role": "assistant", "parts": [text("Let me see."), CALLED], "finish_reason": "tool_call"}
    ]
    assert noted(TOOLS) == [{"type": "function", "name": "weather", "parameters": SCHEMA}]


INVOKED = {
    "claude": (
        {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": [{"role": "user", "content": "Weather?"}]},
        {"type": "message", "content": [{"type": "text", "text": "Rain."}], "stop_reason": "end_turn"},
    ),
    "nova": (
        {"schemaVersion": "messages-v1", "messages": [{"role": "user", "content": [{"text": "Weather?"}]}]},
        {"output": {"message": {"role": "assistant", "content": [{"text": "Rain."}]}}, "stopReason": "end_turn"},
    ),
    "llama": ({"prompt": "Weather?"}, {"generation": "Rain.", "stop_reason": "stop"}),
    "titan": ({"inputText": "Weather?"}, {"results": [{"outputText": "Rain.", "completionReason": "FINISH"}]}),
}  # fmt: skip


@pytest.mark.parametrize("family", INVOKED)
@pytest.mark.parametrize("streamed", [False, True])
def test_bedrock_invoke(noted, family, streamed):
    """Each model's own body inside Bedrock, whole and in a stream."""
    asked, answered = INVOKED[family]
    if streamed:
        answer = Answer(
            chunks=[chunk(answered)], headers={"content-type": "application/vnd.amazon.eventstream"}
        )
    else:
        answer = document(answered)
    with Canned([answer]) as server:
        api = bedrock(server)
        if streamed:
            list(
                api.invoke_model_with_response_stream(
                    modelId=f"x.{family}", body=json.dumps(asked)
                )["body"]
            )
        else:
            api.invoke_model(modelId=f"x.{family}", body=json.dumps(asked))["body"].read()
    assert noted(INPUT) == [{"role": "user", "parts": [text("Weather?")]}]
    (message,) = noted(OUTPUT)
    assert message["parts"] == [text("Rain.")]


def test_ollama_and_cohere(noted, books):
    """Their chat requests are like OpenAI's; their answers come in lines and typed events."""
    lines = [{"message": {"role": "assistant", "content": "Ra"}}, {"message": {"role": "assistant", "content": "in."}}, {"message": {"content": ""}, "done": True, "done_reason": "stop"}]  # fmt: skip
    ndjson = Answer("".join(json.dumps({"model": "m", **line}) + "\n" for line in lines).encode(), headers={"content-type": "application/x-ndjson"})  # fmt: skip
    cohere = events(
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Rain."}}}},
        {"type": "tool-call-start", "index": 0, "delta": {"message": {"tool_calls": {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}}}},
        {"type": "tool-call-delta", "index": 0, "delta": {"message": {"tool_calls": {"function": {"arguments": '{"city":"Paris"}'}}}}},
        {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": {}}},
    )  # fmt: skip
    asked = {"model": "m", "messages": [{"role": "user", "content": "Weather?"}], "stream": True}
    for path, answer in (("/api/chat", ndjson), ("/v2/chat", cohere)):
        with Canned([answer]) as server:
            httpx2.post(f"{server.url}{path}", json=asked).read()
    first, second = (json.loads(span.attributes[OUTPUT]) for span in books.spans)
    assert first == [{"role": "assistant", "parts": [text("Rain.")], "finish_reason": "stop"}]
    assert second == [
        {"role": "assistant", "parts": [text("Rain."), CALLED], "finish_reason": "tool_call"}
    ]


def lines(*values):
    """JSON lines, as Cohere's first chat streams them."""
    written = "".join(json.dumps(value) + "\n" for value in values)
    return Answer(written.encode(), headers={"content-type": "application/stream+json"})


OTHERS = {
    "cohere v1": (
        "/v1/chat",
        {
            "model": "command", "preamble": "Be brief.", "message": "And now?", "stream": True,
            "chat_history": [{"role": "USER", "message": "Weather?"}, {"role": "CHATBOT", "message": "Sun."}],
        },
        lines(
            {"event_type": "stream-start", "generation_id": "g"},
            {"event_type": "text-generation", "text": "Ra"},
            {"event_type": "text-generation", "text": "in."},
            {"event_type": "stream-end", "finish_reason": "COMPLETE", "response": {"text": "Rain.", "generation_id": "g"}},
        ),
        [("user", "Weather?"), ("assistant", "Sun."), ("user", "And now?")],
    ),
    "cohere generate": (
        "/v1/generate",
        {"model": "command", "prompt": "And now?"},
        document({"id": "g", "generations": [{"id": "1", "text": "Rain.", "finish_reason": "COMPLETE"}]}),
        [("user", "And now?")],
    ),
    "mistral conversations": (
        "/v1/conversations",
        {"model": "mistral", "instructions": "Be brief.", "inputs": [{"role": "user", "content": "And now?"}], "stream": True},
        events(
            {"type": "conversation.response.started", "conversation_id": "conv_1"},
            {"type": "message.output.delta", "output_index": 0, "content": "Ra"},
            {"type": "message.output.delta", "output_index": 0, "content": {"type": "text", "text": "in."}},
            {"type": "conversation.response.done", "usage": {"prompt_tokens": 5, "completion_tokens": 2}},
        ),
        [("user", "And now?")],
    ),
    "gemini interactions": (
        "/v1beta/interactions",
        {"model": "gemini", "system_instruction": "Be brief.", "input": [{"type": "text", "text": "And now?"}]},
        document({
            "id": "v1_x", "object": "interaction", "status": "completed",
            "steps": [{"type": "thought"}, {"type": "model_output", "content": [{"type": "text", "text": "Rain."}]}],
        }),
        [("user", "And now?")],
    ),
    "gemini interactions stream": (
        "/v1beta/interactions",
        {"model": "gemini", "input": "And now?", "stream": True},
        events(
            {"event_type": "step.start", "index": 0, "step": {"type": "model_output"}},
            {"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "Ra"}},
            {"event_type": "step.delta", "index": 0, "delta": {"type": "text", "text": "in."}},
            {"event_type": "interaction.completed", "interaction": {"id": "v1_y", "status": "completed"}},
        ),
        [("user", "And now?")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats(noted, name):
    """Requests and answers whose shapes are their own, whole and in pieces."""
    path, asked, answer, said = OTHERS[name]
    with Canned([answer]) as server:
        httpx2.post(f"{server.url}{path}", json=asked).read()
    assert noted(INPUT) == [{"role": role, "parts": [text(words)]} for role, words in said]
    if "preamble" in asked or "instructions" in asked or "system_instruction" in asked:
        assert noted(SYSTEM) == [text("Be brief.")]
    assert noted(OUTPUT) == [
        {"role": "assistant", "parts": [text("Rain.")], "finish_reason": "stop"}
    ]


def test_a_background_response_says_what_it_answered_when_it_is_fetched(books):
    """The question is on the span of the request that began it, the answer on that of the poll."""
    begun = {
        "id": "resp_1",
        "object": "response",
        "status": "queued",
        "background": True,
        "output": [],
    }
    message = {
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Rain."}],
    }
    done = begun | {
        "status": "completed",
        "output": [message],
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }
    tokenboard.init(content=True)
    try:
        with Canned([document(begun), document(done)]) as server:
            api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
            api.responses.create(model="m", input="Weather?", background=True)
            api.responses.retrieve("resp_1")
    finally:
        tokenboard.init(content=False)
    first, second = (span.attributes for span in books.spans)
    assert json.loads(first[INPUT]) == [{"role": "user", "parts": [text("Weather?")]}]
    (answer,) = json.loads(second[OUTPUT])
    assert answer["parts"] == [text("Rain.")]
