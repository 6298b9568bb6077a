"""One session: its timeline in lanes, how the context grew, every step, its trace."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, MONEY, SECONDS, TOKENS, Card, column, fixed
from generator.charts import state_timeline, timeseries, traces
from generator.dashboard import dashboard
from generator.panels import Field, Place, table

Json = dict[str, Any]

UID = "tokenboard-session"


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Session",
        "One conversation or agent run, step by step: who spoke, what ran, what went in circles.",
        [
            *_totals(),
            state_timeline(
                "session_timeline",
                Place(0, 3, 24, 8),
                lane="lane_name",
                colours=theme.step_colours(),
            ),
            timeseries(
                "session_context",
                Place(0, 11, 12, 7),
                [Field("tokens")],
                series="who",
                points=True,
                no_value="no call with known usage",
            ),
            timeseries(
                "session_burn",
                Place(12, 11, 12, 7),
                common.series(
                    {
                        "gross_tokens": ("Gross so far", theme.NET),
                        "waste_tokens": ("Deducted so far", theme.WASTE),
                    }
                ),
                no_value="no call with known usage",
            ),
            _steps(),
            traces("session_trace", Place(0, 32, 24, 12)),
        ],
        variables=(common.SESSION, common.TRACE),
        time_from="now-24h",
        refresh="30s",
        # A session's minutes would show little on the other dashboards.
        keep_time=False,
    )


def _totals() -> list[Json]:
    return common.cards(
        "session_totals",
        [
            Card(
                "Who",
                "The person to whom most of the session's tokens belong.",
                "who",
                fixed(theme.NET),
            ),
            Card(
                "Length",
                "From the start of the first call to the end of the last.",
                "length",
                SECONDS | fixed(theme.CALM),
            ),
            Card(
                "Human turns",
                "Calls that a message of a person drove; tools drive the others.",
                "human_turns",
                COUNT | fixed(theme.KINDS["human"]),
            ),
            Card(
                "Model calls",
                "Calls of any model, every attempt and sub-agents' included.",
                "calls",
                COUNT | fixed(theme.KINDS["model"]),
            ),
            common.GROSS,
            common.NET,
            common.WASTE,
            common.COST,
        ],
    )


def _steps() -> Json:
    trace = {
        "links": [
            {
                "title": "This step's trace",
                "url": f"/d/{UID}?${{session:queryparam}}"
                "&var-trace=${__data.fields.trace_id:percentencode}&${__url_time_range}",
            }
        ]
    }
    return table(
        "session_table",
        Place(0, 18, 24, 14),
        [
            Field("after", "After", SECONDS | column(80, align="right")),
            Field("agent", "Agent", {"custom.minWidth": 110, "noValue": ""}),
            Field("kind", "Kind", common.pills(theme.KINDS) | column(88)),
            Field("what", "What", {"custom.minWidth": 150, "noValue": ""}),
            Field(
                "input_tokens",
                "Input",
                TOKENS | common.gauge(104, theme.NET) | {"noValue": ""},
            ),
            Field("cache_read_tokens", "Cached", TOKENS | {"noValue": ""} | column(74)),
            Field("output_tokens", "Output", TOKENS | {"noValue": ""} | column(74)),
            Field("cost_usd", "Cost", MONEY | {"noValue": ""} | column(84)),
            Field("duration_ms", "Took", {"unit": "ms", "noValue": ""} | column(80)),
            Field(
                "loop",
                "Loop",
                {"custom.minWidth": 128, "noValue": ""}
                | fixed(theme.BAD)
                | {"custom.cellOptions": {"type": "color-text"}},
            ),
            Field(
                "deducted",
                "Deducted",
                {"noValue": ""}
                | fixed(theme.WASTE)
                | column(90, cellOptions={"type": "color-text"}),
            ),
            Field(
                "error_type",
                "Error",
                {"custom.minWidth": 90, "noValue": ""}
                | fixed(theme.BAD)
                | {"custom.cellOptions": {"type": "color-text"}},
            ),
            Field("evaluated", "Evaluated", {"custom.minWidth": 84, "noValue": ""}),
            Field("trace", "Trace", {"noValue": ""} | column(84) | trace),
            Field("trace_id", "", common.HIDDEN),
        ],
        no_value="no such session",
    )
