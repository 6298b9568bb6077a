"""What a request tells by itself: the customer, the conversation, who drove it, its parameters."""

from __future__ import annotations

import json

import pytest
from tokenboard.wire import Hasher, match
from wire.exchange import HASHER, dump

CHAT = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"
MESSAGES = "https://api.anthropic.com/v1/messages"
GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/g:generateContent"
CONVERSE = "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse"
COHERE = "https://api.cohere.com/v2/chat"
OLLAMA = "http://127.0.0.1:11434/api/chat"


def read(url, body, headers=None):
    endpoint = match("POST", url)
    return endpoint.read_request(dump(body), headers or {}, HASHER)


def chat(*messages, **more):
    return {"model": "m", "messages": list(messages), **more}


def user(content):
    return {"role": "user", "content": content}


def assistant(content):
    return {"role": "assistant", "content": content}


SYSTEM = {"role": "system", "content": "Be brief."}
CALL = {
    "role": "assistant",
    "content": None,
    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
}


# The first turn of a conversation, and a later one of the same, for each format.
TALKS = {
    "chat": (
        CHAT,
        chat(SYSTEM, user("Book a flight")),
        chat(
            SYSTEM,
            user([{"type": "text", "text": "Book a flight"}]),
            CALL,
            {"role": "tool", "tool_call_id": "1", "content": "sunny"},
        ),
        ["sunny"],
    ),
    "messages": (
        MESSAGES,
        {
            **chat(user("Book a flight")),
            "max_tokens": 9,
            "system": [
                {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
            ],
        },
        {
            **chat(
                user(
                    [
                        {
                            "type": "text",
                            "text": "Book a flight",
                            "cache_control": {"type": "ephemeral"},
                        }
                    ]
                ),
                assistant([{"type": "tool_use", "id": "1", "name": "f", "input": {}}]),
                user(
                    [
                        {"type": "tool_result", "tool_use_id": "1", "content": "sunny"},
                        {"type": "text", "text": "<reminder>be brief</reminder>"},
                    ]
                ),
            ),
            "max_tokens": 9,
            "system": "Be brief.",
        },
        ["sunny"],
    ),
    "responses": (
        RESPONSES,
        {"model": "m", "instructions": "Be brief.", "input": "Book a flight"},
        {
            "model": "m",
            "instructions": "Be brief.",
            "input": [
                {"role": "user", "content": [{"type": "input_text", "text": "Book a flight"}]},
                {"type": "reasoning", "summary": []},
                {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "1", "output": "sunny"},
            ],
        },
        ["sunny"],
    ),
    "gemini": (
        GEMINI,
        {
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "Book a flight"}]}],
        },
        {
            "system_instruction": {"parts": [{"text": "Be brief."}]},
            "contents": [
                {"parts": [{"text": "Book a flight"}]},
                {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]},
                {
                    "role": "user",
                    "parts": [{"functionResponse": {"name": "f", "response": "sunny"}}],
                },
            ],
        },
        ["sunny"],
    ),
    "converse": (
        CONVERSE,
        {"system": [{"text": "Be brief."}], "messages": [user([{"text": "Book a flight"}])]},
        {
            "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
            "messages": [
                user([{"text": "Book a flight"}, {"cachePoint": {"type": "default"}}]),
                assistant([{"toolUse": {"toolUseId": "1", "name": "f", "input": {}}}]),
                user([{"toolResult": {"toolUseId": "1", "content": [{"text": "sunny"}]}}]),
            ],
        },
        ["sunny"],
    ),
    "cohere": (
        COHERE,
        chat(SYSTEM, user("Book a flight")),
        chat(SYSTEM, user("Book a flight"), CALL, {"role": "tool", "content": "sunny"}),
        ["sunny"],
    ),
    "ollama": (
        OLLAMA,
        chat(SYSTEM, user("Book a flight")),
        chat(SYSTEM, user("Book a flight"), CALL, {"role": "tool", "content": "sunny"}),
        ["sunny"],
    ),
}


@pytest.mark.parametrize("name", TALKS)
def test_the_turns_of_one_conversation_bear_one_hash(name):
    """From the system prompt and the first thing the user said, however they are written."""
    url, first, later, _ = TALKS[name]

    one, two = read(url, first), read(url, later)

    assert one.conversation_hash is not None
    assert one.conversation_hash == two.conversation_hash
    assert one.prompt_hash != two.prompt_hash


@pytest.mark.parametrize("name", TALKS)
def test_another_first_message_is_another_conversation(name):
    """Nothing of the text can be read from the hash, but equal and unequal can."""
    url, first, _, _ = TALKS[name]
    other = json.loads(json.dumps(first).replace("Book a flight", "Book a hotel"))

    assert read(url, other).conversation_hash != read(url, first).conversation_hash


@pytest.mark.parametrize("name", TALKS)
def test_a_tool_result_drives_the_call(name):
    """The newest turn brings a tool's result, in whatever role the format puts it."""
    url, first, later, results = TALKS[name]

    assert read(url, first).trigger == "user"
    assert read(url, first).tool_result_hashes == ()
    assert read(url, later).trigger == "tool"
    assert read(url, later).tool_result_hashes == tuple(HASHER.text(each) for each in results)


