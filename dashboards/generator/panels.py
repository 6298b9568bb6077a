"""Panels of a dashboard as plain dictionaries, one function a kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TYPE_CHECKING, Any

from tokenboard import queries

from generator import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]

DATASOURCE: Json = {"type": "grafana-clickhouse-datasource", "uid": "clickhouse"}
PLUGIN_VERSION = "13.3.0"
_TIME_SERIES, _TABLE = 0, 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a panel stands on Grafana's grid of 24 columns (a row is 30 pixels high)."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Field:
    """How one column of a query is shown.

    Args:
        name: the column.
        label: heading; the column's own name if empty.
        properties: further overrides, such as ``unit`` or ``custom.cellOptions``.
    """

    name: str
    label: str = ""
    properties: Mapping[str, object] = dataclass_field(default_factory=dict[str, object])

    def override(self) -> Json:
        """The entry of ``fieldConfig.overrides``."""
        properties = dict(self.properties)
        if self.label:
            properties = {"displayName": self.label, **properties}
        return {
            "matcher": {"id": "byName", "options": self.name},
            "properties": [{"id": key, "value": value} for key, value in properties.items()],
        }


def stat(
    query: str,
    place: Place,
    fields: Sequence[Field],
    *,
    title: str = "",
    rows: int = 0,
    text_mode: str = "value_and_name",
    graph: bool = False,
    orientation: str = "auto",
    no_value: str = "no calls yet",
) -> Json:
    """Big numbers: every field's last value, or (``rows`` > 0) one number a row."""
    return panel(
        "stat",
        query,
        place,
        fields,
        title=title,
        no_value=no_value,
        options={
            "colorMode": "value",
            "graphMode": "area" if graph else "none",
            "justifyMode": "auto",
            "orientation": orientation,
            "percentChangeColorMode": "standard",
            "reduceOptions": _reduce(rows, fields),
            "showPercentChange": False,
            "textMode": text_mode,
            "wideLayout": True,
        },
    )


def table(
    query: str,
    place: Place,
    fields: Sequence[Field],
    *,
    title: str = "",
    sort_by: tuple[str, bool] | None = None,
    frozen: int = 0,
    no_value: str = "—",
) -> Json:
    """A table; ``sort_by`` names a heading and whether the largest comes first."""
    options: Json = {
        "cellHeight": "sm",
        "enablePagination": False,
        "frameIndex": 0,
        "showHeader": True,
        "sortBy": [{"displayName": sort_by[0], "desc": sort_by[1]}] if sort_by else [],
    }
    if frozen:
        options["frozenColumns"] = {"left": frozen}
    return panel(
        "table",
        query,
        place,
        # The panel's words are for a table without rows; a cell without a value has a dash.
        [replace(field, properties={"noValue": "—", **field.properties}) for field in fields],
        title=title,
        no_value=no_value,
        custom={
            "align": "auto",
            "cellOptions": {"type": "auto"},
            "filterable": False,
            "inspect": False,
        },
        options=options,
    )


def bar_gauge(
    query: str,
    place: Place,
    fields: Sequence[Field],
    *,
    title: str = "",
    rows: int = 10,
    unit: str = theme.TOKENS,
    no_value: str = "no calls yet",
) -> Json:
    """One horizontal bar a row."""
    return panel(
        "bargauge",
        query,
        place,
        fields,
        title=title,
        unit=unit,
        no_value=no_value,
        options={
            "displayMode": "basic",
            "legend": {**legend(), "showLegend": False},
            "maxVizHeight": 28,
            "minVizHeight": 16,
            "minVizWidth": 8,
            "namePlacement": "left",
            "orientation": "horizontal",
            "reduceOptions": _reduce(rows, fields),
            "showUnfilled": True,
            "sizing": "auto",
            "valueMode": "color",
        },
    )


def text(content: str, description: str, place: Place, *, title: str) -> Json:
    """Words, in Markdown: paragraphs, lists and bold only, which the local page draws too."""
    return {
        "description": description,
        "fieldConfig": {"defaults": {"noValue": "—"}, "overrides": []},
        "gridPos": {"h": place.height, "w": place.width, "x": place.x, "y": place.y},
        "options": {"content": content, "mode": "markdown"},
        "pluginVersion": PLUGIN_VERSION,
        "targets": [],
        "title": title,
        "type": "text",
    }


def sharing(panel: Json, source: int) -> Json:
    """Return ``panel`` drawing the answer of the panel numbered ``source``: one query for both."""
    shared: Json = {"type": "datasource", "uid": "-- Dashboard --"}
    return {
        **panel,
        "datasource": shared,
        "targets": [{"datasource": shared, "panelId": source, "refId": "A"}],
    }


def rows_to_fields(name: str, value: str) -> Json:
    """Transformation: each row becomes a field named by one column, holding the other."""
    return {
        "id": "rowsToFields",
        "options": {
            "mappings": [
                {"fieldName": name, "handlerKey": "field.name"},
                {"fieldName": value, "handlerKey": "field.value"},
            ]
        },
    }


def panel(
    kind: str,
    query_name: str,
    place: Place,
    fields: Sequence[Field],
    *,
    title: str,
    no_value: str,
    options: Json,
    unit: str = "",
    custom: Json | None = None,
    time_series: bool = False,
) -> Json:
    """A panel of one query with what every kind has; the kinds here and in charts.py add theirs."""
    query = queries.load(query_name)
    defaults: Json = {
        "color": {"mode": "fixed", "fixedColor": theme.NET},
        "custom": custom or {},
        "mappings": [],
        "noValue": no_value,
        "thresholds": {"mode": "absolute", "steps": [{"color": theme.NET, "value": None}]},
    }
    if unit:
        defaults["unit"] = unit
    return {
        "datasource": DATASOURCE,
        "description": query.description,
        "fieldConfig": {"defaults": defaults, "overrides": [f.override() for f in fields]},
        "gridPos": {"h": place.height, "w": place.width, "x": place.x, "y": place.y},
        "options": options,
        "pluginVersion": PLUGIN_VERSION,
        "targets": [
            {
                "datasource": DATASOURCE,
                "editorType": "sql",
                "format": _TIME_SERIES if time_series else _TABLE,
                "queryType": "timeseries" if time_series else "table",
                "rawSql": query.sql,
                "refId": "A",
            }
        ],
        "title": title or query.title,
        "type": kind,
    }


def _reduce(rows: int, fields: Sequence[Field]) -> Json:
    if rows:
        return {"calcs": [], "fields": "", "limit": rows, "values": True}
    # Without a list Grafana shows every numeric column, whatever else the query carries.
    names = "|".join(f.label or f.name for f in fields)
    pattern = f"/^({names})$/" if names else ""
    return {"calcs": ["lastNotNull"], "fields": pattern, "values": False}


def legend() -> Json:
    """The names of the series below the plot."""
    return {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True}
