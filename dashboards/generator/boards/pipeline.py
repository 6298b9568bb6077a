"""The pipeline: what came in, how late, what was refused, and what the books cannot know."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, SECONDS, SHARE, TOKENS, Card, column, fixed
from generator.charts import timeseries
from generator.dashboard import dashboard
from generator.panels import Field, Place, table

Json = dict[str, Any]

UID = "tokenboard-pipeline"


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Pipeline",
        "What came in, how late, what was refused or lost, and what the books cannot know.",
        [
            *_totals(),
            timeseries(
                "pipeline_flow",
                Place(0, 3, 12, 7),
                common.series(
                    {
                        "accepted_rate": ("Accepted", theme.NET),
                        "sent_rate": ("Stored", theme.GOOD),
                        "refused_rate": ("Refused", theme.WASTE),
                        "failed_rate": ("Dropped", theme.BAD),
                    }
                ),
                no_value="no collector tells of itself in this time range",
            ),
            timeseries(
                "pipeline_queue",
                Place(12, 3, 12, 7),
                [Field("queue_share")],
                unit=theme.SHARE,
                series="process",
                no_value="no queue in this time range",
            ),
            timeseries(
                "pipeline_delay",
                Place(0, 10, 12, 7),
                common.series({"half": ("p50", theme.NET), "most": ("p95", theme.WASTE)}),
                unit="s",
                points=True,
            ),
            timeseries(
                "pipeline_known",
                Place(12, 10, 12, 7),
                common.series(
                    {
                        "unattributed_share": ("Unattributed", theme.TIERS["platinum"]),
                        "unknown_share": ("Usage unknown", theme.WASTE),
                        "unpriced_share": ("No price", theme.MEDALS[0]),
                    }
                ),
                unit=theme.SHARE,
                points=True,
            ),
            _processes(),
            _flaws(),
            _services(),
        ],
        variables=(common.TEAM, common.MODEL, common.AGENT),
        time_from="now-6h",
        refresh="30s",
    )


def _totals() -> list[Json]:
    nothing: Json = {"noValue": "—"}
    return common.cards(
        "pipeline_totals",
        [
            Card(
                "Accepted",
                "Spans, log records and metric points that collectors and receivers accepted.",
                "accepted",
                TOKENS | fixed(theme.NET) | nothing,
            ),
            Card(
                "Refused",
                "Sent back to their senders, which try again: not lost as long as they can wait.",
                "refused",
                COUNT | fixed(theme.WASTE) | nothing,
            ),
            Card(
                "Dropped",
                "Records that could not be stored and were dropped: this has to be zero.",
                "failed",
                COUNT | fixed(theme.BAD) | nothing,
            ),
            Card(
                "Fullest queue",
                "How full the fullest queue to ClickHouse was at most in the time range.",
                "queue_share",
                SHARE | fixed(theme.CALM) | nothing,
            ),
            Card(
                "Delay",
                "Nineteen of twenty calls, tools and tasks were stored so long after their end.",
                "delay",
                SECONDS | fixed(theme.CALM) | nothing,
            ),
            Card(
                "Unattributed",
                "Share of gross tokens whose user is not known: what no leaderboard can rank.",
                "unattributed_share",
                SHARE | fixed(theme.TIERS["platinum"]) | nothing | {"decimals": 1},
            ),
            Card(
                "Usage unknown",
                "Share of calls that may have cost something and whose usage nobody reported.",
                "unknown_share",
                SHARE | fixed(theme.CALM) | nothing | {"decimals": 1},
            ),
            Card(
                "Misdated",
                "Spans with a clock that cannot be right, kept out of the books in the time range.",
                "misdated",
                COUNT | fixed(theme.CALM) | nothing,
            ),
        ],
    )


def _processes() -> Json:
    return table(
        "pipeline_processes",
        Place(0, 17, 14, 6),
        [
            Field("component", "Component", {"custom.minWidth": 130}),
            Field("process", "Process", {"custom.minWidth": 100}),
            Field("last_seen", "Last heard of", column(120)),
            Field("accepted", "Accepted", TOKENS | column(72)),
            Field("sent", "Stored", TOKENS | column(72)),
            Field("refused", "Refused", COUNT | column(72)),
            Field("failed", "Dropped", COUNT | column(76)),
            Field("queue_share", "Queue", SHARE | column(64)),
            Field("memory", "Memory", {"unit": "bytes"} | column(80)),
        ],
        no_value="no collector tells of itself in this time range",
    )


def _flaws() -> Json:
    return table(
        "pipeline_flaws",
        Place(14, 17, 10, 6),
        [
            Field("kind", "Flaw", {"custom.minWidth": 130}),
            Field("emitter", "Told by", {"custom.minWidth": 120}),
            Field("calls", "Calls", COUNT | column(66)),
            Field("last_day", "Last", column(100)),
        ],
        no_value="nothing was set aside",
    )


def _services() -> Json:
    return table(
        "pipeline_services",
        Place(0, 23, 24, 7),
        [
            Field("service", "Service", {"custom.minWidth": 140}),
            Field("project", "Project", {"custom.minWidth": 110}),
            Field("calls", "Calls", COUNT | column(70)),
            Field("net_tokens", "Net tokens", TOKENS | column(90)),
            Field("gross_tokens", "Gross", TOKENS | column(80)),
            Field(
                "unattributed_share",
                "Unattributed",
                SHARE | common.gauge(140, theme.TIERS["platinum"], top=1),
            ),
            Field("unknown_share", "No usage", common.failed_cell(80)),
            Field("unpriced_share", "No price", common.failed_cell(80)),
            Field("failed_share", "Failed", common.failed_cell()),
            Field("waste_share", "Waste", common.waste_cell()),
        ],
        no_value="no calls in this time range",
    )
