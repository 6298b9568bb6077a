"""The anthropic package: plain and streamed, sync and async; any release since 0.16."""

from __future__ import annotations

import anthropic
from common import ASK, PROVIDER, run

client = anthropic.Anthropic(base_url=PROVIDER, api_key="k", max_retries=0)
later = anthropic.AsyncAnthropic(base_url=PROVIDER, api_key="k", max_retries=0)

client.messages.create(model="claude-sync", messages=ASK, max_tokens=9)
for _ in client.messages.create(model="claude-stream", messages=ASK, max_tokens=9, stream=True):
    pass
with client.messages.stream(model="claude-helper", messages=ASK, max_tokens=9) as helper:
    helper.get_final_message()


async def plain():
    await later.messages.create(model="claude-async", messages=ASK, max_tokens=9)


async def streamed():
    stream = await later.messages.create(
        model="claude-async-stream", messages=ASK, max_tokens=9, stream=True
    )
    async for _ in stream:
        pass


run(plain, streamed)
