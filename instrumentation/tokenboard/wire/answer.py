"""What every answer gathers, whatever its format: names, the end, tool calls, failure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tokenboard.wire import failures
from tokenboard.wire.framing import parse
from tokenboard.wire.headers import request_id
from tokenboard.wire.model import ResponseFacts, Usage
from tokenboard.wire.values import Json, dollars, obj, text

if TYPE_CHECKING:
    from tokenboard.wire.hashing import Hasher

_MOST_TOOLS = 512
_MOST_REASONS = 128
_MOST_ARGUMENTS = 4 << 20
_PIECE = 64
"""What keeping a piece of text costs beside the text."""
_LOOKS = 8
_ERROR = 400


class _Tool:
    """One tool call, its arguments as a value or as pieces of text."""

    __slots__ = ("name", "pieces", "whole")

    def __init__(self) -> None:
        self.name = ""
        self.pieces: list[str] = []
        self.whole: Any = None

    def arguments(self) -> Any:
        """The arguments as a JSON value, so that spelling does not matter."""
        written = "".join(self.pieces)
        if not written:
            return {} if self.whole is None else self.whole
        try:
            return parse(written.encode("utf-8", "surrogatepass"))
        except ValueError:
            return written


class Answer(ABC):
    """Takes an answer's JSON values in and says in the end what they told.

    One subclass per wire format fills in ``markers`` and ``value``.
    """

    __slots__ = (
        "_arguments",
        "_headers",
        "_ids",
        "_looks",
        "_status",
        "_tools",
        "background",
        "conversation_id",
        "created",
        "deferred",
        "emit",
        "error",
        "finished",
        "hasher",
        "model",
        "reasons",
        "response_id",
        "settled",
        "tier",
        "usage",
    )

    markers: tuple[bytes, ...] = ()
    """See ``framing.Taker``."""
    bulky = False
    """See ``framing.Taker``."""

    def __init__(self, status: int, headers: dict[str, str], hasher: Hasher) -> None:
        self._status = status
        self._headers = headers
        self.hasher = hasher
        self._looks = 0
        self._tools: dict[Any, _Tool] = {}
        self._ids: dict[Any, str] = {}
        self._arguments = 0
        self.settled = False
        self.response_id: str | None = None
        self.model: str | None = None
        self.reasons: dict[int, str] = {}
        self.usage: Usage | None = None
        self.tier: str | None = None
        self.error: str | None = None
        self.finished = False
        self.background = False
        self.created: int | None = None
        self.deferred = False
        self.conversation_id: str | None = None
        self.emit = True

    # -- what the framings call -----------------------------------------------------------

    def take(self, value: Any, event: str | None) -> None:
        """Take in one JSON value, and the event name that stood above it."""
        body = obj(value)
        if body is None:
            # Gemini answers a failed stream with an array of one error object.
            for each in value if isinstance(value, list) else ():  # pyright: ignore[reportUnknownVariableType] - JSON
                if isinstance(each, dict):
                    self.take(each, event)
            return
        self._looks += 1
        try:
            self.value(body, event)
        except Exception:
            failures.told("reading a value")  # the next one may tell more
        self.settled = (
            self.settled
            or (self.response_id is not None and self.model is not None)
            or self._looks >= _LOOKS
        )

    def done(self) -> None:
        """Note the stream's own end marker."""
        self.finished = True

    # -- what a format fills in -----------------------------------------------------------

    @abstractmethod
    def value(self, body: Json, event: str | None) -> None:
        """Read one JSON object of the answer."""

    # -- what a format uses ---------------------------------------------------------------

    @property
    def headers(self) -> dict[str, str]:
        """The response headers that ``headers.pick`` keeps."""
        return self._headers

    @property
    def refused(self) -> bool:
        """Whether the HTTP status says that the call failed."""
        return self._status >= _ERROR

    def name(self, response_id: Any, model: Any) -> None:
        """Note id and model; the first that says something counts."""
        if self.response_id is None:
            self.response_id = text(response_id)
        if self.model is None:
            self.model = text(model)

    def reason(self, reason: Any, index: int = 0) -> None:
        """Note why the answer with this index ended."""
        said = text(reason)
        if said is not None and (index in self.reasons or len(self.reasons) < _MOST_REASONS):
            self.reasons[index] = said
            self.finished = True

    def tool(self, key: Any, name: Any, arguments: Any, call_id: Any = None) -> None:
        """Note a tool call, or the next piece of one: same key, texts are put together.

        A name with another ``call_id`` begins another call, for some servers give all calls the
        same place (Gemini's OpenAI-compatible streams); pieces without an id belong to the last.
        """
        if call_id and name and isinstance(call_id, str):
            self._ids[key] = call_id
        if key in self._ids:
            key = (key, self._ids[key])
        call = self._tools.get(key)
        if call is None:
            if len(self._tools) >= _MOST_TOOLS:
                return
            call = self._tools[key] = _Tool()
        if not call.name:
            call.name = text(name) or ""
        if isinstance(arguments, str):
            self._arguments += len(arguments) + _PIECE
            if self._arguments <= _MOST_ARGUMENTS:
                call.pieces.append(arguments)
        elif arguments is not None:
            call.whole = arguments

    def knows(self, key: Any) -> bool:
        """Whether a tool call with this key was noted."""
        return key in self._tools

    def fail(self, *codes: Any) -> None:
        """Note a failure by the first code that says something, else by the status."""
        for code in codes:
            said = text(code) or (str(code) if type(code) is int else None)
            if said is not None:
                self.error = said
                return
        self.error = self.error or str(self._status if self.refused else "error")

    # -- the end --------------------------------------------------------------------------

    def facts(self) -> ResponseFacts:
        """Say what the answer told."""
        # Some servers fill in an empty call where there is none.
        tools = [tool for tool in self._tools.values() if tool.name]
        error = self.error
        if error is None and self.refused:
            error = str(self._status)
        usage = self.usage
        if usage is None or usage.reported_cost_usd is None:
            cost = dollars(self._headers.get("x-litellm-response-cost"))
            if cost:  # LiteLLM says 0.0 where it knows no price, and while a stream begins
                usage = replace(usage or Usage(), reported_cost_usd=cost)
        return ResponseFacts(
            response_id=self.response_id,
            model=self.model,
            finish_reasons=tuple(self.reasons[index] for index in sorted(self.reasons)),
            usage=usage,
            service_tier=self.tier,
            provider_request_id=request_id(self._headers),
            tool_names=tuple(tool.name for tool in tools),
            tool_hashes=tuple(self.hasher.json([tool.name, tool.arguments()]) for tool in tools),
            error_type=error,
            finished=self.finished and error is None,
            conversation_id=self.conversation_id,
            background=self.background,
            created=self.created,
            deferred=self.deferred,
            emit=self.emit,
        )
