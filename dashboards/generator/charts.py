"""Charts as plain dictionaries: over time, by category, over an axis of amounts, in lanes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator import theme
from generator.panels import Field, Place, legend
from generator.panels import panel as build_panel

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

_TRACES = 3


def timeseries(
    query: str,
    place: Place,
    fields: Sequence[Field],
    *,
    title: str = "",
    unit: str = theme.TOKENS,
    bars: bool = False,
    stacked: bool = False,
    series: str = "",
    points: bool = False,
    log: bool = False,
    filled: bool | None = None,
    no_value: str = "no calls in this time range",
) -> Json:
    """Lines, or bars, over time; ``series`` names the text column that tells them apart.

    The area below a line is filled where there is one line only, unless ``filled`` says otherwise.
    """
    area = len(fields) == 1 and not series if filled is None else filled
    panel = build_panel(
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
            "fillOpacity": 70 if bars else 18 if area else 0,
            "lineInterpolation": "linear",
            "lineWidth": 0 if bars else 2,
            "showPoints": "never" if bars else "always" if points else "auto",
            # Points of several series that share no moment would otherwise not be joined.
            "spanNulls": points,
            **({"scaleDistribution": {"type": "log", "log": 10}} if log else {}),
            "stacking": {"group": "A", "mode": "normal" if stacked else "none"},
        },
        options={
            "legend": legend(),
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    )
    if series:
        panel["fieldConfig"]["defaults"] |= {
            "color": {"mode": "palette-classic-by-name"},
            # The data source makes a label of the column; without this Grafana would name a series
            # by the number's column too ("cost_usd growth").
            "displayName": f"${{__field.labels.{series}}}",
        }
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
        "legend": {**legend(), "showLegend": stacked},
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
    panel = build_panel(
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
    panel = build_panel(
        "state-timeline",
        query,
        place,
        [],
        title=title,
        no_value=no_value,
        custom={"fillOpacity": 88, "lineWidth": 0},
        options={
            "alignValue": "left",
            "legend": {**legend(), "showLegend": False},
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
    panel = build_panel("traces", query, place, [], title=title, no_value=no_value, options={})
    panel["targets"][0] |= {"format": _TRACES, "queryType": "traces"}
    return panel


def xy_chart(
    query: str,
    place: Place,
    fields: Sequence[Field],
    *,
    title: str = "",
    log: bool = False,
    no_value: str = "nobody yet",
) -> Json:
    """Lines over an axis of amounts: the first of ``fields``, logarithmic if ``log`` says so.

    Grafana reads the scale of that axis off its own field
    (https://github.com/grafana/grafana/blob/main/public/app/plugins/panel/xychart/scatter.ts).
    """
    scale: Json = {"custom.scaleDistribution": {"type": "log", "log": 10}} if log else {}
    first, *others = fields
    across = Field(first.name, first.label, {**first.properties, **scale})
    return build_panel(
        "xychart",
        query,
        place,
        [across, *others],
        title=title,
        no_value=no_value,
        custom={"axisBorderShow": False, "lineWidth": 2, "show": "lines"},
        options={
            "legend": legend(),
            "mapping": "auto",
            "series": [],
            "tooltip": {"mode": "single", "sort": "none"},
        },
    )
