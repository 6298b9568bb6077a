"""ClickHouse's HTTP interface on the embedded engine, for its own clients, curl and Grafana's plugin.

https://clickhouse.com/docs/interfaces/http. Every request runs on a handle of its own, opened for it and
closed after it: no session, setting or ``USE`` outlives a request. Reading handles cannot write.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import uuid
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tokenboard.local import sql
from tokenboard.local.asgi import (
    BadEncodingError,
    GoneError,
    TooLargeError,
    body,
    decompress,
    headers,
    respond,
)
from tokenboard.local.errors import error_code, error_name
from tokenboard.local.native import size, text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tokenboard.local.asgi import Receive, Scope, Send
    from tokenboard.local.engine import Engine

MAX_QUERY = 1 * 2**20
MAX_INSERT = 256 * 2**20
MAX_RESULT = 256 * 2**20
_MIN_COMPRESSED = 1024

# What a reading query may use. A client can ask for less, never for more.
READ_LIMITS: Mapping[str, int] = {
    "max_execution_time": 30,
    "max_memory_usage": 2 * 2**30,
    "max_result_bytes": MAX_RESULT,
    "max_result_rows": 10_000_000,
    "max_threads": 2,
}
_LOWERED = frozenset({"max_execution_time", "max_result_rows", "max_result_bytes", "max_threads"})
# Settings that clients may set: they change how a result looks, not what is reached or used.
_PASSED = frozenset({
    "session_timezone", "date_time_input_format", "date_time_output_format", "extremes", "limit", "offset",
    "result_overflow_mode", "join_use_nulls", "cast_string_to_dynamic_use_inference", "max_block_size",
})  # fmt: skip
_PASSED_PREFIX = "output_format_"
# Those outputs that name a file or run with a schema of one.
_NOT_PASSED = re.compile(r"output_format_(schema|.*_path|.*template.*)")

# clickhouse-go asks this once a connection and decodes the answer as protocol 54460; the revision in it
# decides how it decodes everything after. 0 is what the embedded engine's plain blocks are.
_HELLO = "SELECT displayName(), version(), revision(), timezone()"

_CONTENT_TYPES = {
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONStrings": "application/json; charset=UTF-8",
    "JSONCompactStrings": "application/json; charset=UTF-8",
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

# https://github.com/ClickHouse/ClickHouse/blob/master/src/Server/HTTP/exceptionCodeToHTTPStatus.cpp
_NOT_FOUND = frozenset({16, 20, 46, 47, 50, 60, 81, 115, 392})
_BAD_REQUEST = frozenset(
    {6, 26, 27, 38, 41, 42, 43, 53, 62, 69, 70, 72, 117, 130, 131, 396, 456, 457}
)
_STATUSES = {164: 403, 497: 403, 223: 413, 159: 408, 202: 503, 241: 500, 48: 501}


class _HttpError(Exception):
    def __init__(self, status: int, code: int, message: str, name: str) -> None:
        super().__init__(f"Code: {code}. DB::Exception: {message}. ({name})")
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class _Request:
    query: bytes
    form: Mapping[str, str]
    fields: Mapping[str, str]
    query_id: str

    @property
    def parameters(self) -> dict[str, str]:
        return {k.removeprefix("param_"): v for k, v in self.form.items() if k.startswith("param_")}

    @property
    def format(self) -> str:
        return (
            self.form.get("default_format")
            or self.fields.get("x-clickhouse-format")
            or "TabSeparated"
        )

    @property
    def database(self) -> str | None:
        named = self.form.get("database") or self.fields.get("x-clickhouse-database")
        # In the embedded engine `default` is a view of the machine's files, not a place for data.
        return None if named in (None, "", "default", "__default__") else named

    def settings(self, limits: Mapping[str, int]) -> dict[str, str | int]:
        """Return the limits, lowered where the client asks for less, and what it may set freely."""
        chosen: dict[str, str | int] = dict(limits)
        for name, value in self.form.items():
            if name in _LOWERED:
                if value.isdigit() and 0 < int(value) < limits.get(name, 2**63):
                    chosen[name] = int(value)
            elif name in _PASSED or (
                name.startswith(_PASSED_PREFIX) and not _NOT_PASSED.fullmatch(name)
            ):
                chosen[name] = value
        return chosen


@dataclass(frozen=True, slots=True)
class _Answer:
    data: bytes
    format: str
    summary: Mapping[str, str]


class HttpInterface:
    """The ASGI application.

    Args:
        engine: the data.
        read_only: refuse everything that changes data.
        workers: queries running at once; others wait their turn.
        on_written: called after a statement that may have changed data.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        read_only: bool = True,
        workers: int = 4,
        limits: Mapping[str, int] = READ_LIMITS,
        on_written: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._read_only = read_only
        self._limits = limits
        self._on_written = on_written
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="tokenboard-query")
        reader = engine.reader({})
        try:
            listed = reader.query("SELECT name FROM system.table_functions", "TSV")
            facts = reader.query("SELECT version(), timezone()", "TSV").bytes().decode()
        finally:
            reader.close()
        self._forbidden = sql.forbidden_names(listed.bytes().decode().split())
        self._version, self._timezone = facts.split()

    def close(self) -> None:
        """Wait for running queries and take no more."""
        self._pool.shutdown(cancel_futures=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = headers(scope)
        method, path = scope["method"], scope["path"]
        if method not in ("GET", "HEAD", "POST"):
            await respond(
                send, 405, b"only GET, HEAD and POST\n", extra={"allow": "GET, HEAD, POST"}
            )
            return
        if path in ("/ping", "/replicas_status"):
            await respond(send, 200, b"Ok.\n")
            return
        if path not in ("/", "/query"):
            await respond(send, 404, f"There is no handle {path}\n".encode())
            return
        form = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        query_id = form.get("query_id") or fields.get("x-clickhouse-query-id") or str(uuid.uuid4())
        common = {"x-clickhouse-query-id": re.sub(r"[^\x21-\x7e]", "?", query_id)[:200]}
        try:
            query = await self._query(method, form, fields, receive)
            if not query.strip():
                await respond(send, 200, b"Ok.\n")
                return
            request = _Request(query, form, fields, query_id)
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(self._pool, self._run, request, method)
        except GoneError:
            return
        except _HttpError as error:
            await self._refuse(send, error.status, error.code, str(error), common)
            return
        except Exception as error:
            message = str(error).strip()
            code = error_code(message)
            if not code:
                code, message = 1002, f"Code: 1002. DB::Exception: {message}. (UNKNOWN_EXCEPTION)"
            await self._refuse(send, _status(code), code, message, common)
            return
        common |= {
            "x-clickhouse-server-display-name": "tokenboard",
            "x-clickhouse-format": answer.format,
            "x-clickhouse-timezone": self._timezone,
            "x-clickhouse-summary": json.dumps(answer.summary),
        }
        data, encoding = _compressed(answer.data, form, fields)
        if encoding:
            common["content-encoding"] = encoding
        kind = _CONTENT_TYPES.get(answer.format, "text/plain; charset=UTF-8")
        await respond(send, 200, data, kind, common)

    async def _query(
        self, method: str, form: Mapping[str, str], fields: Mapping[str, str], receive: Receive
    ) -> bytes:
        query = form.get("query", "").encode()
        for wanted in ("compress", "decompress"):
            if form.get(wanted) == "1":
                raise _HttpError(
                    501,
                    48,
                    f"{wanted}=1 is not supported here: use gzip or none",
                    "NOT_IMPLEMENTED",
                )
        if method != "POST":
            return query
        if fields.get("content-type", "").startswith("multipart/"):
            raise _HttpError(501, 48, "External tables are not supported here", "NOT_IMPLEMENTED")
        limit = MAX_QUERY if self._read_only else MAX_INSERT
        try:
            data = await body(receive, limit, fields.get("content-length"))
            data = _decoded(data, fields.get("content-encoding", ""), limit)
        except TooLargeError:
            raise _HttpError(
                413, 223, f"The body is larger than {limit} bytes", "QUERY_IS_TOO_LARGE"
            ) from None
        except BadEncodingError as error:
            raise _HttpError(400, 354, str(error), "CANNOT_DECOMPRESS") from error
        return b"\n".join(part for part in (query, data) if part)

    def _run(self, request: _Request, method: str) -> _Answer:
        writable = not self._read_only and method == "POST"
        try:
            statement = sql.read(request.query, forbidden=self._forbidden, writable=writable)
        except sql.RefusedError as error:
            raise _HttpError(_status(error.code), error.code, str(error), error.name) from error
        if request.query.strip().rstrip(b";").decode("latin-1") == _HELLO:
            protocol = request.form.get("client_protocol_version", "0")
            if request.format == "Native" and protocol.isdigit() and int(protocol) > 0:
                return _Answer(_hello(self._version, self._timezone), "Native", {})
        if statement.writes:
            try:
                return self._write(request, statement)
            finally:
                self._on_written()
        database = request.database or self._engine.database
        handle = self._engine.reader(request.settings(self._limits), database)
        try:
            result = handle.query(statement.sql, request.format, params=request.parameters)
            data = result.bytes()
            if len(data) > MAX_RESULT:
                raise _HttpError(
                    500,
                    396,
                    f"Limit for result exceeded, max bytes: {MAX_RESULT}",
                    "TOO_MANY_ROWS_OR_BYTES",
                )
            return _Answer(data, statement.format or request.format, _summary(result))
        finally:
            handle.close()

    def _write(self, request: _Request, statement: sql.Statement) -> _Answer:
        handle = self._engine.handle(request.database or self._engine.database)
        try:
            if statement.data is None:
                result = handle.query(statement.sql, request.format, params=request.parameters)
                return _Answer(result.bytes(), request.format, _summary(result))
            stream = handle.send_insert(statement.sql.decode(), statement.format)
            try:
                stream.append(statement.data)
                written = stream.finish()
            except BaseException:
                stream.cancel()
                raise
            summary = {
                "written_rows": str(written.rows_written),
                "written_bytes": str(written.bytes_written),
            }
            return _Answer(b"", request.format, summary)
        finally:
            handle.close()

    async def _refuse(
        self, send: Send, status: int, code: int, message: str, common: Mapping[str, str]
    ) -> None:
        if "(version " not in message:
            message = f"{message} (version {self._version})"
        name = error_name(message)
        extra = {**common, "x-clickhouse-exception-code": str(code)}
        if name:
            extra["x-clickhouse-exception-name"] = name
        await respond(send, status, f"{message}\n".encode(), extra=extra)


def _status(code: int) -> int:
    if code in _STATUSES:
        return _STATUSES[code]
    return 404 if code in _NOT_FOUND else 400 if code in _BAD_REQUEST else 500


def _summary(result: Any) -> dict[str, str]:
    return {
        "read_rows": str(result.rows_read()),
        "read_bytes": str(result.bytes_read()),
        "written_rows": "0",
        "written_bytes": "0",
        "elapsed_ns": str(int(result.elapsed() * 1e9)),
    }


def _hello(version: str, timezone: str) -> bytes:
    """Return the greeting block as protocol 54460 has it: with block info, and a byte after each type."""
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


def _decoded(data: bytes, encoding: str, limit: int) -> bytes:
    """Undo a body's Content-Encoding; the ClickHouse clients also use lz4 and zstd."""
    match encoding.strip().lower():
        case "lz4":
            import lz4.frame

            with lz4.frame.open(_file(data)) as stream:
                return _bounded(stream, limit)
        case "zstd":
            import zstandard

            return _bounded(zstandard.ZstdDecompressor().stream_reader(data), limit)
        case other:
            return decompress(data, other, limit)


def _file(data: bytes) -> Any:
    import io

    return io.BytesIO(data)


def _bounded(stream: Any, limit: int) -> bytes:
    try:
        data = stream.read(limit + 1)
    except Exception as error:
        raise BadEncodingError(f"the compressed body is broken: {error}", known=True) from error
    if len(data) > limit:
        raise TooLargeError
    return data


def _compressed(
    data: bytes, form: Mapping[str, str], fields: Mapping[str, str]
) -> tuple[bytes, str | None]:
    """Compress an answer if the client asked for it both ways that ClickHouse wants."""
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
