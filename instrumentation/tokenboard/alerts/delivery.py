"""Notifications: which alerts go out together, when, and their JSON in Grafana's shape.

https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tokenboard.alerts import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tokenboard.alerts.rules import Policy, Provisioned
    from tokenboard.alerts.states import Alert, Key

Json = dict[str, Any]
GroupKey = tuple[int, tuple[tuple[str, str], ...]]

_NEVER = "0001-01-01T00:00:00Z"
_TIMEOUT_S = 10.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 5.0, 300.0


@dataclass(slots=True)
class _Group:
    """One notification's alerts, what was last told of them, and when the next may go."""

    key: GroupKey
    policy: Policy
    due: float
    alerts: dict[Key, Alert] = field(default_factory=dict["Key", "Alert"])
    told: frozenset[Key] = frozenset()
    told_at: float | None = None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Notification:
    """What is to be sent now: its group's number in the log, and the JSON."""

    group: GroupKey
    body: Json


@dataclass(frozen=True, slots=True)
class Told:
    """A group of alerts of which a notification has gone out.

    Attributes:
        policy: the policy's number.
        labels: what the group's alerts have in common.
        alerts: those that the notification told of, and resolved ones that are still to be told of.
        told_at: Unix seconds of the notification.
        due: Unix seconds when the next may go.
    """

    policy: int
    labels: tuple[tuple[str, str], ...]
    alerts: tuple[Alert, ...]
    told_at: float
    due: float


class Delivery:
    """Groups alerts and says which notifications are due; keeps what was told across rounds.

    Args:
        provisioned: policies and receiver.
        address: where the dashboards are, for links; ends with a slash.
    """

    def __init__(self, provisioned: Provisioned, address: str) -> None:
        self._provisioned = provisioned
        self._address = address
        self._groups: dict[GroupKey, _Group] = {}

    def take(self, alerts: Iterable[Alert], now: float) -> None:
        """Take in the alerts of a round: firing ones, and those just resolved."""
        for alert in alerts:
            if alert.state == "pending":
                continue
            key, policy = self._group_of(alert)
            group = self._groups.get(key)
            if group is None:
                if alert.state == "resolved":
                    continue
                group = self._groups[key] = _Group(key, policy, now + policy.group_wait)
            if alert.state == "resolved" and alert.key not in group.told:
                group.alerts.pop(alert.key, None)
            else:
                group.alerts[alert.key] = alert

    def due(self, now: float) -> list[Notification]:
        """Return what is to be sent at ``now``; say :meth:`sent` or :meth:`failed` of each."""
        found: list[Notification] = []
        for key, group in list(self._groups.items()):
            if not group.alerts:
                del self._groups[key]
                continue
            repeat = (
                group.told_at is not None and now - group.told_at >= group.policy.repeat_interval
            )
            if now >= group.due and (_news(group) or repeat):
                found.append(Notification(key, self._body(group)))
        return found

    def sent(self, notification: Notification, now: float) -> None:
        """A notification has arrived."""
        group = self._groups[notification.group]
        group.alerts = {k: a for k, a in group.alerts.items() if a.state != "resolved"}
        group.told = frozenset(group.alerts)
        group.told_at, group.failures = now, 0
        group.due = now + group.policy.group_interval

    def failed(self, notification: Notification, now: float) -> float:
        """A notification has not arrived: it is due again after the seconds returned."""
        group = self._groups[notification.group]
        wait = min(_FIRST_WAIT_S * 2.0**group.failures, _LONGEST_WAIT_S)
        group.failures += 1
        group.due = now + wait
        return wait

    def told(self) -> list[Told]:
        """Return the groups of which somebody has been told."""
        return [
            Told(
                *group.key,
                tuple(alert for key, alert in group.alerts.items() if key in group.told),
                group.told_at,
                group.due,
            )
            for group in self._groups.values()
            if group.told_at is not None
        ]

    def recall(self, told: Iterable[Told]) -> None:
        """Go on from what :meth:`told` returned, but for groups that no policy makes any more."""
        for one in told:
            groups = {self._group_of(alert) for alert in one.alerts}
            if [key for key, _ in groups] != [(one.policy, one.labels)]:
                continue
            ((key, policy),) = groups
            alerts = {alert.key: alert for alert in one.alerts}
            self._groups[key] = _Group(key, policy, one.due, alerts, frozenset(alerts), one.told_at)

    def next_due(self) -> float | None:
        """Unix seconds when the next notification is due, None while there is nothing to tell."""
        return min((g.due for g in self._groups.values() if _news(g)), default=None)

    def _group_of(self, alert: Alert) -> tuple[GroupKey, Policy]:
        labels = alert.all_labels()
        for number, policy in enumerate(self._provisioned.policies):
            if all(labels.get(name) for name in policy.needs):
                by = tuple((name, labels.get(name, "")) for name in policy.group_by)
                return (number, by), policy
        raise AssertionError("the last policy is for all")

    def _body(self, group: _Group) -> Json:
        return body(list(group.alerts.values()), dict(group.key[1]), self._provisioned.receiver,
                    self._address)  # fmt: skip