def test_only_the_newest_turns_results_are_told():
    """Results of turns before were told with the calls before."""
    body = chat(
        user("a"),
        CALL,
        {"role": "tool", "content": "old"},
        CALL,
        {"role": "tool", "content": "new 1"},
        {"role": "tool", "content": "new 2"},
    )

    assert read(CHAT, body).tool_result_hashes == (HASHER.text("new 1"), HASHER.text("new 2"))


@pytest.mark.parametrize(
    ("last", "trigger"),
    [
        (user("go"), "user"),
        (SYSTEM, "system"),
        ({"role": "developer", "content": "x"}, "system"),
        (assistant("go on from here"), "assistant"),
        ({"role": "function", "name": "f", "content": "x"}, "tool"),
        ({"role": "alien", "content": "x"}, None),
        ({"content": "x"}, None),
    ],
)
def test_the_role_of_the_last_message_drove_the_call(last, trigger):
    """A role that nobody knows is unknown, not a user."""
    assert read(CHAT, chat(user("a"), last)).trigger == trigger


@pytest.mark.parametrize(
    ("url", "body", "end_user"),
    [
        (CHAT, chat(user="u1", safety_identifier="s1"), "s1"),
        (CHAT, chat(user="u1"), "u1"),
        (RESPONSES, {"model": "m", "input": "Hi", "safety_identifier": "s1"}, "s1"),
        (MESSAGES, {**chat(), "max_tokens": 1, "metadata": {"user_id": "m1"}}, "m1"),
        ("https://api.openai.com/v1/embeddings", {"model": "m", "input": "x", "user": "e1"}, "e1"),
        (CHAT, chat(user=""), None),
        (CHAT, chat(user=7), None),
    ],
)
def test_the_customer_whom_the_app_names(url, body, end_user):
    """Told apart from the colleague who runs the app by being another fact."""
    assert read(url, body).end_user_id == end_user


def test_parameters_by_their_conventional_names():
    """As they were sent, under the names of gen_ai.request.*."""
    body = chat(
        max_completion_tokens=100,
        temperature=0,
        top_p=0.5,
        seed=7,
        stop="END",
        n=2,
        frequency_penalty=0.1,
        presence_penalty=-0.2,
        reasoning_effort="low",
        stream=True,
    )

    request = read(CHAT, body)

    assert request.stream
    assert request.parameters == {
        "max_tokens": 100,
        "temperature": 0,
        "top_p": 0.5,
        "seed": 7,
        "stop_sequences": ["END"],
        "choice.count": 2,
        "frequency_penalty": 0.1,
        "presence_penalty": -0.2,
        "reasoning.level": "low",
    }


def test_gemini_parameters():
    """The same from its generation config."""
    config = {"maxOutputTokens": 9, "topK": 3, "stopSequences": ["a"], "candidateCount": 1}

    request = read(GEMINI, {"contents": [], "generationConfig": config})

    assert request.parameters == {"max_tokens": 9, "top_k": 3, "stop_sequences": ["a"]}


@pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
def test_a_conversation_that_the_provider_keeps(conversation):
    """Its name is told, and no hash is made of what is only the newest turn."""
    body = {"model": "m", "input": "and then?", "conversation": conversation}

    request = read(RESPONSES, body)

    assert request.conversation_id == "conv_1"
    assert request.conversation_hash is None


def test_an_answer_that_is_gone_on_with():
    """The previous answer's id is told, and no hash is made of the newest turn."""
    request = read(RESPONSES, {"model": "m", "input": "x", "previous_response_id": "resp_1"})

    assert request.previous_response_id == "resp_1"
    assert request.conversation_hash is None


@pytest.mark.parametrize(
    ("headers", "attempt"),
    [
        ({"x-stainless-retry-count": "0"}, 1),
        ({"X-Stainless-Retry-Count": "2"}, 3),
        ({"amz-sdk-request": "attempt=2; max=3"}, 2),
        ([(b"X-Stainless-Retry-Count", b"1")], 2),
        ({"x-stainless-retry-count": "many"}, None),
        ({"amz-sdk-request": "attempt=; max="}, None),
        ({}, None),
    ],
)
def test_which_attempt_it_is(headers, attempt):
    """From the SDK's own header, where it sends one."""
    endpoint = match("POST", CHAT)

    assert endpoint.read_request(dump(chat()), headers, HASHER).attempt == attempt


def test_a_retry_bears_the_same_prompt_hash():
    """Byte for byte the same request, from whatever process with the same key."""
    body = chat(user("x" * 5000))

    assert read(CHAT, body).prompt_hash == read(CHAT, body).prompt_hash
    other = match("POST", CHAT).read_request(dump(body), {}, Hasher(b"another key"))
    assert other.prompt_hash != read(CHAT, body).prompt_hash
    assert len(other.prompt_hash) == 16


def test_size_and_messages():
    """How the context grows from call to call."""
    body = chat(SYSTEM, user("ab"))

    request = read(CHAT, body)

    assert request.messages == 2
    assert request.bytes == len(dump(body))


def test_a_request_of_a_strange_shape_is_still_a_call():
    """What can be read is told, the rest is unknown."""
    request = read(CHAT, {"model": ["m"], "messages": {"a": 1}, "stream": "yes", "user": {}})

    assert request.model is None
    assert not request.stream
    assert request.messages == 0
