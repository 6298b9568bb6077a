"""google-genai: plain and streamed, sync and async, embeddings left out, counting done too.

With the argument ``no-aiohttp`` that package cannot be imported, as where it is not installed.
"""

from __future__ import annotations

import sys

if "no-aiohttp" in sys.argv:
    sys.modules["aiohttp"] = None

from common import PROVIDER, run
from google import genai

client = genai.Client(api_key="k", http_options={"base_url": PROVIDER, "api_version": "v1beta"})

client.models.generate_content(model="gemini-sync", contents="Is all well?")
for _ in client.models.generate_content_stream(model="gemini-stream", contents="Is all well?"):
    pass
client.models.count_tokens(model="gemini-count", contents="Is all well?")


async def plain():
    await client.aio.models.generate_content(model="gemini-async", contents="Is all well?")


async def streamed():
    stream = client.aio.models.generate_content_stream(
        model="gemini-async-stream", contents="Is all well?"
    )
    if not hasattr(stream, "__aiter__"):
        stream = await stream
    async for _ in stream:
        pass


run(plain, streamed)
