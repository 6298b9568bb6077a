"""Puts baggage on requests of httpx, httpx2 and aiohttp, and keeps it off, hop by hop.

A client follows redirects inside of one call, with the headers of the first request, and a
redirect may lead to a host that must not be told. So each hop is looked at by itself.
"""

from __future__ import annotations

import functools
from typing import Any

from tokenboard import mishap, propagation
from tokenboard.hooks import http_spans

MODULES = ("httpx", "httpx2", "aiohttp")
_MARK = "__tokenboard_hops__"
_SEND = "_send_single_request"


def install(module: Any) -> None:
    """Wrap what sends one hop; harmless the second time."""
    try:
        if module.__name__ == "aiohttp":
            _aiohttp(module.ClientRequest)
        else:
            _httpx(module.__name__, module.Client, module.AsyncClient)
    except AttributeError:
        mishap.logger.warning(
            "tokenboard: this release of %s has no place to add baggage: nothing is propagated.",
            module.__name__,
        )


def _httpx(module: str, client: Any, async_client: Any) -> None:
    plain, later = getattr(client, _SEND), getattr(async_client, _SEND)
    if hasattr(plain, _MARK):
        return

    @functools.wraps(plain)
    def send(self: Any, request: Any) -> Any:
        around = _around(request, module)
        if around is None:
            return plain(self, request)
        with around:
            return plain(self, request)

    @functools.wraps(later)
    async def asend(self: Any, request: Any) -> Any:
        around = _around(request, module)
        if around is None:
            return await later(self, request)
        with around:
            return await later(self, request)

    for kind, wrapped in ((client, send), (async_client, asend)):
        setattr(wrapped, _MARK, True)
        setattr(kind, _SEND, wrapped)


def _told(url: Any) -> propagation.Message | None:
    return propagation.to(url.host or "", url.port, url.scheme) if propagation.active else None


def _around(request: Any, module: str) -> propagation.Hop | None:
    told = _told(request.url)
    if told is not None:
        return told.on(request.headers)
    if module not in http_spans.ours:
        return None
    url = request.url
    return propagation.discreet(url.host, url.port, url.path)


def _aiohttp(request: Any) -> None:
    original = request.send
    if hasattr(original, _MARK):
        return

    @functools.wraps(original)
    async def send(self: Any, *args: Any, **kwargs: Any) -> Any:
        told = _told(self.url)
        if told is not None:
            told.put(self.headers)
        return await original(self, *args, **kwargs)

    setattr(send, _MARK, True)
    request.send = send
