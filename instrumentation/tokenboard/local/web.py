"""The page server: the provisioned dashboards as a local page, and their panels' data.

The browser names a panel, never SQL: what runs is the panel's own query from the provisioned file.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tokenboard.local import page
from tokenboard.local.asgi import GoneError, TooLargeError, body
from tokenboard.local.errors import one_line
from tokenboard.queries import panels

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from tokenboard.local.asgi import App, Message, Receive, Scope, Send
    from tokenboard.local.reading import Reading

_MAX_BODY = 64 * 2**10

# Nothing from elsewhere, nothing into elsewhere. Charts set styles from script.
_SECURITY = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def application(reading: Reading, status: Callable[[], Mapping[str, Any]]) -> App:
    """Return the ASGI application.

    Args:
        reading: runs the panels' queries.
        status: what ``/api/status`` shows.
    """
    server = _Server(reading, status)
    return cast(
        "App",
        Starlette(
            routes=[
                Route("/", server.index),
                Route("/d/{uid:path}", server.index),
                Route("/vendor/{name}", server.vendor),
                Route("/api/status", server.status),
                Route("/api/dashboards", server.dashboards),
                Route("/api/dashboards/{uid}", server.dashboard),
                Route("/api/query", server.query, methods=["POST"]),
                Mount("/page", StaticFiles(directory=page.FOLDER)),
            ],
            middleware=[Middleware(_Headers)],
            exception_handlers={HTTPException: _failed},
        ),
    )


class _Server:
    def __init__(self, reading: Reading, status: Callable[[], Mapping[str, Any]]) -> None:
        self._reading = reading
        self._status = status

    async def index(self, request: Request) -> Response:
        del request
        return FileResponse(page.FOLDER / "index.html", headers={"cache-control": "no-cache"})

    async def vendor(self, request: Request) -> Response:
        path = page.vendor(request.path_params["name"])
        if path is None:
            raise HTTPException(404, "no such file")
        return await StaticFiles(directory=path.parent).get_response(path.name, request.scope)

    async def status(self, request: Request) -> Response:
        del request
        return JSONResponse(dict(self._status()))

    async def dashboards(self, request: Request) -> Response:
        del request
        return JSONResponse(
            [
                {name: board.get(name) for name in ("uid", "title", "description", "tags")}
                for board in panels.dashboards().values()
            ]
        )

    async def dashboard(self, request: Request) -> Response:
        return JSONResponse(_board(request.path_params["uid"]))

    async def query(self, request: Request) -> Response:
        asked = await _asked(request)
        try:
            sql = panels.sql_for(
                _board(str(asked.get("dashboard", ""))),
                cast("int | str", asked.get("panel", "")),
                str(asked.get("ref", "A")),
                start_ms=_milliseconds(asked, "from"),
                end_ms=_milliseconds(asked, "to"),
                variables=_variables(asked),
            )
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        try:
            data = await self._reading.in_turn(partial(self._rows, sql))
        except Exception as error:
            raise HTTPException(500, one_line(error)) from error
        return Response(data, media_type="application/json")

    def _rows(self, sql: str) -> bytes:
        """Run a panel's query; each row is copied as the engine wrote it."""
        statement = self._reading.judge(sql.encode())
        settings = {**self._reading.limits, "output_format_json_quote_64bit_integers": 0}
        lines = self._reading.run(
            statement, "JSONCompactEachRowWithNamesAndTypes", settings=settings
        ).data.splitlines()
        if len(lines) < 2:  # noqa: PLR2004 - names and types
            return b'{"columns":[],"rows":[]}'
        columns = [
            {"name": name, "type": kind}
            for name, kind in zip(json.loads(lines[0]), json.loads(lines[1]), strict=True)
        ]
        return b'{"columns":%b,"rows":[%b]}' % (json.dumps(columns).encode(), b",".join(lines[2:]))


def _board(uid: str) -> dict[str, Any]:
    board = panels.dashboards().get(uid)
    if board is None:
        raise HTTPException(404, f"there is no dashboard {uid!r}")
    return board


async def _asked(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "send JSON")
    try:
        sent = await body(request.receive, _MAX_BODY)
        asked: Any = json.loads(sent)
    except TooLargeError:
        raise HTTPException(413, f"the request is larger than {_MAX_BODY} bytes") from None
    except GoneError:
        raise HTTPException(400, "the request was cut short") from None
    except (ValueError, RecursionError):
        raise HTTPException(400, "the request is not JSON") from None
    if not isinstance(asked, dict):
        raise HTTPException(400, "the request is not a JSON object")
    return cast("dict[str, Any]", asked)


def _milliseconds(asked: Mapping[str, Any], name: str) -> int:
    value = asked.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise HTTPException(400, f"{name!r} must be milliseconds since 1970")
    return value


def _variables(asked: Mapping[str, Any]) -> dict[str, str | list[str]]:
    given: Any = asked.get("variables") or {}
    if not isinstance(given, dict):
        raise HTTPException(400, "'variables' must be an object")
    chosen: dict[str, str | list[str]] = {}
    for name, value in cast("dict[str, Any]", given).items():
        many = cast("list[Any]", value) if isinstance(value, list) else [value]
        if not all(isinstance(one, str) for one in many):
            raise HTTPException(400, f"the value of variable {name!r} must be text")
        chosen[name] = many if isinstance(value, list) else many[0]
    return chosen


async def _failed(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code)


class _Headers:
    """Puts the security headers on every answer."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(
                        (name.encode(), value.encode())
                        for name, value in _SECURITY.items()
                        if name.encode() not in sent
                    ),
                ]
            await send(message)

        await self._app(scope, receive, secured)
