"""The real collector between a test and a real store."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import yaml
from pipeline.gate import Gate
from tokenboard.local.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
START = 1_795_341_600_000_000_000  # 2026-11-22 10:00 UTC
HASH_KEY = "0123456789abcdef0123456789abcdef"

# What a test waits for happens sooner; what is acknowledged, and when, stays as it is.
QUICK = {
    "exporters": {
        name: {
            "retry_on_failure": {"initial_interval": "100ms", "max_interval": "500ms"},
            "sending_queue": {"batch": {"flush_timeout": "100ms"}},
        }
        for name in ("clickhouse", "clickhouse/own")
    }
}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="session")
def binary():
    """The collector that collector/build.sh makes of the present manifest."""
    command = ["sh", ROOT / "collector" / "build.sh", "--path"]
    path = ROOT / subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    if not path.is_file():
        pytest.skip("the collector is not built: run make collector (needs Go)")
    return path


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A stack whose ClickHouse port takes what the collector writes."""
    with Stack(tmp_path_factory.mktemp("store"), 0, 0, 0, read_only=False) as running:
        yield running


@pytest.fixture(scope="module")
def query(store):
    """Function: SQL -> rows of the store."""
    client = store.engine.client()
    yield lambda sql: client.query(sql).result_rows
    client.close()


@dataclass
class Collector:
    """A collector's process; start and stop as often as wanted, the queue stays."""

    binary: Path
    folder: Path
    store: str
    overlays: tuple[str, ...] = ()
    environment: dict = field(default_factory=dict)
    override: dict = field(default_factory=lambda: QUICK)
    wrap: tuple[str, ...] = ()
    process: subprocess.Popen | None = None

    def __post_init__(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "password").write_text("x")
        (self.folder / "quick.yaml").write_text(yaml.safe_dump(self.override))
        self.ports = {name: free_port() for name in ("grpc", "http", "health", "own")}
        self.url = f"http://127.0.0.1:{self.ports['http']}"

    def start(self):
        files = ("config.yaml", *(f"{name}.yaml" for name in self.overlays))
        configs = [ROOT / "collector" / name for name in files] + [self.folder / "quick.yaml"]
        self.process = subprocess.Popen(
            [*self.wrap, self.binary, *(f"--config={path}" for path in configs)],
            env={
                "PATH": os.environ["PATH"],
                "CLICKHOUSE_ENDPOINT": self.store,
                "CLICKHOUSE_COMPRESS": "none",
                "CLICKHOUSE_WRITER_PASSWORD_FILE": str(self.folder / "password"),
                "OTLP_GRPC_ENDPOINT": f"127.0.0.1:{self.ports['grpc']}",
                "OTLP_HTTP_ENDPOINT": f"127.0.0.1:{self.ports['http']}",
                "HEALTH_ENDPOINT": f"127.0.0.1:{self.ports['health']}",
                "TELEMETRY_ENDPOINT": f"127.0.0.1:{self.ports['own']}",
                "QUEUE_DIR": str(self.folder / "queue"),
                **self.environment,
            },
            stderr=(self.folder / "log").open("ab"),
        )
        for _ in range(300):
            with contextlib.suppress(httpx.HTTPError):
                health = httpx.get(f"http://127.0.0.1:{self.ports['health']}/", timeout=1)
                if health.status_code == 200:
                    return self
            assert self.process.poll() is None, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.1)
        raise AssertionError("the collector did not get ready")

    def stop(self):
        self.end("terminate")

    def kill(self):
        self.end("kill")

    def end(self, how):
        if self.process is not None:
            getattr(self.process, how)()
            try:
                self.process.wait(30)
            finally:
                self.process.kill()
                self.process.wait()

    def post(self, signal, body, *, sender=None, token=None, headers=None):
        """Send OTLP as JSON and return the answer."""
        fields = dict(headers or {})
        if sender is not None:
            named = base64.b64encode(f"{sender}:{sender}-secret".encode()).decode()
            fields["authorization"] = f"Basic {named}"
        if token is not None:
            fields["authorization"] = f"Bearer {token}"
        return httpx.post(f"{self.url}/v1/{signal}", json=body, headers=fields, timeout=30)


