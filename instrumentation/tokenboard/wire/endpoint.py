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
from tokenboard.wire.values import Json, obj

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

    def read_request(
        self, body: bytes, headers: HeaderSource, hasher: Hasher
    ) -> RequestFacts | None:
        """Read what the request tells; None if its body shows that it is no call. Never raises."""
        found = pick(headers)
        value = _parsed(body)
        form = self._format(body, value)
        if form is None:
            return None
        draft = Draft(hasher, self.model, stream=self.stream)
        if value is not None:
            try:
                form.read(draft, value)
            except Exception:
                failures.told("reading a request")  # it still is a call
        # A talk that the server keeps is not begun anew in the body.
        kept = draft.previous_response_id is not None or draft.conversation_id is not None
        return RequestFacts(
            provider=self.provider,
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
            attempt=attempt(found),
        )

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

    def _format(self, body: bytes, value: Json | None) -> Format | None:
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


def _parsed(body: bytes) -> Json | None:
    if not body or len(body) > MAX_VALUE:
        return None
    try:
        return obj(parse(body))
    except ValueError:
        return None
