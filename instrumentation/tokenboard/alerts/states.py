"""What fires: alerts through their states, round by round, as Grafana takes them.

https://grafana.com/docs/grafana/latest/alerting/fundamentals/alert-rule-evaluation/alert-rule-state-and-health/
Normal → Pending while the condition holds for less than ``for`` → Alerting → Recovering for
``keepFiringFor`` → resolved. An alert is a rule and a set of labels. Pure but for the clock that is
handed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tokenboard.alerts.rules import Rule

State = Literal["pending", "firing", "resolved"]
Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A row of a rule's query: its labels and its one figure."""

    labels: Mapping[str, str]
    value: float


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert in the state that the last round left it in.

    Attributes:
        rule: whose it is.
        labels: the query's labels; the rule's own come on top (:meth:`all_labels`).
        state: ``pending``, ``firing`` or, for one round, ``resolved``.
        value: the newest figure.
        active_at: Unix seconds since when the condition has held.
        fired_at: Unix seconds since when it has been firing; None while pending.
        ended_at: Unix seconds when the condition ended, while it is kept firing or is resolved.
    """

    rule: Rule
    labels: Mapping[str, str]
    state: State
    value: float
    active_at: float
    fired_at: float | None = None
    ended_at: float | None = None

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return key_of(self.rule, self.labels)

    def all_labels(self) -> dict[str, str]:
        """Its labels as a notification shows them; one without a value is none."""
        named = {"alertname": self.rule.title, "grafana_folder": self.rule.folder}
        found = {**self.labels, **self.rule.labels, **named}
        return {name: found[name] for name in sorted(found) if found[name]}


def key_of(rule: Rule, labels: Mapping[str, str]) -> Key:
    """What tells an alert from others: its rule and its labels."""
    return rule.uid, tuple(sorted(labels.items()))


class States:
    """The alerts that are not normal; feed each rule's samples with :meth:`take`."""

    def __init__(self, known: Iterable[Alert] = ()) -> None:
        self._alerts: dict[Key, Alert] = {alert.key: alert for alert in known}

    def alerts(self) -> list[Alert]:
        """Return those pending and firing, and those that the newest round resolved."""
        return list(self._alerts.values())

    def take(self, rule: Rule, samples: Iterable[Sample], now: float) -> None:
        """Take in what a rule's query answered at ``now`` (Unix seconds).

        An alert whose row is gone is one whose condition has ended. A rule whose query failed is
        not to be taken in at all: its alerts stay as they are.
        """
        mine = {
            key: alert
            for key, alert in self._alerts.items()
            if key[0] == rule.uid and alert.state != "resolved"
        }
        self._alerts = {key: a for key, a in self._alerts.items() if key[0] != rule.uid}
        holding = {key_of(rule, s.labels): s for s in samples if s.value > rule.above}
        for key, sample in holding.items():
            self._alerts[key] = _holds(rule, sample, mine.get(key), now)
        for key, alert in mine.items():
            if key not in holding and (ended := _ended(alert, now)) is not None:
                self._alerts[key] = ended


def _holds(rule: Rule, sample: Sample, before: Alert | None, now: float) -> Alert:
    alert = before or Alert(rule, sample.labels, "pending", sample.value, active_at=now)
    alert = replace(alert, value=sample.value, ended_at=None)
    if alert.state == "pending" and now - alert.active_at >= rule.pending:
        return replace(alert, state="firing", fired_at=now)
    return alert


def _ended(alert: Alert, now: float) -> Alert | None:
    if alert.state == "pending":
        return None
    ended_at = now if alert.ended_at is None else alert.ended_at
    if now - ended_at < alert.rule.keep_firing:
        return replace(alert, ended_at=ended_at)
    return replace(alert, state="resolved", ended_at=now)
