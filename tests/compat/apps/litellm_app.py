"""litellm: its OpenAI and Anthropic roads and embeddings, plain and streamed, sync and async."""

from __future__ import annotations

import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from common import ASK, PROVIDER, run

OPENAI = {"api_base": f"{PROVIDER}/v1", "api_key": "k", "messages": ASK}
CLAUDE = {"api_base": PROVIDER, "api_key": "k", "messages": ASK, "max_tokens": 9}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}

litellm.completion(model="openai/gpt-sync", **OPENAI)
for _ in litellm.completion(model="openai/gpt-stream", **OPENAI, **USAGE):
    pass
litellm.completion(model="anthropic/claude-sync", **CLAUDE)
for _ in litellm.completion(model="anthropic/claude-stream", **CLAUDE, stream=True):
    pass
litellm.embedding(model="openai/embed-sync", input=["a"], api_base=f"{PROVIDER}/v1", api_key="k")


async def openai_road():
    await litellm.acompletion(model="openai/gpt-async", **OPENAI)
    async for _ in await litellm.acompletion(model="openai/gpt-async-stream", **OPENAI, **USAGE):
        pass


async def anthropic_road():
    await litellm.acompletion(model="anthropic/claude-async", **CLAUDE)
    stream = await litellm.acompletion(model="anthropic/claude-async-stream", **CLAUDE, stream=True)
    async for _ in stream:
        pass


run(openai_road, anthropic_road)
