"""One embedded ClickHouse for a module's tests, with tokenboard's tables in it."""

from __future__ import annotations

import pytest
from tokenboard.local.engine import Engine


@pytest.fixture(scope="module")
def bare_clickhouse(tmp_path_factory):
    """A client of the real engine without any table of ours."""
    with Engine(tmp_path_factory.mktemp("bare"), migrate=False) as engine:
        client = engine.client(use_database=False)
        yield client
        client.close()
