"""What a watcher has told, kept in a file: a restart repeats nothing and forgets no resolution.

Grafana keeps the same in its database: the alerts' states and its log of notifications.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenboard.alerts.delivery import Told
from tokenboard.alerts.states import Alert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tokenboard.alerts.rules import Rule

Json = dict[str, Any]

_VERSION = 1


class ForgetfulError(Exception):
    """The file cannot be read, understood or written; the message is one line that names it."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """Alerts that were pending or firing, and what had been told of them."""

    alerts: tuple[Alert, ...] = ()
    told: tuple[Told, ...] = ()


def default_path(*watched: str) -> Path:
    """Return a file in the XDG state home, another one for each set of books, webhook and rules."""
    home = os.environ.get("XDG_STATE_HOME")
    base = Path(home) if home else Path.home() / ".local" / "state"
    name = hashlib.sha256("\n".join(watched).encode()).hexdigest()[:16]
    return base / "tokenboard" / f"alerts-{name}.json"


class Memory:
    """The file.

    Args:
        path: where it is; made with its folder when there is first something to keep.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept = ""

    def recall(self, rules: Iterable[Rule]) -> Remembered:
        """Return what was kept, but for alerts of rules that are gone; nothing without a file.

        Raises:
            ForgetfulError: there is a file, but it cannot be read or is of another kind.
        """
        known = {rule.uid: rule for rule in rules}
        try:
            text = self._path.read_text("utf-8")
            found = json.loads(text)
            if found["version"] != _VERSION:
                raise ForgetfulError(f"{self._path} is of another version of tokenboard")
            remembered = Remembered(
                _alerts(found["alerts"], known),
                tuple(
                    Told(
                        one["policy"],
                        tuple((str(name), str(value)) for name, value in one["labels"]),
                        _alerts(one["alerts"], known),
                        float(one["told_at"]),
                        float(one["due"]),
                    )
                    for one in found["told"]
                ),
            )
        except FileNotFoundError:
            return Remembered()
        except OSError as error:
            raise ForgetfulError(f"{self._path} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ForgetfulError(f"{self._path} is no record of alerts") from error
        self._kept = text
        return remembered

    def keep(self, alerts: Iterable[Alert], told: Iterable[Told]) -> None:
        """Keep these instead of what was kept before; the file is never half written.

        Raises:
            ForgetfulError: it cannot be written.
        """
        content = {
            "version": _VERSION,
            "alerts": [_plain(alert) for alert in alerts if alert.state != "resolved"],
            "told": [
                {**asdict(replace(one, alerts=())), "alerts": [_plain(a) for a in one.alerts]}
                for one in told
            ],
        }
        text = json.dumps(content, ensure_ascii=False)
        if text == self._kept:
            return
        half = self._path.with_suffix(".new")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            half.write_text(text, "utf-8")
            half.replace(self._path)
        except OSError as error:
            raise ForgetfulError(f"{self._path} cannot be written: {error.strerror}") from error
        self._kept = text


def _plain(alert: Alert) -> Json:
    return {
        "rule": alert.rule.uid,
        "labels": dict(alert.labels),
        "state": alert.state,
        "value": alert.value,
        "active_at": alert.active_at,
        "fired_at": alert.fired_at,
        "ended_at": alert.ended_at,
    }


def _alerts(found: Sequence[Json], rules: Mapping[str, Rule]) -> tuple[Alert, ...]:
    return tuple(
        Alert(
            rules[one["rule"]],
            {str(name): str(value) for name, value in one["labels"].items()},
            one["state"],
            one["value"],
            one["active_at"],
            one["fired_at"],
            one["ended_at"],
        )
        for one in found
        if one["rule"] in rules
    )
