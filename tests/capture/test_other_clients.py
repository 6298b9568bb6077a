"""The app's other HTTP calls get spans without a client being imported that the app has not."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
Thread(target=server.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{server.server_port}/"
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))

import tokenboard

tokenboard.init(tracer_provider=provider)
for name in FIRST, SECOND:
    __import__(name)
    sys.modules[name].get(url)
    other = {"httpx", "httpx2"} - {name}
    print(name, len(spans.get_finished_spans()), [o for o in other if o in sys.modules])
server.shutdown()
"""


@pytest.mark.parametrize(("first", "second"), [("httpx2", "httpx"), ("httpx", "httpx2")])
def test_only_the_apps_own_clients_are_imported(first, second):
    """One client's first plain request imports no other client; one imported later has spans too."""
    script = SCRIPT.replace("FIRST", repr(first)).replace("SECOND", repr(second))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == [f"{first} 1 []", f"{second} 2 ['{first}']"]
