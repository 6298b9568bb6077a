"""An app that has never heard of tokenboard: nothing here names it or OpenTelemetry."""

from __future__ import annotations

import os

import anthropic
import openai

PROVIDER = os.environ["PROVIDER"]
ASK = [{"role": "user", "content": "Is all well?"}]

openai.OpenAI(base_url=f"{PROVIDER}/v1", api_key="k").chat.completions.create(
    model="gpt-unaware", messages=ASK
)
client = anthropic.Anthropic(base_url=PROVIDER, api_key="k")
client.messages.create(model="claude-unaware", messages=ASK, max_tokens=9)
