"""The page server: the provisioned dashboards as a local page, and their panels' data.

The browser names a panel, never SQL: what runs is the panel's own query from the provisioned file.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from starlette.requests import Request

    from tokenboard.local.asgi import App
    from tokenboard.local.engine import Engine

PAGE = Path(__file__).resolve().parent / "page"


def application(engine: Engine, status: Callable[[], Mapping[str, Any]]) -> App:
    """Return the ASGI application."""
    del engine

    async def index(request: Request) -> PlainTextResponse:
        del request
        return PlainTextResponse("tokenboard\n")

    async def state(request: Request) -> JSONResponse:
        del request
        return JSONResponse(dict(status()))

    return Starlette(routes=[Route("/", index), Route("/api/status", state)])  # type: ignore[return-value]  # pyright: ignore[reportReturnType]
