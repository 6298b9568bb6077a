"""Grafana's provisioned alert rules and notification policies, read from their YAML.

https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/
Only what this project's generator writes is understood; anything else is refused by name rather
than read as something else.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tokenboard import resources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Json = dict[str, Any]

_LENGTH = re.compile(r"(\d+)(ms|s|m|h|d|w)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_VARIABLE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")
_DEFAULTS = {"ALERT_ENVIRONMENT": "local"}


class RulesError(ValueError):
    """A rule file that is missing or not understood; the message names file, rule and key."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule.

    Attributes:
        uid: its id in Grafana.
        title: its name; the label ``alertname``.
        group: its evaluation group.
        folder: its Grafana folder; the label ``grafana_folder``.
        interval: seconds between evaluations.
        pending: seconds a condition must hold before it fires (``for``).
        keep_firing: seconds an alert goes on firing after its condition has ended.
        sql: the query, macros and all.
        window: seconds that the query's time range reaches back.
        above: the condition holds where the query's figure is greater.
        labels: labels of its own; those of the query's columns come on top.
        annotations: templates of texts.
    """

    uid: str
    title: str
    group: str
    folder: str
    interval: float
    pending: float
    keep_firing: float
    sql: str
    window: float
    above: float
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Policy:
    """How alerts become notifications: the first whose labels all have a value decides.

    Attributes:
        needs: labels that an alert must have; empty for the policy of all others.
        group_by: alerts equal in these labels are one notification.
        group_wait: seconds that a new group waits for more.
        group_interval: seconds between two notifications of a group that changed.
        repeat_interval: seconds after which a group that did not change is told of again.
    """

    needs: tuple[str, ...]
    group_by: tuple[str, ...]
    group_wait: float
    group_interval: float
    repeat_interval: float


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Everything in the folder: rules, and policies with the one for all others last."""

    rules: tuple[Rule, ...]
    policies: tuple[Policy, ...]
    receiver: str


def load(folder: Path | None = None) -> Provisioned:
    """Read the provisioned rules and policies.

    Args:
        folder: where they are; by default those of this installation.

    Raises:
        RulesError: a file is missing or holds what is not understood.
    """
    where = folder or resources.folder("dashboards") / "provisioning" / "alerting"
    if not where.is_dir():
        raise RulesError(f"{where} is no folder with alert rules in it")
    found = [
        _rule(group, rule, path.name)
        for path in sorted(where.glob("*.y*ml"))
        for group in _document(path).get("groups", [])
        for rule in group["rules"]
    ]
    if not found:
        raise RulesError(f"{where} holds no alert rules")
    roots = [
        root
        for path in sorted(where.glob("*.y*ml"))
        for root in _document(path).get("policies", [])
    ]
    if len(roots) != 1:
        raise RulesError(f"{where} holds {len(roots)} notification policies: it takes one")
    root = roots[0]
    routes: list[Json] = [*root.get("routes", []), {**root, "object_matchers": []}]
    try:
        policies = tuple(_policy({**root, **route}) for route in routes)
    except KeyError as error:
        raise RulesError(f"{where}: the notification policy lacks {error}") from error
    return Provisioned(tuple(found), policies, str(root["receiver"]))


def _document(path: Path) -> Json:
    try:
        import yaml
    except ImportError as error:
        raise RulesError("alert rules need PyYAML: pip install 'tokenboard[cli]'") from error
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise RulesError(f"{path.name}: {' '.join(str(error).split())}") from error
    if not isinstance(document, dict) or document.get("apiVersion") != 1:  # pyright: ignore[reportUnknownMemberType]
        raise RulesError(f"{path.name} is no provisioning file: it lacks `apiVersion: 1`")
    return document  # pyright: ignore[reportUnknownVariableType]


def _rule(group: Json, rule: Json, file: str) -> Rule:
    where = f"{file}, rule {rule.get('title', rule.get('uid'))!r}"
    try:
        by_ref = {part["refId"]: part for part in rule["data"]}
        condition = by_ref[rule["condition"]]["model"]
        query = by_ref[condition["expression"]]
        (checked,) = condition["conditions"]
        evaluator = checked["evaluator"]
        if condition["type"] != "threshold" or evaluator["type"] != "gt":
            kind = f"{condition['type']}/{evaluator['type']}"
            raise RulesError(f"{where}: only a threshold of kind gt is understood, not {kind}")
        return Rule(
            uid=rule["uid"],
            title=rule["title"],
            group=group["name"],
            folder=group["folder"],
            interval=seconds(group["interval"]),
            pending=seconds(rule.get("for", "0s")),
            keep_firing=seconds(rule.get("keepFiringFor", "0s")),
            sql=query["model"]["rawSql"],
            window=float(query["relativeTimeRange"]["from"]),
            above=float(evaluator["params"][0]),
            labels={k: expand(v) for k, v in rule.get("labels", {}).items()},
            annotations=rule.get("annotations", {}),
        )
    except KeyError as error:
        raise RulesError(f"{where} lacks {error}") from error


def _policy(route: Json) -> Policy:
    needs: list[str] = []
    for label, operator, value in route["object_matchers"]:
        if (operator, value) != ("=~", ".+"):
            raise RulesError(f"a route may ask only for labels that have a value, not {value!r}")
        needs.append(label)
    return Policy(
        tuple(needs),
        tuple(route["group_by"]),
        seconds(route["group_wait"]),
        seconds(route["group_interval"]),
        seconds(route["repeat_interval"]),
    )


def seconds(length: str) -> float:
    """A length as Grafana writes it (``90s``, ``1h30m``) in seconds.

    Raises:
        RulesError: it is none.
    """
    parts = _LENGTH.findall(length)
    if "".join(number + unit for number, unit in parts) != length or not parts:
        raise RulesError(f"{length!r} is no length of time such as 30s, 5m or 1h30m")
    return sum(int(number) * _UNITS[unit] for number, unit in parts)


def expand(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Put environment variables into a value as Grafana's provisioning does: ``$NAME``, ``$$``."""
    known = _DEFAULTS | dict(os.environ if environment is None else environment)

    def put(found: re.Match[str]) -> str:
        return "$" if found[1] else known.get(found[2] or found[3], "")

    return _VARIABLE.sub(put, text)
