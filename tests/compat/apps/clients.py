"""The providers' own clients: Mistral, Cohere, Groq, Together, Ollama."""

from __future__ import annotations

import sys

from common import ASK, PROVIDER, run


def mistral():
    from mistralai.client import Mistral

    client = Mistral(api_key="k", server_url=PROVIDER)
    client.chat.complete(model="mistral-sync", messages=ASK)
    with client.chat.stream(model="mistral-stream", messages=ASK) as stream:
        list(stream)

    async def later():
        await client.chat.complete_async(model="mistral-async", messages=ASK)
        stream = await client.chat.stream_async(model="mistral-async-stream", messages=ASK)
        async with stream:
            async for _ in stream:
                pass

    run(later)


def cohere():
    import cohere

    client = cohere.ClientV2(api_key="k", base_url=PROVIDER)
    client.chat(model="command-sync", messages=ASK)
    list(client.chat_stream(model="command-stream", messages=ASK))
    client.embed(
        model="embed-sync", texts=["a"], input_type="search_document", embedding_types=["float"]
    )

    async def later():
        async with cohere.AsyncClientV2(api_key="k", base_url=PROVIDER) as client:
            await client.chat(model="command-async", messages=ASK)

    run(later)


def groq():
    import groq

    client = groq.Groq(base_url=PROVIDER, api_key="k", max_retries=0)
    client.chat.completions.create(model="llama-sync", messages=ASK)
    list(client.chat.completions.create(model="llama-stream", messages=ASK, stream=True))

    async def later():
        client = groq.AsyncGroq(base_url=PROVIDER, api_key="k", max_retries=0)
        await client.chat.completions.create(model="llama-async", messages=ASK)

    run(later)


def together():
    import together

    client = together.Together(base_url=f"{PROVIDER}/v1", api_key="k", max_retries=0)
    client.chat.completions.create(model="qwen-sync", messages=ASK)
    list(client.chat.completions.create(model="qwen-stream", messages=ASK, stream=True))

    async def later():
        client = together.AsyncTogether(base_url=f"{PROVIDER}/v1", api_key="k", max_retries=0)
        await client.chat.completions.create(model="qwen-async", messages=ASK)

    run(later)


def ollama():
    import ollama

    client = ollama.Client(host=PROVIDER)
    client.chat(model="llama-sync", messages=ASK)
    list(client.chat(model="llama-stream", messages=ASK, stream=True))
    client.generate(model="llama-generate", prompt="Is all well?")
    client.embed(model="embed-sync", input="a")

    async def later():
        client = ollama.AsyncClient(host=PROVIDER)
        await client.chat(model="llama-async", messages=ASK)

    run(later)


for name in sys.argv[1:]:
    globals()[name]()
