"""``tokenboard explain``: what separates somebody's net tokens from the gross, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from tokenboard.cli import common, show

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

RULES: Final = {
    "quarantined": "reported cost outside 0.1 to 3 times the list price",
    "errored": "failed, and was billed",
    "retry": "another attempt after one that had succeeded",
    "duplicate": "the same request again within the hour",
    "loop": "a step that a loop repeated",
    "idle": "no human for four hours in its session",
}
"""Rules in the order in which they are tried: a call has the first that fits."""

_FEW: Final = 3
# Whole UTC days from three days on, today included, whole hours below: as the board counts.
_BOUNDS: Final = """
WITH
    %(seconds)s AS seconds,
    if(seconds >= 259200, toStartOfDay(now('UTC') - seconds + 86399), toStartOfHour(now('UTC') - seconds)) AS since,
    (SELECT groupArray((person_id, listing, pseudonym)) FROM people FINAL WHERE listing IN ('pseudonym', 'hidden')) AS masked,
    arrayFirst(p -> p.2 = 'pseudonym' AND p.3 = %(who)s, masked).1 AS unmasked,
    (SELECT max(person) FROM person_of WHERE alias = %(who)s) AS named,
    multiIf(unmasked != '', unmasked, named != '', named, %(who)s) AS who,
    -- Whoever is masked stands as they were asked for: their pseudonym does not tell their id, nor the id the pseudonym.
    if(arrayExists(p -> p.1 = who, masked), %(who)s, who) AS stands_as,
    (SELECT groupArray(alias) FROM person_of WHERE person = who) AS others
"""  # noqa: E501 - one statement
_TOTALS: Final = f"""{_BOUNDS}
SELECT stands_as AS user_id, since, sum(u.calls) AS calls, sum(gross_tokens) AS gross_tokens,
    sum(net_tokens) AS net_tokens, sum(u.cost_usd) AS cost_usd, sum(u.waste_usd) AS waste_usd,
    sum(u.unknown_calls) AS unknown_calls, sum(u.unpriced_calls) AS unpriced_calls,
    {", ".join(f"sum({rule}_tokens) AS {rule}" for rule in RULES)}
FROM
(
    SELECT toDateTime(day, 'UTC') AS at, * EXCEPT day FROM usage_1d WHERE seconds >= 259200
    UNION ALL
    SELECT hour AS at, * EXCEPT hour FROM usage_1h WHERE seconds < 259200
) AS u
WHERE u.user_id = who AND at >= since
"""
_CALLS: Final = f"""{_BOUNDS}
SELECT rule, call_id, ts, session_id, provider, model, tokens, cost_usd, because
FROM deductions
WHERE (user_id = who OR has(others, user_id)) AND toStartOfHour(ts) >= since
ORDER BY tokens DESC, ts
"""


@click.command()
@click.argument("user")
@click.option("--rule", type=click.Choice(list(RULES)), help="Only this deduction, with all calls.")
@common.reading
def explain(reader: common.Reader, user: str, rule: str | None) -> None:
    """What was taken from USER's gross tokens to give the net ones, and by which calls.

    Every call has at most one deduction, the first rule that fits; gross less all deductions is
    net, to the token. USER is a person, any of their names, or the pseudonym they stand under; who
    is hidden is found by their own names only. With --json every call is listed.
    """
    with reader.books() as client:
        found = explanation(client, user, reader.since.total_seconds())
        if not found["calls"] and not found["gross_tokens"]:
            raise common.Trouble(f"{user!r} has no calls in that time: tokenboard leaderboard")
    if rule is not None:
        found["deductions"] = [one for one in found["deductions"] if one["rule"] == rule]
    if reader.as_json:
        common.print_json(found)
    else:
        _show(found, None if rule else _FEW)


def explanation(client: Client, user: str, seconds: float) -> dict[str, Any]:
    """Return gross, each deduction with its calls, and net; ``gross - sum(tokens) == net``.

    Raises:
        Trouble: ClickHouse refused.
    """
    asked = {"who": user, "seconds": round(seconds)}
    (totals,) = common.run(client, _TOTALS, **asked)
    behind: dict[str, list[common.Row]] = {rule: [] for rule in RULES}
    for call in common.run(client, _CALLS, **asked):
        behind[call.pop("rule")].append(call)
    taken = [
        {
            "rule": rule,
            "why": why,
            "tokens": totals.pop(rule),
            "calls": len(behind[rule]),
            "cost_usd": sum((one["cost_usd"] or 0 for one in behind[rule]), 0),
            "calls_behind": behind[rule],
        }
        for rule, why in RULES.items()
    ]
    return {**totals, "deductions": taken}


def _show(found: dict[str, Any], few: int | None) -> None:
    table = show.table(f"{show.plain(found['user_id'])} since {found['since']:%Y-%m-%d %H:%M} UTC")
    for name in ("", "why"):
        table.add_column(name, overflow="fold")
    for name in ("tokens", "calls", "cost"):
        table.add_column(name, justify="right", no_wrap=True)
    cost = show.usd(found["cost_usd"])
    table.add_row("gross", "", f"{found['gross_tokens']:,}", f"{found['calls']:,}", cost)
    for one in found["deductions"]:
        table.add_row(
            f"- {one['rule']}", one["why"], f"{one['tokens']:,}", f"{one['calls']:,}",
            show.usd(one["cost_usd"]) if one["calls"] else show.UNKNOWN,
        )  # fmt: skip
        for call in one["calls_behind"][:few]:
            again = f" repeats {call['because']}" if call["because"] else ""
            about = f"{show.moment(call['ts'])} {show.plain(call['model'])} {call['call_id']}"
            table.add_row(
                "", about + again, f"{call['tokens']:,}", "", show.usd(call["cost_usd"]),
                style="dim",
            )  # fmt: skip
    table.add_row("= net", "", f"{found['net_tokens']:,}", "", "")
    show.console().print(table)
    left = {"unknown_calls": "usage nobody reported", "unpriced_calls": "a model without a price"}
    for name, what in left.items():
        if found[name]:
            common.say(f"beside these: {found[name]:,} calls with {what}")
