"""``tokenboard sessions``, ``session ID`` and ``loops``: what agents did, step by step."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import click
from rich.markup import escape

from tokenboard import loops as rules
from tokenboard.cli import common, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta

    from clickhouse_connect.driver.client import Client
    from rich.table import Table

_RULE_WORDS: Final = {
    "same_call": "same call {count} times in a row",
    "cycle": "same few calls, {count} rounds",
    "window": "same call {count} times among 20",
    "error_streak": "{count} errors in a row",
}
_NAMED: Final = 5
_SHOWN: Final = 50
"""Sessions in the table when nobody says how many."""


# --- commands ------------------------------------------------------------------------------------


@click.command()
@common.reading
@click.option("--user", help="Only this person's.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    help=f"Only so many. [default: all with --json, {_SHOWN} in the table]",
)
def sessions(reader: common.Reader, user: str | None, top: int | None) -> None:
    """Conversations and agent runs, newest first."""
    with reader.books() as client:
        rows = session_rows(client, reader.since, user)[:top]
        if not rows:
            common.say("No sessions of that person." if user else common.why_nothing(client))
    if reader.as_json:
        common.print_json(rows)
    elif rows:
        shown = rows[: top or _SHOWN]
        console = show.console()
        console.print(session_table(shown, wide=console.width >= show.WIDE))
        if len(shown) < len(rows):
            common.say(f"{len(shown)} of {len(rows):,} sessions; --top {len(rows)} shows all.")


@click.command()
@common.reading
@click.argument("session_id", metavar="ID")
def session(reader: common.Reader, session_id: str) -> None:
    """One session as a timeline: model calls, tool calls, human turns, loops.

    The beginning of an ID is enough where it is one session's alone.
    """
    with reader.books() as client:
        found = session_id
        rows = step_rows(client, found)
        if not rows:
            found = _only_one_like(client, reader.since, session_id)
            rows = step_rows(client, found)
    if reader.as_json:
        common.print_json(rows)
    else:
        show.console().print(timeline(rows, title=f"Session {found}"))


@click.command()
@common.reading
def loops(reader: common.Reader) -> None:
    """Sessions that go round in circles, the gravest first, by the rules of tokenboard.loops."""
    with reader.books() as client:
        rows = loop_rows(client, reader.since)
        if not rows:
            some = session_rows(client, reader.since)
            common.say("No loops." if some else common.why_nothing(client))
    if reader.as_json:
        common.print_json(rows)
    elif rows:
        console = show.console()
        console.print(loop_table(rows, wide=console.width >= show.WIDE))


# --- rows ----------------------------------------------------------------------------------------


def session_rows(client: Client, since: timedelta, user: str | None = None) -> list[common.Row]:
    """Return sessions, newest first.

    Raises:
        Trouble: ClickHouse refused.
    """
    variables = {"user": user} if user else None
    return common.rows_of(client, "sessions", since=since, variables=variables)


def step_rows(client: Client, session_id: str) -> list[common.Row]:
    """Return a session's steps in order, each with the loops it is part of.

    Raises:
        Trouble: ClickHouse refused.
    """
    rows = common.rows_of(client, "session_steps", variables={"session": session_id})
    marks: dict[int, list[str]] = defaultdict(list)
    for _, positions, found in _findings(rows):
        for finding in found:
            for position in positions[finding.first : finding.last + 1]:
                marks[position].append(f"{finding.rule} ({finding.severity})")
    return [{**row, "loops": marks.get(number, [])} for number, row in enumerate(rows)]


def loop_rows(client: Client, since: timedelta) -> list[common.Row]:
    """Return the worst finding of every agent's session that has one, the gravest first.

    Raises:
        Trouble: ClickHouse refused.
    """
    by_session: dict[str, list[common.Row]] = defaultdict(list)
    for row in common.rows_of(client, "loop_candidates", since=since):
        by_session[row["session_id"]].append(row)
    found = [row for steps in by_session.values() for row in _loops_of(steps)]
    gravest = {name: -rank for rank, name in enumerate(rules.SEVERITIES)}
    return sorted(found, key=lambda row: (gravest[row["severity"]], -row["count"]))


def _loops_of(steps: Sequence[common.Row]) -> Iterable[common.Row]:
    for agent, positions, found in _findings(steps):
        worst = rules.worst(found)
        if worst is None:
            continue
        inside = [steps[position] for position in positions[worst.first : worst.last + 1]]
        costs = [row["cost_usd"] for row in inside if row["cost_usd"] is not None]
        yield {
            "session_id": inside[0]["session_id"],
            "user_id": inside[0]["user_id"],
            "agent": agent,
            "rule": worst.rule,
            "severity": worst.severity,
            "count": worst.count,
            "tool": inside[-1]["name"],
            "first": inside[0]["ts"],
            "last": inside[-1]["ts"],
            "steps": len(inside),
            "tokens": sum(_tokens(row) for row in inside),
            "cost_usd": sum(costs, Decimal(0)) if costs else None,
        }


def _findings(
    rows: Sequence[common.Row],
) -> Iterable[tuple[str, list[int], list[rules.Finding]]]:
    """Yield agent, positions of its steps in ``rows``, findings: each agent goes its own rounds."""
    for agent, positions in by_agent(rows).items():
        yield agent, positions, rules.findings(_step(rows[position]) for position in positions)


def by_agent(rows: Sequence[common.Row]) -> dict[str, list[int]]:
    """Return the positions of each agent's steps among a session's.

    A person who speaks has spoken to everybody in the session. An agent below others is spoken to
    by the one above it: its instruction begins anew for itself alone, or an agent that hands out
    the same work for ever would look like one that is being answered.
    """
    found: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        if row["kind"] == "user" and row["agent_depth"] <= 1:
            for positions in found.values():
                positions.append(position)
        else:
            found[row["agent"]].append(position)
    return found


def _step(row: Mapping[str, Any]) -> rules.Step:
    return rules.Step(
        ts=row["ts"].timestamp(),
        kind=row["kind"],
        signature=row["signature"],
        error=bool(row["error"]),
        tokens=_tokens(row),
        usd=row["cost_usd"] or 0,
    )


def _tokens(row: Mapping[str, Any]) -> int:
    return (row["input_tokens"] or 0) + (row["output_tokens"] or 0)


def _only_one_like(client: Client, since: timedelta, beginning: str) -> str:
    found = [row["session_id"] for row in session_rows(client, since)]
    alike = [one for one in found if one.startswith(beginning)]
    if len(alike) == 1:
        return alike[0]
    if alike:
        some = ", ".join(alike[:_NAMED]) + (" …" if len(alike) > _NAMED else "")
        raise common.Trouble(f"{len(alike)} sessions begin with {beginning!r}: {some}")
    raise common.Trouble(
        f"no session {beginning!r} in that time: `tokenboard sessions` lists them, "
        "--since looks further back"
    )


# --- tables --------------------------------------------------------------------------------------


def session_table(rows: Sequence[common.Row], *, wide: bool) -> Table:
    """Return sessions as a table; ``wide`` has every column."""
    left = ("session", "who", "agents", "began")
    figures = ("calls", "tokens", "cost")
    table = show.columns(
        "Sessions", left, (*figures, "took", "turns", "tools") if wide else figures
    )
    for row in rows:
        cells = [
            escape(row["session_id"]),
            escape(row["user_id"] or "(unattributed)"),
            escape(", ".join(row["agents"]) or show.UNKNOWN),
            show.moment(row["started"]),
            f"{row['calls']:,}",
            show.tokens(row["gross_tokens"]),
            show.usd(row["cost_usd"]),
        ]
        if wide:
            took = (row["ended"] - row["started"]).total_seconds()
            cells += [show.duration(took), str(row["human_turns"]), f"{row['tool_calls']:,}"]
        table.add_row(*cells)
    return table


_STEPS: Final = {"user": "person", "llm": "{name}", "tool": "  tool {name}"}


def timeline(rows: Sequence[common.Row], *, title: str) -> Table:
    """Return a session's steps as a table, sub-agents indented, steps of a loop in red."""
    table = show.table(escape(title))
    table.add_column("after", no_wrap=True)
    table.add_column("agent", no_wrap=True)
    table.add_column("step", overflow="fold")  # the one that gives way
    for name in ("in", "out", "cost", "took"):
        table.add_column(name, justify="right", no_wrap=True)
    looping = any(row["loops"] for row in rows)
    if looping:
        table.add_column("loop")
    began = rows[0]["ts"] if rows else None
    for row in rows:
        after = (row["ts"] - began).total_seconds()
        is_llm = row["kind"] == "llm"
        took = row["duration_ms"]
        table.add_row(
            f"+{after:.1f} s" if after < 60 else f"+{show.duration(after)}",  # noqa: PLR2004
            escape("  " * max(0, row["agent_depth"] - 1) + row["agent"]),
            escape(_STEPS[row["kind"]].format(name=row["name"])) + _failed(row),
            show.tokens(row["input_tokens"]) if is_llm else "",
            show.tokens(row["output_tokens"]) if is_llm else "",
            show.usd(row["cost_usd"]) if is_llm else "",
            "" if took is None else show.duration(took / 1000),
            *([row["loops"][0] if row["loops"] else ""] if looping else ()),
            style="red" if row["loops"] else "bold" if row["kind"] == "user" else None,
        )
    return table


