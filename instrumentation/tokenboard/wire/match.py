"""Which requests are calls to a model: by method and URL, for every request an app makes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tokenboard.wire import formats
from tokenboard.wire.framing import MAX_VALUE, parse
from tokenboard.wire.headers import HeaderSource, attempt, pick
from tokenboard.wire.hosts import provider_of
from tokenboard.wire.model import RequestFacts
from tokenboard.wire.reader import ResponseReader
from tokenboard.wire.request import Draft
from tokenboard.wire.values import Json, obj

if TYPE_CHECKING:
    from tokenboard.wire.formats import Format
    from tokenboard.wire.hashing import Hasher


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place where calls go; made by ``match``."""

    format: Format
    provider: str
    host: str
    port: int | None = None
    model: str | None = None
    """The model, where the URL names it."""
    stream: bool = False
    """Whether the URL asks for a stream."""
    sure: bool = True
    """False for a common path on an unknown host: then the body decides."""
    poll: bool = False
    """A GET that may bring the usage of a background response."""

    @property
    def operation(self) -> str:
        """The value of ``gen_ai.operation.name``."""
        return self.format.operation

    def read_request(
        self, body: bytes, headers: HeaderSource, hasher: Hasher
    ) -> RequestFacts | None:
        """Read what the request tells; None if it is no call after all. Never raises."""
        found = pick(headers)
        value = _parsed(body)
        if value is None:
            if not self.sure and not self.poll and not _mentions(body, self.format.keys):
                return None
            value = {}
        elif not self.sure and not all(key in value for key in self.format.keys):
            return None
        draft = Draft(hasher, found, self.model, stream=self.stream)
        try:
            self.format.read(draft, value)
        except Exception:  # noqa: S110 - a body of a strange shape still is a call
            pass
        linked = draft.previous_response_id is not None or draft.conversation_id is not None
        return RequestFacts(
            provider=self.provider,
            operation=self.format.operation,
            model=draft.model,
            stream=draft.stream,
            parameters=draft.parameters,
            end_user_id=draft.end_user_id,
            conversation_id=draft.conversation_id,
            previous_response_id=draft.previous_response_id,
            conversation_hash=(
                hasher.text("\n\0".join(draft.opening)) if draft.opening and not linked else None
            ),
            trigger=draft.trigger,
            prompt_hash=hasher.bytes(body) if body else None,
            messages=draft.messages,
            bytes=len(body),
            tool_result_hashes=tuple(draft.tool_results),
            attempt=attempt(found),
        )

    def reader(
        self,
        facts: RequestFacts,
        status: int,
        headers: HeaderSource,
        hasher: Hasher,
        *,
        encoded: bool = False,
    ) -> ResponseReader:
        """Return a reader for the answer; ``encoded`` if its bytes are still compressed."""
        found = pick(headers)
        kind = found.get("content-type", "")
        return ResponseReader(
            self.format.answer(facts, status, found, hasher),
            streamed=facts.stream or "ndjson" in kind or "stream" in kind or "jsonl" in kind,
            content_encoding=found.get("content-encoding", "") if encoded else "",
        )


def _parsed(body: bytes) -> Json | None:
    if not body or len(body) > MAX_VALUE:
        return None
    try:
        return obj(parse(body))
    except ValueError:
        return None


def _mentions(body: bytes, keys: tuple[str, ...]) -> bool:
    return bool(body) and all(f'"{key}"'.encode() in body for key in keys)


def match(method: str, url: str) -> Endpoint | None:
    """Return the endpoint if this request is a call to a model, else None.

    Args:
        method: the HTTP method, in capitals.
        url: the whole URL as text.
    """
    if method == "POST":
        path = url.partition("?")[0].partition("#")[0]
        tail = path.rpartition("/")[2]
        if tail in _TAILS or ":" in tail:
            return _resolve(path)
    elif method == "GET" and "/responses/resp" in url:
        return _poll(url)
    return None


_TAILS = frozenset({"completions", "responses", "messages"})


@lru_cache(maxsize=1024)
def _resolve(url: str) -> Endpoint | None:
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        port = parts.port
    except ValueError:
        port = None
    path = parts.path
    if path.endswith("/chat/completions"):
        return Endpoint(formats.OPENAI_CHAT, provider_of(host, path, "openai"), host, port)
    if path.endswith("/v1/messages"):
        provider = provider_of(host, path, "anthropic")
        return Endpoint(
            formats.ANTHROPIC, provider, host, port, sure=host.endswith("anthropic.com")
        )
    if path.endswith("/responses"):
        provider = provider_of(host, path, "openai")
        return Endpoint(
            formats.OPENAI_RESPONSES, provider, host, port, sure=host.endswith("openai.com")
        )
    return None


@lru_cache(maxsize=1024)
def _poll(_url: str) -> Endpoint | None:
    return None
