"""A dashboard around its panels: variables, links, time range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tokenboard import queries
from tokenboard.queries.variables import SWITCH, switches

from generator.panels import DATASOURCE

if TYPE_CHECKING:
    from collections.abc import Sequence

Json = dict[str, Any]

SCHEMA_VERSION = 42
TAG = "tokenboard"
_REFRESH_ON_TIME_RANGE = 2
_HIDE = 2


@dataclass(frozen=True, slots=True)
class Variable:
    """A choice at the top of a dashboard, filled by a query; several values or All.

    Args:
        name: as queries use it.
        label: as people read it.
        query: file whose first column is the value and whose second, if any, the text.
        description: what choosing does.
        several: whether several values, or All, can be chosen.
        all_value: SQL text that All stands for; the same in every query's header.
        hidden: whether it is only there for the queries that use it.
        switch: whether it turns lines of queries on or off (``queries.variables.SWITCH``): nobody
            chooses it, no address tells it, and until it is known nothing is left out.
    """

    name: str
    label: str
    query: str
    description: str
    several: bool = True
    all_value: str = "v=*"
    hidden: bool = False
    switch: bool = False

    def json(self) -> Json:
        """The entry of ``templating.list``."""
        everything: Json = {"selected": True, "text": ["All"], "value": [queries.ALL]}
        nothing: Json = {"selected": False, "text": "", "value": ""}
        if self.switch:
            nothing = {"selected": True, "text": SWITCH[0], "value": SWITCH[0]}
        return {
            **({"allValue": self.all_value} if self.several else {}),
            "allowCustomValue": False,
            "current": everything if self.several else nothing,
            "datasource": DATASOURCE,
            "description": self.description,
            "hide": _HIDE if self.hidden or self.switch else 0,
            "includeAll": self.several,
            "label": self.label,
            "multi": self.several,
            "name": self.name,
            "options": [],
            "query": {"editorType": "sql", "rawSql": queries.load(self.query).sql},
            "refresh": _REFRESH_ON_TIME_RANGE,
            "regex": "",
            "skipUrlSync": self.switch,
            "sort": 0,
            "type": "query",
        }


_SWITCHES = (
    Variable(
        "unready",
        "Not ready",
        "options_unready",
        "What boards leave out where the standings hold the time range ready; filled in by itself.",
        several=False,
        switch=True,
    ),
)


def dashboard(
    uid: str,
    title: str,
    description: str,
    panels: Sequence[Json],
    *,
    variables: Sequence[Variable] = (),
    time_from: str = "now-30d",
    refresh: str = "1m",
    keep_time: bool = True,
) -> Json:
    """The whole document, panels numbered; ``keep_time``: links to others keep its time range."""
    used = switches(
        "\n".join(target.get("rawSql", "") for panel in panels for target in _targets(panel))
    )
    variables = (*variables, *(switch for switch in _SWITCHES if switch.name in used))
    return {
        "annotations": {"list": []},
        "description": description,
        "editable": False,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": [
            {
                "asDropdown": False,
                "icon": "external link",
                "includeVars": True,
                "keepTime": keep_time,
                "tags": [TAG],
                "targetBlank": False,
                "title": "tokenboard",
                "tooltip": "",
                "type": "dashboards",
                "url": "",
            }
        ],
        "panels": [{"id": number, **panel} for number, panel in enumerate(panels, 1)],
        "preload": False,
        "refresh": refresh,
        "schemaVersion": SCHEMA_VERSION,
        "tags": [TAG],
        "templating": {"list": [variable.json() for variable in variables]},
        "time": {"from": time_from, "to": "now"},
        "timepicker": {"refresh_intervals": ["10s", "30s", "1m", "5m", "15m"]},
        "timezone": "browser",
        "title": title,
        "uid": uid,
        "version": 1,
        "weekStart": "",
    }


def _targets(panel: Json) -> list[Json]:
    inner = panel.get("panels", [])
    return [*panel.get("targets", []), *(target for one in inner for target in _targets(one))]