def _failed(row: common.Row) -> str:
    return f" [red]failed: {escape(row['error_type'])}[/]" if row["error"] else ""


def loop_table(rows: Sequence[common.Row], *, wide: bool) -> Table:
    """Return loops as a table; ``wide`` has every column."""
    figures = ("tokens", "cost") if wide else ("cost",)
    table = show.columns("Loops", ("", "agent", "who", "session", "what", "tool"), figures)
    for row in rows:
        style = show.SEVERITY_STYLES[row["severity"]]
        table.add_row(
            f"[{style}]{row['severity']}[/]",
            escape(row["agent"] or show.UNKNOWN),
            escape(row["user_id"] or "(unattributed)"),
            escape(row["session_id"]),
            _RULE_WORDS[row["rule"]].format(count=row["count"]),
            escape(row["tool"]),
            *([show.tokens(row["tokens"])] if wide else ()),
            show.usd(row["cost_usd"]),
        )
    return table


def loop_sentence(row: common.Row) -> str:
    """Return a loop as a sentence that names the agent."""
    what = _RULE_WORDS[row["rule"]].format(count=row["count"])
    return (
        f"The agent [bold]{escape(row['agent'] or 'without a name')}[/] of "
        f"{escape(row['user_id'] or 'nobody')} is stuck: {what} ({escape(row['tool'])}), "
        f"session {escape(row['session_id'])}."
    )
