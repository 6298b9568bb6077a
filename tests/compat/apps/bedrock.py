"""boto3's Bedrock runtime: Converse and InvokeModel, plain and streamed."""

from __future__ import annotations

import json

import boto3
from common import PROVIDER

client = boto3.client(
    "bedrock-runtime",
    region_name="us-east-1",
    endpoint_url=PROVIDER,
    aws_access_key_id="k",
    aws_secret_access_key="s",
)
turns = [{"role": "user", "content": [{"text": "Is all well?"}]}]
body = json.dumps(
    {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "Is all well?"}],
    }
)

client.converse(modelId="anthropic.claude-converse", messages=turns)
for _ in client.converse_stream(modelId="anthropic.claude-converse-stream", messages=turns)[
    "stream"
]:
    pass
client.invoke_model(modelId="anthropic.claude-invoke", body=body)["body"].read()
for _ in client.invoke_model_with_response_stream(
    modelId="anthropic.claude-invoke-stream", body=body
)["body"]:
    pass
