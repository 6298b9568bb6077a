"""The books in ClickHouse: connection, migrations, prices, recomputation."""

from __future__ import annotations

from tokenboard.store.client import StoreError, connect
from tokenboard.store.migrations import MigrationError, migrate
from tokenboard.store.recompute import refresh, sweep

__all__ = ["MigrationError", "StoreError", "connect", "migrate", "refresh", "sweep"]
