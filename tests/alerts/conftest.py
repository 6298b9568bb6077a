"""One embedded ClickHouse for a module's tests."""

from __future__ import annotations

import pytest
from store.conftest import Books
from tokenboard import store
from tokenboard.local.engine import Engine


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Migrated books on the real engine, shared by a module's tests: each names sessions of its own."""
    with Engine(tmp_path_factory.mktemp("alerts"), migrate=False) as engine:
        client = engine.client(use_database=False)
        store.migrate(client)
        client.database = "tokenboard"
        client.command("USE tokenboard")
        yield Books(client, "tokenboard")
        client.close()
