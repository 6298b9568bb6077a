"""``tokenboard refresh``: the process beside a ClickHouse server that keeps its books."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time

import pytest
from commandline import COMMAND
from dashboards.company import Company
from tokenboard.cli.refresh import Bookkeeper
from tokenboard.local.engine import Engine
from tokenboard.local.schedule import Scheduler
from tokenboard.local.stack import Stack

REFRESH = [COMMAND, "refresh"]


@pytest.fixture
def company(tmp_path):
    """Calls that arrived raw, at rest in a data directory: the stack on it has them to recompute."""
    made = Company(days=1)
    with Engine(tmp_path / "data") as engine:
        client = engine.client()
        made.store(client)
        client.close()
    return made


def test_a_round_brings_the_books_up_to_date(tmp_path):
    """What arrived raw is on the board and priced after one round; a second round finds nothing to do."""
    with Engine(tmp_path) as engine:
        client = engine.client()
        made = Company(days=2)
        made.store(client)
        assert client.query("SELECT count() FROM leaderboard").result_rows == [(0,)]
        keeper = Bookkeeper(client, "tokenboard")
        assert keeper.round() > 0
        rows = client.query("SELECT user_id, gross_tokens FROM leaderboard").result_rows
        assert dict(rows) == {user: person.gross for user, person in made.people.items()}
        looked_up = client.query("SELECT uniqExact(model) FROM current_prices").result_rows
        assert looked_up == [(3,)]
        assert keeper.round() == 0
        client.close()


def test_without_watch_it_runs_once(tmp_path, company, monkeypatch):
    """One round over HTTP does all there is to do, temporary tables and all; the next finds nothing."""
    # The stack keeps its own books; here it leaves them to the command.
    monkeypatch.setattr(Scheduler, "notify", lambda _: None)
    with Stack(tmp_path / "data", 0, 0, 0, read_only=False) as stack:
        command = [*REFRESH, "--url", stack.addresses["clickhouse"]]
        first, second = (
            subprocess.run(command, capture_output=True, text=True, check=False) for _ in range(2)
        )
        assert (first.returncode, first.stderr) == (0, "")
        assert int(re.fullmatch(r"tokenboard: (\d+) units recomputed\n", first.stdout)[1]) > 0
        assert second.stdout == "tokenboard: 0 units recomputed\n"
        client = stack.engine.client()
        rows = client.query("SELECT user_id, gross_tokens FROM leaderboard").result_rows
        client.close()
    assert dict(rows) == {user: person.gross for user, person in company.people.items()}


def test_it_outlives_its_server(tmp_path):
    """While nobody answers it says so once and tries on; then it works, tells so, and ends when told."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    alive = tmp_path / "alive"
    process = subprocess.Popen(
        [*REFRESH, "--watch", "--url", f"http://127.0.0.1:{port}", "--heartbeat", str(alive)],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        first = process.stderr.readline()
        assert "trying again" in first
        assert str(port) in first
        assert not alive.exists()
        with Stack(tmp_path / "data", 0, port, 0, read_only=False):
            assert process.stderr.readline() == "tokenboard refresh: going on\n"
            for _ in range(100):
                if alive.exists():
                    break
                time.sleep(0.1)
            assert alive.exists()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_server_has_to_be_named():
    """Without an address it names the option: it never guesses which database to write to."""
    environment = {k: v for k, v in os.environ.items() if k != "TOKENBOARD_URL"}
    done = subprocess.run(REFRESH, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert "--url" in done.stderr
