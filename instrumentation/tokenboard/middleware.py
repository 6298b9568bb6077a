"""Whose work a web request is: middleware for any ASGI or WSGI app.

::

    from tokenboard.middleware import ASGIMiddleware, WSGIMiddleware

    app.add_middleware(ASGIMiddleware, user="x-user-id")  # Starlette, FastAPI
    application = WSGIMiddleware(application, user=lambda environ: environ.get("REMOTE_USER"))

Every LLM call that a request causes is then the user's: in the handler, in threads and tasks
started with its context, in background tasks, and while a streamed answer is being made.

A header is what the client says. Take a user from one only where a gateway in front of the app
sets it and lets none through from outside; else give a function that asks the app's own login.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from opentelemetry import baggage as otel_baggage
from opentelemetry import context as otel

from tokenboard import mishap, work
from tokenboard.settings import name_or_none

if TYPE_CHECKING:
    from contextvars import Token
    from types import TracebackType
    from typing import Self

    from opentelemetry.context import Context

Mapping = MutableMapping[str, Any]
"""An ASGI scope or a WSGI environ."""
Source = str | Callable[[Mapping], Any] | None
"""A header's name, or a function from scope or environ to a name; None or nothing is nobody."""
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
ASGIApp = Callable[[Mapping, Receive, Send], Awaitable[None]]
WSGIApp = Callable[[Mapping, Callable[..., Any]], Iterable[bytes]]


class ASGIMiddleware:
    """Middleware for ASGI apps (https://asgi.readthedocs.io/en/stable/specs/main.html).

    Args:
        app: the app inside.
        user: where the user's id is: a header's name, or a function of the scope, plain or async.
        team: likewise the user's team.
        session: likewise the session's id.
        baggage: whether to believe the ``baggage`` header that comes in (``user.id``,
            ``session.id``, ``tokenboard.team``), unless an instrumentation has read it before.
            For services that only one's own services can reach.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        user: Source = None,
        team: Source = None,
        session: Source = None,
        baggage: bool = False,
    ) -> None:
        self.app = app
        self._sources = {"user": user, "team": team, "session": session}
        self._baggage = baggage

    async def __call__(self, scope: Mapping, receive: Receive, send: Send) -> None:
        """Serve one request or connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        with _Attached(await self._context(scope)):
            await self.app(scope, receive, send)

    async def _context(self, scope: Mapping) -> Context:
        found: dict[str, Any] = {}
        for name, source in self._sources.items():
            try:
                value = _asgi_header(scope, source) if isinstance(source, str) else source
                if callable(value):
                    value = value(scope)
                if inspect.isawaitable(value):
                    value = await value
                found[name] = value
            except Exception:
                _unanswered(name)
        header = _asgi_header(scope, "baggage") if self._baggage else None
        return _described(found, header)


class WSGIMiddleware:
    """Middleware for WSGI apps (https://peps.python.org/pep-3333/).

    Args:
        app: the app inside.
        user: where the user's id is: a header's name, or a function of the environ.
        team: likewise the user's team.
        session: likewise the session's id.
        baggage: see ``ASGIMiddleware``.
    """

    def __init__(
        self,
        app: WSGIApp,
        *,
        user: Source = None,
        team: Source = None,
        session: Source = None,
        baggage: bool = False,
    ) -> None:
        self.app = app
        self._sources = {"user": user, "team": team, "session": session}
        self._baggage = baggage

    def __call__(self, environ: Mapping, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Serve one request."""
        context = self._context(environ)
        with _Attached(context) as attached:
            body = self.app(environ, start_response)
        # What is made already needs no context, and servers look at these very types: a list's
        # length gives the Content-Length, a file goes out by the system's own call.
        if isinstance(body, (list, tuple)) or _is_file(body, environ):
            return body
        return _Body(body, attached.left)

    def _context(self, environ: Mapping) -> Context:
        found: dict[str, Any] = {}
        for name, source in self._sources.items():
            try:
                value = _wsgi_header(environ, source) if isinstance(source, str) else source
                found[name] = value(environ) if callable(value) else value
            except Exception:
                _unanswered(name)
        return _described(found, _wsgi_header(environ, "baggage") if self._baggage else None)


class _Attached:
    """A ``with`` block in a context; ``left`` is what was current at its end."""

    __slots__ = ("_context", "_previous", "_token", "left")

    def __init__(self, context: Context) -> None:
        self._context = self.left = context
        self._previous: Context
        self._token: Token[Context]

    def __enter__(self) -> Self:
        self._previous = otel.get_current()
        self._token = otel.attach(self._context)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.left = otel.get_current()
        work.detach(self._token, self._context, self._previous)


class _Body:
    """A body that is made while the server sends it: each step of it in the request's context."""

    __slots__ = ("_body", "_context", "_steps")

    def __init__(self, body: Iterable[bytes], context: Context) -> None:
        self._body = body
        self._context = context
        self._steps: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        attached = _Attached(self._context)
        try:
            with attached:
                if self._steps is None:
                    self._steps = iter(self._body)
                return next(self._steps)
        finally:
            self._context = attached.left

    def close(self) -> None:
        close = getattr(self._body, "close", None)
        if close is not None:
            with _Attached(self._context):
                close()


def _described(found: dict[str, Any], header: str | None) -> Context:
    context = otel.get_current()
    if header and not otel_baggage.get_all(context):
        try:
            from opentelemetry.baggage.propagation import W3CBaggagePropagator

            context = W3CBaggagePropagator().extract({"baggage": header}, context)
        except Exception:
            mishap.report("reading baggage")
    named = {name: told for name, value in found.items() if (told := name_or_none(value))}
    if named:
        values: dict[str, Any] = {**named, "user_named": True} if "user" in named else named
        context = otel.set_value(work.KEY, replace(work.of(context), **values), context)
    return context


_failed: set[str] = set()


def _unanswered(name: str) -> None:
    """Log the exception of one of the app's functions, once for each of them."""
    if name not in _failed:
        _failed.add(name)
        mishap.logger.warning(
            "tokenboard: the function that names a request's %s failed; the request is served, "
            "its calls may be unattributed. This is reported once.",
            name,
            exc_info=True,
        )


def _asgi_header(scope: Mapping, name: str) -> str | None:
    wanted = name.lower().encode("latin-1")
    # Two headers of one name are joined, as WSGI servers do: that is then nobody's name.
    values = [value for key, value in scope["headers"] if key.lower() == wanted]
    return _text(b",".join(values)) if values else None


def _wsgi_header(environ: Mapping, name: str) -> str | None:
    value = environ.get("HTTP_" + name.upper().replace("-", "_"))
    return None if value is None else _text(value.encode("latin-1"))


def _text(value: bytes) -> str:
    """Read a header: UTF-8 in practice, Latin-1 by the letter."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _is_file(body: object, environ: Mapping) -> bool:
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(body, wrapper)
