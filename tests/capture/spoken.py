"""What the tests of captured content share: the attributes, and an answer that says something."""

from __future__ import annotations

from fakes.canned import document

SYSTEM, INPUT, OUTPUT, TOOLS = (
    f"gen_ai.{name}"
    for name in ("system_instructions", "input.messages", "output.messages", "tool.definitions")
)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}


def text(said):
    return {"type": "text", "content": said}


def chat_answer(**message):
    return document(
        {
            "id": "c-1",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-test",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": None, **message},
                    "finish_reason": "tool_calls" if "tool_calls" in message else "stop",
                }
            ],
        }
    )


CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city":"Paris"}'},
}
CALLED = {"type": "tool_call", "id": "call_1", "name": "weather", "arguments": {"city": "Paris"}}
