from __future__ import annotations

from store.conftest import bare, engine, migrated  # noqa: F401 - fixtures
