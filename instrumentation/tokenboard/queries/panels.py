"""A provisioned dashboard's panels and variables as SQL: what Grafana does with the same JSON.

The local page's server answers with this; the tests run every panel's SQL through it.
"""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tokenboard import resources
from tokenboard.queries import QueryError, chart_interval, render_sql
from tokenboard.queries.macros import TimeWindow
from tokenboard.queries.variables import ALL, switches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

Json = dict[str, Any]

FOLDER = ("provisioning", "dashboards")
VARIABLE_PANEL = "variable"
"""In place of a panel id: the target is the query that fills the variable named by ``ref``."""
_ORDER = ("leaderboard", "tiers", "cost", "agents", "efficiency", "pipeline", "person", "session")
_EARLIEST_MS, _LATEST_MS = 0, 4_102_444_800_000  # 1970 to 2100: what a DateTime can hold


def folder() -> Path:
    """Where the provisioned dashboards are.

    Raises:
        FileNotFoundError: the installation lacks them.
    """
    return resources.folder("dashboards").joinpath(*FOLDER)


def dashboards() -> Mapping[str, Json]:
    """Every provisioned dashboard by its uid, in reading order; callers leave them as they are."""
    paths = sorted(folder().glob("*.json"), key=_place)
    return _read(tuple((path, path.stat().st_mtime_ns) for path in paths))


@functools.lru_cache(maxsize=1)
def _read(files: tuple[tuple[Path, int], ...]) -> Mapping[str, Json]:
    boards: list[Json] = [json.loads(path.read_text("utf-8")) for path, _ in files]
    return {str(board["uid"]): board for board in boards}


def _place(path: Path) -> tuple[int, str]:
    name = path.stem.removeprefix("tokenboard-")
    return _ORDER.index(name) if name in _ORDER else len(_ORDER), name


def panels(dashboard: Json) -> Iterator[Json]:
    """Every panel that draws something, those inside collapsed rows too."""
    for panel in dashboard.get("panels", []):
        if panel["type"] == "row":
            yield from panel.get("panels", [])
        else:
            yield panel


def sql_for(
    dashboard: Json,
    panel: int | str,
    ref: str,
    *,
    start_ms: int,
    end_ms: int,
    variables: Mapping[str, str | Sequence[str]] | None = None,
) -> str:
    """The SQL of one target, ready to run.

    Args:
        dashboard: a dashboard's JSON.
        panel: its panel's id, or ``"variable"``.
        ref: the target's refId, or the variable's name.
        start_ms: start of the time range, milliseconds since 1970.
        end_ms: its end.
        variables: values chosen; the others are as the dashboard's JSON has them.

    Raises:
        QueryError: no such panel or target, or an empty or impossible time range.
        MacroError: the SQL's macros are wrong.
        VariableError: a variable without a value, or an unsafe one.
    """
    return render_sql(
        _raw_sql(dashboard, panel, ref),
        _window(start_ms, end_ms),
        {**_chosen(dashboard), **(variables or {})},
        {v["name"]: v["allValue"] for v in _variables(dashboard) if v.get("allValue")},
    )


def switches_of(dashboard: Json, panel: int | str, ref: str) -> set[str]:
    """Return the variables that turn parts of a target's SQL on or off.

    Each is filled by its own query; as the dashboard's JSON has them nothing is left out.

    Raises:
        QueryError: no such panel or target.
    """
    return switches(_raw_sql(dashboard, panel, ref))


def _raw_sql(dashboard: Json, panel: int | str, ref: str) -> str:
    if panel == VARIABLE_PANEL:
        for variable in _variables(dashboard):
            if variable["name"] == ref and variable["type"] == "query":
                return str(variable["query"]["rawSql"])
        raise QueryError(f"dashboard {dashboard['uid']!r} has no query variable {ref!r}")
    for candidate in panels(dashboard):
        if str(candidate["id"]) == str(panel):
            for target in candidate.get("targets", []):
                if target["refId"] == ref:
                    # A panel may draw another panel's answer (Grafana's "-- Dashboard --" source).
                    shared = target.get("panelId")
                    return (
                        str(target["rawSql"])
                        if shared is None
                        else _raw_sql(dashboard, shared, ref)
                    )
            raise QueryError(
                f"panel {panel} of dashboard {dashboard['uid']!r} has no target {ref!r}"
            )
    raise QueryError(f"dashboard {dashboard['uid']!r} has no panel {panel!r}")


def _variables(dashboard: Json) -> list[Json]:
    return dashboard.get("templating", {}).get("list", [])


def _chosen(dashboard: Json) -> dict[str, str | Sequence[str]]:
    return {
        variable["name"]: variable.get("current", {}).get("value", ALL)
        for variable in _variables(dashboard)
    }


def _window(start_ms: int, end_ms: int) -> TimeWindow:
    if not _EARLIEST_MS <= start_ms < end_ms <= _LATEST_MS:
        raise QueryError(
            f"the time range {start_ms} to {end_ms} is empty or out of bounds "
            "(milliseconds since 1970, from before to)"
        )
    start, end = (
        datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=moment)
        for moment in (start_ms, end_ms)
    )
    return TimeWindow(start, end, chart_interval(end - start))
