"""Tells one's own other services whose work a request is, as W3C baggage.

``TOKENBOARD_PROPAGATE_HOSTS="orders.corp.example,*.svc.cluster.local:8080"`` names who may know:
``user.id``, ``session.id`` and ``tokenboard.team`` are then in the ``baggage`` header of the app's
requests to these hosts (https://www.w3.org/TR/baggage/), beside what else is in it. A call to a
model never carries them, nor does any request to a known model provider, whatever the list says.

What comes in is believed where OpenTelemetry has put it into the context: by an instrumentation of
the web framework, or by ``tokenboard.middleware`` with ``baggage=True``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from opentelemetry import baggage
from opentelemetry import context as otel

from tokenboard import attribution, mishap, work
from tokenboard.hooks import exchange
from tokenboard.wire import hosts

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping
    from contextvars import Token

    from opentelemetry.context import Context

HEADER = "baggage"
TEAM = "tokenboard.team"

active = False
"""Whether any host may be told; read by the hooks at each request."""

_allowed: tuple[tuple[str, int | None], ...] = ()
_HOST = re.compile(r"(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|[0-9a-f:]*:[0-9a-f:]*")


def allow(wanted: str | Iterable[str] | None, source: str) -> None:
    """Set the hosts that may be told, in place of those before.

    Args:
        wanted: host names, as a list or with commas between: ``name``, ``name:port``, or
            ``*.name`` for everything below it.
        source: where it was said, for the warning about a name that cannot be used.
    """
    global _allowed, active  # noqa: PLW0603 - one process, one configuration
    names = wanted.split(",") if isinstance(wanted, str) else wanted or ()
    found: list[tuple[str, int | None]] = []
    for name in filter(None, (str(name).strip().lower() for name in names)):
        try:
            found.append(_checked(name))
        except ValueError as error:
            mishap.logger.warning("tokenboard: %s: %s. It is left out.", source, error)
    _allowed = tuple(found)
    active = bool(found)
    _may_know.cache_clear()


def _checked(name: str) -> tuple[str, int | None]:
    parts = urlsplit(name if "://" in name else f"//{name}")
    host, port = parts.hostname or "", parts.port
    if parts.path.strip("/") or parts.query or not _HOST.fullmatch(host):
        raise ValueError(f"{name!r} is no host; write name, name:port or *.name")
    if hosts.known(host.removeprefix("*.")) is not None:
        raise ValueError(f"{name!r} is a model provider, which is never told")
    return host, port


@lru_cache(maxsize=1024)
def _may_know(host: str, port: int | None) -> bool:
    if hosts.known(host) is not None:
        return False
    return any(
        (host.endswith(name[1:]) if name.startswith("*.") else host == name)
        and wanted in (None, port)
        for name, wanted in _allowed
    )


_PORTS = {"http": 80, "https": 443}


def to(host: str, port: int | None, scheme: str) -> Message | None:
    """Return what a host is to be told with the request at hand, if anything."""
    try:
        if not _may_know(host.lower(), port or _PORTS.get(scheme)):
            return None
        context = otel.get_current()
        return None if exchange.under_way(context) else Message(context)
    except Exception:
        mishap.report("looking whom to tell whose request it is")
        return None


_providers: set[tuple[str, int | None, str]] = set()
"""Where calls to models went: host, port, first part of the path."""
_MOST_PROVIDERS = 1_024

noted: set[str] = set()
"""URLs for which this was noted: looking a URL up costs a hook nothing, taking it apart does."""


def note(url: str, host: str, port: int | None, path: str) -> None:
    """Note that a call to a model goes to ``url``."""
    if len(noted) >= _MOST_PROVIDERS:
        noted.clear()
    noted.add(url)
    if len(_providers) < _MOST_PROVIDERS:
        _providers.add(_place(host, port, path))


def _place(host: str, port: int | None, path: str) -> tuple[str, int | None, str]:
    return host, port, path[1:].partition("/")[0]


def discreet(host: str, port: int | None, path: str) -> Hop | None:
    """Return a block to send a request in that OpenTelemetry would tell too much, by our doing.

    Where HTTP clients are instrumented only because tokenboard did it, that must not hand the
    app's baggage to whoever it calls, nor any trace header to a model provider: to a known one, or
    to a server that has answered as one at the like of this path.
    """
    try:
        context = otel.get_current()
        where = _place(host, port, path)
        if exchange.under_way(context):
            if len(_providers) < _MOST_PROVIDERS:
                _providers.add(where)
            return None
        if where in _providers or hosts.known(host.lower()) is not None:
            return Hop(context, exchange.muted(context))
        return Hop(context, baggage.clear(context)) if baggage.get_all(context) else None
    except Exception:
        mishap.report("looking what not to tell")
        return None


class Hop:
    """A ``with`` block around the sending of one request, in a context of its own."""

    __slots__ = ("_inside", "_outside", "_token")

    def __init__(self, outside: Context, inside: Context) -> None:
        self._outside = outside
        self._inside = inside
        self._token: Token[Context] | None = None

    def __enter__(self) -> None:
        self._token = otel.attach(self._inside)

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            work.detach(self._token, self._inside, self._outside)


class Message(Hop):
    """What one request tells: a header, and the same as the context's baggage.

    The latter is for an instrumentation that writes the header anew, from the context.
    """

    __slots__ = ("_before", "_carried", "_headers")

    def __init__(self, context: Context) -> None:
        who = attribution.of(context, local=False)
        self._carried: dict[str, str | None] = {}
        for name, value in (("user.id", who.user), ("session.id", who.session), (TEAM, who.team)):
            if value is not None:
                self._carried[name] = value
        if work.of(context).user_named:  # also if it says that it is nobody
            self._carried["user.id"] = who.user
        super().__init__(context, self._into(context))
        self._headers: MutableMapping[str, str] = {}
        self._before: str | None = None

    def _into(self, context: Context) -> Context:
        for name, value in self._carried.items():
            if value is None:
                context = baggage.remove_baggage(name, context)
            else:
                context = baggage.set_baggage(name, value, context)
        return context

    def _value(self, there: str | None) -> str | None:
        from opentelemetry.baggage.propagation import W3CBaggagePropagator

        w3c = W3CBaggagePropagator()
        context = otel.Context()
        if there:
            context = w3c.extract({HEADER: there}, context)
        made: dict[str, str] = {}
        w3c.inject(made, self._into(context))
        return made.get(HEADER)

    def put(self, headers: MutableMapping[str, str]) -> None:
        """Write the header, beside what else is in it; never raises."""
        try:
            _set(headers, self._value(headers.get(HEADER)))
        except Exception:
            mishap.report("writing baggage")

    def on(self, headers: MutableMapping[str, str]) -> Message:
        """Use as ``with message.on(headers): send()``.

        Afterwards the headers are as before, for a redirect may lead to somebody else.
        """
        self._headers = headers
        self._before = headers.get(HEADER)
        return self

    def __enter__(self) -> None:
        self.put(self._headers)
        super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        _set(self._headers, self._before)


def _set(headers: MutableMapping[str, str], value: str | None) -> None:
    if value:
        headers[HEADER] = value
    else:
        headers.pop(HEADER, None)
