"""An app with real SDKs whose collector has too much to do: bench/overload_app.py, told what to do by a test."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

APP = Path(__file__).resolve().parents[1] / "bench" / "overload_app.py"
QUEUE = 40  # spans that it keeps for its collector


@contextlib.contextmanager
def app(name, endpoint):
    """An app with the real SDKs; yields a function: number of calls -> what the app says of them."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OTEL_", "TOKENBOARD_"))}
    process = subprocess.Popen(
        [sys.executable, APP],
        env={
            **kept,
            "OTEL_SERVICE_NAME": name,
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_TIMEOUT": "3",  # so that it gives up within the test
            "OTEL_BSP_MAX_QUEUE_SIZE": str(QUEUE),
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def make(count):
        process.stdin.write(f"{count} 1000\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    try:
        yield make
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0
        # at most a warning that nothing arrives and one that some is lost, whatever happens
        assert len(said.splitlines()) <= 2, said
        assert "Traceback" not in said
    finally:
        process.kill()
        process.wait()


def kept_and_lost(query, name):
    """An app's calls on the books, and its spans lost by what the pipeline's figures say."""
    books = f"SELECT count() FROM calls WHERE service = '{name}'"
    figures = f"SELECT sum(failed) FROM pipeline_minutes WHERE component = '{name}'"
    return query(books)[0][0], query(figures)[0][0]
