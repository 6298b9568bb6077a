"""clickhouse-go, which the collector and Grafana's plugin are built on, against the ClickHouse port."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from local.conftest import Asked
from tokenboard.local.stack import Stack

SOURCE = Path(__file__).with_name("goclient")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The Go program, built."""
    if shutil.which("go") is None:
        pytest.skip("Go is not installed")
    fetched = subprocess.run(
        ["go", "mod", "download"], cwd=SOURCE, capture_output=True, text=True, check=False
    )
    if fetched.returncode:
        pytest.skip(f"Go modules cannot be fetched here: {fetched.stderr.splitlines()[-1]}")
    built = tmp_path_factory.mktemp("go") / "goclient"
    subprocess.run(["go", "build", "-o", built, "."], cwd=SOURCE, check=True)
    return built


@pytest.mark.parametrize("compression", ["none", "gzip"])
@pytest.mark.parametrize("read_only", [True, False])
def test_clickhouse_go(program, stack, compression, read_only):
    """It connects, reads values of every kind and many blocks, gets typed errors, and writes only if allowed."""
    with Stack(stack.engine.data_dir, 0, 0, 0, read_only=read_only) as asked:
        ask = Asked(asked.addresses)
        before = int(ask.value("SELECT count() FROM otel_logs WHERE Body IN ('from go', 'größe')"))
        ran = subprocess.run(
            [program, urlsplit(asked.addresses["clickhouse"]).netloc, compression],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        after = int(ask.value("SELECT count() FROM otel_logs WHERE Body IN ('from go', 'größe')"))
    seen = json.loads(ran.stdout)
    assert seen["ping"] == ""
    assert seen["values_error"] == ""
    assert seen["values"] == [2**64 - 1, {"a": "é"}, "2026-01-02T03:04:05.678Z", ["x", "y"], None]
    assert (seen["rows"], seen["rows_error"]) == (200_000, "")
    assert "UNKNOWN_IDENTIFIER" in seen["error"]
    if read_only:
        assert "READONLY" in seen["insert_error"]
        assert after == before
    else:
        assert seen["insert_error"] == ""
        assert after == before + 2
