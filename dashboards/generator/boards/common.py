"""What dashboards have in common: the settings of a kind of figure, the filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generator import theme
from generator.dashboard import Variable
from generator.panels import Field, Place, sharing, stat

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

TOKENS: Json = {"unit": theme.TOKENS}
MONEY: Json = {"unit": theme.DOLLARS}
COUNT: Json = {"unit": "locale"}
SHARE: Json = {"unit": theme.SHARE}
SECONDS: Json = {"unit": "s"}
WRAP: Json = {"custom.wrapText": True}
PILL: Json = {"custom.cellOptions": {"type": "pill"}}
HIDDEN: Json = {"custom.hideFrom": {"viz": True, "legend": False, "tooltip": False}}

TEAM = Variable("team", "Team", "options_team", "Only people of these teams.")
MODEL = Variable("model", "Model", "options_model", "Only calls of these models.")
AGENT = Variable("agent", "Agent", "options_agent", "Only calls made inside these agents.")
USER = Variable("user", "Person", "options_user", "Whose month to look at.", several=False)
SESSION = Variable(
    "session", "Session", "options_session", "Which conversation or agent run.", several=False
)
TRACE = Variable("trace", "Trace", "options_trace", "Which of its traces.", several=False)

FILTERS = "${team:queryparam}&${model:queryparam}&${agent:queryparam}&${__url_time_range}"
"""End of a link's address: what is chosen goes along."""
SESSION_LINK = "/d/tokenboard-session?var-session=${__data.fields.session_id:percentencode}"


def session_link() -> Json:
    """Leads to a session's timeline, its own time as time range: the timeline fills the panel."""
    return {
        "links": [
            {
                "title": "This session's timeline",
                "url": SESSION_LINK + "&from=${__data.fields.from_ms}&to=${__data.fields.to_ms}",
            }
        ]
    }


def person_link(column: str = "person") -> Json:
    """Leads to the month of the person whose id is in a column."""
    return {
        "links": [
            {
                "title": "This person's month",
                "url": "/d/tokenboard-person?var-user="
                f"${{__data.fields.{column}:percentencode}}&{FILTERS}",
            }
        ]
    }


def person_only_link(column: str = "person") -> Json:
    """The same, from where models and agents cannot be chosen."""
    return {
        "links": [
            {
                "title": "This person's month",
                "url": "/d/tokenboard-person?var-user="
                f"${{__data.fields.{column}:percentencode}}&${{__url_time_range}}",
            }
        ]
    }


def cards(
    query: str,
    shown: Sequence[tuple[str, str, Field]],
    *,
    y: int = 0,
    height: int = 3,
    first: int = 1,
) -> list[Json]:
    """A row of big numbers, one column of one query each: title, description, column.

    Args:
        query: the file; asked once, by the panel numbered ``first``.
        shown: the cards from left to right.
        y: the row's place.
        height: in rows of the grid.
        first: number that the first card will have on the dashboard.
    """
    width, rest = divmod(24, len(shown))
    found: list[Json] = []
    x = 0
    for number, (title, description, field) in enumerate(shown):
        wide = width + (number < rest)
        card = stat(query, Place(x, y, wide, height), [field], title=title, text_mode="value")
        found.append({**card, "description": description})
        x += wide
    return [found[0], *(sharing(card, first) for card in found[1:])]


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


def waste_cell() -> Json:
    """Waste as a column of a table."""
    return waste_share() | column(70, cellOptions={"type": "color-text"})


def failed_cell(width: int = 70) -> Json:
    """Share of failed calls: calm up to two in a hundred, alarming from a tenth."""
    found = waste_share() | column(width, cellOptions={"type": "color-text"})
    steps = [(theme.CALM, None), ("#D08A2E", 0.02), (theme.BAD, 0.1)]
    thresholds = [{"color": colour, "value": value} for colour, value in steps]
    return found | {"thresholds": {"mode": "absolute", "steps": thresholds}}
