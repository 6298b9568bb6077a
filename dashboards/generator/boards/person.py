"""One person: tokens, cost and outcome, models, sessions, what was deducted and why."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import (
    COUNT,
    MONEY,
    SHARE,
    TOKENS,
    Card,
    column,
    fixed,
)
from generator.charts import timeseries
from generator.dashboard import dashboard
from generator.panels import (
    Field,
    Place,
    bar_gauge,
    rows_to_fields,
    table,
)

Json = dict[str, Any]

UID = "tokenboard-person"


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Person",
        "One person's tokens, what they cost and bought, by model and session.",
        [
            *_totals(),
            timeseries(
                "person_over_time",
                Place(0, 3, 16, 7),
                [Field("net_tokens")],
                bars=True,
                stacked=True,
                series="model",
            ),
            bar_gauge(
                "person_models",
                Place(16, 3, 8, 7),
                [Field("gross_tokens", "", TOKENS | fixed(theme.CALM))],
                title="Gross tokens by model",
            ),
            timeseries(
                "person_ranks",
                Place(0, 10, 8, 9),
                [Field("rank", "Rank", COUNT | fixed(theme.MEDALS[0]))],
                unit="locale",
                points=True,
                filled=False,
                no_value="no tokens in this time range",
            ),
            _tier_progress(),
            _titles(),
            bar_gauge(
                "person_deductions",
                Place(0, 19, 8, 8),
                [Field("tokens", "", TOKENS | fixed(theme.WASTE))],
                no_value="nothing was deducted",
            ),
            _taken(),
            _sessions(),
        ],
        # A person has one team: the filter is there only because the shared queries ask for it.
        variables=(
            common.USER,
            common.MODEL,
            common.AGENT,
            replace(common.TEAM, hidden=True),
        ),
    )


def _totals() -> list[Json]:
    return common.cards(
        "person_totals",
        [
            Card("Rank", "Place among everybody by net tokens in the time range.", "rank", COUNT),
            Card(
                "Tier",
                "By net tokens of the last thirty days, whatever the time range.",
                "tier",
                {"mappings": theme.pill_colours(theme.TIERS)},
            ),
            common.NET,
            common.GROSS,
            common.WASTE,
            common.COST,
            common.COST_PER_TASK,
            Card(
                "Cached",
                "Share of the input that was read from a provider's cache.",
                "cache_read_ratio",
                {"unit": theme.SHARE} | fixed(theme.CALM),
            ),
        ],
    )


def _tier_progress() -> Json:
    # A row a tier turns into a field a tier, so that each bar has its tier's colour.
    bars = bar_gauge("person_tiers", Place(8, 10, 6, 9), [], rows=0, unit=theme.SHARE)
    bars["fieldConfig"]["defaults"] |= {"min": 0, "max": 1}
    bars["fieldConfig"]["overrides"] = [
        Field(tier, "", fixed(colour)).override() for tier, colour in theme.TIERS.items()
    ]
    bars["transformations"] = [rows_to_fields(name="tier", value="progress")]
    return bars


def _titles() -> Json:
    return table(
        "person_titles",
        Place(14, 10, 10, 9),
        [
            Field(
                "title",
                "Title",
                common.pills(theme.TITLES) | column(150),
            ),
            Field(
                "held",
                "",
                {"displayName": "Held", "noValue": ""}
                | fixed(theme.GOOD)
                | column(56, cellOptions={"type": "color-text"}),
            ),
            Field(
                "progress",
                "How near",
                SHARE | common.gauge(134, theme.TITLES["Token Legend"], top=1),
            ),
            Field("rule_in_words", "Rule", {"custom.minWidth": 150, **common.WRAP}),
        ],
    )


def _taken() -> Json:
    return table(
        "person_taken",
        Place(8, 19, 16, 8),
        [
            Field("taken_at", "When", column(112)),
            Field("kind", "Deduction", {"custom.minWidth": 130}),
            Field("tokens", "Tokens", TOKENS | fixed(theme.WASTE) | column(80)),
            Field("cost_usd", "Cost", MONEY | column(78)),
            Field("model", "Model", {"custom.minWidth": 110}),
            Field("why", "Why", {"custom.minWidth": 200, **common.WRAP}),
            Field(
                "session_id",
                "Session",
                {
                    "custom.minWidth": 110,
                    "noValue": "",
                    **common.session_link(own_time=False),
                },
            ),
        ],
        no_value="nothing was deducted",
    )


def _sessions() -> Json:
    return table(
        "person_sessions",
        Place(0, 27, 24, 12),
        [
            Field("started", "Started", column(112)),
            Field("session_id", "Session", {"custom.minWidth": 180, **common.session_link()}),
            Field("agents", "Agents", {"custom.minWidth": 110, "noValue": ""}),
            Field("length", "Length", {"unit": "s"} | column(90)),
            Field("human_turns", "Turns", COUNT | column(70)),
            Field("calls", "Calls", COUNT | column(70)),
            Field("tool_calls", "Tool calls", COUNT | column(90)),
            Field("failed_calls", "Failed", COUNT | column(70)),
            Field("net_tokens", "Net tokens", TOKENS | column(100)),
            Field("gross_tokens", "Gross", TOKENS | column(84)),
            Field("cost_usd", "Cost", MONEY | column(84)),
            *(Field(name, "", common.HIDDEN) for name in ("from_ms", "to_ms")),
        ],
        sort_by=("Started", True),
        no_value="—",
    )
