"""Rounds of evaluation: which rules are due, what they say, what is to be told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tokenboard.alerts import evaluate
from tokenboard.alerts.states import States

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clickhouse_connect.driver.client import Client

    from tokenboard.alerts.rules import Provisioned, Rule
    from tokenboard.alerts.states import Alert


class Watching:
    """Evaluates each group of rules at its interval and keeps the alerts' states.

    Args:
        provisioned: the rules.
        known: alerts that an earlier watcher left.

    Attributes:
        errors: rule's uid -> why its newest query failed.
    """

    def __init__(self, provisioned: Provisioned, known: Iterable[Alert] = ()) -> None:
        self._provisioned = provisioned
        self._states = States(known)
        self._due: dict[str, float] = {}
        self.errors: dict[str, str] = {}

    def alerts(self) -> list[Alert]:
        """Return what is pending, firing, or was resolved by the newest round."""
        return self._states.alerts()

    def round(self, client: Client, now: float) -> bool:
        """Evaluate the rules that are due at ``now`` (Unix seconds); return whether any was.

        A rule that cannot be evaluated leaves its alerts as they are.

        Raises:
            evaluate.UnreachableError: ClickHouse does not answer; every group is due again at once.
        """
        due = [rule for rule in self._provisioned.rules if self._due.get(rule.group, 0.0) <= now]
        for rule in due:
            self._due[rule.group] = now + rule.interval
        try:
            for rule in due:
                self._evaluate(client, rule, now)
        except evaluate.UnreachableError:
            self._due.clear()
            raise
        return bool(due)

    def next_round(self) -> float:
        """Unix seconds when the next group is due."""
        return min(self._due.values(), default=0.0)

    def _evaluate(self, client: Client, rule: Rule, now: float) -> None:
        try:
            samples = evaluate.samples(client, rule)
        except evaluate.EvaluationError as error:
            self.errors[rule.uid] = str(error)
            return
        self.errors.pop(rule.uid, None)
        self._states.take(rule, samples, now)
