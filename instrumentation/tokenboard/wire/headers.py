"""The few headers that matter, picked in one pass from whatever the HTTP client calls headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

HeaderSource = Mapping[str, str] | Iterable[tuple[bytes, bytes]]
"""A mapping (any letter case), or raw pairs such as ``httpx.Headers.raw``, which are quicker."""

REQUEST_ID_HEADERS = (
    "x-request-id",  # OpenAI, Groq, vLLM, Together, … https://platform.openai.com/docs/api-reference/debugging-requests
    "request-id",  # Anthropic: https://docs.claude.com/en/api/errors#request-id
    "x-amzn-requestid",  # AWS: https://docs.aws.amazon.com/general/latest/gr/request-ids.html
    "apim-request-id",  # Azure API Management, where x-request-id is missing
    "x-ms-request-id",
    "mistral-correlation-id",
    "x-debug-trace-id",  # Cohere
    "x-litellm-call-id",
    "x-generation-id",  # OpenRouter
)

WANTED = frozenset(
    {
        *REQUEST_ID_HEADERS,
        "content-type",
        "content-encoding",
        "x-stainless-retry-count",
        "amz-sdk-request",
        "anthropic-version",
        "anthropic-beta",
        "x-amzn-errortype",
        "x-amzn-bedrock-input-token-count",
        "x-amzn-bedrock-output-token-count",
        "x-amzn-bedrock-cache-read-input-token-count",
        "x-amzn-bedrock-cache-write-input-token-count",
        "x-amzn-bedrock-content-type",
        "x-litellm-response-cost",
        "x-goog-user-project",
        "llm_provider-x-request-id",
    }
)
_WANTED_BYTES = {name.encode(): name for name in WANTED}


def pick(headers: HeaderSource) -> dict[str, str]:
    """Return the wanted headers by their lower-case names; unreadable ones are left out."""
    found: dict[str, str] = {}
    if isinstance(headers, Mapping):
        for name, value in cast("Mapping[str, str]", headers).items():
            lower = name.lower()
            if lower in WANTED:
                found[lower] = value
        return found
    for raw_name, raw_value in headers:
        name = _WANTED_BYTES.get(raw_name) or _WANTED_BYTES.get(raw_name.lower())
        if name is not None:
            found[name] = raw_value.decode("latin-1")
    return found


def request_id(found: Mapping[str, str]) -> str | None:
    """Return the provider's own name for the exchange, for a support ticket."""
    for name in REQUEST_ID_HEADERS:
        value = found.get(name)
        if value:
            return value
    return None


def attempt(found: Mapping[str, str]) -> int | None:
    """Return which try this is (1 is the first), if the SDK says so.

    ``x-stainless-retry-count`` counts retries (OpenAI, Anthropic and other Stainless SDKs);
    ``amz-sdk-request: attempt=2; max=3`` counts attempts
    (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
    """
    retries = found.get("x-stainless-retry-count")
    if retries is not None and retries.isdigit() and len(retries) <= 4:  # noqa: PLR2004 - a sane number of digits
        return int(retries) + 1
    for part in found.get("amz-sdk-request", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == "attempt" and value.isdigit():
            return int(value)
    return None
