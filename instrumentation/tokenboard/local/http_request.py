"""A request to ClickHouse's HTTP interface: query, settings, encodings; and the answer's form."""

from __future__ import annotations

import gzip
import io
import re
import uuid
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from tokenboard.local.asgi import BadEncodingError, TooLargeError, decompress
from tokenboard.local.native import size, text

if TYPE_CHECKING:
    from collections.abc import Mapping

_MIN_COMPRESSED = 1024

# Limits that a client may lower.
_LOWERED = frozenset({"max_execution_time", "max_result_rows", "max_result_bytes", "max_threads"})
# Settings that a client may choose: they change how a result looks, not what is reached or used.
_CHOSEN = frozenset({
    "session_timezone", "date_time_input_format", "date_time_output_format", "extremes",
    "limit", "offset", "result_overflow_mode", "join_use_nulls", "max_block_size",
    "cast_string_to_dynamic_use_inference",
})  # fmt: skip
_CHOSEN_PREFIX = "output_format_"
# Outputs that write a file of their own or take their form from one.
_NOT_CHOSEN = re.compile(r"output_format_(?:schema|.*path.*|.*template.*)")

CONTENT_TYPES = {
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONStrings": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "JSONCompactEachRow": "application/x-ndjson; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "TabSeparatedWithNames": "text/tab-separated-values; charset=UTF-8",
    "XML": "application/xml; charset=UTF-8",
    "Native": "application/octet-stream",
    "RowBinary": "application/octet-stream",
}

# clickhouse-go asks this once a connection and decodes the answer as protocol 54460; the revision
# in it decides how it decodes everything after. 0 stands for the embedded engine's plain blocks.
_HELLO = b"SELECT displayName(), version(), revision(), timezone()"


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks.

    Attributes:
        method: GET, HEAD or POST.
        query: the query parameter and the body, joined.
        form: the URL's parameters.
        fields: the headers by lower-case name.
    """

    method: str
    query: bytes
    form: Mapping[str, str]
    fields: Mapping[str, str]

    @property
    def parameters(self) -> dict[str, str]:
        """Values for ``{name:Type}`` in the query."""
        return {k.removeprefix("param_"): v for k, v in self.form.items() if k.startswith("param_")}

    @property
    def format(self) -> str:
        """The format of a result whose query names none."""
        wanted = self.form.get("default_format") or self.fields.get("x-clickhouse-format")
        return wanted or "TabSeparated"

    @property
    def database(self) -> str | None:
        """The database that names without one are looked up in; None for ours.

        In the embedded engine ``default`` is a view of the machine's files, not a place for data.
        """
        named = self.form.get("database") or self.fields.get("x-clickhouse-database")
        return None if named in (None, "", "default", "__default__") else named

    @property
    def greets(self) -> bool:
        """Whether this is clickhouse-go's greeting."""
        protocol = self.form.get("client_protocol_version", "")
        return (
            self.query.strip().rstrip(b";") == _HELLO
            and self.format == "Native"
            and protocol.isdigit()
            and int(protocol) > 0
        )

    def settings(self, limits: Mapping[str, int]) -> dict[str, str | int]:
        """Return the limits, lowered where the client asks for less, and what it may choose."""
        chosen: dict[str, str | int] = dict(limits)
        for name, value in self.form.items():
            if name in _LOWERED:
                if value.isdigit() and 0 < int(value) < limits.get(name, 0):
                    chosen[name] = int(value)
            elif name in _CHOSEN or (
                name.startswith(_CHOSEN_PREFIX)
                and name.isidentifier()
                and not _NOT_CHOSEN.fullmatch(name)
            ):
                chosen[name] = value
        return chosen


def query_id(form: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """Return the client's id for the query, or a new one, fit for a header."""
    named = form.get("query_id") or fields.get("x-clickhouse-query-id") or str(uuid.uuid4())
    return re.sub(r"[^\x21-\x7e]", "?", named)[:200]


def hello(version: str, timezone: str) -> bytes:
    """Return the greeting as protocol 54460 has it: block info first, a byte after each type."""
    values = [
        ("displayName()", "String", text("tokenboard")),
        ("version()", "String", text(version)),
        ("revision()", "UInt32", bytes(4)),
        ("timezone()", "String", text(timezone)),
    ]
    parts = [b"\x01\x00\x02\xff\xff\xff\xff\x00", size(len(values)), size(1)]
    for name, kind, value in values:
        parts += (text(name), text(kind), b"\x00", value)
    return b"".join(parts)


def decoded(data: bytes, encoding: str, limit: int) -> bytes:
    """Undo a body's Content-Encoding; ClickHouse's clients also use lz4 and zstd.

    Raises:
        TooLargeError: the result has more than ``limit`` bytes.
        BadEncodingError: unknown encoding, or broken data.
    """
    match encoding.strip().lower():
        case "lz4":
            return _unlz4(data, limit)
        case "zstd":
            return _unzstd(data, limit)
        case other:
            return decompress(data, other, limit)


def _unzstd(data: bytes, limit: int) -> bytes:
    import zstandard

    parts: list[bytes] = []
    total = 0
    stream = zstandard.ZstdDecompressor().decompressobj()
    try:
        # A KiB of zstd can hold 32 MiB: little by little, or a bomb goes off inside one call.
        for place in range(0, len(data), 1024):
            rest = data[place : place + 1024]
            while rest:
                if stream.eof:
                    stream = zstandard.ZstdDecompressor().decompressobj()
                part = stream.decompress(rest)
                rest = stream.unused_data if stream.eof else b""
                total += len(part)
                if total > limit:
                    raise TooLargeError
                parts.append(part)
    except zstandard.ZstdError as error:
        raise BadEncodingError(f"the compressed body is broken: {error}", known=True) from error
    if data and not stream.eof:
        raise BadEncodingError("the compressed body is cut short", known=True)
    return b"".join(parts)


def _unlz4(data: bytes, limit: int) -> bytes:
    import lz4.frame

    stream = cast("IO[bytes]", lz4.frame.open(io.BytesIO(data)))
    parts: list[bytes] = []
    total = 0
    try:
        while part := stream.read(2**20):
            total += len(part)
            if total > limit:
                raise TooLargeError
            parts.append(part)
    except (RuntimeError, EOFError) as error:
        raise BadEncodingError(f"the compressed body is broken: {error}", known=True) from error
    return b"".join(parts)


def compressed(
    data: bytes, form: Mapping[str, str], fields: Mapping[str, str]
) -> tuple[bytes, str | None]:
    """Compress an answer if the client asks for it in both ways that ClickHouse wants."""
    if form.get("enable_http_compression") != "1" or len(data) < _MIN_COMPRESSED:
        return data, None
    accepted = {
        part.partition(";")[0].strip() for part in fields.get("accept-encoding", "").split(",")
    }
    if "gzip" in accepted:
        return gzip.compress(data, 3), "gzip"
    if "deflate" in accepted:
        return zlib.compress(data, 3), "deflate"
    return data, None
