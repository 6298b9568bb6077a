"""An app with the real openai SDK, in a process of its own, that does as it is told on its input.

``COUNT RATE`` a line: so many calls, so many a second, then one line of JSON: ``made``, ``wrong``
(calls with another answer than the provider gave, or an exception), ``p50_ms`` and ``p99_ms`` of a
call, ``lost`` (spans of this process that never arrived, so far). It ends with its input.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import tokenboard.auto
from openai import OpenAI
from tokenboard import export


class Provider(BaseHTTPRequestHandler):
    """Answers each chat with a number of its own."""

    protocol_version = "HTTP/1.1"
    asked = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        Provider.asked += 1
        answer = {
            "id": f"chatcmpl-{os.getpid()}-{Provider.asked:08}",
            "object": "chat.completion",
            "created": 1,
            "model": "gpt-4o-2024-08-06",
            "choices": [
                {
                    "index": 0,
                    "finish_reason": "stop",
                    "message": {"role": "assistant", "content": str(Provider.asked)},
                }
            ],
            "usage": {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107},
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def calls(client: OpenAI, count: int, rate: float) -> dict[str, float]:
    """Make so many calls, one after the other."""
    took: list[float] = []
    wrong = 0
    began = time.perf_counter()
    for number in range(count):
        time.sleep(max(0.0, began + number / rate - time.perf_counter()))
        expected, started = str(Provider.asked + 1), time.perf_counter()
        try:
            answer = client.chat.completions.create(
                model="gpt-4o", messages=[{"role": "user", "content": "count"}]
            )
            wrong += answer.choices[0].message.content != expected
        except Exception:
            wrong += 1
        took.append((time.perf_counter() - started) * 1e3)
    return {
        "made": count,
        "wrong": wrong,
        "p50_ms": statistics.median(took),
        "p99_ms": statistics.quantiles(took, n=100, method="inclusive")[98],
        "lost": export.lost(),
    }


def main() -> None:
    """Serve a provider in a thread and obey."""
    assert tokenboard.auto
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/v1")
    for line in sys.stdin:
        count, rate = line.split()
        print(json.dumps(calls(client, int(count), float(rate))), flush=True)
    export.flush(30)


if __name__ == "__main__":
    main()
