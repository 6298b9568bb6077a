"""The pipeline: what came in, how late, what was refused, and what the books cannot know."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, SECONDS, SHARE, TOKENS, column, fixed
from generator.dashboard import dashboard
from generator.panels import Field, Place, table, timeseries

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
                [
                    Field("accepted_rate", "Taken", fixed(theme.NET)),
                    Field("sent_rate", "Stored", fixed(theme.GOOD)),
                    Field("refused_rate", "Refused", fixed(theme.WASTE)),
                    Field("failed_rate", "Given up on", fixed(theme.BAD)),
                ],
                no_value="no collector tells of itself in this time range",
            ),
            timeseries(
                "pipeline_queue",
                Place(12, 3, 12, 7),
                [Field("queue_share")],
                unit=theme.SHARE,
                palette=True,
                no_value="no queue in this time range",
            ),
            timeseries(
                "pipeline_delay",
                Place(0, 10, 12, 7),
                [
                    Field("half", "Half", fixed(theme.NET)),
                    Field("most", "19 of 20", fixed(theme.WASTE)),
                ],
                unit="s",
                points=True,
            ),
            timeseries(
                "pipeline_known",
                Place(12, 10, 12, 7),
                [
                    Field("unattributed_share", "Of nobody", fixed(theme.TIERS["platinum"])),
                    Field("unknown_share", "Without usage", fixed(theme.WASTE)),
                    Field("unpriced_share", "Without a price", fixed(theme.MEDALS[0])),
                ],
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
            (
                "Taken",
                "Spans, log records and metric points that collectors and receivers accepted.",
                Field("accepted", "Taken", TOKENS | fixed(theme.NET) | nothing),
            ),
            (
                "Refused",
                "Sent back to their senders, which try again: not lost as long as they can wait.",
                Field("refused", "Refused", COUNT | fixed(theme.WASTE) | nothing),
            ),
            (
                "Given up on",
                "Records that could not be stored and were dropped: this has to be zero.",
                Field("failed", "Given up on", COUNT | fixed(theme.BAD) | nothing),
            ),
            (
                "Fullest queue",
                "How full the fullest queue to ClickHouse was at most in the time range.",
                Field("queue_share", "Fullest queue", SHARE | fixed(theme.CALM) | nothing),
            ),
            (
                "Delay",
                "Nineteen of twenty calls, tools and tasks were stored so long after their end.",
                Field("delay", "Delay", SECONDS | fixed(theme.CALM) | nothing),
            ),
            (
                "Of nobody",
                "Share of gross tokens whose user is not known: what no leaderboard can rank.",
                Field(
                    "unattributed_share",
                    "Of nobody",
                    SHARE | fixed(theme.TIERS["platinum"]) | nothing | {"decimals": 1},
                ),
            ),
            (
                "Without usage",
                "Share of calls that may have cost something and whose usage nobody reported.",
                Field(
                    "unknown_share",
                    "Without usage",
                    SHARE | fixed(theme.CALM) | nothing | {"decimals": 1},
                ),
            ),
            (
                "Misdated",
                "Spans with a clock that cannot be right, kept out of the books in the time range.",
                Field("misdated", "Misdated", COUNT | fixed(theme.CALM) | nothing),
            ),
        ],
    )


def _processes() -> Json:
    return table(
        "pipeline_processes",
        Place(0, 17, 14, 7),
        [
            Field("component", "Component", {"custom.minWidth": 130}),
            Field("process", "Process", {"custom.minWidth": 100}),
            Field("last_seen", "Last heard of", column(120)),
            Field("accepted", "Taken", TOKENS | column(72)),
            Field("sent", "Stored", TOKENS | column(72)),
            Field("refused", "Refused", COUNT | column(72)),
            Field("failed", "Given up", COUNT | column(76)),
            Field("queue_share", "Queue", SHARE | column(64)),
            Field("memory", "Memory", {"unit": "bytes"} | column(80)),
        ],
        no_value="no collector tells of itself in this time range",
    )


def _flaws() -> Json:
    return table(
        "pipeline_flaws",
        Place(14, 17, 10, 7),
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
        Place(0, 24, 24, 9),
        [
            Field("service", "Service", {"custom.minWidth": 140}),
            Field("project", "Project", {"custom.minWidth": 110}),
            Field("calls", "Calls", COUNT | column(70)),
            Field("net_tokens", "Net tokens", TOKENS | column(90)),
            Field("gross_tokens", "Gross", TOKENS | column(80)),
            Field("unattributed_share", "Of nobody", SHARE | _meter()),
            Field("unknown_share", "No usage", common.failed_cell(80)),
            Field("unpriced_share", "No price", common.failed_cell(80)),
            Field("failed_share", "Failed", common.failed_cell()),
            Field("waste_share", "Waste", common.waste_cell()),
        ],
        no_value="no calls in this time range",
    )


def _meter() -> Json:
    return fixed(theme.TIERS["platinum"]) | {
        "custom.minWidth": 140,
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "min": 0,
        "max": 1,
    }
