"""Takes the usage that was asked for behind the app's back out of a stream again."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from tokenboard.wire.encoding import decoder

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

_NULL = re.compile(rb',\s*"usage"\s*:\s*null')
_NULL_AT_END = b',"usage":null}'
_LONGEST_LINE = 1 << 20


class Sieve:
    """Takes what the option added out of server-sent events, line by line.

    Raises:
        UnknownEncodingError: the bytes are compressed in a way this machine cannot undo.
    """

    def __init__(self, content_encoding: str) -> None:
        self._unpack = decoder(content_encoding, self._plain)
        self._kept: list[bytes] = []
        self._line: list[bytes] = []
        self._held = 0
        self._dropped = False
        self.hidden = b""
        """The newest event that was taken out, as it was sent."""

    def feed(self, chunk: bytes) -> bytes:
        """Take the next bytes; return those that may go on."""
        self._unpack(chunk)
        return self._out()

    def flush(self) -> bytes:
        """Return what was held back, at the end."""
        self._kept += self._line
        self._line = []
        return self._out()

    def _out(self) -> bytes:
        found = b"".join(self._kept)
        self._kept.clear()
        return found

    def _plain(self, data: bytes) -> None:
        *lines, rest = data.split(b"\n")
        for line in lines:
            self._keep(b"".join((*self._line, line)))
            self._line = []
            self._held = 0
        if rest:
            self._line.append(rest)
            self._held += len(rest)
            if self._held > _LONGEST_LINE:  # no chunk of usage
                self._kept += self._line
                self._line = []
                self._held = 0

    def _keep(self, line: bytes) -> None:
        if self._dropped:
            self._dropped = False
            if not line.strip():
                return
        if line.startswith(b"data:") and b'"usage"' in line:
            kept = _without(line)
            if kept is None:
                self._dropped = True
                self.hidden = line + b"\n\n"
                return
            line = kept
        self._kept += (line, b"\n")


def _without(line: bytes) -> bytes | None:
    """Return a line of data as it were without the option; None if it were not there at all."""
    bare = line.rstrip()
    if bare.endswith(_NULL_AT_END):
        return bare[: -len(_NULL_AT_END)] + b"}" + line[len(bare) :]
    try:
        value = json.loads(bare[len(b"data:") :])
    except ValueError:
        return line
    if not isinstance(value, dict):
        return line
    fields = cast("dict[str, Any]", value)
    if "usage" in fields and fields["usage"] is None:
        shorter = _NULL.sub(b"", line, count=1)
        fields.pop("usage")
        return shorter if json.loads(shorter[len(b"data:") :]) == fields else line
    return None if fields.get("choices") == [] and isinstance(fields.get("usage"), dict) else line


def _sifted(inner: Any, sieve: Sieve) -> Iterator[bytes]:
    try:
        for chunk in inner:
            if kept := sieve.feed(chunk):
                yield kept
    except Exception:
        if kept := sieve.flush():
            yield kept
        raise
    if kept := sieve.flush():
        yield kept


async def _sifted_later(inner: Any, sieve: Sieve) -> AsyncGenerator[bytes]:
    chunks = inner.__aiter__()
    try:
        async for chunk in chunks:
            if kept := sieve.feed(chunk):
                yield kept
    except Exception:
        if kept := sieve.flush():
            yield kept
        raise
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    if kept := sieve.flush():
        yield kept


@cache
def sync_stream(module: Any) -> type[Any]:
    """Return a stream class for sync clients of ``httpx`` or ``httpx2``."""

    class Sifted(module.SyncByteStream):  # type: ignore[misc] - the base is a runtime value
        def __init__(self, inner: Any, sieve: Sieve) -> None:
            self._inner = inner
            self._sieve = sieve

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def __iter__(self) -> Iterator[bytes]:
            return _sifted(self._inner, self._sieve)

        def close(self) -> None:
            self._inner.close()

    return Sifted


@cache
def async_stream(module: Any) -> type[Any]:
    """Return a stream class for async clients of ``httpx`` or ``httpx2``."""

    class Sifted(module.AsyncByteStream):  # type: ignore[misc] - the base is a runtime value
        def __init__(self, inner: Any, sieve: Sieve) -> None:
            self._inner = inner
            self._sieve = sieve

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def __aiter__(self) -> AsyncIterator[bytes]:
            return _sifted_later(self._inner, self._sieve)

        async def aclose(self) -> None:
            await self._inner.aclose()

    return Sifted
