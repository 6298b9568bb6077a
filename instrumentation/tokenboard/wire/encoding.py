"""Undo ``Content-Encoding`` bit by bit, never holding more than a slice of the plain bytes.

A compressed answer may be hostile (a few kilobytes that unfold to gigabytes), so every decoder
hands its output on in pieces of at most ``PIECE`` bytes.
https://www.rfc-editor.org/rfc/rfc9110#name-content-encoding
"""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from typing import Any

PIECE = 1 << 16
_ZLIB_HEADER = 2
Sink = Callable[[bytes], None]


class UnknownEncodingError(ValueError):
    """The bytes are compressed in a way this machine cannot undo."""


def decoder(content_encoding: str, sink: Sink) -> Sink:
    """Return a function that takes encoded chunks and feeds plain ones to ``sink``.

    Args:
        content_encoding: the header's value, such as ``gzip`` or ``gzip, br``; empty is plain.
        sink: called with plain bytes, in order, in pieces of at most ``PIECE`` bytes.

    Raises:
        UnknownEncodingError: for an encoding without a decoder here.
    """
    for coding in content_encoding.lower().split(","):
        # Listed in the order they were applied; each wraps the sink that undoes the one before.
        name = coding.strip()
        if name in ("", "identity", "none"):
            continue
        make = _DECODERS.get(name)
        if make is None:
            raise UnknownEncodingError(f"no decoder for Content-Encoding {name!r}")
        sink = make(sink)
    return sink


class _Zlib:
    """Gzip and deflate; several gzip members may follow one another."""

    __slots__ = ("_sink", "_state", "_wbits")

    def __init__(self, sink: Sink, wbits: int) -> None:
        self._sink = sink
        self._wbits = wbits
        self._state = zlib.decompressobj(wbits)

    def __call__(self, chunk: bytes) -> None:
        while chunk:
            plain = self._state.decompress(chunk, PIECE)
            if plain:
                self._sink(plain)
            if self._state.eof:
                chunk = self._state.unused_data.lstrip(b"\0")
                self._state = zlib.decompressobj(self._wbits)
            else:
                chunk = self._state.unconsumed_tail
                if not chunk and len(plain) == PIECE:
                    self._drain()

    def _drain(self) -> None:
        """The input is used up but output may still wait inside."""
        while plain := self._state.decompress(b"", PIECE):
            self._sink(plain)


def _gzip(sink: Sink) -> Sink:
    return _Zlib(sink, zlib.MAX_WBITS | 16)


def _deflate(sink: Sink) -> Sink:
    start = b""
    inner: Sink | None = None

    def feed(chunk: bytes) -> None:
        nonlocal start, inner
        if inner is None:
            start += chunk
            if len(start) < _ZLIB_HEADER:
                return
            # Meant is zlib's format; much in the wild is raw deflate, without its two first bytes:
            # https://www.rfc-editor.org/rfc/rfc1950#page-4
            zlib_format = (
                start[0] & 15 == zlib.DEFLATED and int.from_bytes(start[:2], "big") % 31 == 0
            )
            inner = _Zlib(sink, zlib.MAX_WBITS if zlib_format else -zlib.MAX_WBITS)
            chunk = start
        inner(chunk)

    return feed


def _first_module(*names: str) -> Any:
    for name in names:
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise UnknownEncodingError(f"none of {', '.join(names)} is installed")


def _brotli(sink: Sink) -> Sink:
    state = _first_module("brotli", "brotlicffi").Decompressor()
    # Older brotli modules cannot bound their output; they still take small slices of input.
    process = getattr(state, "process", None) or state.decompress

    def feed(chunk: bytes) -> None:
        try:
            plain = process(chunk, output_buffer_limit=PIECE)
        except TypeError:
            for at in range(0, len(chunk), 256):
                sink(process(chunk[at : at + 256]))
            return
        while plain:
            sink(plain)
            plain = process(b"", output_buffer_limit=PIECE)

    return feed


class _Pipe:
    """A file object that only passes on what is written to it."""

    __slots__ = ("write",)

    def __init__(self, sink: Sink) -> None:
        def write(data: bytes) -> int:
            # zstandard hands out a view of a buffer that it fills again.
            plain = bytes(data)
            sink(plain)
            return len(plain)

        self.write = write


def _zstd(sink: Sink) -> Sink:
    try:
        module = _first_module("compression.zstd", "backports.zstd")
    except UnknownEncodingError:
        writer = (
            _first_module("zstandard")
            .ZstdDecompressor()
            .stream_writer(_Pipe(sink), write_size=PIECE)
        )
        return writer.write
    return _StdlibZstd(module, sink)


class _StdlibZstd:
    """``compression.zstd`` of Python 3.14 and its backport."""

    __slots__ = ("_module", "_sink", "_state")

    def __init__(self, module: Any, sink: Sink) -> None:
        self._module = module
        self._sink = sink
        self._state = module.ZstdDecompressor()

    def __call__(self, chunk: bytes) -> None:
        while chunk or not self._state.needs_input:
            plain = self._state.decompress(chunk, PIECE)
            chunk = b""
            if plain:
                self._sink(plain)
            if self._state.eof:
                chunk = self._state.unused_data
                self._state = self._module.ZstdDecompressor()
                if not chunk:
                    return


_DECODERS: dict[str, Callable[[Sink], Sink]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
