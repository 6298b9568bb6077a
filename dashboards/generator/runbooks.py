"""``docs/runbooks`` as a dashboard of texts: where alerts lead without an address of one's own.

It stands in a folder below the dashboards: Grafana reads folders too, and the local page, which has
pages for runbooks, leaves it out.
"""

from __future__ import annotations

from typing import Any

from tokenboard import resources

from generator.dashboard import dashboard
from generator.panels import Place, text

Json = dict[str, Any]

FOLDER = resources.folder("docs/runbooks")
UID = "tokenboard-runbooks"
_HEIGHT = 12


def names() -> list[str]:
    """Every runbook there is, sorted: the panels are numbered in this order, from 1."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def link(name: str) -> str:
    """Return the address of a rule's runbook, as a template of Grafana's.

    Grafana goes by the panel, the local page by the rule.
    """
    return f"{{{{ externalURL }}}}d/{UID}?viewPanel={names().index(name) + 1}&var-rule={name}"


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Runbooks",
        "What each alert means, what to do about it, and when it is wrong.",
        [_panel(number, name) for number, name in enumerate(names())],
    )


def _panel(number: int, name: str) -> Json:
    heading, _, content = (FOLDER / f"{name}.md").read_text("utf-8").partition("\n")
    return text(
        # The last line leads to a file beside the runbook, which a dashboard has not.
        content.strip().split("\n\nRule `")[0],
        f"What to do about alerts of the rule {name}.",
        Place(0, number * _HEIGHT, 24, _HEIGHT),
        title=heading.lstrip("# "),
    )
