"""The leaderboard: who burned what, and beside it what it bought and what was waste."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, MONEY, TOKENS, column, fixed, waste_share
from generator.dashboard import dashboard
from generator.panels import (
    Field,
    Place,
    bar_chart,
    bar_gauge,
    rows_to_fields,
    sharing,
    stat,
    table,
    timeseries,
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
    shown = [
        (
            "Net tokens",
            "What counts: gross tokens less every deduction (duplicates, loops, idle, failed).",
            Field("net_tokens", "Net tokens", TOKENS | fixed(theme.NET)),
        ),
        (
            "Gross tokens",
            "Input, cached input included, and output of every call. Never a result on its own.",
            Field("gross_tokens", "Gross tokens", TOKENS | fixed(theme.CALM)),
        ),
        (
            "Waste",
            "Share of gross tokens that was deducted. The deductions by kind stand below.",
            Field("waste_share", "Waste", waste_share()),
        ),
        (
            "Cost",
            "Estimate at list prices, call by call, where a price is known; waste is paid for too.",
            Field("cost_usd", "Cost", MONEY | fixed(theme.MONEY) | {"noValue": "no price known"}),
        ),
        (
            "Tasks done",
            "Tasks that ended with task.done(). Unknown when a model or an agent is chosen.",
            Field("tasks_completed", "Tasks done", COUNT | fixed(theme.MONEY)),
        ),
        (
            "Cost per task",
            "All spend, failed tasks and waste included, by tasks that ended with task.done().",
            Field(
                "cost_per_completed_task",
                "Cost per task",
                MONEY | fixed(theme.MONEY) | {"noValue": "no tasks, or no price known"},
            ),
        ),
        (
            "People",
            "People with at least one call. Calls whose user is not known belong to nobody here.",
            Field("people", "People", COUNT | fixed(theme.CALM)),
        ),
        (
            "Not known",
            "Calls without reported usage or a known price: tokens and cost are higher by these.",
            Field("not_known", "Not known", COUNT | fixed(theme.CALM)),
        ),
    ]
    cards = [
        {
            **stat("totals", Place(3 * n, 0, 3, 3), [field], title=title, text_mode="value"),
            "description": description,
        }
        for n, (title, description, field) in enumerate(shown)
    ]
    return [cards[0], *(sharing(card, 1) for card in cards[1:])]


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
        [
            Field("net_tokens", "Net", fixed(theme.NET)),
            Field("waste_tokens", "Deducted", fixed(theme.WASTE)),
        ],
        bars=True,
        stacked=True,
    )


def _board() -> Json:
    return table(
        "leaderboard",
        Place(0, 8, 24, 15),
        [
            Field("rank", "#", {"custom.width": 44, "unit": "locale"}),
            Field(
                "movement",
                "Moved",
                {
                    "custom.width": 66,
                    "custom.align": "center",
                    "custom.cellOptions": {"type": "color-text"},
                    "mappings": theme.movement_colours(),
                },
            ),
            Field("display_name", "Who", {"custom.minWidth": 120, **common.person_link()}),
            Field(
                "net_tokens",
                "Net tokens",
                TOKENS
                | fixed(theme.NET)
                | {
                    "custom.minWidth": 120,
                    "custom.cellOptions": {
                        "type": "gauge",
                        "mode": "basic",
                        "valueDisplayMode": "text",
                    },
                    "min": 0,
                },
            ),
            Field("trend", "Trend", {"noValue": ""} | fixed(theme.NET) | _spark()),
            Field(
                "tier",
                "Tier",
                {
                    "custom.width": 88,
                    "custom.cellOptions": {"type": "pill"},
                    "mappings": theme.pill_colours(theme.TIERS),
                },
            ),
            Field(
                "titles",
                "Titles",
                {
                    "custom.minWidth": 130,
                    "custom.cellOptions": {"type": "pill"},
                    "mappings": theme.pill_colours(theme.TITLES),
                    "noValue": "",
                },
            ),
            Field("gross_tokens", "Gross", TOKENS | column(70)),
            Field("waste_share", "Waste", common.waste_cell()),
            Field("cost_usd", "Cost", MONEY | column(78)),
            Field("cost_per_completed_task", "$ / task", MONEY | column(72)),
            Field("tasks_completed", "Tasks", COUNT | column(56)),
            Field("calls", "Calls", COUNT | column(66)),
            Field("sessions", "Sessions", COUNT | column(72)),
            Field("models", "Models", COUNT | column(62)),
            Field("cache_read_ratio", "Cached", {"unit": theme.SHARE} | column(66)),
            Field("team", "Team", {"custom.minWidth": 70}),
            *(
                Field(name, "", common.HIDDEN)
                for name in ("prev_rank", "person", "user_id", "waste_tokens")
            ),
        ],
        sort_by=("#", False),
        frozen=1,
        no_value="—",
    )


def _teams() -> Json:
    team = {
        "links": [
            {
                "title": "This team's people",
                "url": f"/d/{UID}?var-team=${{__value.raw:percentencode}}&${{__url_time_range}}",
            }
        ]
    }
    return table(
        "teams",
        Place(0, 23, 15, 8),
        [
            Field("team", "Team", {"custom.minWidth": 120, **team}),
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
        Place(15, 23, 9, 8),
        [Field("tokens", "", TOKENS | fixed(theme.WASTE))],
        no_value="nothing was deducted",
    )


def _spark() -> Json:
    # Eight heights of block characters: drawn alike by every table.
    return column(104, cellOptions={"type": "color-text"})
