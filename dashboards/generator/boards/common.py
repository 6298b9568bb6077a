"""What dashboards have in common: the settings of a kind of figure, the filters."""

from __future__ import annotations

from dataclasses import dataclass
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


def link(title: str, url: str) -> Json:
    """Where a click on the cell leads."""
    return {"links": [{"title": title, "url": url}]}


def session_link(*, own_time: bool = True) -> Json:
    """Leads to a session's timeline, its own time as time range: the timeline fills the panel."""
    own = "from=${__data.fields.from_ms}&to=${__data.fields.to_ms}"
    when = own if own_time else "${__url_time_range}"
    return link("This session's timeline", f"{SESSION_LINK}&{when}")


def person_link(*, filters: str = FILTERS) -> Json:
    """Leads to the month of the person whose id is in the column ``person``."""
    person = "${__data.fields.person:percentencode}"
    return link("This person's month", f"/d/tokenboard-person?var-user={person}&{filters}")


def person_only_link() -> Json:
    """The same, from where models and agents cannot be chosen."""
    return person_link(filters="${__url_time_range}")


@dataclass(frozen=True, slots=True)
class Card:
    """A big number: its title and exact meaning, the query's column, how that is shown."""

    title: str
    description: str
    column: str
    settings: Json


def cards(query: str, shown: Sequence[Card], *, y: int = 0, height: int = 3) -> list[Json]:
    """A dashboard's first panels: a row of big numbers, one column of one query each.

    Args:
        query: the file; asked once, by the first card.
        shown: the cards from left to right.
        y: the row's place.
        height: in rows of the grid.
    """
    width, rest = divmod(24, len(shown))
    found: list[Json] = []
    x = 0
    for number, one in enumerate(shown):
        wide = width + (number < rest)
        field = Field(one.column, one.title, one.settings)
        card = stat(query, Place(x, y, wide, height), [field], title=one.title, text_mode="value")
        found.append({**card, "description": one.description})
        x += wide
    return [found[0], *(sharing(card, 1) for card in found[1:])]


def fixed(colour: str) -> Json:
    """One colour."""
    return {"color": {"mode": "fixed", "fixedColor": colour}}


def series(shown: dict[str, tuple[str, str]]) -> list[Field]:
    """A chart's columns, each with its name and colour."""
    return [Field(column, label, fixed(colour)) for column, (label, colour) in shown.items()]


def shaded(orange: float, red: float, calm: str = theme.CALM) -> Json:
    """A share that is calm at first, orange and red from there on."""
    steps = [(calm, None), (theme.WARN, orange), (theme.BAD, red)]
    return {
        "unit": theme.SHARE,
        "decimals": 1,
        "min": 0,
        "max": 1,
        "color": {"mode": "thresholds"},
        "thresholds": {
            "mode": "absolute",
            "steps": [{"color": colour, "value": value} for colour, value in steps],
        },
    }


def waste_share() -> Json:
    """Waste as a share of gross tokens: calm up to a tenth, alarming from a quarter."""
    return shaded(0.1, 0.25)


def column(width: int, **more: object) -> Json:
    """Width of a table's column in pixels, and further settings of its cells."""
    return {"custom.width": width, **{f"custom.{key}": value for key, value in more.items()}}


def waste_cell() -> Json:
    """Waste as a column of a table."""
    return waste_share() | column(70, cellOptions={"type": "color-text"})


def failed_cell(width: int = 70) -> Json:
    """Share of failed calls: calm up to two in a hundred, alarming from a tenth."""
    return shaded(0.02, 0.1) | column(width, cellOptions={"type": "color-text"})


def gauge(width: int, colour: str = "", *, top: float | None = None) -> Json:
    """A bar beside the number, from 0 to ``top`` or the column's largest; takes spare width."""
    return {
        **(fixed(colour) if colour else {}),
        "custom.minWidth": width,
        "custom.cellOptions": {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"},
        "min": 0,
        **({} if top is None else {"max": top}),
    }


def pills(colours: dict[str, str]) -> Json:
    """Coloured pills; a text without a colour of its own stays grey."""
    return PILL | {"mappings": theme.pill_colours(colours)}


def only(dashboard: str, variable: str) -> Json:
    """Leads to a dashboard with nothing chosen but the cell's own value."""
    url = f"/d/{dashboard}?var-{variable}=${{__value.raw:percentencode}}&${{__url_time_range}}"
    return link(f"Only this {variable}", url)


PRICED = MONEY | fixed(theme.MONEY) | {"noValue": "no price known"}
COST = Card(
    "Cost",
    "Estimate at list prices, call by call, where a price is known; waste is paid for too.",
    "cost_usd",
    PRICED,
)
COST_PER_TASK = Card(
    "Cost per task",
    "All spend, failed tasks and waste included, by tasks whose last outcome is done.",
    "cost_per_completed_task",
    PRICED | {"noValue": "no tasks, or no price known"},
)
NET = Card(
    "Net tokens",
    "What counts: gross tokens less every deduction (duplicates, loops, idle, failed).",
    "net_tokens",
    TOKENS | fixed(theme.NET),
)
GROSS = Card(
    "Gross tokens",
    "Input, cached input included, and output of every call. Never a result on its own.",
    "gross_tokens",
    TOKENS | fixed(theme.CALM),
)
WASTE = Card(
    "Waste",
    "Share of gross tokens that was deducted: loops, duplicates, retries, idle burn.",
    "waste_share",
    waste_share(),
)
FAILED = Card(
    "Failed calls",
    "Share of the model calls that ended in an error, every attempt a call of its own.",
    "failed_share",
    SHARE | fixed(theme.CALM) | {"decimals": 1},
)