def _news(group: _Group) -> bool:
    firing = {key for key, alert in group.alerts.items() if alert.state == "firing"}
    resolved = {key for key, alert in group.alerts.items() if alert.state == "resolved"}
    return bool(firing - group.told or resolved & group.told)


def body(
    alerts: Sequence[Alert], group_labels: dict[str, str], receiver: str, address: str
) -> Json:
    """Return a notification's JSON, the fields of Grafana's webhook."""
    shown = [_alert(alert, address) for alert in alerts]
    firing = [each for each in shown if each["status"] == "firing"]
    status = "firing" if firing else "resolved"
    labels = _common([each["labels"] for each in shown])
    named = " ".join(group_labels.values())
    marked = f"[{status.upper()}:{len(firing)}]" if firing else f"[RESOLVED:{len(shown)}]"
    return {
        "receiver": receiver,
        "status": status,
        "orgId": 1,
        "alerts": shown,
        "groupLabels": group_labels,
        "commonLabels": labels,
        "commonAnnotations": _common([each["annotations"] for each in shown]),
        "externalURL": address,
        "version": "1",
        "groupKey": "{}:{" + ", ".join(f'{k}="{v}"' for k, v in group_labels.items()) + "}",
        "truncatedAlerts": 0,
        "title": f"{marked} {named}".rstrip(),
        "state": "alerting" if firing else "ok",
        "message": "\n".join(
            f"{each['status']}: {each['annotations'].get('summary', '')}" for each in shown
        ),
    }


def _alert(alert: Alert, address: str) -> Json:
    labels = alert.all_labels()
    annotations = {
        name: templates.render(text, alert.labels, alert.value, address)
        for name, text in alert.rule.annotations.items()
    }
    resolved = alert.state == "resolved"
    matchers = [("matcher", f"{name}={value}") for name, value in labels.items()]
    silence = urlencode([("alertmanager", "grafana"), *matchers])
    return {
        "status": "resolved" if resolved else "firing",
        "labels": labels,
        "annotations": annotations,
        "startsAt": _moment(alert.fired_at),
        "endsAt": _moment(alert.ended_at) if resolved else _NEVER,
        "values": {"A": alert.value, "B": 1 if alert.value > alert.rule.above else 0},
        "generatorURL": f"{address}alerting/grafana/{alert.rule.uid}/view?orgId=1",
        "fingerprint": hashlib.sha256(json.dumps(sorted(labels.items())).encode()).hexdigest()[:16],
        "silenceURL": f"{address}alerting/silence/new?{silence}",
        "dashboardURL": annotations.get("session_url", ""),
        "panelURL": "",
    }


def _common(many: list[dict[str, str]]) -> dict[str, str]:
    first, *rest = many
    return {k: v for k, v in first.items() if all(other.get(k) == v for other in rest)}


def _moment(at: float | None) -> str:
    return (
        _NEVER if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
    )


class WebhookError(Exception):
    """A notification did not arrive; the message is one line and holds no address's password."""


def post(url: str, content: Json) -> None:
    """POST a notification; any answer of 200 to 299 means that it arrived.

    Raises:
        WebhookError: nobody answers, or with another status.
    """
    request = urllib.request.Request(  # noqa: S310 - the command lets only http and https through
        url,
        data=json.dumps(content).encode(),
        headers={"content-type": "application/json", "user-agent": "tokenboard-alerts"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        raise WebhookError(f"it answers {error.code} {error.reason}") from error
    except (OSError, ValueError) as error:
        raise WebhookError(" ".join(str(error).split())[:200]) from error