@pytest.fixture(scope="module")
def collector(binary, store, tmp_path_factory):
    """Function: overlays, environment -> a running collector that writes to the store."""
    with contextlib.ExitStack() as running:

        def make(*overlays, **environment):
            made = Collector(
                binary,
                tmp_path_factory.mktemp("collector"),
                store.addresses["clickhouse"],
                overlays,
                environment,
            )
            running.callback(made.stop)
            return made.start()

        yield make


@pytest.fixture
def gate(store):
    made = Gate(store.addresses["clickhouse"])
    yield made
    made.close()


@pytest.fixture
def make(binary, gate, tmp_path):
    """Function: a collector on this test's queue, before the gate; ended with the test."""
    made = []

    def collector(**options):
        made.append(Collector(binary, tmp_path / "collector", gate.url, **options))
        return made[-1].start()

    yield collector
    for one in made:
        one.kill()


def attributes(given):
    """OTLP JSON attributes of a dict."""
    return [{"key": key, "value": value_of(value)} for key, value in given.items()]


def value_of(value):
    if isinstance(value, dict):
        return {"kvlistValue": {"values": attributes(value)}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [value_of(one) for one in value]}}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return {"stringValue": value}


def call(trace, given=None, *, resource=None, scope=None, events=(), links=(), status=None):
    """A post with one LLM call of a thousand tokens, in the trace of that number."""
    span = {
        "traceId": f"{trace:032x}",
        "spanId": f"{trace:016x}",
        "name": "chat gpt-5",
        "kind": 3,
        "startTimeUnixNano": str(START + trace * 10**9),
        "endTimeUnixNano": str(START + trace * 10**9 + 10**8),
        "attributes": attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-5",
                "gen_ai.response.id": f"chatcmpl-{trace}",
                "gen_ai.usage.input_tokens": 900,
                "gen_ai.usage.output_tokens": 100,
                **(given or {}),
            }
        ),
        "events": [
            {"timeUnixNano": str(START), "name": "e", "attributes": attributes(one)}
            for one in events
        ],
        "links": [
            {"traceId": f"{9:032x}", "spanId": f"{9:016x}", "attributes": attributes(one)}
            for one in links
        ],
        "status": status or {},
    }
    scoped = {"scope": {"name": "t", "attributes": attributes(scope or {})}, "spans": [span]}
    at = {"service.name": "app", **(resource or {})}
    return {"resourceSpans": [{"resource": {"attributes": attributes(at)}, "scopeSpans": [scoped]}]}


def log(body, given=None, *, resource=None, name=""):
    """A post with one log record."""
    record = {
        "timeUnixNano": str(START),
        "eventName": name,
        "body": value_of(body),
        "attributes": attributes(given or {}),
    }
    at = {"service.name": "app", **(resource or {})}
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": attributes(at)},
                "scopeLogs": [{"scope": {}, "logRecords": [record]}],
            }
        ]
    }


def gauge(given, *, resource=None, exemplar=None):
    """A post with one gauge point."""
    point = {
        "timeUnixNano": str(START),
        "asInt": "1",
        "attributes": attributes(given),
        "exemplars": [
            {"timeUnixNano": str(START), "asInt": "1", "filteredAttributes": attributes(exemplar)}
        ]
        if exemplar
        else [],
    }
    at = {"service.name": "app", **(resource or {})}
    return {
        "resourceMetrics": [
            {
                "resource": {"attributes": attributes(at)},
                "scopeMetrics": [
                    {"scope": {}, "metrics": [{"name": "g", "gauge": {"dataPoints": [point]}}]}
                ],
            }
        ]
    }


def until(wanted, *, seconds=120):
    """Wait for something true and return it."""
    end, pause = time.monotonic() + seconds, 0.05
    while time.monotonic() < end:
        if found := wanted():
            return found
        time.sleep(pause)
        pause = min(1.5 * pause, 0.5)
    raise AssertionError("it did not happen in time")
