"""Asks OpenAI-like servers for the usage of a stream, and hides from the app that it was asked.

Off unless ``TOKENBOARD_INJECT_USAGE=true``. A stream of chat completions has no usage unless
``stream_options.include_usage`` is set; then each chunk has ``"usage":null`` and one more chunk
with ``"choices":[]`` comes at the end, on which callers have stumbled. So that is taken out again:
the caller reads the chunks it would have had.
https://platform.openai.com/docs/api-reference/chat/create#chat_create-stream_options
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from tokenboard import mishap, settings
from tokenboard.hooks import sieve
from tokenboard.wire.encoding import UnknownEncodingError

if TYPE_CHECKING:
    from tokenboard.hooks.exchange import Exchange

_OPTION = "include_usage"
_ASKED = b',"stream_options":{"include_usage":true}'
_REFUSED = frozenset({400, 422})
_FAILED = 300

_refusing: set[str] = set()
"""Servers that do not know the option, by host and port."""


def into(seen: Exchange, request: Any) -> Injection | None:
    """Return what to send in place of ``request``, if its usage is to be asked for."""
    try:
        url = request.url
        where = f"{url.host}:{url.port}"
        body = asking(seen, where, url.path, request.content)
        return None if body is None else Injection(request, body, where)
    except Exception:
        mishap.report("asking for usage")
        return None


def asking(seen: Exchange, where: str, path: str, body: bytes) -> bytes | None:
    """Return the body to send in place of ``body``, if its usage is to be asked for.

    Args:
        seen: the call.
        where: the server's host and port.
        path: the path of the URL.
        body: what the app wants to send.
    """
    if not settings.current().inject_usage or not seen.streams:
        return None
    if where in _refusing or not path.endswith("/completions"):
        return None
    return _asking(body)


def refused(status: int) -> bool:
    """Whether a server may not have liked the option; then the app's own request goes out."""
    return status in _REFUSED


def accepted_without(where: str, status: int) -> None:
    """Take in how the app's own request went after a refusal: if well, the option was to blame."""
    if status < _FAILED:
        _refusing.add(where)


def sieve_for(content_type: str, content_encoding: str = "") -> sieve.Sieve | None:
    """Return what hides the usage in an answer of this kind, if it can be hidden."""
    if "event-stream" not in content_type:
        return None
    try:
        return sieve.Sieve(content_encoding)
    except UnknownEncodingError:
        mishap.logger.warning("tokenboard: a compressed stream keeps its chunk of usage.")
        return None


def _asking(body: bytes) -> bytes | None:
    """Return the body with the option set, or None if the app has decided about it itself."""
    value = json.loads(body)
    if not isinstance(value, dict):
        return None
    fields = cast("dict[str, Any]", value)
    options = fields.get("stream_options")
    if options is None and "stream_options" not in fields:
        start, brace, _ = body.rpartition(b"}")
        return start + _ASKED + brace
    if options is not None and (not isinstance(options, dict) or _OPTION in options):
        return None
    fields["stream_options"] = {**cast("dict[str, Any]", options or {}), _OPTION: True}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


class Injection:
    """A request that asks for usage, and what is to be done with its answer."""

    __slots__ = ("_original", "_where", "request")

    def __init__(self, original: Any, body: bytes, where: str) -> None:
        headers = original.headers.copy()
        headers["content-length"] = str(len(body))
        headers["accept-encoding"] = "identity"
        self._original = original
        self._where = where
        self.request = type(original)(
            original.method,
            original.url,
            headers=headers,
            content=body,
            extensions=original.extensions,
        )

    def refused(self, response: Any) -> bool:
        """Whether the server may not have liked the option; then the app's own request goes out."""
        return refused(response.status_code)

    def without(self, response: Any) -> None:
        """Take in the answer to the app's own request: there is nothing to hide in it."""
        accepted_without(self._where, response.status_code)

    def hide(self, response: Any, module: Any) -> None:
        """Have the caller read what it would have read; after the call's own reader is set up."""
        try:
            response.request = self._original
            kept = response.headers.get
            if response.is_closed:
                return
            sifting = sieve_for(kept("content-type", ""), kept("content-encoding", ""))
            if sifting is None:
                return
            response.headers.pop("content-encoding", None)
            later = isinstance(response.stream, module.AsyncByteStream)
            kind = sieve.async_stream(module) if later else sieve.sync_stream(module)
            response.stream = kind(response.stream, sifting)
        except Exception:
            mishap.report("hiding the usage that was asked for")
