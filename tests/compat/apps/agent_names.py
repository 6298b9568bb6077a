"""Agents inside agents, tracing switched off, and calls beside them: whose call is it?"""

from __future__ import annotations

import openai
import tokenboard
from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled
from common import ASK, PROVIDER, run
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from langgraph.graph import MessagesState, StateGraph
from pydantic_ai import Agent as PydanticAgent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

set_tracing_disabled(disabled=True)
QUESTION = "How is it in Bern?"


def agent(name, model, *tools):
    client = openai.AsyncOpenAI(base_url=f"{PROVIDER}/v1", api_key="k", max_retries=0)
    return Agent(name=name, model=OpenAIChatCompletionsModel(model, client), tools=[*tools])


@function_tool
async def ask_helper(city: str) -> str:
    """Ask another agent."""
    await Runner.run(agent("helper", "gpt-inner"), QUESTION)
    return f"result-of-tool: fine in {city}"


async def openai_agents():
    await Runner.run(agent("quiet", "gpt-outer", ask_helper), QUESTION)
    client = openai.AsyncOpenAI(base_url=f"{PROVIDER}/v1", api_key="k", max_retries=0)
    await client.chat.completions.create(model="gpt-afterwards", messages=ASK)
    with tokenboard.agent("mine"):
        await Runner.run(agent("theirs", "gpt-mine"), QUESTION)


async def pydantic_ai():
    provider = OpenAIProvider(base_url=f"{PROVIDER}/v1", api_key="k")
    inner = PydanticAgent(OpenAIChatModel("gpt-p-inner", provider=provider), name="p-inner")

    async def ask_inner(city: str) -> str:
        """Ask another agent."""
        await inner.run(QUESTION)
        return f"result-of-tool: fine in {city}"

    model = OpenAIChatModel("gpt-p-outer", provider=provider)
    await PydanticAgent(model, name="p-outer", tools=[ask_inner]).run(QUESTION)


async def langgraph():
    llm = ChatOpenAI(model="gpt-nested", base_url=f"{PROVIDER}/v1", api_key="k")
    graph = StateGraph(MessagesState)
    graph.add_node("researcher", create_agent(llm, []))
    graph.set_entry_point("researcher")
    await graph.compile().ainvoke({"messages": [{"role": "user", "content": QUESTION}]})


run(openai_agents, pydantic_ai, langgraph)
