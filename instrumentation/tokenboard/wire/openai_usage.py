"""Token counts as OpenAI and its many imitators spell them.

Everywhere here the cached tokens are a part of the input and the reasoning tokens a part of the
output, except where a rule below says otherwise.
"""

from __future__ import annotations

from tokenboard.wire.model import Usage
from tokenboard.wire.values import Json, dollars, first_count, first_object, obj

_INPUT_DETAILS = (
    "prompt_tokens_details",  # https://platform.openai.com/docs/api-reference/chat/object
    "input_tokens_details",  # https://platform.openai.com/docs/api-reference/responses/object
    "prompt_token_details",  # Writer and Mistral leave out an s
    "input_token_details",
)
_OUTPUT_DETAILS = (
    "completion_tokens_details",
    "output_tokens_details",
    "completion_token_details",
    "output_token_details",
)


def read_usage(body: Json) -> Usage | None:
    """Return the usage that a body or chunk holds, if it holds any count."""
    usage = first_object(body, "usage")
    if usage is None:
        # Groq's streams: https://console.groq.com/docs/api-reference#chat-create
        usage = first_object(obj(body.get("x_groq")), "usage")
    return None if usage is None else from_object(usage)


def from_object(usage: Json) -> Usage | None:
    """Read a usage object; one without any count is none."""
    details = first_object(usage, *_INPUT_DETAILS)
    out = first_object(usage, *_OUTPUT_DETAILS)
    tokens_in = first_count(usage, "prompt_tokens", "input_tokens")
    tokens_out = first_count(usage, "completion_tokens", "output_tokens")
    total = first_count(usage, "total_tokens")
    if tokens_in is None and tokens_out is None:
        tokens_in = total  # Voyage: https://docs.voyageai.com/reference/embeddings-api
    cost = dollars(usage.get("cost"))
    if tokens_in is None and tokens_out is None and cost is None:
        return None
    read = first_count(details, "cached_tokens")
    if read is None:
        # DeepSeek: https://api-docs.deepseek.com/guides/kv_cache; Moonshot says it at the top.
        read = first_count(usage, "prompt_cache_hit_tokens", "cached_tokens")
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=read,
        cache_write_tokens=first_count(details, "cache_write_tokens", "cache_creation_tokens"),
        reasoning_tokens=first_count(out, "reasoning_tokens"),
        audio_input_tokens=first_count(details, "audio_tokens"),
        audio_output_tokens=first_count(out, "audio_tokens"),
        reported_cost_usd=cost,
    )
