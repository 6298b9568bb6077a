"""The page server: the provisioned dashboards as a local page, and their panels' data.

The browser names a panel, never SQL: what runs is the panel's own query from the provisioned file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tokenboard.local import page
from tokenboard.local.answers import Answers
from tokenboard.local.asgi import GoneError, TooLargeError, body
from tokenboard.local.errors import one_line
from tokenboard.local.page import runbooks
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
                # Where an alert's link leads in Grafana, a dashboard of texts.
                Route("/d/tokenboard-runbooks", server.runbook),
                Route("/d/{uid:path}", server.index),
                Route("/vendor/{name}", server.vendor),
                Route("/runbooks/{name}", server.runbook),
                Route("/api/status", server.status),
                Route("/api/dashboards", server.dashboards),
                Route("/api/dashboards/{uid}", server.dashboard),
                Route("/api/query", server.query, methods=["POST"]),
                Mount(f"/page/{page.STAMP}", _Lasting(directory=page.FOLDER)),
                Mount("/page", StaticFiles(directory=page.FOLDER)),
            ],
            middleware=[Middleware(_Headers)],
            exception_handlers={HTTPException: _failed},
        ),
    )


class _Server:
    def __init__(self, reading: Reading, status: Callable[[], Mapping[str, Any]]) -> None:
        self._answers = Answers(reading)
        self._status = status

    async def index(self, request: Request) -> Response:
        """The page with what it asks first already in it: the list, and the dashboard to draw."""
        boards = panels.dashboards()
        uid = request.path_params.get("uid") or next(iter(boards), "")
        given = {"boards": _listed(boards), "dashboard": boards.get(uid)}
        return Response(
            page.index(json.dumps(given, separators=(",", ":"))),
            media_type="text/html",
            headers={"cache-control": "no-store"},
        )

    async def runbook(self, request: Request) -> Response:
        name = request.path_params.get("name") or request.query_params.get("var-rule", "")
        text = runbooks.page(name)
        if text is None:
            raise HTTPException(404, "no such runbook")
        return HTMLResponse(text)

    async def vendor(self, request: Request) -> Response:
        path = page.vendor(request.path_params["name"])
        if path is None:
            raise HTTPException(404, "no such file")
        return await _Lasting(directory=path.parent).get_response(path.name, request.scope)

    async def status(self, request: Request) -> Response:
        del request
        return JSONResponse(dict(self._status()))

    async def dashboards(self, request: Request) -> Response:
        del request
        return JSONResponse(_listed(panels.dashboards()))

    async def dashboard(self, request: Request) -> Response:
        return JSONResponse(_board(request.path_params["uid"]))

    async def query(self, request: Request) -> Response:
        asked = await _asked(request)
        board = _board(str(asked.get("dashboard", "")))
        panel = cast("int | str", asked.get("panel", ""))
        ref = str(asked.get("ref", "A"))
        variables = _variables(asked)
        try:
            for switch in panels.switches_of(board, panel, ref):
                answer = await self._answer(asked, board, panels.VARIABLE_PANEL, switch, variables)
                variables[switch] = json.loads(answer)["rows"][0][0]
            data = await self._answer(asked, board, panel, ref, variables)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        return Response(data, media_type="application/json")

    async def _answer(
        self,
        asked: Mapping[str, Any],
        board: dict[str, Any],
        panel: int | str,
        ref: str,
        variables: Mapping[str, str | list[str]],
    ) -> bytes:
        sql = panels.sql_for(
            board,
            panel,
            ref,
            start_ms=_milliseconds(asked, "from"),
            end_ms=_milliseconds(asked, "to"),
            variables=variables,
        )
        try:
            return await self._answers.of(sql)
        except Exception as error:
            raise HTTPException(500, one_line(error)) from error


class _Lasting(StaticFiles):
    """Files whose address changes with them: a browser need not ask for them again."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def _listed(boards: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    names = ("uid", "title", "description", "tags")
    return [{name: board.get(name) for name in names} for board in boards.values()]


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
