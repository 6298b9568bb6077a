"""An agent that acts recorded runs again: the real openai SDK, and a provider that answers as recorded.

``python airline.py RUNS.json MODE`` reads ``{run: messages}``. MODE ``named`` puts each run into a
session of its name, ``wire`` says nothing at all, ``mixed`` takes the runs' turns in turn.
"""

from __future__ import annotations

import json
import sys
import threading
import uuid
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import zip_longest
from pathlib import Path

import tokenboard.auto
from openai import OpenAI

RUNS = {
    run: [
        {key: value for key, value in message.items() if value is not None} for message in messages
    ]
    for run, messages in json.loads(Path(sys.argv[1]).read_text("utf-8")).items()
}
MODE = sys.argv[2]


class Provider(BaseHTTPRequestHandler):
    """Answers ``/RUN/v1/chat/completions`` with what the recorded model said at that point."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        said = RUNS[self.path.split("/")[1]][len(asked["messages"])]
        calls = "tool_calls" in said
        body = json.dumps(
            {
                "id": f"chatcmpl-{uuid.uuid4().hex}",
                "object": "chat.completion",
                "created": 1,
                "model": "gpt-4o-2024-08-06",
                "choices": [
                    {
                        "index": 0,
                        "message": said,
                        "finish_reason": "tool_calls" if calls else "stop",
                    }
                ],
                "usage": {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107},
            }
        ).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def turns(client, messages):
    """Make the run's calls one by one."""
    for at, message in enumerate(messages):
        if message["role"] == "assistant":
            client.chat.completions.create(model="gpt-4o", messages=messages[:at])
            yield


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=server.serve_forever, daemon=True).start()
acts = {
    run: turns(
        OpenAI(api_key="none", base_url=f"http://127.0.0.1:{server.server_port}/{run}/v1"), messages
    )
    for run, messages in RUNS.items()
}
with tokenboard.user(MODE):
    if MODE == "mixed":
        for _ in zip_longest(*acts.values()):
            pass
    else:
        for run, act in acts.items():
            with tokenboard.session(run) if MODE == "named" else nullcontext():
                for _ in act:
                    pass
server.shutdown()
