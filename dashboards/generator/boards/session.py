"""One session: its timeline in lanes, how the context grew, every step, its trace."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, MONEY, PILL, SECONDS, TOKENS, column, fixed
from generator.dashboard import dashboard
from generator.panels import Field, Place, state_timeline, table, timeseries, traces

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
                [Field("tokens", "Input")],
                palette=True,
                points=True,
                no_value="no call with known usage",
            ),
            timeseries(
                "session_burn",
                Place(12, 11, 12, 7),
                [
                    Field("gross_tokens", "Gross so far", fixed(theme.NET)),
                    Field("waste_tokens", "Deducted so far", fixed(theme.WASTE)),
                ],
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
            (
                "Who",
                "The person to whom most of the session's tokens belong.",
                Field("who", "Who", fixed(theme.NET)),
            ),
            (
                "Length",
                "From the start of the first call to the end of the last.",
                Field("length", "Length", SECONDS | fixed(theme.CALM)),
            ),
            (
                "Human turns",
                "Calls that a message of a person drove; tools drive the others.",
                Field("human_turns", "Human turns", COUNT | fixed(theme.KINDS["human"])),
            ),
            (
                "Model calls",
                "Calls of any model, every attempt and sub-agents' included.",
                Field("calls", "Model calls", COUNT | fixed(theme.KINDS["model"])),
            ),
            (
                "Gross tokens",
                "Input, cached input included, and output of every call of the session.",
                Field("gross_tokens", "Gross tokens", TOKENS | fixed(theme.CALM)),
            ),
            (
                "Net tokens",
                "What counts: gross tokens less every deduction, to the token.",
                Field("net_tokens", "Net tokens", TOKENS | fixed(theme.NET)),
            ),
            (
                "Waste",
                "Share of gross tokens that was deducted; the steps below say by which rule.",
                Field("waste_share", "Waste", common.waste_share()),
            ),
            (
                "Cost",
                "Estimate at list prices, where a price is known; waste is paid for too.",
                Field(
                    "cost_usd", "Cost", MONEY | fixed(theme.MONEY) | {"noValue": "no price known"}
                ),
            ),
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
            Field(
                "kind", "Kind", PILL | column(88) | {"mappings": theme.pill_colours(theme.KINDS)}
            ),
            Field("what", "What", {"custom.minWidth": 170, "noValue": ""}),
            Field(
                "input_tokens",
                "Input",
                TOKENS
                | fixed(theme.NET)
                | {
                    "custom.minWidth": 130,
                    "custom.cellOptions": {
                        "type": "gauge",
                        "mode": "basic",
                        "valueDisplayMode": "text",
                    },
                    "min": 0,
                    "noValue": "",
                },
            ),
            Field("cache_read_tokens", "Cached", TOKENS | {"noValue": ""} | column(74)),
            Field("output_tokens", "Output", TOKENS | {"noValue": ""} | column(74)),
            Field("cost_usd", "Cost", MONEY | {"noValue": ""} | column(84)),
            Field("duration_ms", "Took", {"unit": "ms", "noValue": ""} | column(80)),
            Field(
                "loop",
                "Loop",
                {"custom.minWidth": 140, "noValue": ""}
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
            Field("trace", "Trace", {"noValue": ""} | column(90) | trace),
            Field("trace_id", "", common.HIDDEN),
        ],
        no_value="no such session",
    )
