"""openai-agents: two agents with names, a hand-off's worth of tools, run sync and streamed."""

from __future__ import annotations

from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
)
from common import PROVIDER, run

import openai

client = openai.AsyncOpenAI(base_url=f"{PROVIDER}/v1", api_key="k", max_retries=0)


@function_tool
def weather(city: str) -> str:
    """Weather of a city."""
    return f"result-of-tool: fine in {city}"


def agent(name, kind, model):
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
