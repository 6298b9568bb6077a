"""Sees what ``aiohttp`` client sessions send.

``ClientSession._request`` is where every verb of a session ends. The answer's body is read later,
by whoever holds the response: its reader stays the object that it is and is only taught to show us
what is read.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from tokenboard import mishap, settings
from tokenboard.hooks import exchange, include_usage, patch
from tokenboard.hooks.disguise import disguise
from tokenboard.wire import match

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tokenboard.hooks.exchange import Exchange
    from tokenboard.hooks.sieve import Sieve

MODULES = ("aiohttp",)


def install(module: Any) -> None:
    """Wrap ``_request`` of client sessions; harmless the second time."""
    session = module.ClientSession
    original = session._request  # noqa: SLF001 - there is no public place that all verbs share
    if patch.is_in(original):
        return
    plain: type[Any] = module.StreamReader
    watched = _watched(plain, module.ClientConnectionError)
    sifted = _sifted(watched, plain)

    @functools.wraps(original)
    async def _request(self: Any, method: Any, str_or_url: Any, **kwargs: Any) -> Any:
        seen = _begin(module, self, method, str_or_url, kwargs)
        if seen is None:
            return await original(self, method, str_or_url, **kwargs)
        seen.enter()
        wanted = settings.current().inject_usage
        asking = _asking(module, seen, self, str_or_url, kwargs) if wanted else None
        try:
            if asking is None:
                response = await original(self, method, str_or_url, **kwargs)
            else:
                response = await _send(original, self, method, str_or_url, kwargs, asking, module)
        except BaseException as error:
            seen.leave()
            _failed(seen, error, module)
            raise
        seen.leave()
        packed = _packed(self, kwargs)
        hidden = None if asking is None or not asking.holds else _hide(response, packed, plain)
        _read_along(seen, response, packed, plain, watched if hidden is None else sifted, hidden)
        return response

    patch.mark(_request, original)
    session._request = _request  # noqa: SLF001 - as above


def uninstall(module: Any) -> None:
    """Undo ``install``, unless somebody has wrapped ``_request`` after us."""
    session = module.ClientSession
    original = patch.original(session._request)  # noqa: SLF001 - as above
    if original is not None:
        session._request = original  # noqa: SLF001 - as above


def _begin(
    module: Any, session: Any, method: Any, target: Any, kwargs: dict[str, Any]
) -> Exchange | None:
    try:
        url = session._build_url(target)  # noqa: SLF001 - a session may have a base URL
        params = kwargs.get("params")
        endpoint = match(method.upper(), str(url.update_query(params) if params else url))
        if endpoint is None:
            return None
        headers = session._prepare_headers(kwargs.get("headers"))  # noqa: SLF001 - and headers
        return exchange.begin(endpoint, _body(module, session, kwargs), _texts(headers))
    except Exception:
        mishap.report("looking at a request")
        return None


class _Asking:
    """A request that asks for usage behind the app's back."""

    __slots__ = ("holds", "kwargs", "where")

    def __init__(self, kwargs: dict[str, Any], where: str) -> None:
        self.kwargs = kwargs
        self.where = where
        self.holds = True


def _asking(
    module: Any, seen: Exchange, session: Any, target: Any, kwargs: dict[str, Any]
) -> _Asking | None:
    try:
        if not seen.streams:
            return None
        url = session._build_url(target)  # noqa: SLF001 - as above
        where = f"{url.host}:{url.port}"
        data = kwargs.get("data")
        body = include_usage.asking(seen, where, url.path, _body(module, session, kwargs))
        if body is None:
            return None
        headers = session._prepare_headers(kwargs.get("headers"))  # noqa: SLF001 - as above
        headers["Accept-Encoding"] = "identity"
        if "Content-Length" in headers:
            headers["Content-Length"] = str(len(body))
        sent: Any = body.decode() if isinstance(data, str) else body
        kind = getattr(data, "content_type", None)
        if kind is not None:
            sent = module.payload.BytesPayload(body, content_type=kind)
        return _Asking({**kwargs, "data": sent, "headers": headers}, where)
    except Exception:
        mishap.report("asking for usage")
        return None


