"""The leaderboard: who burned what, and beside it what it bought and what was waste."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, MONEY, TOKENS, Card, column, fixed
from generator.charts import bar_chart, timeseries
from generator.dashboard import dashboard
from generator.panels import (
    Field,
    Place,
    bar_gauge,
    rows_to_fields,
    stat,
    table,
)

Json = dict[str, Any]

UID = "tokenboard-leaderboard"


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Leaderboard",
        "Who burned how many tokens, what it cost, what it bought, and how much of it was waste.",
        [
            *_totals(),
            _podium(),
            _tiers(),
            _over_time(),
            _board(),
            _teams(),
            _deductions(),
        ],
        variables=(common.TEAM, common.MODEL, common.AGENT),
    )


def _totals() -> list[Json]:
    return common.cards(
        "totals",
        [
            common.NET,
            common.GROSS,
            common.WASTE,
            common.COST,
            Card(
                "Tasks done",
                "Tasks that ended with task.done(). Unknown when a model or an agent is chosen.",
                "tasks_completed",
                COUNT | fixed(theme.MONEY),
            ),
            common.COST_PER_TASK,
            Card(
                "People",
                "People with a call. Calls whose user is not known belong to nobody here.",
                "people",
                COUNT | fixed(theme.CALM),
            ),
            Card(
                "Not known",
                "Calls without reported usage or a price: tokens and cost are higher by these.",
                "not_known",
                COUNT | fixed(theme.CALM),
            ),
        ],
    )


def _podium() -> Json:
    # A row a person turns into a field a person, so that each step has its own colour.
    steps = stat("podium", Place(0, 3, 7, 5), [], no_value="nobody yet")
    steps["fieldConfig"]["defaults"]["unit"] = theme.TOKENS
    steps["fieldConfig"]["overrides"] = [
        {
            "matcher": {"id": "byRegexp", "options": f"/^{place}\\. /"},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for place, colour in enumerate(theme.MEDALS, 1)
    ]
    steps["transformations"] = [rows_to_fields(name="person", value="net_tokens")]
    return steps


def _tiers() -> Json:
    return bar_chart(
        "tier_distribution",
        Place(7, 3, 6, 5),
        [
            Field("tier", "Tier", {"mappings": theme.pill_colours(theme.TIERS)}),
            Field("people", "People", COUNT),
        ],
        x_field="Tier",
        colour_by="Tier",
    )


def _over_time() -> Json:
    return timeseries(
        "tokens_over_time",
        Place(13, 3, 11, 5),
        common.series(
            {"net_tokens": ("Net", theme.NET), "waste_tokens": ("Deducted", theme.WASTE)}
        ),
        bars=True,
        stacked=True,
    )


def _board() -> Json:
    return table(
        "leaderboard",
        Place(0, 8, 24, 14),
        [
            Field("rank", "#", {"custom.width": 44, "unit": "locale"}),
            Field(
                "movement",
                "Moved",
                {
                    "custom.width": 60,
                    "custom.align": "center",
                    "custom.cellOptions": {"type": "color-text"},
                    "mappings": theme.movement_colours(),
                },
            ),
            Field("display_name", "Who", {"custom.width": 104, **common.person_link()}),
            Field(
                "net_tokens",
                "Net tokens",
                TOKENS | common.gauge(126, theme.NET),
            ),
            Field("trend", "Trend", {"noValue": ""} | fixed(theme.NET) | _spark()),
            Field(
                "tier",
                "Tier",
                common.pills(theme.TIERS) | column(88),
            ),
            Field(
                "titles",
                "Titles",
                common.pills(theme.TITLES) | {"custom.minWidth": 136, "noValue": ""},
            ),
            Field("gross_tokens", "Gross", TOKENS | column(70)),
            Field("waste_share", "Waste", common.waste_cell()),
            Field("cost_usd", "Cost", MONEY | column(78)),
            Field("cost_per_completed_task", "$ / task", MONEY | column(72)),
            Field("tasks_completed", "Tasks", COUNT | column(56)),
            Field("calls", "Calls", COUNT | column(66)),
            Field("sessions", "Sessions", COUNT | column(70)),
            Field("models", "Models", COUNT | column(62)),
            Field("cache_read_ratio", "Cached", {"unit": theme.SHARE} | column(66)),
            Field("team", "Team", {"custom.minWidth": 70}),
            *(
                Field(name, "", common.HIDDEN)
                for name in ("prev_rank", "person", "user_id", "waste_tokens")
            ),
        ],
        sort_by=("#", False),
        frozen=2,
        no_value="—",
    )


def _teams() -> Json:
    return table(
        "teams",
        Place(0, 22, 15, 7),
        [
            Field("team", "Team", {"custom.minWidth": 120, **common.only(UID, "team")}),
            Field("people", "People", COUNT | column(80)),
            Field("net_tokens", "Net tokens", TOKENS | column(110)),
            Field("gross_tokens", "Gross", TOKENS | column(70)),
            Field("waste_share", "Waste", common.waste_cell()),
            Field("cost_usd", "Cost", MONEY | column(78)),
            Field("cost_per_completed_task", "$ / task", MONEY | column(72)),
            Field("tasks_completed", "Tasks", COUNT | column(56)),
            Field("calls", "Calls", COUNT | column(66)),
        ],
        sort_by=("Net tokens", True),
    )


def _deductions() -> Json:
    return bar_gauge(
        "deductions",
        Place(15, 22, 9, 7),
        [Field("tokens", "", TOKENS | fixed(theme.WASTE))],
        no_value="nothing was deducted",
    )


def _spark() -> Json:
    # Eight heights of block characters: drawn alike by every table.
    return column(104, cellOptions={"type": "color-text"})
