"""A short chain over OpenAI and Anthropic, plain and streamed, sync and async."""

from __future__ import annotations

from common import PROVIDER, run
from langchain_anthropic import ChatAnthropic
from langchain_openai import ChatOpenAI


def gpt(model):
    return ChatOpenAI(model=model, base_url=f"{PROVIDER}/v1", api_key="k", stream_usage=True)


def claude(model):
    return ChatAnthropic(model_name=model, base_url=PROVIDER, api_key="k", max_tokens=9)


gpt("gpt-sync").invoke("Is all well?")
list(gpt("gpt-stream").stream("Is all well?"))
claude("claude-sync").invoke("Is all well?")
list(claude("claude-stream").stream("Is all well?"))


async def later():
    await gpt("gpt-async").ainvoke("Is all well?")
    await claude("claude-async").ainvoke("Is all well?")


run(later)
