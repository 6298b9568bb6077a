"""One run of the demo: stack, provider, company, and the proof that all of it arrived."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from tokenboard.demo.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from clickhouse_connect.driver.client import Client

    from tokenboard.demo.provider import Served

ARRIVAL: Final = 90.0
"""Seconds after the last call until everything has to be on the books."""
_KEY_PREFIX: Final = "demo-"
_LAST_LINES: Final = 12


class DemoError(Exception):
    """The demo did not work; one line that says what is missing."""


@dataclass(frozen=True, slots=True)
class Bill:
    """What one person's calls came to: every attempt is a call, gross tokens as reported."""

    calls: int = 0
    gross_tokens: int = 0

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.calls + other.calls, self.gross_tokens + other.gross_tokens)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left: the session worth telling, and how much was called."""

    session: str
    calls: int


def check_sdks() -> None:
    """Make sure that the SDKs that the company calls with are there.

    Raises:
        DemoError: one is missing.
    """
    missing = [name for name in ("openai", "anthropic") if importlib.util.find_spec(name) is None]
    if missing:
        raise DemoError(
            f"the demo calls with the real SDKs and {' and '.join(missing)} is not installed: "
            "pip install 'tokenboard[demo]'"
        )


def bills(ledger: Sequence[Served]) -> dict[str, Bill]:
    """Return what the provider billed, by person; usage that it did not report counts nothing."""
    total: dict[str, Bill] = defaultdict(Bill)
    for served in ledger:
        person = served.account.removeprefix("Bearer ").removeprefix(_KEY_PREFIX)
        tokens = served.input_tokens + served.output_tokens if served.reported else 0
        total[person] += Bill(1, tokens)
    return dict(total)


def company_at_work(
    otlp_url: str,
    client: Client,
    progress: Callable[[int, int, int], None],
    *,
    settle: Callable[[], None],
    seed: int,
) -> Outcome:
    """Let the company work a morning against a fresh provider; return when its calls are booked.

    Args:
        otlp_url: where its telemetry goes.
        client: how the books are read.
        progress: told (jobs done, jobs in all, calls served).
        settle: brings the books up to date now, which they otherwise are before long.
        seed: of everything the provider says and bills.

    Raises:
        DemoError: the company failed, or not everything arrived in time.
    """
    from tokenboard.demo.files import FILES

    before_calls, before_board = booked_calls(client), booked_board(client)
    with Provider(seed=seed, files=FILES) as provider:
        session = _run_company(
            provider.url, otlp_url, lambda done, of: progress(done, of, len(provider.ledger))
        )
    served = bills(provider.ledger)
    expected = {who: before_calls.get(who, Bill()) + bill for who, bill in served.items()}
    _await("the calls", expected, lambda: booked_calls(client), settle)
    expected = {
        who: Bill(0, before_board.get(who, Bill()).gross_tokens + bill.gross_tokens)
        for who, bill in served.items()
    }
    _await("the leaderboard", expected, lambda: booked_board(client), settle)
    return Outcome(session, len(provider.ledger))


def booked_calls(client: Client) -> dict[str, Bill]:
    """Return what the table ``calls`` has of everybody."""
    rows = client.query(
        "SELECT user_id, count(), sum(ifNull(input_tokens, 0)) + sum(ifNull(output_tokens, 0)) "
        "FROM calls GROUP BY user_id"
    ).result_rows
    return {who: Bill(int(calls), int(tokens)) for who, calls, tokens in rows}


def booked_board(client: Client) -> dict[str, Bill]:
    """Return everybody's gross tokens on the leaderboard."""
    rows = client.query("SELECT user_id, gross_tokens FROM leaderboard").result_rows
    return {who: Bill(0, int(tokens)) for who, tokens in rows}


def _await(
    what: str,
    expected: Mapping[str, Bill],
    booked: Callable[[], Mapping[str, Bill]],
    settle: Callable[[], None],
) -> None:
    deadline = time.monotonic() + ARRIVAL
    while True:
        settle()
        found = booked()
        short = {who: bill for who, bill in expected.items() if found.get(who, Bill()) != bill}
        if not short:
            return
        if time.monotonic() > deadline:
            who, bill = next(iter(short.items()))
            there = found.get(who, Bill())
            raise DemoError(
                f"after {ARRIVAL:.0f} s {what} of {len(short)} of {len(expected)} people are not "
                f"what the provider billed: {who} has {there.calls} calls and "
                f"{there.gross_tokens} tokens instead of {bill.calls} and {bill.gross_tokens}"
            )
        time.sleep(0.2)


def _run_company(provider_url: str, otlp_url: str, progress: Callable[[int, int], None]) -> str:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as complaints:
        company = subprocess.Popen(  # noqa: S603 - this interpreter, a module of ours
            [sys.executable, "-m", "tokenboard.demo.company", provider_url],
            stdout=subprocess.PIPE,
            stderr=complaints,
            stdin=subprocess.DEVNULL,
            env=_environment(otlp_url),
            text=True,
            encoding="utf-8",
        )
        try:
            return _follow(company, complaints, progress)
        finally:
            if company.poll() is None:
                company.terminate()
            company.wait()


def _follow(
    company: subprocess.Popen[str], complaints: IO[str], progress: Callable[[int, int], None]
) -> str:
    final: dict[str, Any] = {}
    for line in company.stdout or ():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if "done" in said:
            progress(said["done"], said["of"])
        else:
            final = said
    status = company.wait()
    if status or not final or final["failures"]:
        complaints.seek(0)
        lines = complaints.read().strip().splitlines()[-_LAST_LINES:]
        reasons = [*final.get("failures", ()), *lines] or [f"it ended with status {status}"]
        raise DemoError("the company could not do its work: " + "\n  ".join(reasons))
    return final["session"]


def _environment(otlp_url: str) -> dict[str, str]:
    """Return the company's environment: this one, without what would lead its calls elsewhere."""
    elsewhere = ("OTEL_", "TOKENBOARD_", "OPENAI_", "ANTHROPIC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(elsewhere)}
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), "127.0.0.1")))
    return kept | {
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp_url,
        "OTEL_SERVICE_NAME": "demo-company",
        "OTEL_RESOURCE_ATTRIBUTES": "service.namespace=demo",
    }
