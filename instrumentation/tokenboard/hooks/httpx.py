"""Sees what ``httpx`` and ``httpx2`` clients send, whatever transport they send it by."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from tokenboard import mishap, propagation
from tokenboard.hooks import exchange, http_spans, patch, tee
from tokenboard.wire import match

if TYPE_CHECKING:
    from tokenboard.hooks.exchange import Exchange
    from tokenboard.hooks.include_usage import Injection

MODULES = ("httpx", "httpx2")


def install(module: Any) -> None:
    """Wrap ``send`` of both clients of ``module``; harmless the second time."""
    if patch.is_in(module.Client.send):
        return
    _wrap_sync(module, tee.sync_stream(module))
    _wrap_async(module, tee.async_stream(module))


def uninstall(module: Any) -> None:
    """Undo ``install``, unless somebody has wrapped ``send`` after us."""
    for client in (module.Client, module.AsyncClient):
        original = patch.original(client.send)
        if original is not None:
            client.send = original


def _wrap_sync(module: Any, stream_class: type[Any]) -> None:
    client = module.Client
    original = client.send

    @functools.wraps(original)
    def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        seen = _begin(request)
        if seen is None:
            return original(self, request, *args, **kwargs)
        seen.enter()
        asking = _asking(seen, request) if seen.wanted.inject_usage else None
        try:
            response = original(self, asking.request if asking else request, *args, **kwargs)
            if asking and asking.refused(response):
                response.close()
                response = original(self, request, *args, **kwargs)
                asking = asking.without(response)
        except BaseException as error:
            seen.leave()
            seen.end(error)
            raise
        seen.leave()
        _read_along(seen, response, stream_class, streamed=bool(kwargs.get("stream")))
        if asking:
            asking.hide(response, module)
        return response

    patch.mark(send, original)
    client.send = send


def _wrap_async(module: Any, stream_class: type[Any]) -> None:
    client = module.AsyncClient
    original = client.send

    @functools.wraps(original)
    async def send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        seen = _begin(request)
        if seen is None:
            return await original(self, request, *args, **kwargs)
        seen.enter()
        asking = _asking(seen, request) if seen.wanted.inject_usage else None
        try:
            response = await original(self, asking.request if asking else request, *args, **kwargs)
            if asking and asking.refused(response):
                await response.aclose()
                response = await original(self, request, *args, **kwargs)
                asking = asking.without(response)
        except BaseException as error:
            seen.leave()
            seen.end(error)
            raise
        seen.leave()
        _read_along(seen, response, stream_class, streamed=bool(kwargs.get("stream")))
        if asking:
            asking.hide(response, module)
        return response

    patch.mark(send, original)
    client.send = send


def _begin(request: Any) -> Exchange | None:
    try:
        url = str(request.url)
        endpoint = match(request.method, url)
        if endpoint is None:
            if http_spans.waiting:
                http_spans.start()
            return None
        try:
            body: bytes = request.content
        except Exception:  # a body that is generated while it is sent; the URL alone must do
            body = b""
        seen = exchange.begin(endpoint, body, request.headers.raw)
        if seen is not None:
            seen.unmark(request.headers)
            if http_spans.waiting and url not in propagation.noted:
                _note(url, request.url)
    except Exception:
        mishap.report("looking at a request")
        return None
    else:
        return seen


def _asking(seen: Exchange, request: Any) -> Injection | None:
    from tokenboard.hooks import include_usage  # few want it

    return include_usage.into(seen, request)


def _note(text: str, url: Any) -> None:
    propagation.note(text, url.host, url.port, url.path)


def _read_along(seen: Exchange, response: Any, stream_class: type[Any], *, streamed: bool) -> None:
    try:
        # An event hook of the app's may have read a streamed answer before we see it.
        whole = not streamed or response.is_closed
        if response.history and http_spans.waiting:  # redirected
            _note(str(response.url), response.url)
        status, headers = response.status_code, response.headers.raw
        seen.answered(status, headers, streamed=not whole, encoded=not whole)
        if whole:
            seen.whole(response.content)
        else:
            response.stream = stream_class(response.stream, seen)
    except Exception:
        mishap.report("looking at an answer")
        seen.end()
