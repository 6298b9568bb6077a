"""ClickHouse's HTTP interface on the embedded engine: for its clients, curl, Grafana's plugin.

https://clickhouse.com/docs/interfaces/http. Every request runs on a handle of its own, opened for
it and closed after it: no setting or ``USE`` outlives a request. Reading handles cannot write. On a
port that may write, POSTs that name a ``session_id`` share a handle, and so its temporary tables.
"""

from __future__ import annotations

import json
import logging
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tokenboard.local.asgi import BadEncodingError, GoneError, TooLargeError, body, headers, respond
from tokenboard.local.errors import error_code, error_name
from tokenboard.local.http_request import (
    CONTENT_TYPES,
    Request,
    compressed,
    decoded,
    hello,
    query_id,
)
from tokenboard.local.infile import insert
from tokenboard.local.reading import QueryError, Result, answer
from tokenboard.local.sessions import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from tokenboard.local.asgi import Receive, Scope, Send
    from tokenboard.local.reading import Reading
    from tokenboard.local.sql import Statement

MAX_QUERY = 1 * 2**20
MAX_INSERT = 256 * 2**20

_log = logging.getLogger(__name__)

# https://github.com/ClickHouse/ClickHouse/blob/master/src/Server/HTTP/exceptionCodeToHTTPStatus.cpp
_STATUSES = {
    **dict.fromkeys((16, 20, 46, 47, 50, 60, 81, 115, 392), 404),
    **dict.fromkeys((6, 26, 27, 38, 41, 42, 43, 53, 62, 69, 70, 72, 117, 130, 131), 400),
    **dict.fromkeys((354, 396, 456, 457), 400),
    48: 501,
    159: 408,
    164: 403,
    202: 503,
    236: 503,
    223: 413,
    497: 403,
}


class HttpInterface:
    """The ASGI application.

    Args:
        reading: runs the queries.
        read_only: refuse everything that changes data.
        on_written: called after a statement that may have changed data.
    """

    def __init__(
        self,
        reading: Reading,
        *,
        read_only: bool = True,
        on_written: Callable[[], None] = lambda: None,
    ) -> None:
        self._reading = reading
        self._read_only = read_only
        self._on_written = on_written
        self._sessions = Sessions(reading.engine.handle)

    def close(self) -> None:
        """Close the sessions. Idempotent."""
        self._sessions.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD", "POST"):
            allow = {"allow": "GET, HEAD, POST"}
            await respond(send, 405, b"only GET, HEAD and POST\n", extra=allow)
        elif scope["path"] in ("/ping", "/replicas_status"):
            await respond(send, 200, b"Ok.\n")
        elif scope["path"] not in ("/", "/query"):
            await respond(send, 404, f"There is no handle {scope['path']}\n".encode())
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        fields = headers(scope)
        form = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        common = {"x-clickhouse-query-id": query_id(form, fields)}
        try:
            query = await self._query(scope["method"], form, fields, receive)
            if not query.strip():
                await respond(send, 200, b"Ok.\n")
                return
            request = Request(scope["method"], query, form, fields)
            result = await self._reading.in_turn(lambda: self._run(request))
        except GoneError:
            return
        except Exception as error:
            await self._refuse(send, error, common)
            return
        common |= {
            "x-clickhouse-server-display-name": "tokenboard",
            "x-clickhouse-format": result.format,
            "x-clickhouse-timezone": self._reading.timezone,
            "x-clickhouse-summary": json.dumps(dict(result.summary)),
        }
        data, encoding = compressed(result.data, form, fields)
        if encoding:
            common["content-encoding"] = encoding
        kind = CONTENT_TYPES.get(result.format, "text/plain; charset=UTF-8")
        await respond(send, 200, data, kind, common)

    async def _query(
        self, method: str, form: Mapping[str, str], fields: Mapping[str, str], receive: Receive
    ) -> bytes:
        for wanted in ("compress", "decompress"):
            if form.get(wanted) == "1":
                raise QueryError(
                    48, f"{wanted}=1 is not supported here: use gzip or none", "NOT_IMPLEMENTED"
                )
        query = form.get("query", "").encode()
        if method != "POST":
            return query
        if fields.get("content-type", "").startswith("multipart/"):
            raise QueryError(48, "External tables are not supported here", "NOT_IMPLEMENTED")
        limit = MAX_QUERY if self._read_only else MAX_INSERT
        try:
            data = await body(receive, limit, fields.get("content-length"))
            data = decoded(data, fields.get("content-encoding", ""), limit)
        except TooLargeError:
            raise QueryError(
                223, f"The body is larger than {limit} bytes", "QUERY_IS_TOO_LARGE"
            ) from None
        except BadEncodingError as error:
            raise QueryError(354, str(error), "CANNOT_DECOMPRESS") from error
        return b"\n".join(part for part in (query, data) if part)

    def _run(self, request: Request) -> Result:
        # A GET never changes data, as on a server: a link or an image must not be able to.
        writable = not self._read_only and request.method == "POST"
        statement = self._reading.judge(request.query, writable=writable)
        if request.greets:
            return Result(hello(self._reading.version, self._reading.timezone), "Native", {})
        if writable:
            return self._run_writable(request, statement)
        return self._reading.run(
            statement,
            request.format,
            settings=request.settings(self._reading.limits),
            parameters=request.parameters,
            database=request.database,
        )

    def _run_writable(self, request: Request, statement: Statement) -> Result:
        limits: Mapping[str, int] = {} if statement.writes else self._reading.limits
        try:
            with self._handle(request, request.settings(limits)) as handle:
                if statement.data is None:
                    return answer(handle, statement, request.format, request.parameters)
                into = statement.sql.decode()
                written = insert(handle, into, statement.format or "", [statement.data])
                summary = {"read_rows": str(written), "written_rows": str(written)}
                return Result(b"", request.format, summary)
        finally:
            if statement.writes:
                self._on_written()

    @contextmanager
    def _handle(self, request: Request, settings: Mapping[str, str | int]) -> Generator[Any]:
        """Give a handle that may write: the session's, else one that ends with the request."""
        engine = self._reading.engine
        database = request.database or engine.database
        if not request.form.get("session_id"):
            with closing(engine.handle(database, settings)) as handle:
                yield handle
            return
        with self._sessions.held(request.form) as handle:
            try:
                engine.prepare(handle, database, settings)
                yield handle
            finally:
                # a request's settings are its own, also in a session
                for name in settings:
                    handle.query(f"SET {name} = DEFAULT", "TabSeparated")

    async def _refuse(self, send: Send, error: Exception, common: Mapping[str, str]) -> None:
        message = str(error).strip()
        code = error_code(message)
        if not code:
            _log.error("a query failed in an unknown way", exc_info=error)
            code, message = 1002, f"Code: 1002. DB::Exception: {message}. (UNKNOWN_EXCEPTION)"
        message = message[message.index("Code: ") :]
        if "(version " not in message:
            message = f"{message} (version {self._reading.version})"
        extra = {**common, "x-clickhouse-exception-code": str(code)}
        if name := error_name(message):
            extra["x-clickhouse-exception-name"] = name
        status = _STATUSES.get(code, 500)
        await respond(send, status, f"{message}\n".encode(), extra=extra)
