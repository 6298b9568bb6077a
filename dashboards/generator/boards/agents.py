"""Agents and sessions: who runs on a long leash, what burns fastest, what goes round in circles."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, MONEY, SECONDS, TOKENS, Card, column, fixed
from generator.charts import timeseries
from generator.dashboard import dashboard
from generator.panels import Field, Place, table

Json = dict[str, Any]

UID = "tokenboard-agents"


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Agents",
        "Every agent and session: what it burns, how long nobody has looked, what goes in circles.",
        [
            *_totals(),
            timeseries(
                "agent_over_time",
                Place(0, 3, 9, 8),
                [Field("gross_tokens")],
                bars=True,
                stacked=True,
                series="agent_name",
            ),
            _agents(),
            _sessions(),
        ],
        variables=(common.TEAM, common.MODEL, common.AGENT),
        time_from="now-7d",
    )


def _totals() -> list[Json]:
    return common.cards(
        "agent_totals",
        [
            Card(
                "Sessions",
                "Conversations and agent runs with a call in the time range.",
                "sessions",
                COUNT | fixed(theme.NET),
            ),
            Card(
                "Running now",
                "Sessions with a call in the last fifteen minutes.",
                "running",
                COUNT | fixed(theme.GOOD),
            ),
            Card(
                "Hidden steps",
                "Model calls for each human turn: how much happens behind one answer.",
                "calls_per_turn",
                {"unit": "none", "decimals": 1, "noValue": "no human turns"} | fixed(theme.CALM),
            ),
            common.WASTE,
            common.FAILED,
            Card(
                "Largest context",
                "Input tokens of the largest single call, cached input included.",
                "largest_input",
                TOKENS | fixed(theme.CALM),
            ),
            Card(
                "Agent depth",
                "How deep agents stood inside one another at most; 1: no sub-agents at all.",
                "depth",
                COUNT | fixed(theme.CALM),
            ),
            common.COST,
        ],
    )


def _agents() -> Json:
    return table(
        "agents",
        Place(9, 3, 15, 8),
        [
            Field("agent_name", "Agent", {"custom.minWidth": 110, **common.only(UID, "agent")}),
            Field("net_tokens", "Net tokens", TOKENS | column(84)),
            Field("gross_tokens", "Gross", TOKENS | column(74)),
            Field("waste_share", "Waste", common.waste_cell()),
            Field("loop_tokens", "In loops", TOKENS | column(76)),
            Field("cost_usd", "Cost", MONEY | column(78)),
            Field("calls", "Calls", COUNT | column(66)),
            Field("hidden_steps", "Steps", {"unit": "none", "decimals": 1} | column(60)),
            Field("tool_calls", "Tools", COUNT | column(62)),
            Field("failed_share", "Failed", common.failed_cell()),
        ],
        sort_by=("Gross", True),
    )


def _sessions() -> Json:
    return table(
        "agent_sessions",
        Place(0, 11, 24, 16),
        [
            Field("last_seen", "Last call", column(112)),
            Field("session_id", "Session", {"custom.minWidth": 150, **common.session_link()}),
            Field("who", "Who", {"custom.minWidth": 80, **common.person_link()}),
            Field("agents", "Agents", {"custom.minWidth": 90, "noValue": ""}),
            Field(
                "signals",
                "Signals",
                {"custom.minWidth": 90, "noValue": ""} | common.pills(theme.SIGNALS),
            ),
            Field(
                "burn",
                "Burn / min",
                TOKENS | common.gauge(116, theme.WASTE),
            ),
            Field("gross_tokens", "Gross", TOKENS | column(74)),
            Field("waste_share", "Waste", common.waste_cell()),
            Field("cost_usd", "Cost", MONEY | column(78)),
            Field("length", "Length", SECONDS | column(76)),
            Field("human_turns", "Turns", COUNT | column(60)),
            Field("calls", "Calls", COUNT | column(60)),
            Field("hidden_steps", "Steps", {"unit": "none", "decimals": 1} | column(60)),
            Field("failed_calls", "Failed", COUNT | column(62)),
            Field("largest_input", "Context", TOKENS | column(74)),
            *(
                Field(name, "", common.HIDDEN)
                for name in ("person", "from_ms", "to_ms", "net_tokens", "tool_calls", "team")
            ),
        ],
    )
