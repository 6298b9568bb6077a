"""A local HTTP server that answers as it is told and keeps what it was asked."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Self


@dataclass
class Asked:
    """One request as the server saw it; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What to answer: ``body`` whole, or ``chunks`` one HTTP chunk each.

    ``hold`` is waited for before the chunk with that number; ``cut`` breaks the connection off
    after the last chunk instead of ending the body.
    """

    body: bytes | None = None
    chunks: Iterable[bytes] = ()
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    hold: tuple[int, threading.Event] | None = None
    cut: bool = False


def document(value: Any, status: int = 200, **headers: str) -> Answer:
    """Answer with a JSON document."""
    return Answer(
        json.dumps(value).encode(),
        status=status,
        headers={"content-type": "application/json", **headers},
    )


def events(
    *values: Any,
    done: bool = False,
    named: bool = False,
    size: int | None = None,
    zipped: bool = False,
) -> Answer:
    """Answer with server-sent events; ``size`` cuts them into chunks of so many bytes."""
    parts = [
        (f"event: {value['type']}\n" if named else "").encode()
        + b"data: "
        + json.dumps(value).encode()
        + b"\n\n"
        for value in values
    ]
    if done:
        parts.append(b"data: [DONE]\n\n")
    headers = {"content-type": "text/event-stream"}
    if zipped:
        parts = [gzip.compress(b"".join(parts))]
        headers["content-encoding"] = "gzip"
    if size is not None:
        whole = b"".join(parts)
        parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    return Answer(chunks=parts, headers=headers)


class Canned:
    """The server; ``with Canned(answer) as server`` runs it in a thread.

    ``answer`` is called with each request and returns an ``Answer``; a list is answered in order,
    its last entry for ever.
    """

    def __init__(self, answer: Callable[[Asked], Answer] | list[Answer]) -> None:
        self.asked: list[Asked] = []
        self.broken_off = 0
        self._answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _next(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if isinstance(self._answer, list):
            return self._answer[min(len(self.asked), len(self._answer)) - 1]
        return self._answer(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        canned = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def _serve(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = canned._next(Asked(self.command, self.path, headers, self._body(headers)))
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                try:
                    if answer.body is not None:
                        self.send_header("content-length", str(len(answer.body)))
                        self.end_headers()
                        self.wfile.write(answer.body)
                    else:
                        self._stream(answer)
                except (BrokenPipeError, ConnectionResetError):
                    canned.broken_off += 1
                    self.close_connection = True

            def _body(self, headers: dict[str, str]) -> bytes:
                if headers.get("transfer-encoding") != "chunked":
                    return self.rfile.read(int(headers.get("content-length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def _stream(self, answer: Answer) -> None:
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for number, chunk in enumerate(answer.chunks):
                    if answer.hold is not None and answer.hold[0] == number:
                        answer.hold[1].wait(10)
                    self.wfile.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
                    self.wfile.flush()
                if answer.cut:
                    self.close_connection = True
                    return
                self.wfile.write(b"0\r\n\r\n")

        for method in ("GET", "POST", "PUT", "DELETE"):
            setattr(Handler, f"do_{method}", Handler._serve)
        return Handler
