"""The leaderboard: who burned what, and beside it what it bought and what was waste."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.dashboard import dashboard
from generator.panels import Field, Place, table

Json = dict[str, Any]


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        "tokenboard-leaderboard",
        "Leaderboard",
        "Who burned how many tokens, what it cost, what it bought, and how much of it was waste.",
        [
            table(
                "leaderboard",
                Place(0, 0, 24, 18),
                [
                    Field("tier", "Tier", {"mappings": theme.pill_colours(theme.TIERS)}),
                ],
            )
        ],
    )
