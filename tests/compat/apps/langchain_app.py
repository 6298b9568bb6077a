"""langchain's chat models of OpenAI, Anthropic, Google and Bedrock, sync, async, streamed."""

from __future__ import annotations

import boto3
from common import PROVIDER, run
from langchain_anthropic import ChatAnthropic
from langchain_aws import ChatBedrockConverse
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI, OpenAIEmbeddings


def gpt(model, **more):
    return ChatOpenAI(model=model, base_url=f"{PROVIDER}/v1", api_key="k", **more)


def claude(model):
    return ChatAnthropic(model_name=model, base_url=PROVIDER, api_key="k", max_tokens=9)


def gemini(model):
    return ChatGoogleGenerativeAI(model=model, google_api_key="k", base_url=PROVIDER)


def converse(model):
    return ChatBedrockConverse(
        model=model, client=bedrock, provider="anthropic", disable_streaming=False
    )


bedrock = boto3.client(
    "bedrock-runtime",
    region_name="us-east-1",
    endpoint_url=PROVIDER,
    aws_access_key_id="k",
    aws_secret_access_key="s",
)

gpt("gpt-sync").invoke("Is all well?")
list(gpt("gpt-stream", stream_usage=True).stream("Is all well?"))
gpt("gpt-responses", use_responses_api=True).invoke("Is all well?")
claude("claude-sync").invoke("Is all well?")
list(claude("claude-stream").stream("Is all well?"))
gemini("gemini-sync").invoke("Is all well?")
list(gemini("gemini-stream").stream("Is all well?"))
converse("anthropic.claude-converse").invoke("Is all well?")
list(converse("anthropic.claude-converse-stream").stream("Is all well?"))
OpenAIEmbeddings(
    model="embed-sync", base_url=f"{PROVIDER}/v1", api_key="k", check_embedding_ctx_length=False
).embed_query("a")


async def later():
    await gpt("gpt-async").ainvoke("Is all well?")
    async for _ in gpt("gpt-async-stream", stream_usage=True).astream("Is all well?"):
        pass
    await claude("claude-async").ainvoke("Is all well?")
    async for _ in claude("claude-async-stream").astream("Is all well?"):
        pass
    await gemini("gemini-async").ainvoke("Is all well?")


run(later)
