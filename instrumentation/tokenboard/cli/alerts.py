"""``tokenboard alerts``: the provisioned alert rules without Grafana."""

from __future__ import annotations

import json
import signal
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import click
from rich.markup import escape

from tokenboard.cli import common, show
from tokenboard.cli.common import Trouble

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
    from rich.table import Table

    from tokenboard.alerts.delivery import Notification
    from tokenboard.alerts.memory import Memory
    from tokenboard.alerts.rules import Provisioned
    from tokenboard.alerts.states import Alert

FIRING: Final = 3
"""Exit status when something fires; 0 when nothing does, 1 when that could not be found out."""
_TRIES: Final = 4
_LONGEST_PAUSE_S: Final = 60.0
_STATES: Final = {"firing": "bold red", "pending": "yellow", "resolved": "green"}


@click.command()
@click.option("--watch", is_flag=True, help="Go on until stopped; tell of every change.")
@click.option(
    "--webhook",
    envvar="TOKENBOARD_WEBHOOK",
    metavar="URL",
    help="POST every notification there, as JSON in the shape of Grafana's webhook.",
)
@click.option("--json", "as_json", is_flag=True, help="JSON; with --watch a line for each change.")
@click.option(
    "--url",
    envvar="TOKENBOARD_URL",
    help=f"ClickHouse over HTTP, user:password@ included. [default: {common.LOCAL_URL}]",
)
@click.option(
    "--data",
    envvar="TOKENBOARD_DATA",
    type=click.Path(path_type=Path),
    help="The local stack's data directory, running or not.",
)
@click.option(
    "--rules",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Another folder with Grafana's alerting provisioning. [default: this installation's]",
)
@click.option(
    "--links",
    default="http://localhost:3000/",
    show_default=True,
    metavar="URL",
    help="Where people open the dashboards: links in alerts begin with it.",
)
@click.option(
    "--state",
    "state_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where --watch with --webhook keeps what it has told, so that a restart repeats nothing. "
    "[default: a file in ~/.local/state/tokenboard]",
)
def alerts(
    *,
    watch: bool,
    webhook: str | None,
    as_json: bool,
    url: str | None,
    data: Path | None,
    folder: Path | None,
    links: str,
    state_file: Path | None,
) -> None:
    """Evaluate the alert rules that Grafana is provisioned with.

    Once, the exit status is 3 when something fires, 0 when nothing does and 1 when a rule could not
    be evaluated or a notification not be delivered. A rule that has to hold for a while shows as
    pending then; with --watch it fires when that while is over. Rules and what to do about them:
    docs/alerts.md.
    """
    from tokenboard.alerts import memory, rules

    try:
        provisioned = rules.load(folder)
    except (rules.RulesError, FileNotFoundError) as error:
        raise Trouble(str(error)) from error
    if webhook is not None:
        _check_address("--webhook", webhook)
    _check_address("--links", links)
    reader = common.Reader(timedelta(days=1), as_json, url, data)
    work = _Work(provisioned, webhook, links.rstrip("/") + "/")
    if not watch:
        _once(reader, work)
        return
    if webhook is not None:
        watched = (str(url or data or common.LOCAL_URL), webhook, str(folder or ""))
        work.remember(memory.Memory(state_file or memory.default_path(*watched)))
    _watch(reader, work)


def _check_address(option: str, address: str) -> None:
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1)
    except ValueError:
        good = False
    if not good:
        raise Trouble(f"{option} {address!r} is no address like http://host:8080/path")


class _Work:
    """What both ways of running share: the rules, their states, and where to tell of them."""

    def __init__(self, provisioned: Provisioned, webhook: str | None, links: str) -> None:
        from tokenboard.alerts.delivery import Delivery
        from tokenboard.alerts.watching import Watching

        self.provisioned = provisioned
        self.watching = Watching(provisioned)
        self.delivery = Delivery(provisioned, links)
        self.links = links
        self._webhook = webhook
        self._memory: Memory | None = None

    def remember(self, memory: Memory) -> None:
        """Go on from what was told before, and keep what is told from now on.

        Raises:
            Trouble: the file is not one that can be gone on from.
        """
        from tokenboard.alerts.memory import ForgetfulError
        from tokenboard.alerts.watching import Watching

        try:
            before = memory.recall(self.provisioned.rules)
        except ForgetfulError as error:
            raise Trouble(f"{error}: remove it, or name another with --state") from error
        self.watching = Watching(self.provisioned, before.alerts)
        self.delivery.recall(before.told)
        self._memory = memory

    def keep(self) -> str | None:
        """Keep what has been told, where that is wanted; return why that failed, or None."""
        from tokenboard.alerts.memory import ForgetfulError

        if self._memory is not None:
            try:
                self._memory.keep(self.watching.alerts(), self.delivery.told())
            except ForgetfulError as error:
                return f"{error}; after a restart what fires is told of again"
        return None

    def round(self, client: Client, now: float) -> None:
        """Evaluate the rules that are due.

        Raises:
            Trouble: ClickHouse does not answer.
        """
        from tokenboard.alerts.evaluate import UnreachableError

        try:
            self.watching.round(client, now)
        except UnreachableError as error:
            raise Trouble(str(error)) from error

    def send(self, notification: Notification, now: float) -> str | None:
        """Post it if there is somebody to post to; return why that failed, or None."""
        from tokenboard.alerts import delivery

        if self._webhook is None:
            self.delivery.sent(notification, now)
            return None
        try:
            delivery.post(self._webhook, notification.body)
        except delivery.WebhookError as error:
            wait = self.delivery.failed(notification, now)
            return f"the webhook did not take a notification: {error}; again in {wait:.0f} s"
        self.delivery.sent(notification, now)
        return None


