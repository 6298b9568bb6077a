"""Which tools an answer asks for, and when two calls are the same."""

from __future__ import annotations

import pytest
from wire.exchange import dump, play

CHAT = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"
MESSAGES = "https://api.anthropic.com/v1/messages"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent"
CONVERSE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse"
COHERE = "https://api.cohere.com/v2/chat"
OLLAMA = "http://127.0.0.1:11434/api/chat"


def chat(*messages, **more):
    return {"model": "m", "messages": list(messages), **more}


def call(name, arguments, at=0, call_id=None):
    return {"index": at, "id": call_id, "function": {"name": name, "arguments": arguments}}


def test_tool_calls_have_equal_hashes_however_their_arguments_are_written():
    """Whole or in pieces, OpenAI's text or Anthropic's object, keys in any order."""
    whole = {
        "choices": [
            {"message": {"tool_calls": [call("f", '{"a": 1, "b": [true, "é"]}')]}},
        ]
    }
    pieces = [
        {"choices": [{"delta": {"tool_calls": [call("f", "", call_id="t1")]}}]},
        {"choices": [{"delta": {"tool_calls": [call(None, '{"b":[true,"\\u00e9')]}}]},
        {"choices": [{"delta": {"tool_calls": [call(None, '"],"a":1}')]}}]},
    ]
    block = {"type": "tool_use", "id": "t", "name": "f", "input": {"b": [True, "é"], "a": 1}}
    events = [
        {
            "type": "content_block_start",
            "index": 1,
            "content_block": {**block, "input": {}},
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '{"a":1,'},
        },
        {
            "type": "content_block_delta",
            "index": 1,
            "delta": {"type": "input_json_delta", "partial_json": '"b":[true,"é"]}'},
        },
    ]
    asked = {**chat(), "max_tokens": 1}

    answers = [
        play(CHAT, chat(), dump(whole))[1],
        play(CHAT, chat(stream=True), b"".join(b"data: " + dump(p) + b"\n\n" for p in pieces))[1],
        play(MESSAGES, asked, dump({"type": "message", "content": [block]}))[1],
        play(
            MESSAGES,
            {**asked, "stream": True},
            b"".join(b"data: " + dump(each) + b"\n\n" for each in events),
        )[1],
    ]

    assert {answer.tool_names for answer in answers} == {("f",)}
    assert len({answer.tool_hashes for answer in answers}) == 1


def test_other_arguments_give_another_hash():
    """A loop is the same call with the same arguments."""
    hashes = [
        play(CHAT, chat(), dump({"choices": [{"message": {"tool_calls": [call("f", written)]}}]}))[
            1
        ].tool_hashes
        for written in ('{"a":1}', '{"a":2}', '{"a":', "")
    ]

    assert len(set(hashes)) == 4


@pytest.mark.parametrize(
    ("url", "body", "names"),
    [
        (
            RESPONSES,
            {
                "object": "response",
                "status": "completed",
                "output": [
                    {"type": "reasoning"},
                    {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
                    {"type": "custom_tool_call", "call_id": "2", "name": "g", "input": "SELECT 1"},
                ],
            },
            ("f", "g"),
        ),
        (
            GEMINI,
            {
                "candidates": [
                    {
                        "content": {
                            "parts": [
                                {"functionCall": {"name": "f", "args": {"a": 1}}},
                                {"functionCall": {"name": "f", "args": {"a": 2}}},
                            ]
                        }
                    }
                ]
            },
            ("f", "f"),
        ),
        (
            CONVERSE,
            {
                "output": {
                    "message": {
                        "content": [
                            {"text": "Hm"},
                            {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}},
                        ]
                    }
                }
            },
            ("f",),
        ),
        (
            COHERE,
            {
                "id": "c",
                "message": {
                    "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]
                },
            },
            ("f",),
        ),
        (
            OLLAMA,
            {
                "model": "m",
                "done": True,
                "message": {"tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
            },
            ("f",),
        ),
        (
            CHAT,
            {"choices": [{"message": {"function_call": {"name": "f", "arguments": "{}"}}}]},
            ("f",),
        ),
        (CHAT, {"choices": [{"message": {"function_call": {"name": "", "arguments": ""}}}]}, ()),
    ],
)
def test_tools_that_an_answer_asks_for(url, body, names):
    """By name and in order, in every format; an empty call that a server fills in is none."""
    asked = {**chat(), "input": "x", "contents": []}

    _, answer = play(url, asked, dump(body))

    assert answer.tool_names == names
    assert len(answer.tool_hashes) == len(names)


def test_a_streamed_response_tells_of_each_tool_once():
    """It is in the item's event and again in the whole response at the end."""
    item = {"type": "function_call", "call_id": "1", "name": "f", "arguments": '{"a":1}'}
    done = {"id": "r", "object": "response", "status": "completed", "output": [item]}
    events = [
        {"type": "response.output_item.done", "item": item},
        {"type": "response.completed", "response": done},
    ]

    _, answer = play(
        RESPONSES,
        {"model": "m", "input": "x", "stream": True},
        b"".join(b"data: " + dump(each) + b"\n\n" for each in events),
    )
    _, whole = play(RESPONSES, {"model": "m", "input": "x"}, dump(done))

    assert answer.tool_names == ("f",)
    assert answer.tool_hashes == whole.tool_hashes


def test_parallel_calls_that_all_claim_the_first_place():
    """Some compatible servers give every streamed call the index 0; their ids tell them apart."""
    pieces = [
        {"choices": [{"delta": {"tool_calls": [call("f", '{"a":1}', call_id="t1")]}}]},
        {"choices": [{"delta": {"tool_calls": [call("g", '{"a":2}', call_id="t2")]}}]},
    ]

    _, answer = play(
        CHAT, chat(stream=True), b"".join(b"data: " + dump(each) + b"\n\n" for each in pieces)
    )

    assert answer.tool_names == ("f", "g")
