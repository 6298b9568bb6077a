"""An app in a process of its own: what it says, and what the collector it sends to was sent."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from fakes import bodies

CALL = f"""
import httpx2

def answer(request):
    return httpx2.Response(200, content={bodies.chat().chunks[0]!r})

def call(url="https://api.openai.com/v1/chat/completions"):
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        return client.post(url, json={{"model": "gpt-test", "messages": []}})
"""


def run(script, collector=None, args=(), **environ):
    """Run a script as ``app.py`` would run: its standard output, its warnings, its exit code."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "TOKENBOARD_", "PYTHONWARN"))
    }
    if collector is not None:
        kept["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    return subprocess.run(
        [sys.executable, *args, "-c", CALL + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**kept, **environ},
    )
