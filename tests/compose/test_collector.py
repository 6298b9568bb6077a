"""The collector's configuration, checked and run by the collector itself where it is built."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from tokenboard.local.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / "collector" / "config.yaml"
SETTINGS = yaml.safe_load(CONFIG.read_text("utf-8"))
SPAN = {
    "traceId": "5b8efff798038103d269b633813fc60c",
    "spanId": "eee19b7ec3c1b174",
    "name": "chat m",
    "kind": 3,
    "startTimeUnixNano": "1795341600000000000",
    "endTimeUnixNano": "1795341601000000000",
}


@pytest.fixture(scope="module")
def binary():
    """The collector that collector/build.sh makes of the present manifest."""
    asked = subprocess.run(
        ["sh", ROOT / "collector" / "build.sh", "--path"],
        capture_output=True,
        text=True,
        check=True,
    )
    path = ROOT / asked.stdout.strip()
    if not path.is_file():
        pytest.skip("the collector is not built: run make collector (needs Go)")
    return path


@pytest.fixture
def environment(tmp_path):
    """What the configuration reads, with a store that is down and a queue of its own."""
    password = tmp_path / "password"
    password.write_text('0123 "quoted"\n')
    return {
        "PATH": os.environ["PATH"],
        "CLICKHOUSE_ENDPOINT": f"http://127.0.0.1:{free_port()}",
        "CLICKHOUSE_WRITER_PASSWORD_FILE": str(password),
        "OTLP_GRPC_ENDPOINT": f"127.0.0.1:{free_port()}",
        "OTLP_HTTP_ENDPOINT": f"127.0.0.1:{free_port()}",
        "HEALTH_ENDPOINT": f"127.0.0.1:{free_port()}",
        "TELEMETRY_ENDPOINT": f"127.0.0.1:{free_port()}",
        "QUEUE_DIR": str(tmp_path / "queue"),
    }


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.mark.parametrize(
    "overlays",
    [
        [],
        ["auth"],
        ["pseudonyms"],
        ["content"],
        ["auth", "pseudonyms", "content"],
        ["gateway/balancer"],
        ["auth", "gateway/balancer"],
    ],
)
def test_the_collector_accepts_its_configuration(binary, environment, overlays, tmp_path):
    """otelcol validate finds nothing wrong, with whatever is laid over it."""
    key = tmp_path / "key"
    key.write_text("k" * 32)
    files = [CONFIG, *((CONFIG.parent / f"{name}.yaml") for name in overlays)]
    done = subprocess.run(
        [binary, "validate", *(f"--config={path}" for path in files)],
        env={**environment, "PSEUDONYM_KEY_FILE": str(key)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_wrong_configuration_is_refused(binary, environment, tmp_path):
    """The check above can fail: a misspelt key is an error."""
    wrong = tmp_path / "config.yaml"
    wrong.write_text(CONFIG.read_text("utf-8").replace("queue_size:", "queue_sise:"))
    done = subprocess.run(
        [binary, "validate", "--config", wrong],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "queue_sise" in done.stderr


def test_with_the_store_down_telemetry_waits_on_disk(binary, environment):
    """The collector starts without its store, takes a span, and a kill does not lose it."""
    process = run(binary, environment)
    try:
        assert post(environment) == 200
    finally:
        process.kill()
        process.wait()
    queue = Path(environment["QUEUE_DIR"])
    assert any(bytes.fromhex(SPAN["spanId"]) in path.read_bytes() for path in queue.iterdir())


def test_a_full_queue_refuses(binary, environment):
    """A queue without room answers with an error that senders take as try again."""
    process = run(binary, {**environment, "QUEUE_BYTES": "300"})
    try:
        answers = [post(environment) for _ in range(6)]
    finally:
        process.kill()
        process.wait()
    assert answers[0] == 200
    assert answers[-1] in {429, 503}


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_what_waited_reaches_the_store(binary, environment, tmp_path, end):
    """A span taken while the store was down is stored once, after the collector was ended and started."""
    process = run(binary, environment)
    try:
        assert post(environment) == 200
        time.sleep(3)  # past the flush: it is being tried, and refused
        getattr(process, end)()
        process.wait(30)
    finally:
        process.kill()
        process.wait()
    with Stack(tmp_path / "data", 0, 0, 0, read_only=False) as stack:
        address = stack.addresses["clickhouse"]
        again = {**environment, "CLICKHOUSE_ENDPOINT": address, "CLICKHOUSE_COMPRESS": "none"}
        process = run(binary, again)
        client = stack.engine.client()
        try:
            found = "SELECT TraceId, SpanId, SpanName, Duration FROM otel_traces"
            for _ in range(300):
                rows = client.query(found).result_rows
                if rows:
                    break
                time.sleep(0.1)
        finally:
            process.terminate()
            process.wait()
            client.close()
    assert rows == [(SPAN["traceId"], SPAN["spanId"], SPAN["name"], 1_000_000_000)]


def run(binary, environment):
    process = subprocess.Popen(
        [binary, "--config", CONFIG], env=environment, stderr=subprocess.DEVNULL
    )
    for _ in range(150):
        try:
            with urllib.request.urlopen(f"http://{environment['HEALTH_ENDPOINT']}/", timeout=1):
                return process
        except OSError:
            assert process.poll() is None, "the collector ended"
            time.sleep(0.1)
    process.kill()
    process.wait()
    raise AssertionError("the collector did not get ready")


def post(environment):
    body = {"resourceSpans": [{"scopeSpans": [{"scope": {}, "spans": [SPAN]}]}]}
    request = urllib.request.Request(
        f"http://{environment['OTLP_HTTP_ENDPOINT']}/v1/traces",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_nothing_is_thrown_away_by_a_default():
    """The settings whose defaults lose data are set: no deadline, bytes counted as bytes, queue on disk."""
    exporter = SETTINGS["exporters"]["clickhouse"]
    queue = exporter["sending_queue"]
    assert exporter["retry_on_failure"] == {
        "enabled": True,
        "initial_interval": "1s",
        "max_interval": "30s",
        "max_elapsed_time": "0s",
    }
    assert (queue["storage"], queue["sizer"], queue["block_on_overflow"]) == (
        "file_storage",
        "bytes",
        False,
    )
    assert queue["queue_size"] == "${env:QUEUE_BYTES:-10737418240}"
    assert SETTINGS["extensions"]["file_storage"]["fsync"] is True
    assert exporter["create_schema"] is False
    assert exporter["async_insert"] is False


def test_every_signal_goes_the_whole_way():
    """Traces, metrics and logs are limited first, never batched in memory, and exported; own metrics apart."""
    pipelines = dict(SETTINGS["service"]["pipelines"])
    own = pipelines.pop("metrics/own")
    assert (own["receivers"], own["exporters"]) == (["otlp/own"], ["clickhouse/own"])
    assert SETTINGS["exporters"]["clickhouse/own"] == SETTINGS["exporters"]["clickhouse"]
    assert set(pipelines) == {"traces", "metrics", "logs"}
    for pipeline in pipelines.values():
        assert pipeline["receivers"] == ["otlp"]
        assert pipeline["processors"] == [
            "memory_limiter",
            "transform/identity",
            "transform/content",
            "redaction/secrets",
            "transform/secrets",
            "redaction/pseudonyms",
        ]
        assert pipeline["exporters"] == ["clickhouse"]


@pytest.mark.parametrize("name", ["config", "auth", "pseudonyms", "gateway/balancer"])
def test_every_variable_is_documented_at_the_top(name):
    """The comment above a configuration names every environment variable it reads."""
    text = (CONFIG.parent / f"{name}.yaml").read_text("utf-8")
    comment = re.match(r"(#.*\n)+", text)[0]
    used = set(re.findall(r"\$\{env:(\w+)", text))
    assert used
    documented = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", comment))
    assert used == documented - {"CLICKHOUSE_WRITER_PASSWORD_FILE"} | (used & documented)
