"""Other instrumentations active in the same app: each real call stands once in ``calls``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from compat.conftest import launch, told
from compat.ledger import Billed, Ledger

_OPENAI = {
    *("gpt-sync", "gpt-stream", "gpt-stream-usage", "gpt-async", "gpt-async-stream"),
    *("embed-sync", "embed-async"),
}
_SDKS = _OPENAI | {
    *("claude-sync", "claude-stream", "claude-helper", "claude-async", "claude-async-stream")
}
_CHAINS = {"gpt-sync", "gpt-stream", "gpt-async", "claude-sync", "claude-stream", "claude-async"}


@dataclass(frozen=True)
class Case:
    """One app: its environment, when it imports tokenboard, and what else watches it."""

    env: str
    models: frozenset[str]
    when: str
    others: tuple[str, ...]

    @property
    def name(self) -> str:
        return "+".join(self.others) + ", tokenboard " + self.when


CASES = [
    Case("beside", frozenset(_SDKS), "last", ("native",)),
    Case("beside", frozenset(_SDKS), "last", ("openllmetry",)),
    Case("beside", frozenset(_SDKS), "last", ("openinference",)),
    Case("beside", frozenset(_SDKS), "last", ("genai",)),
    Case("beside", frozenset(_SDKS), "first", ("openllmetry", "openinference", "genai")),
    Case("older", frozenset(_OPENAI), "last", ("openai_v2",)),
    Case("beside", frozenset(_CHAINS), "last", ("openllmetry_langchain",)),
    Case("beside", frozenset(_CHAINS), "first", ("openinference_langchain",)),
]


class Stack:
    """``tokenboard up`` in a process of its own."""

    def __init__(self, data: Path) -> None:
        command = Path(sys.executable).with_name("tokenboard")
        ports = [f"--{name}-port=0" for name in ("otlp", "clickhouse", "web")]
        self._process = subprocess.Popen(
            [command, "up", f"--data={data}", *ports],
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.addresses: dict[str, str] = {}
        for line in self._process.stdout:
            name, _, address = line.strip().partition(" ")
            self.addresses[name] = address.strip()
            if name == "data":
                break

    def query(self, sql: str) -> list[dict]:
        settings = urllib.parse.urlencode({"default_format": "JSONEachRow"})
        url = f"{self.addresses['ClickHouse']}/?{settings}"
        request = urllib.request.Request(url, data=sql.encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            return [json.loads(line) for line in answer.read().splitlines()]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Every app is run once; then, the books having come to rest, name -> (ledger, why it failed, rows)."""
    stack = Stack(tmp_path_factory.mktemp("books"))
    assert stack.addresses.get("OTLP/HTTP"), "tokenboard up did not start"
    try:
        played = {case.name: _play(case, stack.addresses["OTLP/HTTP"]) for case in CASES}
        rows = _settled(stack, Counter({name: len(x.billed) for name, (x, _) in played.items()}))
    finally:
        stack.stop()
    return {
        name: (ledger, failure, [row for row in rows if row["service"] == name])
        for name, (ledger, failure) in played.items()
    }


def _play(case: Case, sink: str) -> tuple[Ledger, str]:
    with Ledger() as ledger:
        ended = launch(
            *(case.env, "beside", ledger.url, sink, case.when, *case.others),
            OTEL_SERVICE_NAME=case.name,
        )
    return ledger, ended.stderr[-4000:] if ended.returncode else ""


_CALLS = """
SELECT service, model, input_tokens, output_tokens, cache_read_tokens, usage_known, response_id
FROM tokenboard.calls
ORDER BY ALL
"""


def _settled(stack: Stack, wanted: Counter[str]) -> list[dict]:
    """The calls, once they have stopped moving: extra ones take as long to merge as to come."""
    rows: list[dict] = []
    still, deadline = 0, time.monotonic() + 240
    while still < 5 and time.monotonic() < deadline:
        time.sleep(1)
        now = stack.query(_CALLS)
        here = Counter(row["service"] for row in now)
        still = still + 1 if now == rows and here >= wanted else 0
        rows = now
    return rows


def _as_billed(row: dict) -> Billed:
    def number(name):
        return None if row[name] is None else int(row[name])

    return Billed(
        row["model"],
        number("input_tokens"),
        number("output_tokens"),
        number("cache_read_tokens"),
        id=row["response_id"] or None,
        known=bool(row["usage_known"]),
    )


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_each_call_stands_once_in_the_books(books, case):
    """Whatever else watches the app, and whichever came first: one row a call, with its counts."""
    ledger, failure, rows = books[case.name]
    if failure:
        pytest.fail(failure)
    assert {entry.model for entry in ledger.billed} == case.models
    # whether a call was streamed is no column of the books
    expected = Counter(
        Billed(each.model, each.input, each.output, each.cached, id=each.id, known=each.known)
        for each in told(ledger.billed).elements()
    )
    assert Counter(map(_as_billed, rows)) == expected
