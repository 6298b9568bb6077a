"""One request and its answer, from any HTTP client: what the hooks have in common.

A hook asks ``begin`` about every request. For a call to a model it gets an ``Exchange``, makes its
context current while the client sends, tells it of the answer's head, feeds it the body, and ends
it. However an exchange ends, and however often it is told so, it is written down once. Nothing
here raises.
"""

from __future__ import annotations

import _thread
import inspect
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel
from opentelemetry import trace

from tokenboard import export, mishap, outer, runaway, settings, telemetry, wire, work

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from contextvars import Token

    from opentelemetry.context import Context

    from tokenboard.content import Content, Reader
    from tokenboard.runs import Watch
    from tokenboard.wire.headers import HeaderSource

_IN_CALL = "tokenboard.in_call"
_LOCKING = (
    "opentelemetry.sdk.",
    "tokenboard.export",
    "tokenboard.later",
    "tokenboard.meters",
    "tokenboard.runs",
    "tokenboard.wire.",
)
"""Modules that hold locks while they work."""
_ACCEPTED = 400


def _private(name: str) -> str:
    # Private names of the API, yet what every instrumentation shares; missing ones do no harm.
    return str(getattr(otel, name, name))


_MUTED = (_private("_SUPPRESS_INSTRUMENTATION_KEY"), "suppress_instrumentation")
_MUTE_HTTP = _private("_SUPPRESS_HTTP_INSTRUMENTATION_KEY")


def begin(endpoint: wire.Endpoint, body: bytes, headers: HeaderSource) -> Exchange | None:
    """Begin to write down a call to a model; None if it is to be left alone.

    Raises:
        RunawayLoop: a guard that the app has set says that it must not be sent.
    """
    try:
        context = otel.get_current()
        if not settings.capturing():  # our wrapper can outlive capture beneath another's
            return None
        if context and (_IN_CALL in context or any(context.get(key) for key in _MUTED)):
            return None
        wanted = settings.current()
        hasher = _hasher(wanted.hash_key)
        facts = endpoint.read_request(body, headers, hasher)
        if facts is None:
            return None
        facts = _threads.follow(facts)
        watch = None if endpoint.poll else runaway.before(facts, context)
        exchange = Exchange(endpoint, facts, hasher, context, watch)
        if wanted.content:
            from tokenboard import content

            exchange.note(content.begin(facts, body))
        return exchange  # noqa: TRY300 - what fails here is ours
    except Exception:
        mishap.report("reading a request")
        return None


def muted(context: Context) -> Context:
    """Return ``context`` with instrumentations of HTTP clients silenced."""
    return otel.set_value(_MUTE_HTTP, True, context)


def under_way(context: Context) -> bool:
    """Whether ``context`` is that of a call to a model being sent."""
    return _IN_CALL in context


_background = wire.Background()
_threads = wire.Threads()
_hashers: dict[bytes, wire.Hasher] = {}


def _hasher(key: bytes) -> wire.Hasher:
    found = _hashers.get(key)
    if found is None:
        found = _hashers[key] = wire.Hasher(key)
    return found


