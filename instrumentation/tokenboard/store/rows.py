"""Put some rows into a table, as one statement.

The client's own ``insert`` imports pandas where that is installed (chDB brings it): half a second
and 50 MB that a laptop's stack would pay for a few rows of reference data.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from clickhouse_connect.driver.client import Client


def insert(
    client: Client, database: str, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of strings, numbers, booleans, exact decimals, dates, UTC times and None.

    Raises:
        ClickHouseError: the table is not there, or a value does not fit its column; nothing was
            inserted.
    """
    lines = [json.dumps(dict(zip(columns, row, strict=True)), default=_text) for row in rows]
    if lines:
        names = ", ".join(f"`{name}`" for name in columns)
        into = f"INSERT INTO `{database}`.`{table}` ({names}) FORMAT JSONEachRow"
        client.command("\n".join([into, *lines]))


def _text(value: object) -> str:
    match value:
        case Decimal():
            return f"{value:f}"  # as text: a JSON number may pass through a float
        case datetime():
            utc = value.astimezone(UTC) if value.tzinfo else value
            return f"{utc:%Y-%m-%d %H:%M:%S}" + (f".{utc:%f}" if utc.microsecond else "")
        case date():
            return value.isoformat()
        case _:
            raise TypeError(f"no way to store {type(value).__name__}")
