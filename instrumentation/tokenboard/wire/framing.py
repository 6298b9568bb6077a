"""Cut a body into JSON values whatever it calls itself: SSE, JSON lines, one value, an array.

Nothing here raises on bad input, takes more than linear time, or keeps more than ``MAX_VALUE``
bytes.
"""

from __future__ import annotations

import json
import re
from typing import Any, Protocol

MAX_VALUE = 32 << 20
"""Bytes of one JSON value (a whole body, one event) beyond which it is not read: 32 MiB."""

_BULK = rb"""\[[\s\d.,eE+\-]{128,}\]|"[A-Za-z0-9+/=]{128,}\""""
"""A vector: an array of numbers, or its bytes in base64."""
_LARGE = 1 << 20

_TOGETHER = 4096

_DATA = b"data:"
_EVENT = b"event:"
_ERROR = b"error:"
"""llama.cpp's server and those built on it break a stream off with such a line:
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"""
_DONE = b"[DONE]"


class Taker(Protocol):
    """What the framings feed: the answer being read."""

    settled: bool
    """Whether events without a marker hold nothing new any more."""
    markers: tuple[bytes, ...]
    """Bytes of which an event that matters holds at least one."""
    bulky: bool
    """Whether the answer is mostly vectors, which are cut out before parsing."""

    def take(self, value: Any, event: str | None) -> None:
        """Take in one JSON value and the name of its event, if it had one."""
        ...

    def done(self) -> None:
        """Note the stream's own end marker."""
        ...


class Framing(Protocol):
    """Takes chunks cut anywhere and hands whole values to a ``Taker``."""

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        ...

    def close(self) -> None:
        """Hand on what still waits: no more bytes will come."""
        ...


