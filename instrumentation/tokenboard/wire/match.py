"""Which requests are calls to a model: by method and URL, for every request an app makes.

What only looks like a call is left out by not standing in the table: counting tokens, batches,
files, model lists, moderation, caches, cancelling. Compacting a conversation bills and is there.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote, urlsplit

from tokenboard.wire import formats
from tokenboard.wire.endpoint import Endpoint
from tokenboard.wire.hosts import known, provider_of


def match(method: str, url: str) -> Endpoint | None:
    """Return the endpoint if this request is a call to a model, else None.

    Args:
        method: the HTTP method.
        url: the whole URL as text.
    """
    if method == "POST":
        path = url.partition("?")[0].partition("#")[0].rstrip("/")
        tail = path.rpartition("/")[2]
        if tail in _TAILS or ":" in tail or "%3A" in tail or tail[:5] == "conv_":
            return _post(path)
    elif method == "GET":
        if "/responses/resp" in url or "/interactions/" in url:
            return _get(url)
    elif method in ("post", "get"):
        return match(method.upper(), url)
    return None


_Trust = Literal["path", "host", "body"]
"""What settles that a request is a call: the path alone, a known host, or only the body."""

_PATHS: tuple[tuple[str, tuple[formats.Format, ...], _Trust], ...] = (
    ("/chat/completions", (formats.OPENAI_CHAT,), "path"),
    ("/agents/completions", (formats.OPENAI_CHAT,), "path"),  # Mistral
    ("/fim/completions", (formats.OPENAI_COMPLETIONS,), "path"),  # Mistral
    ("/prompts/[^/]+/completions", (formats.OPENAI_CHAT,), "host"),  # Portkey
    # Databricks: https://docs.databricks.com/api/workspace/servingendpoints/query
    ("/serving-endpoints/[^/]+/invocations", (formats.OPENAI_CHAT,), "body"),
    ("/completions", (formats.OPENAI_COMPLETIONS,), "host"),
    ("/responses(?:/compact)?", (formats.OPENAI_RESPONSES,), "host"),
    ("/api/embeddings", (formats.OLLAMA_EMBED, formats.OPENAI_EMBEDDINGS), "host"),
    ("/embeddings", (formats.OPENAI_EMBEDDINGS,), "host"),
    ("/v1/messages", (formats.ANTHROPIC,), "host"),
    ("/v1/complete", (formats.ANTHROPIC_COMPLETE,), "host"),
    ("/v2/chat", (formats.COHERE_CHAT,), "host"),
    # Writer speaks OpenAI's chat there: https://dev.writer.com/api-reference/completion-api
    ("/v1/chat", (formats.COHERE_CHAT_V1, formats.OPENAI_CHAT), "host"),
    ("/v1/generate", (formats.COHERE_GENERATE,), "host"),
    ("/v[12]/embed", (formats.COHERE_EMBED,), "host"),
    ("/api/chat", (formats.OLLAMA_CHAT,), "body"),
    ("/api/generate", (formats.OLLAMA_GENERATE,), "body"),
    ("/api/embed", (formats.OLLAMA_EMBED,), "body"),
    (
        r"/v1beta\d?(?:/projects/[^/]+/locations/[^/]+)?/interactions",
        (formats.GEMINI_INTERACTIONS,),
        "host",
    ),
    (
        "/v1/conversations(?:/conv_[^/]+)?(?:/restart)?",
        (formats.MISTRAL_CONVERSATIONS,),
        "body",
    ),
)
# Compiled when first needed, and kept by ``re``: importing must cost nothing.
_BEDROCK = r"/model/(.+)/(converse|invoke)(-stream|-with-response-stream)?$"
_NO_TEXT = r"rerank|stability\.|-image-|nova-canvas|nova-reel|nova-sonic"
"""Models at Bedrock that neither read nor write text by the token."""
_GOOGLE = r"(?:/publishers/([^/]+))?/(?:models|tunedModels|endpoints)/([^/]+?)(?::|%3A)([A-Za-z]+)$"
_DEPLOYMENT = r"/openai/deployments/([^/]+)/"
_TAILS = frozenset(
    {
        "completions",
        "responses",
        "compact",
        "embeddings",
        "messages",
        "complete",
        "chat",
        "generate",
        "embed",
        "interactions",
        "conversations",
        "restart",
        "converse",
        "converse-stream",
        "invoke",
        "invoke-with-response-stream",
        "invocations",
    }
)


@lru_cache(maxsize=1024)
def _post(url: str) -> Endpoint | None:
    try:
        parts = urlsplit(url)
        host, port, path = parts.hostname or "", parts.port, parts.path
    except ValueError:
        return None  # no URL that a client could send to
    google = re.search(_GOOGLE, path)
    if google is not None:
        return _google(host, port, path, google)
    bedrock = re.search(_BEDROCK, path)
    if bedrock is not None:
        model = unquote(bedrock[1])
        if re.search(_NO_TEXT, model):
            return None
        form = formats.BEDROCK_CONVERSE
        if bedrock[2] == "invoke":
            form = formats.BEDROCK_EMBED if "embed" in model else formats.BEDROCK_INVOKE
        provider = provider_of(host, port, path, form.family)
        return Endpoint((form,), provider, host, port, model, stream=bedrock[3] is not None)
    for pattern, speaks, trust in _PATHS:
        if re.search(pattern + "$", path):
            deployment = re.search(_DEPLOYMENT, path)
            return Endpoint(
                speaks,
                provider_of(host, port, path, speaks[0].family),
                host,
                port,
                unquote(deployment[1]) if deployment is not None else None,
                # Behind a gateway a deployment's body need not name the model again.
                sure=trust == "path"
                or (trust == "host" and (deployment is not None or known(host) is not None)),
            )
    return None


_GEMINI_VERBS = {
    "generateContent": formats.GEMINI,
    "streamGenerateContent": formats.GEMINI,
    "embedContent": formats.GEMINI_EMBED,
    "batchEmbedContents": formats.GEMINI_EMBED,
}


def _google(host: str, port: int | None, path: str, found: re.Match[str]) -> Endpoint | None:
    publisher, model, verb = found[1], unquote(found[2]), found[3]
    form = _GEMINI_VERBS.get(verb)
    if form is None and verb in ("rawPredict", "streamRawPredict") and model != "count-tokens":
        # https://docs.claude.com/en/api/claude-on-vertex-ai; others speak OpenAI's chat.
        form = formats.ANTHROPIC if publisher == "anthropic" else formats.OPENAI_CHAT
    elif verb == "predict" and "embedding" in model:
        form = formats.GEMINI_EMBED
    if form is None:
        return None
    family = form.family if publisher is None else "gcp.vertex_ai"
    provider = provider_of(host, port, path, family)
    return Endpoint((form,), provider, host, port, model, stream=verb.startswith("stream"))


_POLLS = (
    (r"/responses/resp[^/]+$", formats.OPENAI_RESPONSES_POLL),
    (
        r"/v1beta\d?(?:/projects/[^/]+/locations/[^/]+)?/interactions/[^/]+$",
        formats.GEMINI_INTERACTIONS_POLL,
    ),
)


def _get(url: str) -> Endpoint | None:
    # Not cached: each such URL is another.
    try:
        parts = urlsplit(url)
        host, port, path = parts.hostname or "", parts.port, parts.path
    except ValueError:
        return None
    for pattern, form in _POLLS:
        if re.search(pattern, path):
            provider = provider_of(host, port, path, form.family)
            stream = "stream=true" in parts.query
            return Endpoint((form,), provider, host, port, stream=stream, poll=True)
    return None
