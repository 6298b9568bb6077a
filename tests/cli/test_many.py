"""More people than a panel shows, some hours ago."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time

import httpx2
import pytest
from commandline import COMMAND, environment, tokenboard

PEOPLE = 300


def span(number, at):
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-5.5",
        "gen_ai.response.id": f"chatcmpl-{number:024x}",
        "user.id": f"person-{number}",
        "session.id": f"s-{number}",
        "gen_ai.usage.input_tokens": 1000 + number,
        "gen_ai.usage.output_tokens": 10,
    }
    return {
        "traceId": f"{number + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": "chat gpt-5.5",
        "kind": 3,
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": str(at + 10**9),
        "attributes": [
            {
                "key": key,
                "value": {"intValue": str(value)}
                if isinstance(value, int)
                else {"stringValue": value},
            }
            for key, value in attributes.items()
        ],
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose books have one call of each of 300 people, five hours old."""
    home = tmp_path_factory.mktemp("home")
    up = subprocess.Popen(
        [COMMAND, "up", "--data", home / "books", "--otlp-port", "0", "--clickhouse-port", "0",
         "--web-port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(home),
    )  # fmt: skip
    try:
        line = next(line for line in up.stdout if line.startswith("OTLP"))
        at = time.time_ns() - 5 * 3600 * 10**9
        spans = [span(number, at) for number in range(PEOPLE)]
        body = {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "test"}, "spans": spans}]}]}
        url = re.search(r"http\S+", line)[0]
        httpx2.post(f"{url}/v1/traces", json=body, timeout=60).raise_for_status()
    finally:
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=120)
    return home


def test_programs_get_everybody(home):
    """With --json nobody is left out, to the last of 300."""
    done = tokenboard("leaderboard", "--json", "--data", home / "books", home=home)
    rows = json.loads(done.stdout)
    assert [row["user_id"] for row in rows] == [f"person-{n}" for n in reversed(range(PEOPLE))]
    assert [row["gross_tokens"] for row in rows] == [1010 + n for n in reversed(range(PEOPLE))]


@pytest.mark.parametrize(("command", "shown"), [("leaderboard", 100), ("sessions", 50)])
def test_a_table_says_what_it_leaves_out(command, shown, home):
    """A table is cut at a readable length, and says so with the way to see all."""
    done = tokenboard(command, "--data", home / "books", home=home)
    assert f"{shown} of 300" in done.stderr
    assert "--top 300" in done.stderr
    everything = tokenboard(command, "--top", "300", "--data", home / "books", home=home)
    assert everything.stderr == ""
    assert len(everything.stdout.splitlines()) > 300 > len(done.stdout.splitlines())


@pytest.mark.parametrize("command", ["leaderboard", "sessions", "loops", "cost"])
def test_nothing_in_that_time(command, home):
    """Where the calls are older than --since that is said, and not how to send a first one."""
    done = tokenboard(command, "--since", "1h", "--json", "--data", home / "books", home=home)
    assert done.returncode == 0
    assert json.loads(done.stdout) == []
    assert "No calls in that time" in done.stderr
    assert "import tokenboard.auto" not in done.stderr
