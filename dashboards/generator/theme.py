"""Colours and units, the same on every dashboard."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

# Lowest first. Each is legible as a pill on Grafana's dark and light background alike.
TIERS: dict[str, str] = {
    "unranked": "#6B7280",
    "bronze": "#B87333",
    "silver": "#9AA5B1",
    "gold": "#E0A526",
    "platinum": "#7C8FD9",
    "emerald": "#2E9E5B",
    "jade": "#14B8A6",
}
TITLES: dict[str, str] = {
    "Token Legend": "#8B5CF6",
    "Model Connoisseur": "#D9468F",
    "Cache Wizard": "#2F80ED",
    "Session Immortal": "#E4572E",
    "Task Economist": "#1F9D8B",
    "Steady Hand": "#4C9A2A",
}
MEDALS = ("#E0A526", "#9AA5B1", "#B87333")

SIGNALS: dict[str, str] = {
    "loop": "#D1495B",
    "idle": "#B87333",
    "failing": "#E07A5F",
    "long leash": "#D08A2E",
    "deep": "#8B5CF6",
}
KINDS: dict[str, str] = {
    "human": "#E0A526",
    "instruction": "#B87333",
    "model": "#3B82F6",
    "tool": "#14B8A6",
}

NET = "#3B82F6"
GROSS = "#8E9AAF"
WASTE = "#E07A5F"
MONEY = "#2E9E5B"
CALM = "#8E9AAF"
GOOD = "#2E9E5B"
WARN = "#D08A2E"
BAD = "#D1495B"

TOKENS = "short"
DOLLARS = "currencyUSD"
SHARE = "percentunit"


def pill_colours(colours: dict[str, str]) -> list[Json]:
    """Value mappings that colour a text and leave it as it is."""
    return [
        {
            "type": "value",
            "options": {
                label: {"color": colour, "index": index}
                for index, (label, colour) in enumerate(colours.items())
            },
        }
    ]


def movement_colours() -> list[Json]:
    """Value mappings for ``▲ 3``, ``▼ 1``, ``new``; a regex without a text keeps the text."""
    return [
        {"type": "regex", "options": {"pattern": "^▲.*", "result": {"color": GOOD, "index": 0}}},
        {"type": "regex", "options": {"pattern": "^▼.*", "result": {"color": BAD, "index": 1}}},
        {
            "type": "regex",
            "options": {"pattern": "^(new|—)$", "result": {"color": CALM, "index": 2}},
        },
    ]


def step_colours() -> list[Json]:
    """Colours of a session's steps by how their text begins, on the timeline of one session."""
    patterns = (
        ("^⟳", BAD),
        ("^✕", WASTE),
        ("^⚙", KINDS["tool"]),
        ("^human turn$", KINDS["human"]),
        ("^instruction$", KINDS["instruction"]),
        (".*", KINDS["model"]),
    )
    return [
        {"type": "regex", "options": {"pattern": p, "result": {"color": colour, "index": n}}}
        for n, (p, colour) in enumerate(patterns)
    ]