async def _send(  # noqa: PLR0917 - what the app sends, and what is sent instead
    original: Any,
    session: Any,
    method: Any,
    target: Any,
    kwargs: dict[str, Any],
    asking: _Asking,
    module: Any,
) -> Any:
    """Send the request that asks; where the server may not have liked that, the app's own."""
    try:
        response = await original(session, method, target, **asking.kwargs)
        if not include_usage.refused(response.status):
            return response
        response.release()
    except module.ClientResponseError as error:  # the session raises for a bad status
        if not include_usage.refused(error.status):
            raise
    asking.holds = False
    response = await original(session, method, target, **kwargs)
    include_usage.accepted_without(asking.where, response.status)
    return response


def _hide(response: Any, packed: bool, plain: type[Any]) -> Sieve | None:
    """Take what was asked for out of what has come; return what takes it out of the rest."""
    try:
        reader = response.content
        encoding = response.headers.get("Content-Encoding", "") if packed else ""
        sifting = include_usage.sieve_for(response.headers.get("Content-Type", ""), encoding)
        if sifting is None or type(reader) is not plain:
            return None
        come = b"".join(reader._buffer)  # noqa: SLF001 - nobody has read of it yet
        kept = sifting.feed(come) + (sifting.flush() if reader.is_eof() else b"")
        reader._buffer.clear()  # noqa: SLF001 - as above
        if kept:
            reader._buffer.append(kept)  # noqa: SLF001 - as above
        reader._size += len(kept) - len(come)  # noqa: SLF001 - as above
        reader.total_bytes += len(kept) - len(come)
        if reader._http_chunk_splits:  # noqa: SLF001 - as above
            reader._http_chunk_splits.clear()  # noqa: SLF001 - as above
            reader._http_chunk_splits.append(reader.total_bytes)  # noqa: SLF001 - as above
    except Exception:
        mishap.report("hiding the usage that was asked for")
        return None
    else:
        return sifting


def _texts(headers: Any) -> dict[str, str]:
    return {str(name): str(value) for name, value in headers.items()}


def _body(module: Any, session: Any, kwargs: dict[str, Any]) -> bytes:
    """Return the request's body, as far as it is there before it is sent."""
    data = kwargs.get("data")
    if data is None and kwargs.get("json") is not None:
        data = _json_payload(module, session, kwargs["json"])
        if data is None:
            return b""
        # aiohttp does just this with ``json``: so it is written out once, and we can read it.
        kwargs["data"] = data
        del kwargs["json"]
    if isinstance(data, str):
        return data.encode()
    value = data if isinstance(data, (bytes, bytearray)) else getattr(data, "_value", None)
    return bytes(value) if isinstance(value, (bytes, bytearray)) else b""


def _json_payload(module: Any, session: Any, value: Any) -> Any:
    in_bytes = getattr(session, "_json_serialize_bytes", None)
    try:
        if in_bytes is not None:
            return module.payload.JsonBytesPayload(value, dumps=in_bytes)
        return module.payload.JsonPayload(value, dumps=session.json_serialize)
    except Exception:  # what the app will hear from aiohttp itself, in a moment
        return None


def _packed(session: Any, kwargs: dict[str, Any]) -> bool:
    """Whether the body comes to the caller as it was sent, compressed or not."""
    unpacks = kwargs.get("auto_decompress")
    return not (session.auto_decompress if unpacks is None else unpacks)


def _failed(seen: Exchange, error: Any, module: Any) -> None:
    # With raise_for_status a bad answer is an exception: yet an answer it was.
    if isinstance(error, module.ClientResponseError) and error.headers is not None:
        seen.answered(error.status, _texts(error.headers), streamed=False, encoded=False)
        seen.end()
    else:
        seen.end(error)


def _read_along(  # noqa: PLR0917 - two classes of reader
    seen: Exchange,
    response: Any,
    packed: bool,
    plain: type[Any],
    watched: type[Any],
    hidden: Sieve | None = None,
) -> None:
    try:
        reader = response.content
        headers = _texts(response.headers)
        seen.answered(response.status, headers, streamed=None, encoded=packed)
        if type(reader) is plain:
            # The response keeps it: when nobody has the response any more, the call is over.
            response._tokenboard_along = _underway[id(reader)] = _Along(seen, hidden)  # noqa: SLF001 - ours
            reader.__class__ = watched
        else:  # no body, or a reader of somebody's own
            seen.end()
    except Exception:
        mishap.report("looking at an answer")
        seen.end()


