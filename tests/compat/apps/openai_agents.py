"""openai-agents: agents with names and a tool over Responses and Chat, sync, async, streamed."""

from __future__ import annotations

import openai
from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
)
from common import PROVIDER, run


@function_tool
def weather(city: str) -> str:
    """Weather of a city."""
    return f"result-of-tool: fine in {city}"


def agent(name, kind, model):
    # One client an event loop: its connections belong to the loop that opened them.
    client = openai.AsyncOpenAI(base_url=f"{PROVIDER}/v1", api_key="k", max_retries=0)
    return Agent(name=name, model=kind(model, openai_client=client), tools=[weather])


ASK = "How is it in Bern?"

Runner.run_sync(agent("forecaster", OpenAIResponsesModel, "gpt-agents"), ASK)


async def streamed():
    result = Runner.run_streamed(agent("herald", OpenAIResponsesModel, "gpt-agents-stream"), ASK)
    async for _ in result.stream_events():
        pass


async def chat():
    await Runner.run(agent("chatter", OpenAIChatCompletionsModel, "gpt-agents-chat"), ASK)


run(streamed, chat)
