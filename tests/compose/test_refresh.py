"""``tokenboard refresh``: the process beside a ClickHouse server that keeps its books."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time

import pytest
from commandline import COMMAND
from dashboards.company import Company
from tokenboard.cli.refresh import Bookkeeper
from tokenboard.local.engine import Engine
from tokenboard.local.stack import Stack

REFRESH = [COMMAND, "refresh"]


@pytest.fixture
def server(tmp_path):
    """The address of a ClickHouse HTTP interface that may be written to."""
    with Stack(tmp_path / "data", 0, 0, 0, read_only=False) as stack:
        yield stack.addresses["clickhouse"]


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


def test_without_watch_it_runs_once(server):
    """The command does one round and says how much there was to do."""
    done = subprocess.run([*REFRESH, "--url", server], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "tokenboard: 0 units recomputed\n"


def test_it_outlives_its_server(tmp_path):
    """While nobody answers it says so once and tries on; then it works, tells so, and ends when told."""
    # The embedded engine's HTTP port keeps no temporary tables between requests, as a server does:
    # what there is to recompute the stack itself has done before.
    with Stack(tmp_path / "data", 0, 0, 0):
        pass
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
