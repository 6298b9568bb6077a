"""Attribute values and ids as the exporter stores them: text.

The text of each kind follows ``pcommon.Value.AsString``
(https://github.com/open-telemetry/opentelemetry-collector/blob/main/pdata/pcommon/value.go):
numbers as ECMAScript prints them, arrays and maps as JSON with sorted keys, bytes as base64,
nothing as ''.
"""

from __future__ import annotations

import base64
import json
import math
from decimal import Decimal
from typing import TYPE_CHECKING

from tokenboard.local.native import text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

_CACHED_COUNT = 4096
_CACHED_SIZE = 96


def as_string(value: AnyValue) -> str:  # noqa: PLR0911 - one a kind
    """Return an attribute value as text."""
    match value.WhichOneof("value"):
        case "string_value":
            return value.string_value
        case "int_value":
            return str(value.int_value)
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "double_value":
            return _double(value.double_value)
        case "bytes_value":
            return base64.b64encode(value.bytes_value).decode()
        case "array_value" | "kvlist_value":
            try:
                return _json(value)
            except ValueError:
                # Go's encoder gives up on the whole value when a number in it has no JSON.
                return ""
        case _:
            return ""


def _double(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return _finite(number)


def _finite(number: float) -> str:
    """Return the shortest text that reads back as the number, as ECMAScript and Go's JSON write it.

    Raises:
        ValueError: the number is not finite.
    """
    if not math.isfinite(number):
        raise ValueError("no JSON for a number that is not finite")
    if number != 0 and not 1e-6 <= abs(number) < 1e21:  # noqa: PLR2004 - Number::toString's bounds
        digits, _, exponent = repr(number).partition("e")
        sign, power = exponent[0], exponent[1:].lstrip("0")
        return f"{digits}e{sign}{power}"
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def _quote(value: str) -> str:
    quoted = json.dumps(value, ensure_ascii=False)
    # Go's JSON escapes the two line separators that JavaScript once tripped over.
    return quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _json(value: AnyValue) -> str:  # noqa: PLR0911 - one a kind
    match value.WhichOneof("value"):
        case "string_value":
            return _quote(value.string_value)
        case "double_value":
            return _finite(value.double_value)
        case "bytes_value":
            return f'"{as_string(value)}"'
        case "array_value":
            return f"[{','.join(_json(item) for item in value.array_value.values)}]"
        case "kvlist_value":
            pairs = {pair.key: pair.value for pair in value.kvlist_value.values}
            members = (f"{_quote(key)}:{_json(pairs[key])}" for key in sorted(pairs))
            return f"{{{','.join(members)}}}"
        case None:
            return "null"
        case _:
            return as_string(value)


def identifier(raw: bytes, length: int) -> str:
    """Return a trace (16) or span (8) id as hex, '' for an absent or all-zero one.

    Raises:
        ValueError: the id has another length.
    """
    if not raw:
        return ""
    if len(raw) != length:
        raise ValueError(f"{'trace' if length == 16 else 'span'} id of {len(raw)} bytes")  # noqa: PLR2004
    return raw.hex() if any(raw) else ""


class AttributeEncoder:
    """Turns attribute lists into the keys and values of a map column.

    Most attributes come again and again. One as it was sent is the key to what was made of it, for
    that lookup costs less than reading it; and so are the names of one kind of span.
    """

    def __init__(self) -> None:
        self._pairs: dict[bytes, tuple[str, bytes]] = {}
        self._orders: dict[tuple[str, ...], tuple[list[int], bytes]] = {}

    def __call__(self, attributes: Iterable[KeyValue]) -> tuple[int, bytes, bytes]:
        """Return the number of pairs, the keys and the values, in the order of the keys."""
        names: list[str] = []
        values: list[bytes] = []
        known = self._pairs
        for pair in attributes:
            sent = pair.SerializeToString()
            made = known.get(sent) or self._encode(pair, sent)
            names.append(made[0])
            values.append(made[1])
        if not names:
            return 0, b"", b""
        order, keys = self._orders.get(shape := tuple(names)) or self._order(shape)
        return len(names), keys, b"".join([values[i] for i in order])

    def _encode(self, pair: KeyValue, sent: bytes) -> tuple[str, bytes]:
        value = pair.value
        word = value.string_value or as_string(value)
        made = pair.key, text(word)
        if len(sent) <= _CACHED_SIZE:
            if len(self._pairs) >= _CACHED_COUNT:
                self._pairs.clear()
            self._pairs[sent] = made
        return made

    def _order(self, names: tuple[str, ...]) -> tuple[list[int], bytes]:
        order = sorted(range(len(names)), key=names.__getitem__)
        made = order, b"".join(text(names[i]) for i in order)
        if len(self._orders) >= _CACHED_COUNT:
            self._orders.clear()
        self._orders[names] = made
        return made
