"""The openai package: plain and streamed, sync and async, embeddings; any release since 1.0."""

from __future__ import annotations

import openai
from common import ASK, PROVIDER, run

client = openai.OpenAI(base_url=f"{PROVIDER}/v1", api_key="k", max_retries=0)
later = openai.AsyncOpenAI(base_url=f"{PROVIDER}/v1", api_key="k", max_retries=0)
USAGE = {"extra_body": {"stream_options": {"include_usage": True}}}

client.chat.completions.create(model="gpt-sync", messages=ASK)
for _ in client.chat.completions.create(model="gpt-stream", messages=ASK, stream=True):
    pass
for _ in client.chat.completions.create(
    model="gpt-stream-usage", messages=ASK, stream=True, **USAGE
):
    pass
client.embeddings.create(model="embed-sync", input="a", encoding_format="float")


async def plain():
    await later.chat.completions.create(model="gpt-async", messages=ASK)
    await later.embeddings.create(model="embed-async", input="a", encoding_format="float")


async def streamed():
    stream = await later.chat.completions.create(
        model="gpt-async-stream", messages=ASK, stream=True, **USAGE
    )
    async for _ in stream:
        pass


run(plain, streamed)
