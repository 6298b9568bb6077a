"""Panels of a dashboard as plain dictionaries, one function a kind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tokenboard import queries

from generator import theme

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]

DATASOURCE: Json = {"type": "grafana-clickhouse-datasource", "uid": "clickhouse"}
PLUGIN_VERSION = "13.3.0"
_TIME_SERIES, _TABLE, _TRACES = 0, 1, 3


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
    properties: Mapping[str, object] = field(default_factory=dict[str, object])

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
    return _panel(
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
    return _panel(
        "table",
        query,
        place,
        fields,
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


def timeseries(
    query: str,
    place: Place,
    fields: Sequence[Field],
    *,
    title: str = "",
    unit: str = theme.TOKENS,
    bars: bool = False,
    stacked: bool = False,
    palette: bool = False,
    points: bool = False,
    log: bool = False,
    no_value: str = "no calls in this time range",
) -> Json:
    """Lines, or bars, over time; ``palette`` colours series by their names."""
    panel = _panel(
        "timeseries",
        query,
        place,
        fields,
        title=title,
        unit=unit,
        no_value=no_value,
        time_series=True,
        custom={
            "axisBorderShow": False,
            "drawStyle": "bars" if bars else "line",
            "fillOpacity": 70 if bars else 18,
            "lineInterpolation": "linear",
            "lineWidth": 0 if bars else 2,
            "showPoints": "never" if bars else "always" if points else "auto",
            # Points of several series that share no moment would otherwise not be joined.
            "spanNulls": points,
            **({"scaleDistribution": {"type": "log", "log": 10}} if log else {}),
            "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        },
        options={
            "legend": _legend(),
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    )
    if palette:
        panel["fieldConfig"]["defaults"]["color"] = {"mode": "palette-classic-by-name"}
    return panel


def bar_chart(
    query: str,
    place: Place,
    fields: Sequence[Field],
    *,
    x_field: str,
    title: str = "",
    colour_by: str = "",
    horizontal: bool = False,
    stacked: bool = False,
    palette: bool = False,
    unit: str = "",
    no_value: str = "nobody yet",
) -> Json:
    """Bars by category; ``colour_by`` names the column whose mapping colours each bar."""
    options: Json = {
        "barRadius": 0.1,
        "barWidth": 0.8,
        "fullHighlight": False,
        "groupWidth": 0.7,
        "legend": {**_legend(), "showLegend": stacked},
        "orientation": "horizontal" if horizontal else "vertical",
        "showValue": "never" if stacked else "always",
        "stacking": "normal" if stacked else "none",
        "tooltip": {"mode": "multi" if stacked else "single", "sort": "none"},
        "xField": x_field,
        "xTickLabelMaxLength": 14,
        "xTickLabelRotation": 0,
    }
    if colour_by:
        options["colorByField"] = colour_by
    panel = _panel(
        "barchart",
        query,
        place,
        fields,
        title=title,
        unit=unit,
        no_value=no_value,
        custom={"axisBorderShow": False, "fillOpacity": 85, "gradientMode": "none", "lineWidth": 0},
        options=options,
    )
    if palette:
        panel["fieldConfig"]["defaults"]["color"] = {"mode": "palette-classic-by-name"}
    return panel


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
    return _panel(
        "bargauge",
        query,
        place,
        fields,
        title=title,
        unit=unit,
        no_value=no_value,
        options={
            "displayMode": "basic",
            "legend": {**_legend(), "showLegend": False},
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


def state_timeline(
    query: str,
    place: Place,
    *,
    lane: str,
    colours: Sequence[Json],
    title: str = "",
    no_value: str = "no such session",
) -> Json:
    """Coloured stretches in lanes: the query gives start, end, ``lane`` and the text of each.

    A second time column is the end of the state; each lane has to be a frame of its own, for what
    overlaps within one is cut (https://github.com/grafana/grafana/issues/93939).
    """
    panel = _panel(
        "state-timeline",
        query,
        place,
        [],
        title=title,
        no_value=no_value,
        custom={"fillOpacity": 88, "lineWidth": 0},
        options={
            "alignValue": "left",
            "legend": {**_legend(), "showLegend": False},
            "mergeValues": False,
            "perPage": 24,
            "rowHeight": 0.8,
            "showValue": "auto",
            "tooltip": {"mode": "single", "sort": "none"},
        },
    )
    # Each frame's label names its row; without it the row would be called by the column too.
    panel["fieldConfig"]["defaults"] |= {
        "displayName": f"${{__field.labels.{lane}}}",
        "mappings": list(colours),
    }
    panel["transformations"] = [
        {
            "id": "partitionByValues",
            "options": {"fields": [lane], "keepFields": False, "naming": {"asLabels": True}},
        }
    ]
    return panel


def traces(query: str, place: Place, *, title: str = "", no_value: str = "no such trace") -> Json:
    """One trace, span by span."""
    panel = _panel("traces", query, place, [], title=title, no_value=no_value, options={})
    panel["targets"][0] |= {"format": _TRACES, "queryType": "traces"}
    return panel


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


def _panel(
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


def _legend() -> Json:
    return {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True}
