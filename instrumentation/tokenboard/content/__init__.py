"""Prompts and answers on the spans: only where the app asks for them.

Off unless ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` is ``span_only`` (or
``span_and_event``: events are not made here). Then a call's span has ``gen_ai.input.messages``,
``gen_ai.output.messages``, ``gen_ai.system_instructions`` and ``gen_ai.tool.definitions``, as JSON:
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/#recording-content-on-attributes.

Each is at most ``TOKENBOARD_CONTENT_LIMIT`` characters (65,536 by default) and always whole JSON.
The bytes of pictures, sounds and files are never exported. ``init(redact=function)`` or
``TOKENBOARD_REDACT="package.module:function"`` passes every text through the app's own function
first; if that fails, nothing of the call's content is exported.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from tokenboard import mishap, settings
from tokenboard.content import limits
from tokenboard.wire.framing import parse
from tokenboard.wire.headers import pick
from tokenboard.wire.reader import ResponseReader
from tokenboard.wire.values import obj

if TYPE_CHECKING:
    from tokenboard.content.spoken import Asked, Message
    from tokenboard.wire import RequestFacts, ResponseFacts
    from tokenboard.wire.headers import HeaderSource

_FORMATS = {
    "openai.chat": ("openai", "asked", "Chat"),
    "openai.completions": ("openai", "asked_text", "Chat"),
    "openai.responses": ("responses", "asked", "Response"),
    "openai.responses.poll": ("responses", "asked", "Response"),
    "anthropic.messages": ("anthropic", "asked", "Message"),
    "gemini.generate": ("gemini", "asked", "Candidates"),
    "gemini.interactions": ("interactions", "asked", "Interaction"),
    "gemini.interactions.poll": ("interactions", "asked", "Interaction"),
    "bedrock.converse": ("bedrock", "asked", "Converse"),
    "bedrock.invoke": ("bedrock", "asked_invoke", "Invoked"),
    "cohere.chat": ("openai", "asked", "Cohere"),
    "cohere.chat.v1": ("cohere", "asked", "Said"),
    "cohere.generate": ("cohere", "asked_text", "Said"),
    "mistral.conversations": ("mistral", "asked", "Conversation"),
    "ollama.chat": ("openai", "asked", "Ollama"),
    "ollama.generate": ("openai", "asked_text", "Ollama"),
}
"""Where a wire format's request and answer are read."""


class _Answer(Protocol):
    def messages(self) -> list[Message]: ...


class Reader(Protocol):
    """What an exchange feeds with its answer's bytes."""

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        ...

    def finish(self) -> ResponseFacts:
        """Say what the answer told."""
        ...


def begin(facts: RequestFacts, body: bytes) -> Content | None:
    """Return what will note a call's content; None unless the app wants it."""
    wanted = settings.current()
    home = _FORMATS.get(facts.format) if wanted.content else None
    if home is None:
        return None
    try:
        return Content(home, facts, body)
    except Exception:
        mishap.report("reading a request's content")
        return None


class Content:
    """What is said in one call."""

    __slots__ = ("_answer", "_asked", "_facts", "_reader")

    def __init__(self, home: tuple[str, str, str], facts: RequestFacts, body: bytes) -> None:
        module = import_module(f"tokenboard.content.{home[0]}")
        self._facts = facts
        self._asked: Asked = getattr(module, home[1])((obj(parse(body)) if body else None) or {})
        self._answer: _Answer = getattr(module, home[2])()
        self._reader: ResponseReader | None = None

    def beside(self, reader: Reader, headers: HeaderSource, *, encoded: bool) -> Reader:
        """Return a reader that feeds ``reader``, and this, with the answer's body."""
        found = pick(headers)
        kind = found.get("content-type", "")
        self._reader = ResponseReader(
            cast("Any", self._answer),
            streamed=self._facts.stream or "stream" in kind or "ndjson" in kind,
            content_encoding=found.get("content-encoding", "") if encoded else "",
        )
        return _Both(reader, self._reader)

    def attributes(self) -> dict[str, str]:
        """Return what the span is to say; nothing if it cannot be redacted. Never raises."""
        wanted = settings.current()
        try:
            if self._reader is not None:
                self._reader.finish()
            told: dict[str, list[Any]] = {
                "gen_ai.system_instructions": self._asked.system,
                "gen_ai.input.messages": self._asked.messages,
                "gen_ai.tool.definitions": self._asked.tools,
                "gen_ai.output.messages": self._answer.messages(),
            }
            if wanted.redact is not None:
                told = _redacted(told, wanted.redact)
            return {
                name: limits.written(each, wanted.content_limit)
                for name, each in told.items()
                if each
            }
        except Exception:
            mishap.report("noting a call's content (it is left out)")
            return {}


def _redacted(told: dict[str, list[Any]], wanted: Any) -> dict[str, list[Any]]:
    """Pass all that was said through the app's function; nothing is left where that fails."""
    try:
        redact = _redactor(wanted)
        return {name: limits.redacted(each, redact) for name, each in told.items()}
    except Exception as error:
        kind = type(error).__name__  # the message might hold what was to be redacted
        if kind not in _failed:
            _failed.add(kind)
            mishap.logger.warning(
                "tokenboard: the app's function that redacts content failed (%s): the content is "
                "not exported. This is reported once.",
                kind,
            )
        return {}


_failed: set[str] = set()


@cache
def _redactor(wanted: Any) -> limits.Redact:
    """Return the app's function, which may be named as ``package.module:function``."""
    if not isinstance(wanted, str):
        return wanted
    module, _, name = wanted.partition(":")
    return getattr(import_module(module), name)


class _Both:
    """Feeds two readers; the first one's word counts."""

    __slots__ = ("_first", "_second")

    def __init__(self, first: Reader, second: ResponseReader) -> None:
        self._first = first
        self._second = second

    def feed(self, chunk: bytes) -> None:
        self._first.feed(chunk)
        self._second.feed(chunk)

    def finish(self) -> ResponseFacts:
        return self._first.finish()
