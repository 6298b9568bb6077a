"""ClickHouse's Native format, as far as writing rows of ours needs it.

A block is: number of columns, number of rows, then column by column its name, type and values
(https://clickhouse.com/docs/interfaces/formats/Native). The engine casts a block's types to the
table's, so plain strings fill ``LowCardinality`` columns and nanoseconds fill ``DateTime`` ones.
Blocks may be joined end to end: that is how several posts become one insert.

Written here because the client library builds blocks from Python objects, which would have to be
queued: bytes are a fifth of their size, countable, and nothing for the garbage collector to walk.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.proto.common.v1.common_pb2 import KeyValue

_SMALL = tuple(bytes((n,)) for n in range(128))


def size(n: int) -> bytes:
    """Return ``n`` as LEB128, the length prefix of the format."""
    if n < 128:  # noqa: PLR2004 - seven bits
        return _SMALL[n]
    out = bytearray()
    while n > 127:  # noqa: PLR2004 - seven bits
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


# A byte that is no UTF-8 travels as one of the last characters there are, in a plane that is
# nobody's: protobuf's strings hold nothing else, and raw telemetry is stored as it came.
_DISGUISE = 0x10FF00
_DISGUISED = re.compile("[\U0010ff80-\U0010ffff]")
_FIRST_BYTES = chr(_DISGUISE + 0x80).encode()[:2]


def disguised(value: bytes) -> str:
    """Return bytes that may be no UTF-8 as a string that :func:`text` turns back into them."""
    told = value.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", lambda m: chr(_DISGUISE + ord(m[0]) - 0xDC00), told)


def text(value: str) -> bytes:
    """Return a string value: its length in bytes, then UTF-8, or the bytes it is a disguise of."""
    data = value.encode()
    if _FIRST_BYTES in data:
        bare = _DISGUISED.sub(lambda m: chr(0xDC00 + ord(m[0]) - _DISGUISE), value)
        data = bare.encode("utf-8", "surrogateescape")
    return size(len(data)) + data


class Column(Protocol):
    """Values of one column as they are gathered."""

    type: str

    def data(self) -> bytes:
        """Return the values as the format has them."""
        ...


class Numbers:
    """Fixed-width numbers; ``add`` takes one."""

    _CODES: dict[str, str] = {  # noqa: RUF012 - a constant
        "UInt8": "B",
        "Bool": "B",
        "UInt32": "I",
        "Int32": "i",
        "UInt64": "Q",
        "Float64": "d",
        "DateTime64(9)": "q",
    }

    def __init__(self, kind: str) -> None:
        self.type = kind
        self.values = array(self._CODES[kind])
        self.add: Callable[[float], None] = self.values.append

    def data(self) -> bytes:
        """Return the values as the format has them."""
        return self.values.tobytes()


class Strings:
    """Strings; ``add`` takes text, ``parts.append`` what :func:`text` made of one."""

    type = "String"

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def add(self, value: str) -> None:
        """Add one string."""
        self.parts.append(text(value))

    def data(self) -> bytes:
        """Return the values as the format has them."""
        return b"".join(self.parts)


class Lists:
    """Arrays of another column's values; ``add`` takes the values of one row."""

    def __init__(self, inner: Numbers | Strings) -> None:
        self.type = f"Array({inner.type})"
        self._inner = inner
        self._ends = array("Q")
        self._end = 0

    def add(self, values: Iterable[float] | Iterable[str]) -> None:
        """Add one row's values."""
        put = self._inner.add
        for value in values:
            put(value)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType] - one kind by construction
            self._end += 1
        self._ends.append(self._end)

    def data(self) -> bytes:
        """Return the values as the format has them."""
        return self._ends.tobytes() + self._inner.data()


class Maps:
    """Attributes as ``Map(String, String)``, keys in order as the collector's exporter has them."""

    type = "Map(String, String)"

    def __init__(self, encode: Callable[[Iterable[KeyValue]], tuple[int, bytes, bytes]]) -> None:
        self._encode = encode
        self._ends = array("Q")
        self._end = 0
        self._keys: list[bytes] = []
        self._values: list[bytes] = []

    def add(self, attributes: Iterable[KeyValue]) -> None:
        """Add one row's attributes."""
        self.add_encoded(self._encode(attributes))

    def add_encoded(self, encoded: tuple[int, bytes, bytes]) -> None:
        """Add what the encoder returned: number of pairs, keys, values."""
        count, keys, values = encoded
        self._end += count
        self._ends.append(self._end)
        self._keys.append(keys)
        self._values.append(values)

    def data(self) -> bytes:
        """Return the values as the format has them."""
        return b"".join((self._ends.tobytes(), *self._keys, *self._values))


class MapLists:
    """Arrays of attributes (``Nested`` columns of events, links and exemplars)."""

    type = "Array(Map(String, String))"

    def __init__(self, encode: Callable[[Iterable[KeyValue]], tuple[int, bytes, bytes]]) -> None:
        self._inner = Maps(encode)
        self._ends = array("Q")
        self._end = 0

    def add(self, rows: Iterable[Iterable[KeyValue]]) -> None:
        """Add one row's lists of attributes."""
        for attributes in rows:
            self._inner.add(attributes)
            self._end += 1
        self._ends.append(self._end)

    def data(self) -> bytes:
        """Return the values as the format has them."""
        return self._ends.tobytes() + self._inner.data()


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one table: the names of its columns, quoted, for the INSERT; the block; its rows."""

    columns: str
    data: bytes
    rows: int


def block(columns: dict[str, Column], rows: int) -> Block:
    """Return the columns, each with ``rows`` values, as one block."""
    parts = [size(len(columns)), size(rows)]
    for name, column in columns.items():
        parts += (text(name), text(column.type), column.data())
    return Block(", ".join(f"`{name}`" for name in columns), b"".join(parts), rows)