class Exchange:
    """A call to a model under way."""

    __slots__ = (
        "_began",
        "_call",
        "_ended",
        "_endpoint",
        "_facts",
        "_hasher",
        "_inside",
        "_outside",
        "_reader",
        "_said",
        "_status",
        "_streamed",
        "_token",
        "_watch",
    )

    def __init__(
        self,
        endpoint: wire.Endpoint,
        facts: wire.RequestFacts,
        hasher: wire.Hasher,
        context: Context,
        watch: Watch | None,
    ) -> None:
        self._watch = watch
        self._said: Content | None = None
        self._endpoint = endpoint
        self._facts = facts
        self._hasher = hasher
        self._outside = context
        self._began = (perf_counter(), time_ns())
        # A poll is a call only if its answer brings the usage of one.
        self._call = None if endpoint.poll else self._record(facts)
        inside: dict[str, Any] = dict(context if self._call is None else self._call.context)
        inside[_IN_CALL] = True
        outer.mark(inside)
        if settings.current().http_spans != "all":
            inside[_MUTE_HTTP] = True
        self._inside = otel.Context(inside)
        self._token: Token[Context] | None = None
        self._reader: Reader | None = None
        self._status: int | None = None
        self._streamed = False
        self._ended = False

    def _record(self, facts: wire.RequestFacts) -> telemetry.Call | outer.Call:
        host, port, context = self._endpoint.host, self._endpoint.port, self._outside
        other = outer.recording(facts.operation, context)
        if other is not None:
            return outer.Call(other, facts, host, port, context)
        return telemetry.Call(facts, host, port, context, began=self._began)

    def unmark(self, headers: MutableMapping[str, str]) -> None:
        """Take trace headers back that would tell a provider of our spans.

        The anthropic SDK sends the current span's with each request. Where the app has not set
        OpenTelemetry up, that can only be a span of ours, and without us there would be none.
        """
        try:
            current = trace.get_current_span(self._outside).get_span_context()
            if not current.is_valid or export.app_has_traces():
                return
            if trace.format_trace_id(current.trace_id) in headers.get("traceparent", ""):
                for name in ("traceparent", "tracestate"):
                    headers.pop(name, None)
        except Exception:
            mishap.report("looking for trace headers")

    def note(self, content: Content | None) -> None:
        """Have what is said noted too."""
        self._said = content

    @property
    def streams(self) -> bool:
        """Whether the request asks for its answer chunk by chunk."""
        return self._facts.stream

    def enter(self) -> None:
        """Make the call current; ``leave`` in the same frame."""
        self._token = otel.attach(self._inside)

    def leave(self) -> None:
        """Undo ``enter``."""
        if self._token is not None:
            work.detach(self._token, self._inside, self._outside)
            self._token = None

    def answered(
        self, status: int, headers: HeaderSource, *, streamed: bool, encoded: bool
    ) -> None:
        """Take in the answer's head.

        Args:
            status: the HTTP status.
            headers: the answer's headers.
            streamed: whether the body follows chunk by chunk, while the caller reads.
            encoded: whether the body's bytes are still compressed.
        """
        try:
            self._status = status
            self._streamed = streamed
            self._reader = self._endpoint.reader(
                self._facts, status, headers, self._hasher, encoded=encoded
            )
            if self._said is not None:
                self._reader = self._said.beside(self._reader, headers, encoded=encoded)
        except Exception:
            mishap.report("reading an answer's head")

    def first(self, chunk: bytes) -> None:
        """Take in the first bytes of a streamed body."""
        if self._call is not None:
            self._call.first_chunk()
        self.feed(chunk)

    def feed(self, chunk: bytes) -> None:
        """Take in bytes of the body."""
        if self._reader is not None:
            self._reader.feed(chunk)

    def whole(self, body: bytes) -> None:
        """Take in a body that came whole, and end."""
        at = (perf_counter(), time_ns())
        self.feed(body)
        self.end(at=at)

    def end(
        self,
        error: BaseException | None = None,
        *,
        cut: bool = False,
        at: tuple[float, int] | None = None,
    ) -> None:
        """Write the call down; only the first time counts.

        Args:
            error: what the client raised.
            cut: whether the server ended the body, so that an answer without its end is broken.
            at: when it ended, by ``perf_counter`` and ``time_ns``; now, if not given.
        """
        if self._ended:
            return
        self._ended = True
        try:
            answer = self._reader.finish() if self._reader is not None else None
            failure = type(error).__qualname__ if error is not None else None
            if cut and answer is not None and not answer.finished and self._well():
                failure = failure or "incomplete"
            call = self._call
            if answer is not None:
                if self._watch is not None:
                    self._watch.after(answer)
                _threads.note(self._facts, answer)
                facts = _background.settle(self._endpoint, self._facts, answer)
                if facts is None:
                    return
                call = call or self._record(facts)
            if call is not None:
                if self._said is not None:
                    call.say(self._said.attributes())
                call.end(answer, self._status, error=failure, streamed=self._streamed, at=at)
        except Exception:
            mishap.report("writing down a call")

    def abandoned(self) -> None:
        """End, perhaps on behalf of the garbage collector: that may be anywhere, in any thread.

        Where this thread may hold a lock that ending needs, another thread ends it.
        """
        if self._ended:
            return
        try:
            frame = inspect.currentframe()
            while frame is not None:
                if str(frame.f_globals.get("__name__")).startswith(_LOCKING):
                    _thread.start_new_thread(self.end, ())
                    return
                frame = frame.f_back
            self.end()
        except Exception:
            mishap.report("writing down an abandoned call")

    def _well(self) -> bool:
        return self._status is not None and self._status < _ACCEPTED
