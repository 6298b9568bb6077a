"""What a call costs, for a guard with ``max_usd``: the only place in an app that loads prices."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from tokenboard import mishap

if TYPE_CHECKING:
    from decimal import Decimal

    from tokenboard.wire import Usage

_unpriced: set[tuple[str, str | None]] = set()


def load() -> None:
    """Load the price table now, and not in the middle of the first call.

    Raises:
        ImportError: it is not installed; names the extra that brings it.
    """
    try:
        importlib.import_module("genai_prices")
    except ImportError:
        raise ImportError(
            "max_usd needs prices; install them with: pip install 'tokenboard[prices]'"
        ) from None


def usd(provider: str, model: str | None, usage: Usage) -> Decimal | None:
    """Return what a call cost in US dollars, or None where that is not known.

    What the provider itself reports goes before the price table. A model without a price is
    logged once: its calls escape ``max_usd``.
    """
    if usage.reported_cost_usd is not None:
        return usage.reported_cost_usd
    found = _by_table(provider, model, usage) if model else None
    if found is None and usage.known and (provider, model) not in _unpriced:
        _unpriced.add((provider, model))
        mishap.logger.warning(
            "tokenboard guard: no price is known for %s of %s: max_usd cannot see what it costs; "
            "set max_tokens too.",
            model,
            provider,
        )
    return found


def _by_table(provider: str, model: str, usage: Usage) -> Decimal | None:
    from genai_prices import Usage as Tokens
    from genai_prices import calc_price

    counts = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "cache_write_1h_tokens": usage.cache_write_1h_tokens,
        "input_audio_tokens": usage.audio_input_tokens,
        "output_audio_tokens": usage.audio_output_tokens,
    }
    tokens = Tokens(**{name: count for name, count in counts.items() if count is not None})
    for known in (provider, None):  # a provider without a price list may serve a model that has one
        try:
            return calc_price(tokens, model, provider_id=known).total_price
        except (LookupError, ValueError):
            continue
    return None
