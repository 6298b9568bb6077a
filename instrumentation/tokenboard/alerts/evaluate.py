"""Ask ClickHouse what the rules ask."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from tokenboard.alerts.states import Sample
from tokenboard.queries import TimeWindow, render_sql

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from tokenboard.alerts.rules import Rule


class EvaluationError(Exception):
    """A rule's query failed or answered what no alert can be made of; the message is one line."""


class UnreachableError(Exception):
    """ClickHouse does not answer at all, whatever is asked."""


def sql_of(rule: Rule, at: datetime) -> str:
    """Return a rule's query as it is sent: macros expanded for its time range, ending at ``at``."""
    window = TimeWindow(at - timedelta(seconds=rule.window), at, timedelta(minutes=1))
    return render_sql(rule.sql, window, {}, {})


def samples(client: Client, rule: Rule, at: datetime | None = None) -> list[Sample]:
    """Return the rows of a rule's query.

    As Grafana has it for a table: exactly one column is a number, every other is text and a label.

    Raises:
        EvaluationError: ClickHouse refused, or the answer is of another shape.
        UnreachableError: it does not answer.
    """
    from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

    try:
        result = client.query(sql_of(rule, at or datetime.now(UTC)))
    except OperationalError as error:
        raise UnreachableError("ClickHouse does not answer any more") from error
    except ClickHouseError as error:
        raise EvaluationError(f"{rule.title}: {' '.join(str(error).split())[:300]}") from error
    if not result.result_rows:
        # The embedded engine's answer without rows has no columns either.
        return []
    names = list(result.column_names)
    kinds = [str(kind.name) for kind in result.column_types]
    numeric = [number for number, kind in enumerate(kinds) if "String" not in kind]
    if len(numeric) != 1:
        shown = ", ".join(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))
        raise EvaluationError(f"{rule.title}: one column has to be a number, not {shown}")
    found: list[Sample] = []
    for row in cast("list[tuple[Any, ...]]", result.result_rows):
        value = float(row[numeric[0]] if row[numeric[0]] is not None else math.nan)
        labels = {
            name: str(cell) for n, (name, cell) in enumerate(zip(names, row, strict=True))
            if n != numeric[0]
        }  # fmt: skip
        found.append(Sample(labels, value))
    return found
