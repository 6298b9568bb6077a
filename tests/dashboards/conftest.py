"""One embedded ClickHouse for a module's tests, with tokenboard's tables in it."""

from __future__ import annotations

import pytest
from dashboards.company import Company
from dashboards.troubles import Troubles, store_surroundings
from tokenboard import store
from tokenboard.local.engine import Engine
from tokenboard.store import prices


@pytest.fixture(scope="module")
def bare_clickhouse(tmp_path_factory):
    """A client of the real engine without any table of ours."""
    with Engine(tmp_path_factory.mktemp("bare"), migrate=False) as engine:
        client = engine.client(use_database=False)
        yield client
        client.close()


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """The real engine with tokenboard's tables."""
    with Engine(tmp_path_factory.mktemp("books")) as engine:
        yield engine


@pytest.fixture(scope="module")
def company(books):
    """(company, client): twenty days of a small company, in the books of the real engine."""
    made = Company()
    client = books.client()
    made.store(client)
    store.refresh(client)
    yield made, client
    client.close()


@pytest.fixture(scope="module")
def troubled(books):
    """(company, troubles, client): a company in which things also go wrong, with prices."""
    client = books.client(use_database=False)
    store.migrate(client, database="troubled")
    client.command("USE troubled")
    made = Company()
    troubles = Troubles(made)
    made.store(client)
    store_surroundings(client, made.now)
    store.refresh(client, "troubled")
    prices.sync(client, "troubled")
    store.refresh(client, "troubled")
    yield made, troubles, client
    client.close()


@pytest.fixture(scope="module")
def empty_books(books):
    """A client of migrated books without a single call."""
    client = books.client(use_database=False)
    store.migrate(client, database="empty_books")
    client.command("USE empty_books")
    yield client
    client.close()
