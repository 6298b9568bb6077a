"""Panels, standings, raw spans to calls and a dirty hour, on the books of 85,000 people (chDB)."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.books import company, spans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clickhouse_connect.driver.client import Client

DATABASE = "tokenboard"
FILTERS: dict[str, dict[str, Any]] = {
    "all": {},
    "team": {"team": ["team-1"]},
    "model": {"model": ["model-0"]},
    "agent": {"agent": ["agent-3"]},
}
WINDOWS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
# A range that nothing is kept ready for.
FREE = {"12d": timedelta(days=12)}
STANDARD_MS, FREE_MS = 100, 1000
ROUNDS = 5


def main(arguments: Sequence[str]) -> None:
    """Build the books, measure, print, and remove them again."""
    parser = argparse.ArgumentParser(prog="bench books", description=__doc__)
    parser.add_argument("--people", type=int, default=85_000)
    parser.add_argument("--calls-factor", type=int, default=1, help="10: ten times as many calls")
    parser.add_argument("--keep", type=Path, help="build in this directory and keep it")
    parser.add_argument("--only", nargs="*", help="only these queries")
    parser.add_argument("--spans", type=int, default=1_000_000, help="raw spans to make calls of")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args(arguments)
    directory = chosen.keep or Path(tempfile.mkdtemp(prefix="tokenboard-bench-"))
    try:
        figures = measure(directory, chosen)
    finally:
        if chosen.keep is None:
            shutil.rmtree(directory, ignore_errors=True)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2))


def measure(directory: Path, chosen: argparse.Namespace) -> dict[str, Any]:
    """Return every figure; each is printed as it is known."""
    from tokenboard.local.engine import Engine
    from tokenboard.store import recompute

    figures: dict[str, Any] = {}
    with Engine(directory) as engine:
        client = engine.client()
        new = not client.query("EXISTS TABLE bench_people").result_rows[0][0]
        if new:
            began = time.monotonic()
            company.write(client, DATABASE, chosen.people, chosen.calls_factor)
            company.session(client, DATABASE)
            recompute.bring_up(client, "calls")
            say(figures, "written_s", time.monotonic() - began)
        for stage in ("sessions_1d", "cube_1h", "cube_1d", "standings"):
            began = time.monotonic()
            if recompute.bring_up(client, stage):
                say(figures, f"{stage}_s", time.monotonic() - began)
        if new:
            company.ends(client, DATABASE)
        query = (
            "SELECT sum(gross_tokens), max(gross_tokens), count() FROM standings "
            "WHERE window_days = 30 AND subject = 'user'"
        )
        total, most, people = client.query(query).result_rows[0]
        print(
            f"{people:,} people, {total / 1e12:.1f} trillion tokens, "
            f"top user {most / 1e9:.0f} billion"
        )
        figures["panels_ms"] = panels(client, chosen.only)
        client.close()
    if chosen.spans and not chosen.only:
        figures |= spans.measure(chosen.spans)
    return figures


def panels(client: Client, only: Sequence[str] | None) -> dict[str, dict[str, float]]:
    """Return the median time of every panel's query by window and filter, in milliseconds."""
    from tokenboard import queries

    found: dict[str, dict[str, float]] = {}
    over: dict[str, list[str]] = {"standard": [], "free": []}
    for name in only or _behind_panels():
        query = queries.load(name)
        row: dict[str, float] = {}
        cpu: list[float] = []
        for window, length in (WINDOWS | FREE).items():
            for label, variables in FILTERS.items():
                if label != "all" and (label not in query.defaults or window in FREE):
                    continue
                given = {"user": "user-084000@example.com", "session": company.SESSION, **variables}
                try:
                    if "unready" in query.defaults:  # as a dashboard fills it in beforehand
                        switch = queries.load("options_unready").render(length, variables=given)
                        given["unready"] = client.query(switch).result_rows[0][0]
                    text = query.render(since=length, variables=given)
                    row[f"{window} {label}"] = _median(client, text, cpu)
                except Exception as error:
                    print(f"{name}: {' '.join(str(error).split())[:200]}")
        found[name] = row
        free = {key: value for key, value in row.items() if key.split()[0] in FREE}
        worst = max((value for key, value in row.items() if key not in free), default=0)
        for key, value in row.items():
            if value > (FREE_MS if key in free else STANDARD_MS):
                over["free" if key in free else "standard"].append(f"{name} {key} {value:.0f}")
        cells = "  ".join(f"{key} {value:.0f}" for key, value in row.items())
        # Processor time too: on a machine that does other work the clock alone says little.
        print(f"{name:20} {worst:5.0f} ms, cpu {max(cpu, default=0):5.0f} | {cells}", flush=True)
    print(f"{sum(map(len, found.values()))} queries by window and filter")
    for kind, limit in (("standard", STANDARD_MS), ("free", FREE_MS)):
        print(f"over {limit} ms ({kind}): {len(over[kind])}{_named(over[kind])}")
    return found


def _named(queries: Sequence[str]) -> str:
    return "".join(f"\n  {one} ms" for one in queries)


def _behind_panels() -> list[str]:
    """Return the names of the queries that some provisioned panel or variable asks."""
    from tokenboard import queries
    from tokenboard.queries import panels as provisioned

    asked = json.dumps(list(provisioned.dashboards().values()))
    return [name for name in queries.names() if json.dumps(queries.load(name).sql)[1:-1] in asked]


def _median(client: Client, text: str, cpu: list[float]) -> float:
    times: list[float] = []
    spent: list[float] = []
    for _ in range(ROUNDS):
        began, used = time.perf_counter(), time.process_time()
        client.raw_query(text, fmt="JSONCompact")
        times.append((time.perf_counter() - began) * 1000)
        spent.append((time.process_time() - used) * 1000)
    cpu.append(statistics.median(spent))
    return statistics.median(times)


def say(figures: dict[str, Any], name: str, value: float) -> None:
    """Note a figure and print it."""
    figures[name] = value
    print(f"{name}: {value:.1f}", flush=True)
