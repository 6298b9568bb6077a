"""What dashboards have in common: the settings of a kind of figure, the filters."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.dashboard import Variable

Json = dict[str, Any]

TOKENS: Json = {"unit": theme.TOKENS}
MONEY: Json = {"unit": theme.DOLLARS}
COUNT: Json = {"unit": "locale"}
HIDDEN: Json = {"custom.hideFrom": {"viz": True, "legend": False, "tooltip": False}}

TEAM = Variable("team", "Team", "options_team", "Only people of these teams.")
MODEL = Variable("model", "Model", "options_model", "Only calls of these models.")
AGENT = Variable("agent", "Agent", "options_agent", "Only calls made inside these agents.")
USER = Variable("user", "Person", "options_user", "Whose month to look at.", several=False)


def fixed(colour: str) -> Json:
    """One colour."""
    return {"color": {"mode": "fixed", "fixedColor": colour}}


def waste_share() -> Json:
    """Waste as a share of gross tokens: calm up to a tenth, alarming from a quarter."""
    return {
        "unit": theme.SHARE,
        "decimals": 1,
        "min": 0,
        "max": 1,
        "color": {"mode": "thresholds"},
        "thresholds": {
            "mode": "absolute",
            "steps": [
                {"color": theme.CALM, "value": None},
                {"color": "#D08A2E", "value": 0.1},
                {"color": theme.BAD, "value": 0.25},
            ],
        },
    }


def column(width: int, **more: object) -> Json:
    """Width of a table's column in pixels, and further settings of its cells."""
    return {"custom.width": width, **{f"custom.{key}": value for key, value in more.items()}}
