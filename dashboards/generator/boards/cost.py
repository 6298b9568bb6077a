"""Cost: where the money goes, what the cache saved, where the month ends, what waste cost."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, MONEY, SHARE, TOKENS, column, fixed
from generator.dashboard import dashboard
from generator.panels import Field, Place, bar_gauge, table, timeseries

Json = dict[str, Any]

UID = "tokenboard-cost"


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Cost",
        "Estimates at list prices, call by call: by team, person, model, provider, agent, project.",
        [
            *_totals(),
            timeseries(
                "cost_over_time",
                Place(0, 3, 13, 8),
                [Field("cost_usd")],
                unit=theme.DOLLARS,
                bars=True,
                stacked=True,
                palette=True,
                no_value="no price known in this time range",
            ),
            _budgets(),
            *(
                bar_gauge(
                    f"cost_by_{name}",
                    Place(6 * n, 11, 6, 7),
                    [Field("cost_usd", "", MONEY | fixed(theme.MONEY))],
                    unit=theme.DOLLARS,
                    no_value="no price known",
                )
                for n, name in enumerate(("team", "provider", "agent", "project"))
            ),
            _models(),
            _people(),
            bar_gauge(
                "cost_of_waste",
                Place(0, 36, 8, 7),
                [Field("usd", "", MONEY | fixed(theme.WASTE))],
                unit=theme.DOLLARS,
                no_value="nothing was wasted",
            ),
            _unknown(),
            _quarantined(),
        ],
        variables=(common.TEAM, common.MODEL, common.AGENT),
    )


def _totals() -> list[Json]:
    return common.cards(
        "cost_totals",
        [
            (
                "Cost",
                "Estimate at list prices, where a price is known; waste is paid for too.",
                Field(
                    "cost_usd", "Cost", MONEY | fixed(theme.MONEY) | {"noValue": "no price known"}
                ),
            ),
            (
                "A day",
                "Cost of the time range by its length in days; a dash in ranges under a day.",
                Field("usd_per_day", "A day", MONEY | fixed(theme.MONEY) | {"noValue": "—"}),
            ),
            (
                "Month's end",
                "What this month (UTC) will have cost if the rate of the last seven days goes on.",
                Field("month_end_usd", "Month's end", MONEY | fixed(theme.NET) | {"noValue": "—"}),
            ),
            (
                "Saved by cache",
                "What cached input would have cost more at base price, less what caching it cost.",
                Field("cache_saved_usd", "Saved by cache", MONEY | fixed(theme.TIERS["jade"])),
            ),
            (
                "Paid for waste",
                "The part of the cost whose tokens were deducted: loops, retries, duplicates.",
                Field(
                    "waste_usd",
                    "Paid for waste",
                    MONEY | fixed(theme.WASTE) | {"noValue": "nothing"},
                ),
            ),
            (
                "A million tokens",
                "Cost by gross tokens: falls as more is read from the cache or by cheaper models.",
                Field("usd_per_million", "A million tokens", MONEY | fixed(theme.CALM)),
            ),
            (
                "Without a price",
                "Calls of a model whose price is not known: cost is higher by these.",
                Field("unpriced_calls", "Without a price", COUNT | fixed(theme.CALM)),
            ),
            (
                "Without usage",
                "Calls that may have cost something and whose usage nobody reported.",
                Field("unknown_calls", "Without usage", COUNT | fixed(theme.CALM)),
            ),
        ],
    )


def _budgets() -> Json:
    used = {
        "unit": theme.SHARE,
        "min": 0,
        "max": 1,
        "color": {"mode": "thresholds"},
        "thresholds": {
            "mode": "absolute",
            "steps": [
                {"color": theme.GOOD, "value": None},
                {"color": "#D08A2E", "value": 0.8},
                {"color": theme.BAD, "value": 1},
            ],
        },
        "custom.minWidth": 116,
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
    }
    return table(
        "cost_budgets",
        Place(13, 3, 11, 8),
        [
            Field("scope", "", {"displayName": "Of", "custom.width": 56}),
            Field("name", "Name", {"custom.minWidth": 80}),
            Field("used", "Used", used),
            Field("spent_usd", "Spent", MONEY | column(84)),
            Field("budget_usd", "Budget", MONEY | column(78)),
            Field("month_end_usd", "Month's end", MONEY | column(96)),
            Field("used_up", "Used up", {"noValue": "—"} | column(74)),
            Field("unpriced_calls", "", common.HIDDEN),
        ],
        no_value="no budget set: tokenboard budgets import FILE",
    )


def _models() -> Json:
    return table(
        "cost_by_model",
        Place(0, 18, 24, 9),
        [
            Field("model", "Model", {"custom.minWidth": 170, **_only("model")}),
            Field("provider", "Provider", {"custom.minWidth": 90}),
            Field("cost_usd", "Cost", MONEY | _meter(theme.MONEY)),
            Field("waste_usd", "For waste", MONEY | column(86)),
            Field("waste_cost_share", "Waste", common.waste_cell()),
            Field("net_tokens", "Net tokens", TOKENS | column(90)),
            Field("gross_tokens", "Gross", TOKENS | column(76)),
            Field("usd_per_million", "$ / M tokens", MONEY | column(100)),
            Field("calls", "Calls", COUNT | column(70)),
            Field("not_known", "Not known", COUNT | column(86)),
            Field("cache_read_ratio", "Cached", SHARE | column(72)),
            Field(
                "cache_saved_usd", "Cache saved", MONEY | fixed(theme.TIERS["jade"]) | column(100)
            ),
        ],
        sort_by=("Cost", True),
    )


def _people() -> Json:
    return table(
        "cost_by_person",
        Place(0, 27, 24, 9),
        [
            Field("who", "Who", {"custom.minWidth": 170, **common.person_link()}),
            Field("cost_usd", "Cost", MONEY | _meter(theme.MONEY)),
            Field("cost_per_completed_task", "$ / task", MONEY | column(84)),
            Field("usd_per_million", "$ / M tokens", MONEY | column(100)),
            Field("net_tokens", "Net tokens", TOKENS | column(90)),
            Field("gross_tokens", "Gross", TOKENS | column(76)),
            Field("waste_share", "Waste", common.waste_cell()),
            Field("calls", "Calls", COUNT | column(70)),
            Field("not_known", "Not known", COUNT | column(86)),
            Field("person", "", common.HIDDEN),
        ],
        sort_by=("Cost", True),
    )


def _unknown() -> Json:
    return table(
        "cost_unpriced",
        Place(8, 36, 8, 7),
        [
            Field("model", "Model", {"custom.minWidth": 120}),
            Field("provider", "Provider", column(86)),
            Field("unpriced_calls", "No price", COUNT | column(76)),
            Field("unknown_calls", "No usage", COUNT | column(78)),
            Field("share", "Share", SHARE | column(64)),
            Field("calls", "", common.HIDDEN),
        ],
        no_value="every call has usage and a price",
    )


def _quarantined() -> Json:
    session = {
        "links": [
            {
                "title": "This session's timeline",
                "url": common.SESSION_LINK + "&${__url_time_range}",
            }
        ]
    }
    return table(
        "cost_quarantined",
        Place(16, 36, 8, 7),
        [
            Field("taken_at", "When", column(112)),
            Field("who", "Who", {"custom.minWidth": 70}),
            Field("model", "Model", {"custom.minWidth": 90}),
            Field("tokens", "Tokens", TOKENS | column(72)),
            Field("list_usd", "At list", MONEY | column(76)),
            Field("session_id", "Session", {"custom.minWidth": 90, "noValue": "", **session}),
        ],
        no_value="no implausible cost",
    )


def _only(name: str) -> Json:
    return {
        "links": [
            {
                "title": f"Only this {name}",
                "url": f"/d/{UID}?var-{name}=${{__value.raw:percentencode}}&${{__url_time_range}}",
            }
        ]
    }


def _meter(colour: str) -> Json:
    return fixed(colour) | {
        "custom.minWidth": 140,
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "min": 0,
    }
