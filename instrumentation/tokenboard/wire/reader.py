"""Reads an answer from its bytes, however they are compressed, framed and cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenboard.wire import failures
from tokenboard.wire.encoding import UnknownEncodingError, decoder
from tokenboard.wire.eventstream import Frames
from tokenboard.wire.framing import Array, Framing, Lines, Whole

if TYPE_CHECKING:
    from tokenboard.wire.answer import Answer
    from tokenboard.wire.model import ResponseFacts

_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


class ResponseReader:
    """Feed it the body as it comes; ``finish`` says what the answer told.

    The first bytes decide how the body is framed, not the ``Content-Type``: real servers mislabel
    (an error object in an event stream, a stream under ``application/json``). Never raises, keeps
    at most ``framing.MAX_VALUE`` bytes, and does nothing at all once it is finished.
    """

    __slots__ = ("_answer", "_facts", "_feed", "_framing", "_start", "_streamed")

    def __init__(self, answer: Answer, *, streamed: bool, content_encoding: str = "") -> None:
        self._answer = answer
        self._streamed = streamed
        self._framing: Framing | None = None
        self._start: bytes = b""
        self._facts: ResponseFacts | None = None
        self._feed = self._sniff
        if content_encoding:
            try:
                self._feed = decoder(content_encoding, self._plain)
            except UnknownEncodingError:
                self._feed = _ignore

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes of the body."""
        try:
            self._feed(chunk)
        except Exception:
            # Whatever is wrong with the bytes, the app must not notice: read no further.
            self._feed = _ignore
            failures.told("reading an answer")

    def finish(self) -> ResponseFacts:
        """Say what the answer told; the first call ends the reading, later ones repeat it."""
        if self._facts is None:
            try:
                if self._framing is not None:
                    self._framing.close()
            except Exception:
                failures.told("reading an answer")  # what was read before counts
            self._feed = _ignore
            self._framing = None
            self._facts = self._answer.facts()
        return self._facts

    def _plain(self, chunk: bytes) -> None:
        if self._framing is None:
            self._sniff(chunk)
        else:
            self._framing.feed(chunk)

    def _sniff(self, chunk: bytes) -> None:
        chunk = (self._start + chunk).lstrip(_BLANK)
        if chunk[:3] == _BOM:
            chunk = chunk[3:].lstrip(_BLANK)
        if not chunk or _BOM.startswith(chunk):
            self._start = chunk
            return
        self._start = b""
        framing: Framing
        first = chunk[:1]
        if first == b"\0":
            framing = Frames(self._answer)
        elif first == b"[" and chunk[:2] != b"[D":
            framing = Array(self._answer)
        elif first == b"{" and not self._streamed:
            framing = Whole(self._answer)
        else:
            framing = Lines(self._answer)
        self._framing = framing
        if self._feed == self._sniff:
            self._feed = framing.feed
        framing.feed(chunk)


def _ignore(_chunk: bytes) -> None:
    """After the end, or where nothing can be read."""
