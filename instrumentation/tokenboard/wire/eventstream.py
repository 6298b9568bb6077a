"""AWS binary event streams (``application/vnd.amazon.eventstream``), as Bedrock streams.

A message is: total length and header length (4 bytes each, big-endian), a CRC of these 8 bytes,
the headers, the payload, a CRC of everything before it.
https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
"""

from __future__ import annotations

import base64
import binascii
import struct
from typing import Any, cast

from tokenboard.wire.framing import MAX_VALUE, Taker, parse

_PRELUDE = struct.Struct(">III")
_LEAST = _PRELUDE.size + 4
_SIZES = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Bytes of a header value by its type; 6 (bytes) and 7 (string) carry a length of 2 bytes."""
_BYTES, _STRING = 6, 7


class Frames:
    """Cuts a binary event stream into messages and hands on what is in them.

    The event's name is the header ``:event-type``, or ``exception:`` and the exception's. A model's
    own JSON (InvokeModelWithResponseStream) lies base64-coded in ``bytes`` and is unpacked:
    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_PayloadPart.html
    A broken stream (a wrong checksum) ends the reading: what came before stays.
    """

    __slots__ = ("_broken", "_buffer", "_skip", "_taker")

    def __init__(self, taker: Taker) -> None:
        self._taker = taker
        self._buffer = bytearray()
        self._skip = 0
        self._broken = False

    def feed(self, chunk: bytes) -> None:
        """Take in the next bytes, cut anywhere."""
        if self._broken:
            return
        if self._skip:
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            chunk = chunk[skipped:]
        buffer = self._buffer
        buffer += chunk
        at = 0
        while len(buffer) - at >= _PRELUDE.size:
            total, headers, check = _PRELUDE.unpack_from(buffer, at)
            if binascii.crc32(buffer[at : at + 8]) != check or headers + _LEAST > total:
                self._broken = True
                buffer.clear()
                return
            if total > MAX_VALUE:
                self._skip = max(0, total - (len(buffer) - at))
                at = min(len(buffer), at + total)
                continue
            if len(buffer) - at < total:
                break
            split = at + _PRELUDE.size + headers
            payload = bytes(buffer[split : at + total - 4])
            self._message(_headers(bytes(buffer[at + _PRELUDE.size : split])), payload)
            at += total
        del buffer[:at]

    def close(self) -> None:
        """Forget a message that never ended."""
        self._buffer.clear()

    def _message(self, headers: dict[str, str], payload: bytes) -> None:
        event = headers.get(":event-type")
        if event is None:
            failure = headers.get(":exception-type") or headers.get(":error-code") or "exception"
            event = f"exception:{failure}"
        try:
            value = parse(payload)
            if isinstance(value, dict):
                packed = cast("dict[str, Any]", value).get("bytes")
                if isinstance(packed, str):
                    value = parse(base64.b64decode(packed))
        except ValueError:
            value = {}
        self._taker.take(value, event)


def _headers(data: bytes) -> dict[str, str]:
    """Return the string headers, such as ``:event-type``; others are passed over."""
    found: dict[str, str] = {}
    at = 0
    while at < len(data):
        end = at + 1 + data[at]
        name = data[at + 1 : end].decode("utf-8", "replace")
        if end >= len(data):
            break
        kind = data[end]
        at = end + 1
        if kind in (_BYTES, _STRING):
            size = int.from_bytes(data[at : at + 2], "big")
            at += 2
            if kind == _STRING:
                found[name] = data[at : at + size].decode("utf-8", "replace")
            at += size
        elif kind in _SIZES:
            at += _SIZES[kind]
        else:
            break
    return found
