"""Keep web pages of other sites away from the local ports.

They listen on 127.0.0.1 only, but a browser on the machine runs other people's pages. A page whose
name is pointed at 127.0.0.1 (DNS rebinding) sends its own name as ``Host``; a page that calls us
across sites sends ``Origin`` or ``Sec-Fetch-Site``. All are refused, and no CORS header is ever
sent.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tokenboard.local.asgi import headers, respond

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tokenboard.local.asgi import App, Receive, Scope, Send

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})


def allowed_names() -> frozenset[str]:
    """Names that requests may use for this machine.

    The loopback ones, and those in ``TOKENBOARD_ALLOWED_HOSTS`` (comma-separated), which is for a
    forwarded port that keeps its outer name.
    """
    more = os.environ.get("TOKENBOARD_ALLOWED_HOSTS", "")
    return LOCAL_NAMES | {name.strip().lower() for name in more.split(",") if name.strip()}


class LocalOnly:
    """ASGI middleware: 403 for what does not come from this machine's own tools and pages.

    Args:
        links: let a link on another site open a page (GET by navigation); for the page server.
    """

    def __init__(self, app: App, *, links: bool = False) -> None:
        self._app = app
        self._links = links
        self._names = allowed_names()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse the request or pass it on."""
        if scope["type"] == "http":
            reason = self._refusal(headers(scope), scope["method"])
            if reason:
                await respond(send, 403, f"{reason}\n".encode())
                return
        await self._app(scope, receive, send)

    def _refusal(self, fields: Mapping[str, str], method: str) -> str | None:
        host = fields.get("host", "").strip().lower()
        if _name(host) not in self._names:
            return (
                f"refused: the Host header names {host!r}, not this machine; use http://127.0.0.1, "
                "or list the name in TOKENBOARD_ALLOWED_HOSTS"
            )
        origin = fields.get("origin")
        # Not even another port's page of this machine: it may show anything, and could write.
        if origin is not None and urlsplit(origin).netloc.lower() != host:
            return f"refused: a request of the web page {origin!r}"
        if fields.get("sec-fetch-site") in ("cross-site", "same-site"):
            link = fields.get("sec-fetch-mode") == "navigate" and method == "GET"
            if not (self._links and link):
                return "refused: a request of another web site"
        return None


def _name(host: str) -> str:
    """Return a host header without its port, lower-case."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