# --- once ----------------------------------------------------------------------------------------


def _once(reader: common.Reader, work: _Work) -> None:
    now = time.time()
    with reader.books() as client:
        work.round(client, now)
    found = sorted(work.watching.alerts(), key=lambda alert: (alert.state, alert.rule.title))
    if reader.as_json:
        common.print_json([_row(alert, work.links) for alert in found])
    elif found:
        show.console().print(_table(found, work.links))
    elif not work.watching.errors:
        common.say(f"Nothing fires ({len(work.provisioned.rules)} rules).")
    for text in work.watching.errors.values():
        common.say(f"tokenboard alerts: {text}")
    work.delivery.take(found, now)
    delivered = _deliver_at_once(work, now)
    if work.watching.errors or not delivered:
        raise SystemExit(1)
    if any(alert.state == "firing" for alert in found):
        raise SystemExit(FIRING)


def _deliver_at_once(work: _Work, now: float) -> bool:
    """Send every group now: nobody is there to wait for more of it."""
    longest = max(policy.group_wait for policy in work.provisioned.policies)
    delivered = True
    for notification in work.delivery.due(now + longest):
        for attempt in range(_TRIES):
            if (why := work.send(notification, now)) is None:
                break
            common.say(f"tokenboard alerts: {why.rpartition(';')[0]}")
            if attempt + 1 < _TRIES:
                time.sleep(0.5 * 2**attempt)
        else:
            delivered = False
    return delivered


# --- on and on -----------------------------------------------------------------------------------


def _watch(reader: common.Reader, work: _Work) -> None:
    stop = threading.Event()

    def end(*_: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    common.say(f"{len(work.provisioned.rules)} rules; Ctrl-C stops.")
    said: dict[str, str] = {}
    shown: dict[Any, str] = {}
    unkept: str | None = None
    with ExitStack() as held:
        client: Client | None = None
        while not stop.is_set():
            now = time.time()
            try:
                if client is None:
                    client = held.enter_context(reader.books())
                work.round(client, now)
                trouble = dict(work.watching.errors)
            except Trouble as error:
                # A server that is down for a while is no reason to end: connect anew.
                held.close()
                client = None
                # What stands in brackets is another text with every try.
                text = error.message.partition(" (Error")[0]
                trouble = {"": f"{text}; trying again"}
            _tell_of_trouble(said, trouble)
            found = work.watching.alerts()
            _tell_of_changes(found, shown, work.links, as_json=reader.as_json)
            work.delivery.take(found, now)
            for notification in work.delivery.due(now):
                if (why := work.send(notification, now)) is not None:
                    common.say(f"tokenboard alerts: {why}")
            kept = work.keep()
            if kept is not None and kept != unkept:
                common.say(f"tokenboard alerts: {kept}")
            unkept = kept
            next_at = min(work.watching.next_round(), work.delivery.next_due() or now + 1e9)
            pause = next_at - time.time() if client is not None else 5.0
            stop.wait(min(max(pause, 0.2), _LONGEST_PAUSE_S))


def _tell_of_trouble(said: dict[str, str], now: dict[str, str]) -> None:
    for uid, text in now.items():
        if said.get(uid) != text:
            common.say(f"tokenboard alerts: {text}")
    if said and not now:
        common.say("tokenboard alerts: going on")
    said.clear()
    said.update(now)


def _tell_of_changes(
    found: list[Alert], shown: dict[Any, str], links: str, *, as_json: bool
) -> None:
    for alert in found:
        if shown.get(alert.key) == alert.state:
            continue
        shown[alert.key] = alert.state
        row = _row(alert, links)
        if as_json:
            click.echo(json.dumps(row, ensure_ascii=False))
        else:
            style = _STATES[alert.state]
            show.console().print(
                f"{show.moment(datetime.now(UTC))} [{style}]{alert.state:8}[/] "
                f"{escape(row['alertname'])}: {escape(row['summary'])}"
            )
    kept = {alert.key for alert in found if alert.state != "resolved"}
    for key in [key for key in shown if key not in kept]:
        del shown[key]


# --- rows ----------------------------------------------------------------------------------------


def _row(alert: Alert, links: str) -> dict[str, Any]:
    from tokenboard.alerts import templates

    def text(name: str) -> str:
        template = alert.rule.annotations.get(name, "")
        return templates.render(template, alert.labels, alert.value, links)

    return {
        "state": alert.state,
        "severity": alert.rule.labels.get("severity", ""),
        "alertname": alert.rule.title,
        "rule": alert.rule.uid,
        "labels": {name: value for name, value in alert.labels.items() if value},
        "value": alert.value,
        "above": alert.rule.above,
        "since": datetime.fromtimestamp(alert.active_at, UTC).isoformat(timespec="seconds"),
        "summary": text("summary"),
        "session_url": text("session_url"),
        "runbook": text("runbook_url"),
    }


def _table(found: list[Alert], links: str) -> Table:
    table = show.table("Alerts")
    for name in ("state", "severity", "what", "session"):
        table.add_column(name, overflow="fold")
    for alert in found:
        row = _row(alert, links)
        style = _STATES[alert.state]
        table.add_row(
            f"[{style}]{alert.state}[/]",
            row["severity"],
            escape(row["summary"]),
            escape(alert.labels.get("session", "")),
        )
    return table
