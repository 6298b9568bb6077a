"""A gate before the store's HTTP port that fails on command, as stores and networks do."""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from urllib.parse import unquote_plus, urlsplit


class Gate:
    """Forwards to the store; what happens to inserts of spans is ``mode``.

    Modes: ``pass``; ``down`` (the connection ends without a word, for every request); ``500``
    (refused, not stored); ``stored, then 500``; ``stored, then silence`` (no answer for longer than
    the exporter waits).
    """

    def __init__(self, store):
        self.mode = "pass"
        self.inserts = []  # the mode that each insert met
        self.silence = 3.0
        gate, where = self, urlsplit(store)

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.forward()

            def do_POST(self):
                self.forward()

            def forward(self):
                body = self.body()
                query = unquote_plus(self.path).encode() + body[:400]
                insert = b"INSERT" in query and b"otel_traces" in query
                mode = gate.mode if insert or gate.mode == "down" else "pass"
                if insert:
                    gate.inserts.append(mode)
                if mode == "down":
                    self.close_connection = True
                    return
                if mode == "500":
                    self.reply(500, {}, b"Code: 1002. DB::Exception: no. (UNKNOWN_EXCEPTION)\n")
                    return
                wire = http.client.HTTPConnection(where.hostname, where.port)
                fields = {
                    name: value
                    for name, value in self.headers.items()
                    if name.lower() not in ("transfer-encoding", "host", "connection")
                }
                wire.request(self.command, self.path, body, fields)
                answer = wire.getresponse()
                data, status = answer.read(), answer.status
                wire.close()
                if mode == "stored, then silence":
                    time.sleep(gate.silence)
                    self.close_connection = True
                elif mode == "stored, then 500":
                    self.reply(500, {}, b"Code: 209. DB::Exception: no. (SOCKET_TIMEOUT)\n")
                else:
                    self.reply(status, dict(answer.getheaders()), data)

            def body(self):
                if self.headers.get("transfer-encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("content-length") or 0))
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def reply(self, status, fields, data):
                self.send_response(status)
                for name, value in fields.items():
                    if name.lower() not in ("content-length", "transfer-encoding", "date"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

            def handle(self):
                try:
                    super().handle()
                except OSError:  # the collector gave up on it, or was killed
                    self.close_connection = True

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
