"""The few words of Grafana's annotation templates that the provisioned rules use.

https://grafana.com/docs/grafana/latest/alerting/alerting-rules/templates/reference/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from collections.abc import Mapping

_ACTION = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_VALUE = re.compile(
    r"(?:(?P<how>urlquery|humanizePercentage)\s+)?"
    r"\$(?:labels\.(?P<label>\w+)|values\.(?P<ref>\w+)\.Value)"
)


def render(template: str, labels: Mapping[str, str], value: float, address: str) -> str:
    """Fill in a template.

    Args:
        template: text with ``{{ $labels.x }}``, ``{{ $values.A.Value }}``, ``{{ externalURL }}``,
            and ``urlquery`` or ``humanizePercentage`` before either.
        labels: the alert's; a missing one is nothing.
        value: the query's figure.
        address: what ``externalURL`` stands for.

    An action that is not known stays as it is: a text that shows too much beats an alert unsent.
    """

    def action(found: re.Match[str]) -> str:
        if found[1] == "externalURL":
            return address
        what = _VALUE.fullmatch(found[1])
        if what is None:
            return found[0]
        if what["label"]:
            text = labels.get(what["label"], "")
            return quote_plus(text) if what["how"] == "urlquery" else text
        return _number(value, what["how"])

    return _ACTION.sub(action, template)


def _number(value: float, how: str | None) -> str:
    if how == "humanizePercentage":
        return f"{value * 100:.4g}%"
    return f"{value:.15g}"
