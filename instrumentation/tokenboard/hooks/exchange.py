"""One request and its answer, from any HTTP client: what the hooks have in common.

A hook asks ``begin`` about every request. For a call to a model it gets an ``Exchange``, makes its
context current while the client sends, tells it of the answer's head, feeds it the body, and ends
it. However an exchange ends, and however often it is told so, it is written down once. Nothing
here raises.
"""

from __future__ import annotations

import _thread
import inspect
from functools import partial
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any

from opentelemetry import context as otel
from opentelemetry import trace

from tokenboard import (
    backlog,
    export,
    mishap,
    outer,
    runaway,
    settings,
    telemetry,
    wire,
    work,
)
from tokenboard.wire import failures

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from contextvars import Token

    from opentelemetry.context import Context

    from tokenboard.content import Content, Reader
    from tokenboard.runs import Watch
    from tokenboard.wire.headers import HeaderSource

failures.listen(mishap.report)

_IN_CALL = "tokenboard.in_call"
_LOCKING = (
    "opentelemetry.sdk.",
    "tokenboard.export",
    "tokenboard.later",
    "tokenboard.backlog",
    "tokenboard.meters",
    "tokenboard.runs",
    "tokenboard.wire.",
)
"""Modules that hold locks while they work."""
_ACCEPTED = 400
_HOLD = 1 << 15
"""Bytes of a stream that are kept before they are read, together."""
_PIECES = 32
"""Pieces of that size of one stream that may wait to be read; then the app waits."""
_OLDEST = 24 * 60 * 60 * 1_000_000_000
"""Nanoseconds after which a background job is not fetched for the first time any more."""
_TIMED = 10_000
"""Chunks of a stream whose arrival is kept, where somebody wants to know it."""


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
        asked = endpoint.suspect(body, headers)
        if asked is None:
            return None
        wanted, made = settings.current(), telemetry.instruments()
        enriches = bool(context) and outer.told(context)
        watched = runaway.watching(context)
        later = made.patient and not wanted.content and not enriches
        if (not later or watched) and not asked.is_call:
            return None
        if watched and later:
            backlog.drain()  # a guard decides by all answers before
        other = outer.recording(asked.operation, context) if enriches else None
        return Exchange(asked, context, wanted, made, other, later=later, watched=watched)
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
    """A call to a model under way.

    Where nobody can see the difference (``later``), what was asked and answered is only kept, and
    read off the app's thread: streams piece by piece, in the order in which they came.
    """

    __slots__ = (
        "_asked",
        "_began",
        "_call",
        "_chunks",
        "_ended",
        "_facts",
        "_head",
        "_held",
        "_holds",
        "_inside",
        "_later",
        "_outside",
        "_pieces",
        "_reader",
        "_said",
        "_silent",
        "_streamed",
        "_token",
        "_watch",
        "wanted",
    )

    def __init__(
        self,
        asked: wire.Asked,
        context: Context,
        wanted: settings.Settings,
        made: telemetry.Instruments,
        other: Any,
        *,
        later: bool,
        watched: bool,
    ) -> None:
        self._asked = asked
        self.wanted = wanted
        self._facts: wire.RequestFacts | None = None
        self._outside = context
        self._ended = False
        poll = asked.endpoint.poll
        self._watch: Watch | None = None
        if watched and not poll:
            self._watch = runaway.before(self._told(), context)
        self._later = later
        self._said: Content | None = None
        if wanted.content:
            from tokenboard import content

            self._said = content.begin(self._told(), asked.body)
        self._began = (perf_counter(), time_ns())
        self._call = call = (
            telemetry.Call(asked, context, self._began, made)
            if other is None
            else outer.Call(other, context)
        )
        inside = {**context, _IN_CALL: True}
        # A poll is a call only if its answer brings the usage of one.
        if call.span is not None and not poll:
            inside[telemetry.SPAN] = call.span if later else call.span.real()
        outer.mark(inside)
        if wanted.http_spans != "all":
            inside[_MUTE_HTTP] = True
        self._inside = otel.Context(inside)
        self._token: Token[Context] | None = None
        self._head: tuple[int, HeaderSource, bool] | None = None
        self._reader: Reader | None = None
        self._held: list[bytes] = []
        self._holds = 0
        self._pieces = [0, 0]
        self._silent = True
        self._chunks: list[float] | None = [] if wanted.latest_metrics else None
        self._streamed: bool | None = False

    def _told(self) -> wire.RequestFacts:
        """Read what the request tells, once."""
        facts = self._facts
        if facts is None:
            facts = self._asked.facts(_hasher(self.wanted.hash_key))
            if facts.previous_response_id is not None and not self._ended:
                backlog.drain()  # the answer that this goes on from may still wait there
            facts = self._facts = _threads.follow(facts)
        return facts

    def unmark(self, headers: MutableMapping[str, str]) -> None:
        """Take trace headers back that would tell a provider of our spans.

        The anthropic SDK sends the current span's with each request. Where the app has not set
        OpenTelemetry up, that can only be a span of ours, and without us there would be none.
        """
        if telemetry.SPAN not in self._outside:
            return
        try:
            current = trace.get_current_span(self._outside).get_span_context()
            if not current.is_valid or export.app_has_traces():
                return
            if trace.format_trace_id(current.trace_id) in headers.get("traceparent", ""):
                for name in ("traceparent", "tracestate"):
                    headers.pop(name, None)
        except Exception:
            mishap.report("looking for trace headers")

    @property
    def streams(self) -> bool:
        """Whether the request asks for its answer chunk by chunk."""
        return self._asked.is_call and self._told().stream

    def enter(self) -> None:
        """Make the call current; ``leave`` in the same frame."""
        self._token = otel.attach(self._inside)

    def leave(self) -> None:
        """Undo ``enter``."""
        if self._token is not None:
            work.detach(self._token, self._inside, self._outside)
            self._token = None

    def answered(
        self, status: int, headers: HeaderSource, *, streamed: bool | None, encoded: bool
    ) -> None:
        """Take in the answer's head.

        Args:
            status: the HTTP status.
            headers: the answer's headers.
            streamed: whether the body follows chunk by chunk, while the caller reads; None: if
                the request asks for that.
            encoded: whether the body's bytes are still compressed.
        """
        self._head = (status, headers, encoded)
        self._streamed = streamed

    def first(self, chunk: bytes) -> None:
        """Take in the first bytes of a streamed body."""
        if not self._asked.endpoint.poll:
            self._call.first_chunk()
        self.feed(chunk)

    def feed(self, chunk: bytes) -> None:
        """Take in bytes of the body."""
        if self._chunks is not None and len(self._chunks) < _TIMED:
            self._chunks.append(perf_counter())
        self._held.append(chunk)
        self._holds += len(chunk)
        if self._holds > _HOLD:
            self._hand_over()

    def whole(self, body: bytes) -> None:
        """Take in a body that came whole, and end."""
        self._held.append(body)
        self._holds += len(body)
        self.end()

    def _hand_over(self) -> None:
        """Have what is held read."""
        held, size = self._held, self._holds
        self._held, self._holds, self._silent = [], 0, False
        given, taken = self._pieces
        if self._later and given - taken < _PIECES:
            self._pieces[0] += 1  # before it can be taken
            if backlog.put(partial(self._take, held), size):
                return
            self._pieces[0] -= 1
        self._overtaken()
        self._read(held)

    def _take(self, held: list[bytes]) -> None:
        self._read(held)
        self._pieces[1] += 1

    def _overtaken(self) -> None:
        """Have everything read that was handed over before."""
        given, taken = self._pieces
        if given != taken:
            backlog.drain()

    def _read(self, held: list[bytes]) -> None:
        try:
            reader = self._reader
            if reader is None:
                if self._head is None:
                    return
                status, headers, encoded = self._head
                hasher = _hasher(self.wanted.hash_key)
                reader = self._asked.endpoint.reader(
                    self._told(), status, headers, hasher, encoded=encoded
                )
                if self._said is not None:
                    reader = self._said.beside(reader, headers, encoded=encoded)
                self._reader = reader
            if held:
                reader.feed(held[0] if len(held) == 1 else b"".join(held))
        except Exception:
            mishap.report("reading an answer")

    def end(self, error: BaseException | None = None, *, cut: bool = False) -> None:
        """Write the call down; only the first time counts.

        Args:
            error: what the client raised.
            cut: whether the server ended the body, so that an answer without its end is broken,
                unless there is none at all.
        """
        if self._ended:
            return
        self._ended = True
        failure = None if error is None else type(error).__qualname__
        write = partial(self._write, failure, cut, perf_counter(), time_ns())
        if self._later and backlog.put(write, self._size()):
            return
        try:
            self._overtaken()
            write()
        except Exception:
            mishap.report("writing down a call")

    def _size(self) -> int:
        return self._holds + len(self._asked.body)

    def _begun_elsewhere(
        self, answer: wire.ResponseFacts
    ) -> tuple[Context, tuple[float, int]] | None:
        """Return where a job that another process asked for began: when the provider says so."""
        if answer.created is None:
            return None
        age = self._began[1] - answer.created * 1_000_000_000
        if not 0 < age < _OLDEST:  # another clock, or another meaning
            return None
        return self._outside, (self._began[0] - age / 1e9, self._began[1] - age)

    def _write(self, failure: str | None, cut: bool, at: float, at_ns: int) -> None:
        asked = self._asked
        if not asked.is_call:
            self._call.drop()
            return
        held, self._held = self._held, []
        silent = self._silent and not self._holds
        self._read(held)
        answer = self._reader.finish() if self._reader is not None else None
        endpoint, facts, call = asked.endpoint, self._told(), self._call
        status = None if self._head is None else self._head[0]
        if cut and not silent and failure is None and status is not None:
            unfinished = answer is not None and not answer.finished
            failure = "incomplete" if unfinished and status < _ACCEPTED else None
        if answer is not None:
            if self._watch is not None:
                self._watch.after(answer)
            _threads.note(facts, answer)
            origin: tuple[Context, tuple[float, int]] | None = (self._outside, self._began)
            if endpoint.poll:
                if not self._later:
                    backlog.drain()  # the request that began this may still be there
                origin = _background.origin(answer.response_id) or self._begun_elsewhere(answer)
            booked = _background.settle(endpoint, facts, answer, origin)
            if booked is None:
                call.drop()
                return
            facts = booked
            if endpoint.poll and origin is not None:
                # It began with that request, and so does this span: the books tell by their
                # common beginning that both are one call, however late its usage is fetched.
                call.moved(*origin)
        elif endpoint.poll:
            call.drop()
            return
        streamed = facts.stream if self._streamed is None else self._streamed
        call.end(
            telemetry.request_attributes(facts, endpoint.host, endpoint.port),
            telemetry.Ending(
                answer,
                status,
                failure,
                at,
                at_ns,
                streamed,
                tuple(self._chunks) if streamed and self._chunks else (),
                {} if self._said is None else self._said.attributes(),
            ),
        )

    def abandoned(self) -> None:
        """End, perhaps on behalf of the garbage collector: that may be anywhere, in any thread.

        Where this thread may hold a lock that ending needs, another thread ends it.
        """
        if self._ended:
            return
        try:
            soon = self._later and backlog.fits(self._size())
            frame = None if soon else inspect.currentframe()
            while frame is not None:
                if str(frame.f_globals.get("__name__")).startswith(_LOCKING):
                    _thread.start_new_thread(self.end, ())
                    return
                frame = frame.f_back
            self.end()
        except Exception:
            mishap.report("writing down an abandoned call")
