"""A langgraph agent with a name and a tool, run sync, async and streamed."""

from __future__ import annotations

from common import PROVIDER, run
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI


def weather(city: str) -> str:
    """Weather of a city."""
    return f"result-of-tool: fine in {city}"


def agent(model):
    llm = ChatOpenAI(model=model, base_url=f"{PROVIDER}/v1", api_key="k", stream_usage=True)
    return create_agent(llm, [weather], name="forecaster")


ASK = {"messages": [{"role": "user", "content": "How is it in Bern?"}]}

agent("gpt-graph").invoke(ASK)
for _ in agent("gpt-graph-stream").stream(ASK, stream_mode="messages"):
    pass


async def later():
    await agent("gpt-graph-async").ainvoke(ASK)


run(later)
