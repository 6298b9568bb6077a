"""An endpoint reads a request and makes the reader of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tokenboard.wire import failures
from tokenboard.wire.formats import BY_NAME, Format
from tokenboard.wire.framing import MAX_VALUE, parse
from tokenboard.wire.headers import attempt, pick
from tokenboard.wire.model import RequestFacts
from tokenboard.wire.reader import ResponseReader
from tokenboard.wire.request import Draft
from tokenboard.wire.values import Json, obj, text

if TYPE_CHECKING:
    from tokenboard.wire.hashing import Hasher
    from tokenboard.wire.headers import HeaderSource


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place where calls go; made by ``match``."""

    formats: tuple[Format, ...]
    """The formats spoken there, mostly one; the first that a body fits is meant."""
    provider: str
    host: str
    port: int | None = None
    model: str | None = None
    """The model, where the URL names it."""
    stream: bool = False
    """Whether the URL asks for a stream."""
    sure: bool = True
    """False for a path that may mean something else: then the body decides."""
    poll: bool = False
    """A GET that may bring the usage of a background response; see ``background``."""

    @property
    def operation(self) -> str:
        """The value of ``gen_ai.operation.name``, unless the request's body says more."""
        return self.formats[0].operation

    def ask(self, body: bytes, headers: HeaderSource) -> Asked | None:
        """Look at a request; None if its body shows that it is no call. Never raises."""
        asked = Asked(self, body, headers)
        return asked if asked.is_call else None

    def suspect(self, body: bytes, headers: HeaderSource) -> Asked | None:
        """Do the same without reading the body: ``is_call`` tells later whether it is a call.

        None if a glance at the bytes shows that it is not.
        """
        if self.sure or self.poll:
            return Asked(self, body, headers)
        for form in self.formats:
            for key in form.keys:
                if f'"{key}"'.encode() not in body:
                    break
            else:
                return Asked(self, body, headers)
        return None

    def read_request(
        self, body: bytes, headers: HeaderSource, hasher: Hasher
    ) -> RequestFacts | None:
        """Read what the request tells; None if its body shows that it is no call. Never raises."""
        asked = self.ask(body, headers)
        return None if asked is None else asked.facts(hasher)

    def reader(
        self,
        facts: RequestFacts,
        status: int,
        headers: HeaderSource,
        hasher: Hasher,
        *,
        encoded: bool = False,
    ) -> ResponseReader:
        """Return a reader for the answer; ``encoded`` if its bytes are still compressed."""
        found = pick(headers)
        kind = found.get("content-type", "")
        form = BY_NAME.get(facts.format, self.formats[0])
        return ResponseReader(
            form.answer(status, found, hasher),
            streamed=facts.stream or "stream" in kind or "ndjson" in kind or "jsonl" in kind,
            content_encoding=found.get("content-encoding", "") if encoded else "",
        )

    def form(self, body: bytes, value: Json | None) -> Format | None:
        """Return the format that a body is in, ``value`` if it could be read; None if in none."""
        if self.poll:
            return self.formats[0]
        for form in self.formats:
            if value is None:
                fits = bool(body) and all(f'"{key}"'.encode() in body for key in form.keys)
            else:
                fits = all(key in value for key in form.keys)
            if fits:
                return form
        return self.formats[0] if self.sure else None


class Asked:
    """A request to a model: read when something of it is wanted, which any thread may do.

    Keeps the request's body and headers until then, and looks at nothing else.
    """

    __slots__ = ("_form", "_headers", "_read", "_value", "body", "endpoint")

    def __init__(self, endpoint: Endpoint, body: bytes, headers: HeaderSource) -> None:
        self.endpoint = endpoint
        self.body = body
        self._headers = headers
        self._read = False
        self._value: Json | None = None
        self._form: Format | None = None

    @property
    def is_call(self) -> bool:
        """Whether it is a call at all; what else it tells may be asked only if it is."""
        if not self._read:
            self._value = _parsed(self.body)
            self._form = self.endpoint.form(self.body, self._value)
            self._read = True
        return self._form is not None

    @property
    def operation(self) -> str:
        """The value of ``gen_ai.operation.name``, as far as it is plain to see."""
        return self._meant().operation

    @property
    def model(self) -> str | None:
        """The model, as far as it is plain to see; ``facts`` knows better."""
        self._meant()
        named = None if self._value is None else text(self._value.get("model"))
        return named or self.endpoint.model

    def _meant(self) -> Format:
        return self._form if self.is_call and self._form is not None else self.endpoint.formats[0]

    def facts(self, hasher: Hasher) -> RequestFacts:
        """Read what the request tells. Never raises."""
        endpoint, form, body = self.endpoint, self._meant(), self.body
        draft = Draft(hasher, endpoint.model, stream=endpoint.stream)
        if self._value is not None:
            try:
                form.read(draft, self._value)
            except Exception:
                failures.told("reading a request")  # it still is a call
        # A talk that the server keeps is not begun anew in the body.
        kept = draft.previous_response_id is not None or draft.conversation_id is not None
        return RequestFacts(
            provider=endpoint.provider,
            operation=draft.operation or form.operation,
            model=draft.model,
            stream=draft.stream,
            parameters=draft.parameters,
            end_user_id=draft.end_user_id,
            conversation_id=draft.conversation_id,
            previous_response_id=draft.previous_response_id,
            conversation_hash=(
                hasher.text("\n\0".join(draft.opening)) if draft.opening and not kept else None
            ),
            trigger=draft.trigger,
            prompt_hash=hasher.bytes(body) if body else None,
            messages=draft.messages,
            bytes=len(body),
            format=form.name,
            tool_result_hashes=tuple(draft.tool_results),
            tool_result_errors=tuple(draft.tool_errors),
            attempt=attempt(pick(self._headers)),
        )


def _parsed(body: bytes) -> Json | None:
    if not body or len(body) > MAX_VALUE:
        return None
    try:
        return obj(parse(body))
    except ValueError:
        return None
