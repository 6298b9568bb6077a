"""Token counts as OpenAI and its many imitators spell them.

By OpenAI's rule cached tokens are a part of the input and reasoning tokens a part of the output:
https://platform.openai.com/docs/api-reference/chat/object. Some servers count them beside; what
they report as the total shows it. A part that is larger than its whole shows it only where there
is no total: with one that agrees with the whole, the counts are booked as they are, and it is for
whoever reads the books to see that they cannot all be right.
"""

from __future__ import annotations

from decimal import Decimal

from tokenboard.wire.model import Usage
from tokenboard.wire.values import Json, dollars, first_count, first_object, obj

_INPUT_DETAILS = (
    "prompt_tokens_details",
    "input_tokens_details",  # https://platform.openai.com/docs/api-reference/responses/object
    "prompt_token_details",  # Writer: https://dev.writer.com/api-reference/completion-api/chat-completion
    "input_token_details",
)
_OUTPUT_DETAILS = (
    "completion_tokens_details",
    "output_tokens_details",
    "completion_token_details",
    "output_token_details",
)
_CACHED = (
    "prompt_cache_hit_tokens",  # DeepSeek: https://api-docs.deepseek.com/guides/kv_cache
    "num_cached_tokens",  # Mistral: https://docs.mistral.ai/api/#tag/chat
    "cached_tokens",  # Moonshot, Together: https://platform.moonshot.ai/docs/api/chat
    "cache_read_input_tokens",  # LiteLLM: https://docs.litellm.ai/docs/completion/prompt_caching
    "cached_prompt_tokens",  # xAI's older answers: https://docs.x.ai/docs/guides/chat
)
_XAI_TICKS = 10**10
"""To the dollar: https://docs.x.ai/docs/key-information/consumption-and-rate-limits"""
_WRITTEN = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")


def read_usage(body: Json) -> Usage | None:
    """Return the usage that a body or chunk holds, if it holds any count."""
    for source in (
        body,
        obj(body.get("x_groq")),  # https://console.groq.com/docs/api-reference#chat-create
        obj(body.get("error")),
    ):
        usage = first_object(source, "usage")
        found = None if usage is None else from_object(usage)
        if found is not None:
            return found
    choices = body.get("choices")
    if isinstance(choices, list) and choices:
        # Moonshot's streams: https://platform.moonshot.ai/docs/api/chat
        usage = first_object(obj(choices[0]), "usage")  # pyright: ignore[reportUnknownArgumentType] - JSON
        return None if usage is None else from_object(usage)
    return None


def from_object(usage: Json) -> Usage | None:
    """Read a usage object; one without any count is none."""
    details = first_object(usage, *_INPUT_DETAILS)
    out = first_object(usage, *_OUTPUT_DETAILS)
    tokens_in = first_count(usage, "prompt_tokens", "input_tokens")
    tokens_out = first_count(usage, "completion_tokens", "output_tokens")
    total = first_count(usage, "total_tokens")
    cost = _cost(usage)
    if tokens_in is None and tokens_out is None and cost is None:
        return None
    read = _either(first_count(details, "cached_tokens"), first_count(usage, *_CACHED))
    write = _either(first_count(details, *_WRITTEN), first_count(usage, *_WRITTEN))
    reasoning = first_count(out, "reasoning_tokens", "thinking_tokens")
    heard = first_count(details, "audio_tokens")
    if tokens_in is not None and tokens_out is not None:
        if total is None and max(read or 0, write or 0) > tokens_in:
            tokens_in += (read or 0) + (write or 0)
        if total is not None and heard and total - tokens_in - tokens_out == heard:
            # Mistral's Voxtral: https://docs.mistral.ai/capabilities/audio/
            tokens_in += heard
        # What Mistral's connectors found and the model read:
        # https://docs.mistral.ai/agents/tools/built-in/websearch
        tokens_in += first_count(usage, "connector_tokens") or 0
        tokens_in, tokens_out = _completed(
            tokens_in, tokens_out, total, (read or 0) + (write or 0), reasoning or 0
        )
    if reasoning is None:
        reasoning = first_count(usage, "reasoning_tokens")
        if reasoning is not None and tokens_out is not None and reasoning > tokens_out:
            # Perplexity's deep research leaves them out of the total, too:
            # https://docs.perplexity.ai/docs/getting-started/pricing
            tokens_out += reasoning
    return Usage(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        cache_read_tokens=read,
        cache_write_tokens=write,
        # https://docs.litellm.ai/docs/completion/prompt_caching
        cache_write_1h_tokens=first_count(
            first_object(details, "cache_creation_token_details"), "ephemeral_1h_input_tokens"
        ),
        reasoning_tokens=reasoning,
        audio_input_tokens=heard,
        audio_output_tokens=first_count(out, "audio_tokens"),
        reported_cost_usd=cost,
    )


def _either(part: int | None, beside: int | None) -> int | None:
    """Return the count of the details, unless that is a zero beside a count that says more."""
    return beside if not part and (beside or part is None) else part


def _completed(
    tokens_in: int, tokens_out: int, total: int | None, cached: int, reasoning: int
) -> tuple[int, int]:
    """Add what stands beside the counts that should contain it.

    xAI leaves reasoning out of the completion (https://docs.x.ai/docs/guides/reasoning), Gemini's
    OpenAI-compatible API shows thoughts in the total only.
    """
    missing = 0 if total is None else total - tokens_in - tokens_out
    if missing > 0:
        if missing == cached != reasoning:
            return tokens_in + cached, tokens_out
        if cached and missing == cached + reasoning:
            return tokens_in + cached, tokens_out + reasoning
        return tokens_in, tokens_out + missing
    if total is None and reasoning > tokens_out:
        tokens_out += reasoning
    return tokens_in, tokens_out


def _cost(usage: Json) -> Decimal | None:
    """Return what the provider or gateway says that the call cost, in US dollars."""
    said = usage.get("cost")
    if isinstance(said, dict):
        # Perplexity: https://docs.perplexity.ai/api-reference/chat-completions-post
        return dollars((obj(said) or {}).get("total_cost"))
    if said is not None:
        # OpenRouter: https://openrouter.ai/docs/use-cases/usage-accounting. With a key of one's
        # own the cost is its fee alone, and the upstream's bill comes on top.
        cost = dollars(said)
        if cost is not None and usage.get("is_byok") is True:
            details = obj(usage.get("cost_details")) or {}
            cost += dollars(details.get("upstream_inference_cost")) or 0
        return cost
    ticks = first_count(usage, "cost_in_usd_ticks")
    if ticks is not None:
        return Decimal(ticks) / _XAI_TICKS
    # Pydantic's gateway: https://ai.pydantic.dev/gateway/
    return dollars((obj(usage.get("pydantic_ai_gateway")) or {}).get("cost_estimate"))
