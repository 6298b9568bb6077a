from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tokenboard import store
from tokenboard.local.engine import Engine

_numbers = itertools.count(1)


@dataclass
class Books:
    """A database of its own on the real engine, and the few things that tests do with it."""

    client: Any
    database: str

    def send(self, *rows: dict[str, Any]) -> None:
        from store import spans

        spans.insert(self.client, self.database, list(rows))

    def refresh(self) -> int:
        return store.refresh(self.client, self.database)

    def rows(self, query: str) -> list[dict[str, Any]]:
        text = query.replace("{db}", self.database)
        return list(self.client.query(text).named_results())

    def one(self, query: str) -> dict[str, Any]:
        (found,) = self.rows(query)
        return found

    def value(self, query: str) -> Any:
        (found,) = self.one(query).values()
        return found

    def empty(self) -> None:
        kept = "('migrations', 'tiers', 'titles', 'settings', 'energy_rates')"
        for table in self.rows(
            "SELECT name FROM system.tables WHERE database = '{db}' AND total_rows > 0 "
            f"AND engine LIKE '%MergeTree' AND name NOT IN {kept}"
        ):
            self.run(f"TRUNCATE TABLE {{db}}.{table['name']}")

    def price(self, *, version: int = 1, **values: Any) -> None:
        """Put one price row of openai's m-1 into the table: US dollars per million tokens."""
        row = {
            "provider": "openai",
            "model": "m-1",
            "service_tier": "",
            "valid_from": datetime(1970, 1, 1, tzinfo=UTC),
            "minute_from": 0,
            "minute_to": 1440,
            "context_over": 0,
            "priority": 1,
            "known": True,
            "input": Decimal(2),
            "output": Decimal(8),
            "cache_read": Decimal("0.5"),
            "cache_write": Decimal(3),
            "cache_write_1h": Decimal(4),
            "audio_input": Decimal(40),
            "audio_output": Decimal(80),
            "reasoning": Decimal(8),
            "request_usd": Decimal(0),
            "source": "test",
            "source_model": "m-1",
            "version": version,
            **values,
        }
        self.client.insert(
            "prices", [list(row.values())], column_names=list(row), database=self.database
        )

    def run(self, statement: str) -> None:
        self.client.command(statement.replace("{db}", self.database))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory):
    """A module's engine on a directory of its own: a process can have one open at a time."""
    with Engine(tmp_path_factory.mktemp("engine"), migrate=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def bare(engine: Engine):
    """A client of the engine without a database of ours."""
    client = engine.client(use_database=False)
    yield client
    client.close()


@pytest.fixture(scope="module")
def migrated(bare: Any):
    """A migrated database that a module's tests share one after another."""
    database = f"books_{next(_numbers)}"
    store.migrate(bare, database)
    return Books(bare, database)


@pytest.fixture
def books(migrated: Books):
    """The module's database, emptied: only what migration put there."""
    migrated.empty()
    return migrated
