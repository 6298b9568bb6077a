"""pydantic-ai: agents with names over OpenAI (chat, responses) and Anthropic, sync and streamed."""

from __future__ import annotations

from common import PROVIDER, run
from pydantic_ai import Agent
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.openai import OpenAIProvider

OPENAI = OpenAIProvider(base_url=f"{PROVIDER}/v1", api_key="k")
CLAUDE = AnthropicProvider(base_url=PROVIDER, api_key="k")


def weather(city: str) -> str:
    """Weather of a city."""
    return f"result-of-tool: fine in {city}"


def agent(name, model):
    return Agent(model, name=name, tools=[weather])


ASK = "How is it in Bern?"

agent("forecaster", OpenAIChatModel("gpt-pydantic", provider=OPENAI)).run_sync(ASK)
agent("answerer", OpenAIResponsesModel("gpt-pydantic-responses", provider=OPENAI)).run_sync(ASK)
agent("thinker", AnthropicModel("claude-pydantic", provider=CLAUDE)).run_sync(ASK)


async def streamed():
    herald = agent("herald", OpenAIChatModel("gpt-pydantic-stream", provider=OPENAI))
    async with herald.run_stream(ASK) as result:
        async for _ in result.stream_text():
            pass


run(streamed)
