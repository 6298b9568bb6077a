"""Sees what urllib3 sends: by itself, for ``requests``, and for ``botocore`` (boto3, Bedrock).

Each of them ends in ``HTTPConnectionPool.urlopen``, once for every attempt. The answer's body is
read later, by whoever holds the response: the response stays the object that it is and is only
taught to show us what is read.
"""

from __future__ import annotations

import functools
import threading
from typing import TYPE_CHECKING, Any, cast

from tokenboard import mishap, propagation, settings
from tokenboard.hooks import exchange, patch
from tokenboard.hooks.disguise import disguise
from tokenboard.wire import match

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from tokenboard.hooks.exchange import Exchange
    from tokenboard.hooks.usage_urllib3 import Asking

MODULES = ("urllib3",)
_ALONG = "_tokenboard_along"


class _Here(threading.local):
    """The call that this thread has under way."""

    seen: Exchange | None = None


_here = _Here()


def install(module: Any) -> None:
    """Wrap ``urlopen`` of ``module``; harmless the second time."""
    pool = module.connectionpool.HTTPConnectionPool
    if patch.is_in(pool.urlopen):
        return
    original = pool.urlopen
    plain: type[Any] = module.response.HTTPResponse
    watched = _watched(plain)

    @functools.cache
    def sifted() -> type[Any]:
        from tokenboard.hooks import usage_urllib3  # few want it

        return usage_urllib3.response(watched, plain)

    @functools.wraps(original)
    def urlopen(self: Any, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        seen = _begin(self, method, url, args, kwargs)
        if seen is None:
            if propagation.active:
                args, kwargs = _told(self, args, kwargs)
            return original(self, method, url, *args, **kwargs)
        _here.seen = seen
        seen.enter()
        wanted = settings.current().inject_usage
        asking = _asking(seen, self, url, args, kwargs) if wanted else None
        try:
            if asking is None:
                response = original(self, method, url, *args, **kwargs)
            else:
                response = asking.send(original, self, method, url, args, kwargs)
        except BaseException as error:
            seen.leave()
            seen.end(error)
            raise
        finally:
            # A retry calls urlopen from inside urlopen: then the answer is that one's.
            mine = _here.seen is seen
            _here.seen = None
        seen.leave()
        if mine:
            _read_along(seen, response, kwargs, plain, watched)
        if asking is not None and asking.holds:
            _hide(response, watched, sifted())
        return response

    patch.mark(urlopen, original)
    pool.urlopen = urlopen


def uninstall(module: Any) -> None:
    """Undo ``install``, unless somebody has wrapped ``urlopen`` after us."""
    pool = module.connectionpool.HTTPConnectionPool
    original = patch.original(pool.urlopen)
    if original is not None:
        pool.urlopen = original


def _asking(
    seen: Exchange, pool: Any, url: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Asking | None:
    from tokenboard.hooks import usage_urllib3  # few want it

    return usage_urllib3.asking(seen, pool, url, *_sent(pool, args, kwargs))


def _hide(response: Any, watched: type[Any], sifted: type[Any]) -> None:
    from tokenboard.hooks import usage_urllib3

    usage_urllib3.hide(response, watched, sifted)


def _begin(
    pool: Any, method: Any, url: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Exchange | None:
    try:
        body, headers, retries = (
            args[at] if len(args) > at else kwargs.get(name)
            for at, name in enumerate(("body", "headers", "retries"))
        )
        _end_attempt(retries)
        endpoint = match(method, _whole(pool, url))
        if endpoint is None:
            return None
        sent = _texts(pool.headers if headers is None else headers)
        tries = _tries(retries)
        if tries:
            sent.setdefault("x-stainless-retry-count", str(tries))
        return exchange.begin(endpoint, _bytes(body), sent)
    except Exception:
        mishap.report("looking at a request")
        return None


def _sent(pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[bytes, Any]:
    """Return the body and the headers that the app wants to send."""
    body, headers = (
        args[at] if len(args) > at else kwargs.get(name)
        for at, name in enumerate(("body", "headers"))
    )
    return _bytes(body), pool.headers if headers is None else headers


def _told(
    pool: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Add baggage to the headers of this one hop, where its host may know."""
    message = propagation.to(pool.host, pool.port, pool.scheme)
    if message is None:
        return args, kwargs
    given = args[1] if len(args) > 1 else kwargs.get("headers")
    headers = (pool.headers if given is None else given).copy()
    message.put(headers)
    if len(args) > 1:
        return (args[0], headers, *args[2:]), kwargs
    return args, {**kwargs, "headers": headers}


def _end_attempt(retries: Any) -> None:
    """End the attempt that a retry or a redirect follows; urllib3's history tells how it went."""
    seen = _here.seen
    if seen is None:
        return
    _here.seen = None
    seen.leave()
    history = getattr(retries, "history", ())
    last = history[-1] if history else None
    if last is not None and last.status:
        seen.answered(last.status, {}, streamed=False, encoded=False)
    seen.end(last.error if last is not None else None)


def _tries(retries: Any) -> int:
    return sum(not each.redirect_location for each in getattr(retries, "history", ()))


def _whole(pool: Any, url: str) -> str:
    if not url.startswith("/"):
        return url
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    return (
        f"{pool.scheme}://{host}:{pool.port}{url}" if pool.port else f"{pool.scheme}://{host}{url}"
    )


def _texts(headers: Any) -> dict[str, str]:
    """Copy headers; botocore's values are text or bytes."""
    pairs = cast("Mapping[Any, Any]", headers).items()
    return {_text(name): _text(value) for name, value in pairs}


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return bytes(body) if isinstance(body, (bytes, bytearray)) else b""


def _read_along(
    seen: Exchange, response: Any, kwargs: dict[str, Any], plain: type[Any], watched: type[Any]
) -> None:
    try:
        status, headers = response.status, _texts(response.headers)
        if kwargs.get("preload_content", True):
            encoded = not kwargs.get("decode_content", True)
            seen.answered(status, headers, streamed=False, encoded=encoded)
            seen.whole(response.data or b"")
        elif type(response) is plain:
            setattr(response, _ALONG, _Along(seen, status, headers))
            response.__class__ = watched
        else:  # a response of somebody's own: what it reads is its own affair
            seen.answered(status, headers, streamed=False, encoded=False)
            seen.end()
    except Exception:
        mishap.report("looking at an answer")
        seen.end()


class _Along:
    """How far one response has been read."""

    __slots__ = ("_begun", "_headers", "_inside", "_seen", "_status")

    def __init__(self, seen: Exchange, status: int, headers: dict[str, str]) -> None:
        self._seen = seen
        self._status = status
        self._headers = headers
        self._begun = False
        self._inside = False

    def step(
        self,
        read: Callable[..., bytes],
        response: Any,
        amt: int | None,
        decode_content: bool | None,
        *args: Any,
        **kwargs: Any,
    ) -> bytes:
        """Read on, for the caller."""
        self._inside = True
        try:
            data = read(response, amt, decode_content, *args, **kwargs)
        except BaseException as error:
            self.end(error)
            raise
        finally:
            self._inside = False
        self._took(data, _decodes(response, decode_content))
        if (amt != 0 and not data) or _exhausted(response):
            self.end(cut=True)
        return data

    def steps(
        self, chunks: Generator[bytes], response: Any, decode_content: bool | None
    ) -> Iterator[bytes]:
        """Read on chunk by chunk, as the caller asks for them."""
        decoded = _decodes(response, decode_content)
        try:
            while True:
                self._inside = True
                try:
                    chunk = next(chunks)
                except StopIteration:
                    break
                finally:
                    self._inside = False
                self._took(chunk, decoded)
                yield chunk
        except GeneratorExit:
            chunks.close()
            if response.closed:  # else another generator may go on from here
                self.end()
            raise
        except BaseException as error:
            self.end(error)
            raise
        self.end(cut=True)

    def closed(self) -> None:
        """Take in that the response was closed; urllib3 does so itself before it raises."""
        if not self._inside:
            self.end()

    def end(self, error: BaseException | None = None, *, cut: bool = False) -> None:
        self._begin(encoded=False)
        self._seen.end(error, cut=cut)

    def abandoned(self) -> None:
        self._begin(encoded=False)
        self._seen.abandoned()

    def _took(self, data: bytes, decoded: bool) -> None:
        if not data:
            return
        if self._begun:
            self._seen.feed(data)
        else:  # only now is it certain whether the reader wants the bytes unpacked
            self._begin(encoded=not decoded)
            self._seen.first(data)

    def _begin(self, *, encoded: bool) -> None:
        if not self._begun:
            self._begun = True
            self._seen.answered(self._status, self._headers, streamed=None, encoded=encoded)


def _along(response: Any) -> _Along:
    return response.__dict__[_ALONG]


def _decodes(response: Any, wanted: bool | None) -> bool:
    return bool(response.decode_content if wanted is None else wanted)


def _exhausted(response: Any) -> bool:
    """Whether all was read: from the socket, and from the buffers of what unpacks it."""
    return (
        response.closed
        and not getattr(response, "_decoded_buffer", None)
        and not getattr(getattr(response, "_decoder", None), "has_unconsumed_tail", False)
    )


def _watched(plain: Any) -> type[Any]:
    """Return a response class that differs from urllib3's only in that it shows what is read."""

    class HTTPResponse(plain):
        def read(
            self, amt: Any = None, decode_content: Any = None, *args: Any, **kwargs: Any
        ) -> bytes:
            return _along(self).step(plain.read, self, amt, decode_content, *args, **kwargs)

        def read_chunked(self, amt: Any = None, decode_content: Any = None) -> Iterator[bytes]:
            chunks = plain.read_chunked(self, amt, decode_content)
            return _along(self).steps(chunks, self, decode_content)

        def close(self) -> None:
            try:
                plain.close(self)
            finally:
                _along(self).closed()

        def __del__(self) -> None:
            _along(self).abandoned()
            plain.__del__(self)

    def read1(self: Any, amt: Any = None, decode_content: Any = None) -> bytes:
        return _along(self).step(plain.read1, self, amt, decode_content)

    if hasattr(plain, "read1"):  # as of urllib3 2.0
        setattr(HTTPResponse, "read1", read1)  # noqa: B010 - a class that is still being made
    return disguise(HTTPResponse, plain)
