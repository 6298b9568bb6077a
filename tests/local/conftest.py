"""The real stack in this process, and a way to ask its ClickHouse port."""

from __future__ import annotations

import json

import httpx
import pytest
from tokenboard.local.stack import Stack


class Asked:
    """Plain HTTP to a stack's ports."""

    def __init__(self, addresses):
        self.addresses = addresses
        self.http = httpx.Client(timeout=60)

    def sql(self, query, **parameters):
        """The raw answer of the ClickHouse port."""
        return self.http.post(self.addresses["clickhouse"], content=query, params=parameters)

    def rows(self, query):
        """The rows of a query as dicts; 64-bit numbers stay exact."""
        answer = self.sql(f"{query} FORMAT JSONEachRow", output_format_json_quote_denormals="1")
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    def value(self, query):
        """The one value of a query, as text."""
        answer = self.sql(query)
        assert answer.status_code == 200, answer.text
        return answer.text.strip()

    def otlp(self, signal, content, kind="application/x-protobuf", **headers):
        """Post to the receiver."""
        return self.http.post(
            f"{self.addresses['otlp']}/v1/{signal}",
            content=content,
            headers={"content-type": kind, **headers},
        )


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("data"), 0, 0, 0) as running:
        yield running


@pytest.fixture(scope="module")
def ask(stack):
    asked = Asked(stack.addresses)
    yield asked
    asked.http.close()


@pytest.fixture(scope="module")
def writable(stack):
    """The same data behind a second port that may write."""
    with Stack(stack.engine.data_dir, 0, 0, 0, read_only=False) as second:
        asked = Asked(second.addresses)
        asked.http.post(
            second.addresses["clickhouse"],
            content="CREATE TABLE IF NOT EXISTS notes (n Int64, t String, m Map(String, String)) ENGINE = MergeTree ORDER BY n",
        )
        yield asked
        asked.sql("DROP TABLE notes")
        asked.http.close()