class _Along:
    """How far one body has been read."""

    __slots__ = ("__weakref__", "_failure", "_feed", "_seen", "sieve")

    def __init__(self, seen: Exchange, sieve: Sieve | None) -> None:
        self._seen = seen
        self.sieve = sieve
        self._feed = seen.first
        self._failure: BaseException | None = None

    async def step(self, reader: Any, reading: Awaitable[Any]) -> Any:
        """Read on, for the caller."""
        try:
            data = await reading
        except BaseException as error:
            # Perhaps only this one reading failed, by a time limit of the caller's: it may go on.
            self._failure = error
            raise
        self.took(reader, data if isinstance(data, bytes) else data[0])
        return data

    def took(self, reader: Any, data: bytes) -> None:
        self._failure = None
        if data:
            self._feed(data)
            self._feed = self._seen.feed
        if reader.at_eof():
            self._reveal()
            self._seen.end(cut=True)

    def _reveal(self) -> None:
        """Show us what was kept from the caller: only now, not between the halves of a line."""
        if self.sieve is not None and self.sieve.hidden:
            self._feed(self.sieve.hidden)
            self.sieve.hidden = b""

    def broken(self, reader: Any, error: BaseException | None) -> None:
        """Take in that nothing can be read any more: closed (no error), or torn off."""
        # What has arrived counts, though nobody has read it.
        rest = b"".join(getattr(reader, "_buffer", ()))[getattr(reader, "_buffer_offset", 0) :]
        if rest:
            self._feed(rest)
        self._reveal()
        self._seen.end(error or self._failure)

    def __del__(self) -> None:
        self._reveal()
        self._seen.abandoned()


_underway: WeakValueDictionary[int, _Along] = WeakValueDictionary()
"""By the reader's identity: readers have no room for anything of ours."""


def _watched(plain: Any, closed: type[BaseException]) -> type[Any]:
    """Return a reader class that differs from aiohttp's only in that it shows what is read.

    Only the methods that the others are built on are listened to.
    """

    class StreamReader(plain):
        __slots__ = ()

        readany = _shown(plain.readany)
        readuntil = _shown(plain.readuntil)
        readchunk = _shown(plain.readchunk)
        _read_some = _shown(plain.read)

        async def read(self, n: int = -1) -> bytes:
            if n >= 0:
                return await self._read_some(n)
            return await plain.read(self, n)  # made of ``readany``

        def read_nowait(self, n: int = -1) -> bytes:
            data = plain.read_nowait(self, n)
            along = _underway.get(id(self))
            if along is not None:
                along.took(self, data)
            return data

        def set_exception(self, exc: BaseException, *args: Any) -> None:
            along = _underway.get(id(self))
            if along is not None:
                along.broken(self, None if type(exc) is closed else exc)
            plain.set_exception(self, exc, *args)

    return disguise(StreamReader, plain)


def _sifted(watched: type[Any], plain: type[Any]) -> type[Any]:
    """Return a watched reader that is not given what was asked for behind the app's back."""

    class StreamReader(watched):
        __slots__ = ()

        def feed_data(self, data: bytes, *args: Any, **kwargs: Any) -> Any:
            along = _underway.get(id(self))
            if along is not None and along.sieve is not None:
                data = along.sieve.feed(data)
                if not data:
                    return False
            return plain.feed_data(self, data, *args, **kwargs)

        def feed_eof(self) -> None:
            along = _underway.get(id(self))
            if along is not None and along.sieve is not None:
                rest = along.sieve.flush()
                if rest:
                    plain.feed_data(self, rest)
            plain.feed_eof(self)

    return disguise(StreamReader, plain)


def _shown(method: Any) -> Any:
    @functools.wraps(method)
    async def read(self: Any, *args: Any, **kwargs: Any) -> Any:
        along = _underway.get(id(self))
        reading = method(self, *args, **kwargs)
        return await (reading if along is None else along.step(self, reading))

    return read
