"""The little that the three servers share: types, headers, bodies with a limit, answers."""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class TooLargeError(Exception):
    """A body is over the limit, as sent or once decompressed."""


class BadEncodingError(Exception):
    """A body's Content-Encoding is unknown (``known`` False) or its bytes are not of it."""

    def __init__(self, message: str, *, known: bool) -> None:
        super().__init__(message)
        self.known = known


class GoneError(Exception):
    """The client went away before it had sent everything."""


def headers(scope: Scope) -> dict[str, str]:
    """Return the request's headers by lower-case name; of repeated ones the last."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


async def body(receive: Receive, limit: int, announced: str | None = None) -> bytes:
    """Read a request body.

    Raises:
        TooLargeError: it has more than ``limit`` bytes, or ``announced`` (Content-Length) says so.
        GoneError: the client went away.
    """
    if announced is not None and announced.isdigit() and int(announced) > limit:
        raise TooLargeError
    parts: list[bytes] = []
    total = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise GoneError
        part: bytes = message.get("body", b"")
        total += len(part)
        if total > limit:
            raise TooLargeError
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def decompress(data: bytes, encoding: str, limit: int) -> bytes:
    """Undo a ``Content-Encoding`` of gzip or deflate; '' and identity are none.

    Raises:
        TooLargeError: the result has more than ``limit`` bytes; memory stays bounded.
        BadEncodingError: unknown encoding, or broken data.
    """
    match encoding.strip().lower():
        case "" | "identity":
            return data
        case "gzip" | "x-gzip" | "deflate":
            return _inflate(data, limit)
        case other:
            raise BadEncodingError(
                f"Content-Encoding {other!r} is not gzip or deflate", known=False
            )


def _inflate(data: bytes, limit: int) -> bytes:
    parts: list[bytes] = []
    total = 0
    while data:
        # 32: the header says whether it is gzip or zlib.
        stream = zlib.decompressobj(wbits=32 + zlib.MAX_WBITS)
        try:
            part = stream.decompress(data, limit - total + 1)
        except zlib.error as error:
            raise BadEncodingError(f"the compressed body is broken: {error}", known=True) from error
        total += len(part)
        if total > limit:
            raise TooLargeError
        parts.append(part)
        if not stream.eof:
            raise BadEncodingError("the compressed body is cut short", known=True)
        data = stream.unused_data.lstrip(b"\0")
    return b"".join(parts)


async def respond(
    send: Send,
    status: int,
    content: bytes = b"",
    content_type: str = "text/plain; charset=utf-8",
    extra: dict[str, str] | None = None,
) -> None:
    """Send a whole answer."""
    fields = {
        "content-type": content_type,
        "content-length": str(len(content)),
        "x-content-type-options": "nosniff",
        **(extra or {}),
    }
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(k.encode("latin-1"), v.encode("latin-1")) for k, v in fields.items()],
        }
    )
    await send({"type": "http.response.body", "body": content})
