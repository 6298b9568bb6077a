"""Cost: where the money goes, what the cache saved, where the month ends, what waste cost."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, MONEY, SHARE, TOKENS, Card, column, fixed
from generator.charts import timeseries
from generator.dashboard import dashboard
from generator.panels import Field, Place, bar_gauge, table

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
                series="team_name",
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
                Place(0, 36, 6, 7),
                [Field("usd", "", MONEY | fixed(theme.WASTE))],
                unit=theme.DOLLARS,
                no_value="nothing was wasted",
            ),
            _unknown(),
            _quarantined(),
            _energy(),
        ],
        variables=(common.TEAM, common.MODEL, common.AGENT),
    )


def _totals() -> list[Json]:
    return common.cards(
        "cost_totals",
        [
            common.COST,
            Card(
                "Per day",
                "Cost of the time range by its length in days; a dash in ranges under a day.",
                "usd_per_day",
                MONEY | fixed(theme.MONEY) | {"noValue": "—"},
            ),
            Card(
                "Month-end forecast",
                "What this month (UTC) will have cost if the rate of the last seven days goes on.",
                "month_end_usd",
                MONEY | fixed(theme.NET) | {"noValue": "—"},
            ),
            Card(
                "Saved by cache",
                "What cached input would have cost more at base price, less what caching it cost.",
                "cache_saved_usd",
                MONEY | fixed(theme.TIERS["jade"]),
            ),
            Card(
                "Paid for waste",
                "The part of the cost whose tokens were deducted: loops, retries, duplicates.",
                "waste_usd",
                MONEY | fixed(theme.WASTE) | {"noValue": "nothing"},
            ),
            Card(
                "Per million tokens",
                "Cost by gross tokens: falls as more is read from the cache or by cheaper models.",
                "usd_per_million",
                MONEY | fixed(theme.CALM),
            ),
            Card(
                "No price",
                "Calls of a model whose price is not known: cost is higher by these.",
                "unpriced_calls",
                COUNT | fixed(theme.CALM),
            ),
            Card(
                "Usage unknown",
                "Calls that may have cost something and whose usage nobody reported.",
                "unknown_calls",
                COUNT | fixed(theme.CALM),
            ),
        ],
    )


def _budgets() -> Json:
    used = common.shaded(0.8, 1, calm=theme.GOOD) | common.gauge(116, top=1) | {"decimals": 0}
    return table(
        "cost_budgets",
        Place(13, 3, 11, 8),
        [
            Field("scope", "", {"displayName": "Scope", "custom.width": 62}),
            Field("name", "Name", {"custom.minWidth": 80}),
            Field("used", "Used", used),
            Field("spent_usd", "Spent", MONEY | column(84)),
            Field("budget_usd", "Budget", MONEY | column(78)),
            Field("month_end_usd", "Month-end", MONEY | column(92)),
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
            Field("model", "Model", {"custom.minWidth": 170, **common.only(UID, "model")}),
            Field("provider", "Provider", {"custom.minWidth": 90}),
            Field("cost_usd", "Cost", MONEY | common.gauge(140, theme.MONEY)),
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
            Field("cost_usd", "Cost", MONEY | common.gauge(140, theme.MONEY)),
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
        Place(6, 36, 8, 7),
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
    session = common.session_link(own_time=False)
    return table(
        "cost_quarantined",
        Place(14, 36, 10, 7),
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


def _energy() -> Json:
    used: Json = {"unit": "watth"} | column(84)
    source = common.link("Where the figures are from", "${__data.fields.source:raw}")
    return table(
        "cost_energy",
        Place(0, 43, 24, 8),
        [
            Field("model", "Model", {"custom.minWidth": 150} | common.only(UID, "model")),
            Field("measured_as", "Taken as", {"noValue": "—"} | column(110) | source),
            Field("calls", "Calls", COUNT | column(66)),
            Field("gross_tokens", "Gross", TOKENS | column(76)),
            Field("least_wh", "At least", used),
            Field("most_wh", "At most", used),
            Field("most_wh_per_million", "At most / M tokens", used | column(130)),
            Field(
                "leaves_out", "Leaves out", {"custom.minWidth": 320, "noValue": "", **common.WRAP}
            ),
            Field("source", "", common.HIDDEN),
        ],
        no_value="no calls in this time range",
    )
