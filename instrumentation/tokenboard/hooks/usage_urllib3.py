"""Asks for the usage of a stream that urllib3 fetches, and hides that it was asked for.

See ``include_usage``. The response stays the object that it is; what reads it hands on what the
app's own request would have brought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tokenboard import mishap
from tokenboard.hooks import include_usage
from tokenboard.hooks.disguise import disguise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tokenboard.hooks.exchange import Exchange
    from tokenboard.hooks.sieve import Sieve

_SOME = 1 << 16
"""Bytes that are read at a time where the caller does not say."""


class Asking:
    """A request that asks for usage behind the app's back."""

    __slots__ = ("_body", "_headers", "_where", "holds")

    def __init__(self, body: bytes, headers: Any, where: str) -> None:
        self._body = body
        self._headers = headers
        self._where = where
        self.holds = True

    def send(  # noqa: PLR0917 - the call that urllib3 was asked for
        self,
        original: Any,
        pool: Any,
        method: Any,
        url: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Send the request that asks; where the server may not have liked that, the app's own."""
        rest = {k: v for k, v in kwargs.items() if k not in ("body", "headers")}
        response = original(pool, method, url, self._body, self._headers, *args[2:], **rest)
        if not include_usage.refused(response.status):
            return response
        response.drain_conn()
        self.holds = False
        response = original(pool, method, url, *args, **kwargs)
        include_usage.accepted_without(self._where, response.status)
        return response


def asking(seen: Exchange, pool: Any, url: str, body: bytes, given: Any) -> Asking | None:
    """Return what to send in place of a request, if its usage is to be asked for."""
    try:
        if not seen.streams:
            return None
        where = f"{pool.host}:{pool.port}"
        asks = include_usage.asking(seen, where, url.partition("?")[0], body)
        if asks is None:
            return None
        headers = given.copy()
        changed = {"accept-encoding": "identity", "content-length": str(len(asks))}
        for name in [*headers]:
            said = changed.pop(str(name).lower(), None)
            if said is not None:
                headers[name] = said
        if "accept-encoding" in changed:
            headers["Accept-Encoding"] = "identity"
        return Asking(asks, headers, where)
    except Exception:
        mishap.report("asking for usage")
        return None


def hide(response: Any, watched: type[Any], sifted: type[Any]) -> None:
    """Have the caller read what it would have read."""
    try:
        kept = response.headers.get
        encoding = kept("content-encoding", "")
        if type(response) is watched:
            sifting = include_usage.sieve_for(kept("content-type", ""), encoding)
            if sifting is not None and not encoding:
                response._tokenboard_sifting = _Sifting(sifting)  # noqa: SLF001 - ours
                response.__class__ = sifted
        elif isinstance(response._body, bytes):  # noqa: SLF001 - read already, and kept there
            sifting = include_usage.sieve_for(kept("content-type", ""))
            if sifting is not None:
                response._body = sifting.feed(response._body) + sifting.flush()  # noqa: SLF001 - as above
    except Exception:
        mishap.report("hiding the usage that was asked for")


class _Sifting:
    """What has been read and sifted and not yet handed on."""

    __slots__ = ("_ended", "_kept", "_sieve")

    def __init__(self, sieve: Sieve) -> None:
        self._sieve = sieve
        self._kept = b""
        self._ended = False

    def read(self, some: Callable[[int | None], bytes], amt: int | None, *, fill: bool) -> bytes:
        """Read up to ``amt`` bytes: as many if ``fill``, else what there is, at least one."""
        while not self._ended and (amt is None or len(self._kept) < (amt if fill else min(amt, 1))):
            data = some(amt)
            self._kept += self._sieve.feed(data) if data else self._sieve.flush()
            self._ended = not data or amt is None
            if amt is None:
                self._kept += self._sieve.flush()
        end = len(self._kept) if amt is None else amt
        found, self._kept = self._kept[:end], self._kept[end:]
        return found

    def chunks(self, chunks: Iterator[bytes], amt: int | None) -> Iterator[bytes]:
        """Sift chunk by chunk."""
        for chunk in chunks:
            if kept := self._sieve.feed(chunk):
                yield from _cut(kept, amt)
        self._ended = True
        if kept := self._sieve.flush():
            yield from _cut(kept, amt)


def _cut(data: bytes, amt: int | None) -> Iterator[bytes]:
    size = amt or len(data)
    for at in range(0, len(data), size):
        yield data[at : at + size]


def response(watched: Any, plain: Any) -> type[Any]:
    """Return a watched response whose reader does not get what was asked for behind its back."""

    class HTTPResponse(watched):
        def read(
            self, amt: Any = None, decode_content: Any = None, *args: Any, **kwargs: Any
        ) -> bytes:
            def some(size: int | None) -> bytes:
                return watched.read(self, size, decode_content, *args, **kwargs)

            found = self._tokenboard_sifting.read(some, amt, fill=True)
            if kwargs.get("cache_content") and amt is None:
                self._body = found
            return found

        def read_chunked(self, amt: Any = None, decode_content: Any = None) -> Iterator[bytes]:
            chunks = watched.read_chunked(self, amt, decode_content)
            return self._tokenboard_sifting.chunks(chunks, amt)

        def stream(self, amt: Any = 2**16, decode_content: Any = None) -> Iterator[bytes]:
            if self.chunked and self.supports_chunked_reads():
                yield from self.read_chunked(amt, decode_content)
                return
            while data := self.read(amt, decode_content):
                yield data

    if hasattr(plain, "read1"):  # as of urllib3 2.0
        setattr(HTTPResponse, "read1", _read1(watched))  # noqa: B010 - a class that is still being made
    return disguise(HTTPResponse, plain)


def _read1(watched: Any) -> Any:
    def read1(self: Any, amt: Any = None, decode_content: Any = None) -> bytes:
        def some(size: int | None) -> bytes:
            return watched.read1(self, size, decode_content)

        size = _SOME if amt is None or amt < 0 else amt
        return self._tokenboard_sifting.read(some, size, fill=False)

    return read1
