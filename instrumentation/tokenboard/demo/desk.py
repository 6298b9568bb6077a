"""What people and agents of the demo's company do, through the real SDKs of both providers.

Nothing here knows of tokenboard but the context managers that an app would use: the calls are seen
because ``tokenboard.auto`` was imported.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import anthropic
import openai

import tokenboard

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TURNS: Final = 24
"""An agent's rounds before the app itself gives up on it."""
MAX_OUTPUT: Final = 4096

_HOUSE_STYLE: Final = (
    "You work for a small company. Answer in plain words, name your sources, and say so when you "
    "do not know. Never invent order numbers, prices or people. "
) * 8


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool on offer to an agent."""

    name: str
    description: str
    arguments: tuple[str, ...]

    @property
    def schema(self) -> dict[str, Any]:
        """Its arguments as JSON schema."""
        return {
            "type": "object",
            "properties": {name: {"type": "string"} for name in self.arguments},
            "required": list(self.arguments),
        }


class ToolError(Exception):
    """A tool could not do its work."""


@dataclass(frozen=True, slots=True)
class Desk:
    """One person's clients. The API key is the person's, as it would be in a company."""

    gpt: openai.OpenAI
    claude: anthropic.Anthropic

    @classmethod
    def of(cls, provider_url: str, person: str) -> Desk:
        """Open the clients of a person; nothing is sent yet."""
        key = f"demo-{person}"
        return cls(
            gpt=openai.OpenAI(base_url=f"{provider_url}/v1", api_key=key),
            claude=anthropic.Anthropic(base_url=provider_url, api_key=key),
        )

    def close(self) -> None:
        """Close the clients' connections."""
        self.gpt.close()
        self.claude.close()

    # --- people at work --------------------------------------------------------------------------

    def chat_about(self, model: str, file: str, questions: Sequence[str]) -> None:
        """Talk about a long document over OpenAI Chat, every other answer as a stream."""
        first = {"type": "file", "file": {"file_id": file}}
        messages: list[Any] = [{"role": "system", "content": _HOUSE_STYLE}]
        for number, question in enumerate(questions):
            text = {"type": "text", "text": question}
            messages.append({"role": "user", "content": [first, text] if number == 0 else [text]})
            if number % 2:
                with self.gpt.chat.completions.stream(
                    model=model, messages=messages, stream_options={"include_usage": True}
                ) as stream:
                    answer = stream.get_final_completion()
            else:
                answer = self.gpt.chat.completions.create(model=model, messages=messages)
            messages.append({"role": "assistant", "content": answer.choices[0].message.content})

    def stream_without_usage(self, model: str, question: str) -> str:
        """Stream a chat answer and not ask for usage: what it cost stays unknown."""
        messages: list[Any] = [
            {"role": "system", "content": _HOUSE_STYLE},
            {"role": "user", "content": question},
        ]
        with self.gpt.chat.completions.create(
            model=model, messages=messages, stream=True
        ) as stream:
            return "".join(chunk.choices[0].delta.content or "" for chunk in stream)

    def converse(self, model: str, file: str, questions: Sequence[str]) -> None:
        """Talk over OpenAI Responses, which keeps the conversation; the last answer is a stream."""
        content: Any = [
            {"type": "input_file", "file_id": file},
            {"type": "input_text", "text": questions[0]},
        ]
        answer = self.gpt.responses.create(
            model=model, instructions=_HOUSE_STYLE, input=[{"role": "user", "content": content}]
        )
        for question in questions[1:-1]:
            answer = self.gpt.responses.create(
                model=model, input=question, previous_response_id=answer.id
            )
        if len(questions) > 1:
            with self.gpt.responses.stream(
                model=model, input=questions[-1], previous_response_id=answer.id
            ) as stream:
                stream.get_final_response()

    def read_with_claude(
        self, model: str, file: str, questions: Sequence[str], *, ttl: str = "5m"
    ) -> None:
        """Talk about a long document over Anthropic Messages, the document marked for the cache."""
        document = {
            "type": "document",
            "source": {"type": "file", "file_id": file},
            "cache_control": {"type": "ephemeral", "ttl": ttl},
        }
        messages: list[Any] = []
        for number, question in enumerate(questions):
            text = {"type": "text", "text": question}
            content = [document, text] if number == 0 else [text]
            messages.append({"role": "user", "content": content})
            if number % 2:
                with self.claude.messages.stream(
                    model=model, max_tokens=MAX_OUTPUT, system=_HOUSE_STYLE, messages=messages
                ) as stream:
                    answer = stream.get_final_message()
            else:
                answer = self.claude.messages.create(
                    model=model, max_tokens=MAX_OUTPUT, system=_HOUSE_STYLE, messages=messages
                )
            messages.append({"role": "assistant", "content": _text(answer)})

    def count_first(self, model: str, question: str) -> int:
        """Ask how many tokens a question has: no generation, nothing billed."""
        messages: list[Any] = [{"role": "user", "content": question}]
        return self.claude.messages.count_tokens(model=model, messages=messages).input_tokens

    def mistype_a_model(self, question: str) -> None:
        """Call a model that does not exist; the error is the app's to handle."""
        messages: list[Any] = [{"role": "user", "content": question}]
        try:
            self.gpt.chat.completions.create(model="gpt-5.55", messages=messages)
        except openai.NotFoundError:
            return

    def summarise_all(self, provider_url: str, person: str, model: str, texts: list[str]) -> None:
        """Summarise many short texts at once with the async client, eight at a time."""

        async def everything() -> None:
            limit = asyncio.Semaphore(8)
            async with openai.AsyncOpenAI(
                base_url=f"{provider_url}/v1", api_key=f"demo-{person}"
            ) as client:

                async def one(text: str) -> None:
                    async with limit:
                        messages: list[Any] = [
                            {"role": "system", "content": "Summarise."},
                            {"role": "user", "content": text},
                        ]
                        await client.chat.completions.create(model=model, messages=messages)

                await asyncio.gather(*map(one, texts))

        asyncio.run(everything())

    # --- agents at work --------------------------------------------------------------------------

    def triage(self, model: str, questions: Sequence[str], tools: Sequence[Tool]) -> bool:
        """Run the support agent over OpenAI Chat on a person's questions; True: it answered."""
        offered: list[Any] = [
            {
                "type": "function",
                "function": {
                    "name": t.name,
                    "description": t.description,
                    "parameters": t.schema,
                },
            }
            for t in tools
        ]
        messages: list[Any] = [{"role": "system", "content": _HOUSE_STYLE}]
        for question in questions:
            messages.append({"role": "user", "content": question})
            for _ in range(MAX_TURNS):
                answer = self.gpt.chat.completions.create(
                    model=model, messages=messages, tools=offered
                )
                message: Any = answer.choices[0].message
                wanted = {"role", "content", "tool_calls"}
                messages.append(message.model_dump(exclude_none=True, include=wanted))
                if not message.tool_calls:
                    break
                for call in message.tool_calls:
                    arguments = json.loads(call.function.arguments)
                    result = use_tool(call.function.name, arguments, call.id)
                    messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
            else:
                return False
        return True

    def review(self, model: str, file: str, question: str, tools: Sequence[Tool]) -> bool:
        """Run the code reviewer over Anthropic Messages; True: it came to an end."""
        offered: list[Any] = [
            {"name": t.name, "description": t.description, "input_schema": t.schema} for t in tools
        ]
        repository = {
            "type": "document",
            "source": {"type": "file", "file_id": file},
            "cache_control": {"type": "ephemeral"},
        }
        messages: list[Any] = [
            {"role": "user", "content": [repository, {"type": "text", "text": question}]}
        ]
        for _ in range(MAX_TURNS):
            answer = self.claude.messages.create(
                model=model,
                max_tokens=MAX_OUTPUT,
                system=_HOUSE_STYLE,
                messages=messages,
                tools=offered,
            )
            content: Any = [block.model_dump(exclude_none=True) for block in answer.content]
            messages.append({"role": "assistant", "content": content})
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                return True
            results = [
                {
                    "type": "tool_result",
                    "tool_use_id": call.id,
                    "content": use_tool(call.name, call.input, call.id),
                }
                for call in calls
            ]
            messages.append({"role": "user", "content": results})
        return False

    def research(self, model: str, question: str, tools: Sequence[Tool]) -> bool:
        """Run the researcher over OpenAI Responses; True: it answered."""
        offered: list[Any] = [
            {
                "type": "function",
                "name": t.name,
                "description": t.description,
                "parameters": t.schema,
                "strict": False,
            }
            for t in tools
        ]
        entries: Any = question
        previous: Any = openai.omit
        for _ in range(MAX_TURNS):
            answer = self.gpt.responses.create(
                model=model, input=entries, tools=offered, previous_response_id=previous
            )
            calls = [entry for entry in answer.output if entry.type == "function_call"]
            if not calls:
                return True
            previous = answer.id
            entries = [
                {
                    "type": "function_call_output",
                    "call_id": call.call_id,
                    "output": use_tool(call.name, json.loads(call.arguments), call.call_id),
                }
                for call in calls
            ]
        return False


def use_tool(name: str, arguments: Any, call_id: str) -> str:
    """Do a tool's work, errors included, and return what the model is told."""
    try:
        with tokenboard.tool(name, call_id):
            return _work(name, arguments)
    except ToolError as error:
        return f"Error: {error}"


def _work(name: str, arguments: dict[str, str]) -> str:
    subject = " ".join(arguments.values())
    if name == "search_archive":
        # The archive is empty: the model never learns, and that is the loop to be found.
        return "no matches"
    if name == "run_tests" and len(subject) % 3 == 0:
        raise ToolError(f"{subject}: 2 failed, 40 passed")
    return f"{name}: {len(subject)} results for {subject}"


def _text(message: anthropic.types.Message) -> str:
    return "".join(block.text for block in message.content if block.type == "text")
