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

_refusing: set[str] = set()
"""Servers that do not know the option, by host and port."""


def into(seen: Exchange, request: Any) -> Injection | None:
    """Return what to send in place of ``request``, if its usage is to be asked for."""
    if not settings.current().inject_usage or not seen.streams:
        return None
    try:
        url = request.url
        where = f"{url.host}:{url.port}"
        if where in _refusing or not url.path.endswith("/completions"):
            return None
        body = _asking(request.content)
        return None if body is None else Injection(request, body, where)
    except Exception:
        mishap.report("asking for usage")
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
        return response.status_code in _REFUSED

    def without(self, response: Any) -> None:
        """Take in the answer to the app's own request: there is nothing to hide in it."""
        if response.is_success:
            _refusing.add(self._where)

    def hide(self, response: Any, module: Any) -> None:
        """Have the caller read what it would have read; after the call's own reader is set up."""
        try:
            response.request = self._original
            if response.is_closed or "event-stream" not in response.headers.get("content-type", ""):
                return
            sifting = sieve.Sieve(response.headers.get("content-encoding", ""))
            response.headers.pop("content-encoding", None)
            later = isinstance(response.stream, module.AsyncByteStream)
            kind = sieve.async_stream(module) if later else sieve.sync_stream(module)
            response.stream = kind(response.stream, sifting)
        except UnknownEncodingError:
            mishap.logger.warning("tokenboard: a compressed stream keeps its chunk of usage.")
        except Exception:
            mishap.report("hiding the usage that was asked for")