def parse(data: bytes | bytearray) -> Any:
    """Parse JSON in UTF-8, the only encoding that https://www.rfc-editor.org/rfc/rfc8259 allows.

    Raises:
        ValueError: if it is not JSON, or nested too deeply.
    """
    try:
        return json.loads(data.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


class Whole:
    """One JSON value, read at the end."""

    __slots__ = ("_body", "_overflowed", "_slim_at", "_taker")

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._body: bytes | bytearray = b""
        self._overflowed = False
        self._slim_at = _LARGE if taker.bulky else MAX_VALUE

    def feed(self, chunk: bytes) -> None:
        """Keep the bytes."""
        if self._overflowed:
            return
        if not self._body:
            self._body = chunk  # mostly the only one: no copy
        elif isinstance(self._body, bytearray):
            self._body += chunk
        else:
            self._body = bytearray(self._body)
            self._body += chunk
        if len(self._body) > self._slim_at:
            self._slim()

    def _slim(self) -> None:
        if self._taker.bulky:
            self._body = bytearray(re.sub(_BULK, b"0", self._body))
            self._slim_at = max(_LARGE, 2 * len(self._body))
        if len(self._body) > MAX_VALUE:
            self._body = b""
            self._overflowed = True

    def close(self) -> None:
        """Read the value and hand it on."""
        body, self._body = self._body, b""
        if not body:
            return
        if self._taker.bulky:
            body = re.sub(_BULK, b"0", body)
        try:
            value = parse(body)
        except ValueError:
            # More than one value: JSON lines (or events) under the name of application/json.
            lines = Lines(self._taker)
            lines.feed(bytes(body))
            lines.close()
            return
        self._taker.take(value, None)
        self._taker.done()


class Lines:
    """Server-sent events and JSON lines: both are lines with one JSON value each, mostly.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
    Beyond the specification, as met at real servers: events not parted by blank lines, bare JSON
    between events, pretty-printed JSON where a stream was due.

    Once the taker is settled, chunks are looked at some together: searching a few kilobytes for
    the markers takes a third of the time of searching each chunk.
    """

    __slots__ = (
        "_budget",
        "_event",
        "_overflowed",
        "_partial",
        "_pending",
        "_return",
        "_size",
        "_taker",
        "_waiting",
    )

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._waiting: list[bytes] = []
        self._size = 0
        self._partial = bytearray()
        self._overflowed = False
        self._pending = bytearray()
        self._budget = 0
        self._event: str | None = None
        self._return = False

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes, cut anywhere."""
        self._waiting.append(chunk)
        self._size += len(chunk)
        if self._size > _TOGETHER or not self._taker.settled:
            self._look()

    def close(self) -> None:
        """Read what still waits, and a last line that has no end."""
        self._look()
        if self._partial:
            self._line(self._completed(b""))
        self._line(b"")

    def _look(self) -> None:
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._size = 0
        if b"\r" in data or self._return:
            data = self._only_newlines(data)
        if self._partial or self._overflowed:
            head, newline, data = data.partition(b"\n")
            if not newline:
                self._keep(head)
                return
            self._line(self._completed(head))
        end = data.rfind(b"\n") + 1
        if end < len(data):
            self._keep(data[end:])
            data = data[:end]
        if data and not self._idle(data):
            for line in data[:-1].split(b"\n"):
                self._line(line)

    def _idle(self, data: bytes) -> bool:
        """Whether these lines hold no news, nor begin an event that goes on in later lines."""
        if self._pending or self._event == "error" or self._matters(data):
            return False
        if data[-4:].rstrip(b"\n")[-1:] == b"}":
            return b"{\n" not in data
        return b"{" not in data and _EVENT not in data

    def _matters(self, data: bytes | bytearray) -> bool:
        taker = self._taker
        if not taker.settled:
            return b"{" in data or b"[" in data
        for marker in taker.markers:  # noqa: SIM110 - half the time of any() with a generator
            if marker in data:
                return True
        return False

    def _only_newlines(self, chunk: bytes) -> bytes:
        if self._return and chunk[:1] == b"\n":
            chunk = chunk[1:]
        self._return = chunk[-1:] == b"\r"
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _keep(self, part: bytes) -> None:
        if self._overflowed:
            return
        self._partial += part
        if len(self._partial) > MAX_VALUE:
            self._partial.clear()
            self._overflowed = True

    def _completed(self, end: bytes) -> bytes:
        self._keep(end)
        line = b":" if self._overflowed else bytes(self._partial)  # a comment: too long to read
        self._partial.clear()
        self._overflowed = False
        return line

    def _line(self, line: bytes) -> None:
        if line[:5] == _DATA:
            self._data(line[6:] if line[5:6] == b" " else line[5:])
        elif not line:
            if self._pending:
                self._give(self._pending)
                self._pending.clear()
            self._event = None
        elif line[:6] == _EVENT:
            self._event = line[6:].strip().decode("utf-8", "replace")
        elif line[:6] == _ERROR and not self._pending:
            self._event = "error"
            self._data(line[6:])
        elif self._pending or line[:1] in b"{[":
            self._data(line)

    def _data(self, data: bytes) -> None:
        if self._pending:
            self._join(data)
            return
        data = data.strip()
        if data[:1] == b"{":
            if data[-1:] == b"}" and self._give(data):
                return
        elif data[:6] == _DONE:
            self._taker.done()
            return
        elif data[:1] != b"[":
            return
        self._pending += data
        self._budget = 2 * MAX_VALUE

    def _join(self, data: bytes) -> None:
        """A value in several lines: it may be whole once a line begins with its last bracket."""
        pending = self._pending
        if len(pending) + len(data) > MAX_VALUE:
            pending.clear()
            return
        pending += b"\n"
        pending += data
        if data[:1] == b"{" and data.rstrip()[-1:] == b"}" and self._give(data):
            pending.clear()  # what waited was no JSON at all: this line is whole by itself
        elif data[:1] in b"{}]" and len(pending) <= self._budget:
            self._budget -= len(pending)
            if self._give(pending):
                pending.clear()

    def _give(self, data: bytes | bytearray) -> bool:
        if self._event != "error" and not self._matters(data):
            return True
        try:
            value = parse(data)
        except ValueError:
            return False
        self._taker.take(value, self._event)
        return True


_STRUCTURE = rb'["{}\\]'
_QUOTE, _BACKSLASH, _OPEN, _SHUT = b'"\\{}'


class Array:
    """A JSON array that comes element by element, as Gemini streams without ``alt=sse``.

    Only objects are handed on.
    https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent
    """

    __slots__ = ("_depth", "_element", "_escaped", "_overflowed", "_quoted", "_taker")

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._element = bytearray()
        self._overflowed = False
        self._depth = 0
        self._quoted = False
        self._escaped = False

    def feed(self, chunk: bytes) -> None:  # noqa: C901 - one state machine
        """Take in the next bytes, cut anywhere."""
        start = 0
        skip = 0 if self._escaped else -1
        self._escaped = False
        for match in re.finditer(_STRUCTURE, chunk):
            at = match.start()
            if at == skip:
                continue
            sign = chunk[at]
            if self._quoted:
                if sign == _BACKSLASH:
                    skip = at + 1
                elif sign == _QUOTE:
                    self._quoted = False
            elif sign == _QUOTE:
                self._quoted = True
            elif sign == _OPEN:
                if self._depth == 0:
                    start = at
                self._depth += 1
            elif sign == _SHUT and self._depth:
                self._depth -= 1
                if self._depth == 0:
                    self._keep(chunk[start : at + 1])
                    self._hand_on()
        self._escaped = bool(chunk) and skip == len(chunk)
        if self._depth:
            self._keep(chunk[start:])

    def close(self) -> None:
        """Forget an element that never ended."""
        self._element.clear()

    def _keep(self, part: bytes) -> None:
        if self._overflowed:
            return
        self._element += part
        if len(self._element) > MAX_VALUE:
            self._element.clear()
            self._overflowed = True

    def _hand_on(self) -> None:
        overflowed, self._overflowed = self._overflowed, False
        if not overflowed:
            try:
                value = parse(self._element)
            except ValueError:
                pass
            else:
                self._taker.take(value, None)
        self._element.clear()
