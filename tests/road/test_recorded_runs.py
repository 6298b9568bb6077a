"""Recorded agent runs, acted again through the real SDK, on the board as sessions."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from commandline import COMMAND, environment, tokenboard

# 0, 100 and 150 begin with the same two messages; the others' beginnings are their own.
RUNS = [*range(20), 100, 150]
ACTOR = Path(__file__).with_name("airline.py")


@pytest.fixture(scope="module")
def runs(recorded_data):
    recorded = json.loads(
        (recorded_data / "agents" / "tau_bench_gpt4o_airline.json").read_text("utf-8")
    )
    return {f"run-{n}": recorded[n]["traj"] for n in RUNS}


@pytest.fixture(scope="module")
def sessions(runs, tmp_path_factory):
    """Function: mode and names of runs -> the sessions that the board then shows."""
    home = tmp_path_factory.mktemp("road")
    ports = [f"--{name}-port=0" for name in ("otlp", "clickhouse", "web")]
    with subprocess.Popen(
        [COMMAND, "up", f"--data={home / 'books'}", *ports],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(home),
    ) as stack:
        shown = {}
        for line in stack.stdout:
            name, _, address = line.strip().rpartition("  ")
            shown[name.strip()] = address.strip()
            if "Ctrl-C" in line:
                break

        def act(mode, names):
            path = home / f"{mode}.json"
            path.write_text(json.dumps({name: runs[name] for name in names}), "utf-8")
            subprocess.run(
                [sys.executable, ACTOR, path, mode],
                check=True,
                timeout=240,
                env=environment(home, OTEL_EXPORTER_OTLP_ENDPOINT=shown["OTLP/HTTP"]),
            )
            wanted = sum(calls(runs[name]) for name in names)
            for _ in range(120):
                done = tokenboard(
                    "sessions", "--json", "--user", mode, "--url", shown["ClickHouse"], home=home
                )
                found = json.loads(done.stdout) if done.returncode == 0 and done.stdout else []
                if sum(row["calls"] for row in found) >= wanted:
                    return found
                time.sleep(1)
            raise AssertionError(f"{wanted} calls were made, the board shows {found} {done.stderr}")

        yield act
        stack.terminate()


def calls(messages):
    return sum(message["role"] == "assistant" for message in messages)


def tool_calls(messages):
    return sum(len(message.get("tool_calls") or ()) for message in messages)


def test_a_named_run_is_a_session_of_that_name(runs, sessions):
    """With tokenboard.session() each run is found by its name, with its calls and tool calls."""
    found = {
        row["session_id"]: (row["calls"], row["tool_calls"]) for row in sessions("named", runs)
    }
    assert found == {name: (calls(run), tool_calls(run)) for name, run in runs.items()}


def test_runs_one_after_another_are_told_apart_by_the_wire(runs, sessions):
    """Without a word from the app each run is a session, also where three begin alike.

    Runs 0, 100 and 150 have the same first messages, so the same conversation hash; each begins
    with fewer messages than the one before it ended with, which begins a new session.
    """
    found = sorted((row["calls"], row["tool_calls"]) for row in sessions("wire", runs))
    assert found == sorted((calls(run), tool_calls(run)) for run in runs.values())


def test_runs_that_begin_alike_and_run_side_by_side_merge(runs, sessions):
    """What the wire cannot tell apart: same beginning, same user, turn by turn in turn.

    Their message lists never shrink from one call to the next as long as both go on, so they are
    one conversation to the wire; run 1 begins otherwise and stays its own. Named, they would be three.
    """
    names = ["run-0", "run-100", "run-1"]
    found = sessions("mixed", names)
    own = (calls(runs["run-1"]), tool_calls(runs["run-1"]))
    assert own in {(row["calls"], row["tool_calls"]) for row in found}
    assert len(found) < len(names)
    assert sum(row["tool_calls"] for row in found) == sum(tool_calls(runs[name]) for name in names)
