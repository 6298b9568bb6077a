"""Agents of every framework under a guard that allows one call: the second must not be sent."""

from __future__ import annotations

import asyncio
import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import boto3
import cohere
import groq
import litellm
import ollama
import openai
import tokenboard
from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool
from common import ASK, PROVIDER
from google import genai
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from mistralai.client import Mistral
from pydantic_ai import Agent as PydanticAgent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider
from together import Together

QUESTION = "How is it in Bern?"


def weather(city: str) -> str:
    """Weather of a city."""
    return f"fine in {city}"


def with_openai_agents():
    client = openai.AsyncOpenAI(base_url=f"{PROVIDER}/v1", api_key="k")
    model = OpenAIChatCompletionsModel("gpt-agents", client)
    Runner.run_sync(Agent(name="a", model=model, tools=[function_tool(weather)]), QUESTION)


def with_langchain():
    llm = ChatOpenAI(model="gpt-chain", base_url=f"{PROVIDER}/v1", api_key="k")
    create_agent(llm, [weather]).invoke({"messages": [{"role": "user", "content": QUESTION}]})


def with_pydantic_ai():
    provider = OpenAIProvider(base_url=f"{PROVIDER}/v1", api_key="k")
    PydanticAgent(OpenAIChatModel("gpt-pydantic", provider=provider), tools=[weather]).run_sync(
        QUESTION
    )


def twice(call):
    def both():
        call()
        call()

    both.__name__ = call.__name__
    return both


@twice
def with_litellm():
    litellm.completion(
        "openai/gpt-lite", ASK, api_base=f"{PROVIDER}/v1", api_key="k", num_retries=3
    )


@twice
def with_litellm_async():
    asyncio.run(
        litellm.acompletion(
            "openai/gpt-lite-a", ASK, api_base=f"{PROVIDER}/v1", api_key="k", num_retries=3
        )
    )


@twice
def with_mistral():
    Mistral(api_key="k", server_url=PROVIDER).chat.complete(model="mistral", messages=ASK)


@twice
def with_groq():
    groq.Groq(base_url=PROVIDER, api_key="k").chat.completions.create(model="llama", messages=ASK)


@twice
def with_together():
    Together(base_url=f"{PROVIDER}/v1", api_key="k").chat.completions.create(
        model="qwen", messages=ASK
    )


@twice
def with_cohere():
    cohere.ClientV2(api_key="k", base_url=PROVIDER).chat(model="command", messages=ASK)


@twice
def with_ollama():
    ollama.Client(host=PROVIDER).chat(model="gemma", messages=ASK)


def with_google():
    client = genai.Client(
        api_key="k",
        http_options={"base_url": PROVIDER, "retry_options": {"attempts": 4}},
    )

    async def ask():
        for _ in range(2):
            await client.aio.models.generate_content(model="gemini", contents=QUESTION)

    asyncio.run(ask())


@twice
def with_bedrock():
    client = boto3.client(
        "bedrock-runtime", region_name="us-east-1", endpoint_url=PROVIDER,
        aws_access_key_id="k", aws_secret_access_key="s",
    )  # fmt: skip
    client.converse(
        modelId="anthropic.claude", messages=[{"role": "user", "content": [{"text": QUESTION}]}]
    )


for scene in [value for name, value in list(globals().items()) if name.startswith("with_")]:
    try:
        with tokenboard.guard(max_calls=1):
            scene()
        became = "was not stopped"
    except tokenboard.RunawayLoop as loop:
        became = f"{loop.limit} {loop.calls}"
    except Exception as error:
        became = f"hidden in {type(error).__name__}"
    sys.stdout.write(f"{scene.__name__} {became}\n")
