"""An agent against a local server, for the tests of the guard."""

from __future__ import annotations

import json

import openai
from fakes.canned import document

TOOL = [{"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}]


def chat(*arguments, tokens=(10, 5), model="gpt-4o-mini"):
    """An OpenAI chat answer that asks for ``search`` with these arguments, or says something."""
    calls = [
        {
            "id": f"c{n}",
            "type": "function",
            "function": {"name": "search", "arguments": json.dumps(a)},
        }
        for n, a in enumerate(arguments)
    ]
    message = {"role": "assistant", "content": None if calls else "ok"}
    if calls:
        message["tool_calls"] = calls
    return document(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": tokens[0],
                "completion_tokens": tokens[1],
                "total_tokens": sum(tokens),
            },
        }
    )


def client(server, **options):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", **options)


def run(api, question="find it", most=50):
    """An agent as everybody writes it: answer tool calls until the model stops asking."""
    messages = [{"role": "user", "content": question}]
    for _ in range(most):
        answer = api.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=TOOL)
        message = answer.choices[0].message
        if not message.tool_calls:
            return message.content
        messages.append(message.model_dump(exclude_none=True))
        messages.extend(
            {"role": "tool", "tool_call_id": call.id, "content": "nothing"}
            for call in message.tool_calls
        )
    raise AssertionError("the agent was never stopped")
