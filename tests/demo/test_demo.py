"""``tokenboard demo`` end to end: SDKs, capture, OTLP, ClickHouse, leaderboard, in real processes.

What is expected comes from the provider's own ledger of a run in which nothing was captured.
"""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import time
from collections import Counter
from decimal import Decimal

import pytest
from commandline import COMMAND, environment, tokenboard
from genai_prices import Usage, calc_price

COLUMNS = [
    "rank", "prev_rank", "user_id", "display_name", "team", "gross_tokens", "net_tokens", "tier",
    "titles", "cost_usd", "calls", "sessions", "models", "cache_read_ratio", "tasks_completed",
    "cost_per_completed_task", "waste_tokens",
]  # fmt: skip


def person(served):
    return served.account.removeprefix("Bearer ").removeprefix("demo-")


def test_one_json_document_and_nothing_else(demo):
    """Standard output is one JSON document with the documented keys; progress goes elsewhere."""
    assert demo.status == 0, demo.stderr
    assert set(demo.document) == {"leaderboard", "loops", "addresses", "seconds"}
    assert set(demo.document["addresses"]) == {"otlp", "clickhouse", "web"}
    assert demo.document["seconds"] > 0
    assert all(list(row) == COLUMNS for row in demo.document["leaderboard"])
    assert "Traceback" not in demo.stderr


def test_everybodys_tokens_are_what_was_billed(demo, served):
    """Gross tokens of each person are, to the token, what the provider reported for their calls."""
    billed = Counter()
    for one in served:
        billed[person(one)] += (one.input_tokens + one.output_tokens) * one.reported
    assert {who: row["gross_tokens"] for who, row in demo.people.items()} == dict(billed)
    assert len(billed) == 12


def test_every_attempt_is_a_call_and_only_answers_cost(demo, served):
    """Refused attempts and their retries are calls of their own, and the refused bill nothing."""
    assert {who: row["calls"] for who, row in demo.people.items()} == Counter(map(person, served))
    refused = [one for one in served if one.status != 200]
    assert len(refused) > 20
    assert {one.status for one in refused} == {404, 429, 500, 529}
    with_retries = {person(one) for one in refused if one.status != 404}
    assert len(with_retries) > 5
    for row in demo.document["leaderboard"]:
        assert row["net_tokens"] + row["waste_tokens"] == row["gross_tokens"]


def test_a_persons_cost_is_list_price(demo, served):
    """What one model's calls cost is what genai-prices says, call by call, summed exactly."""
    cost = Decimal(0)
    for one in served:
        if person(one) == "noor" and one.status == 200:
            usage = Usage(
                input_tokens=one.input_tokens,
                cache_read_tokens=one.cache_read_tokens,
                cache_write_tokens=one.cache_write_tokens,
                output_tokens=one.output_tokens,
            )
            cost += calc_price(usage, one.model, provider_id="anthropic").total_price
    exact = json.loads(demo.stdout, parse_float=Decimal)
    (row,) = [row for row in exact["leaderboard"] if row["user_id"] == "noor"]
    assert row["cost_usd"] == cost


def test_cached_tokens_are_part_of_the_input(demo, served):
    """The share of input read from cache is the provider's."""
    read, whole = 0, 0
    for one in served:
        if person(one) == "felix":
            read += one.cache_read_tokens
            whole += one.input_tokens
    assert demo.people["felix"]["cache_read_ratio"] == pytest.approx(read / whole)


def test_ranks_tiers_and_waste(demo):
    """Ranked by net tokens; tiers spread; who asks the same ten times has waste, and others none."""
    rows = demo.document["leaderboard"]
    assert [row["rank"] for row in rows] == list(range(1, 13))
    net = [row["net_tokens"] for row in rows]
    assert net == sorted(net, reverse=True)
    assert {"gold", "silver", "bronze"} <= {row["tier"] for row in rows}
    assert demo.people["yuki"]["waste_tokens"] > 0
    assert demo.people["noor"]["waste_tokens"] == 0


def test_tasks_count_with_their_failures(demo):
    """Finished tasks are counted, failed ones are not, though their tokens are in the cost."""
    # Tickets 1 to 14 and 101 to 110, every fifth escalated.
    assert demo.people["lena"]["tasks_completed"] == 12
    assert demo.people["omar"]["tasks_completed"] == 8
    omar = demo.people["omar"]
    assert omar["cost_per_completed_task"] == pytest.approx(omar["cost_usd"] / 8)


def test_the_looping_agent_is_named(demo):
    """One agent is stuck and no other is accused."""
    (loop,) = demo.document["loops"]
    assert (loop["agent"], loop["user_id"]) == ("archivist", "ines")
    assert (loop["rule"], loop["severity"]) == ("same_call", "stop")
    assert loop["tool"] == "search_archive"
    # The app gives up after 24 rounds of one call each.
    assert loop["count"] == 24


def test_unknown_usage_is_no_zero(demo):
    """Streams without usage are on the books as calls whose usage is unknown."""
    tom = [row for row in demo.read("sessions", "--user", "tom") if row["calls"] == 1]
    assert len(tom) == 12
    for row in tom:
        (step,) = [s for s in demo.read("session", row["session_id"]) if s["kind"] == "llm"]
        assert (step["input_tokens"], step["cost_usd"]) == (None, None)
        break


def test_sessions_are_the_conversations(demo):
    """Each conversation is one session, whether the app named it or the wire alone tells."""
    sessions = demo.read("sessions")
    assert len({row["session_id"] for row in sessions}) == len(sessions)
    per_person = Counter(row["user_id"] for row in sessions)
    assert per_person["noor"] == 4 * 13  # Anthropic, told by the wire
    assert per_person["kim"] == 12 + 2  # Responses by previous_response_id, and two mistyped
    assert per_person["omar"] == 10  # named by the app
    for row in sessions:
        if row["user_id"] == "noor":
            assert row["human_turns"] == 10
    assert per_person == {who: row["sessions"] for who, row in demo.people.items()}


def test_a_session_as_a_timeline(demo):
    """A review: its sub-agent inside it, model and tool calls in turn, tokens step by step."""
    (one,) = [s for s in demo.read("sessions") if s["session_id"].startswith("review-101-")]
    assert one["agents"] == ["researcher", "reviewer"]
    assert one["agent_depth"] == 2
    steps = demo.read("session", "review-101-")
    assert [s for s in steps if s["session_id"] != one["session_id"]] == []
    assert sum(s["kind"] == "llm" for s in steps) == one["calls"]
    assert sum(s["kind"] == "tool" for s in steps) == one["tool_calls"]
    tokens = sum((s["input_tokens"] or 0) + (s["output_tokens"] or 0) for s in steps)
    assert tokens == one["gross_tokens"]
    assert [s["ts"] for s in steps] == sorted(s["ts"] for s in steps)


def test_a_failed_tool_shows(demo):
    """A tool that raised is a failed step, and its agent goes on."""
    steps = demo.read("session", "review-101-")
    failed = [s for s in steps if s["kind"] == "tool" and s["error"]]
    assert {(s["name"], s["error_type"]) for s in failed} == {("run_tests", "ToolError")}
    assert steps.index(failed[0]) < len(steps) - 1


def test_the_stuck_session_is_marked(demo):
    """In the timeline the loop's steps are marked, and the loops command tells the same loop."""
    steps = demo.read("session", "archive-")
    marked = [s for s in steps if any("same_call" in mark for mark in s["loops"])]
    assert sum(s["kind"] == "tool" for s in marked) == 24
    assert demo.read("loops") == demo.document["loops"]


def test_the_books_at_rest_read_as_before(demo):
    """With the stack stopped the leaderboard is the one that the demo showed."""
    assert demo.read("leaderboard") == demo.document["leaderboard"]


def test_cost_adds_up_however_it_is_cut(demo):
    """By model, person, team or project the sum is the board's to the last digit; nothing unknown is in it."""
    board = json.loads(demo.stdout, parse_float=Decimal)["leaderboard"]
    for by in ("model", "person", "team", "provider", "agent", "project"):
        done = tokenboard("cost", "--by", by, "--json", "--data", demo.data, home=demo.home)
        rows = json.loads(done.stdout, parse_float=Decimal)
        for key in ("cost_usd", "gross_tokens", "calls"):
            assert sum(row[key] for row in rows) == sum(row[key] or 0 for row in board), by
        assert sum(row["not_known"] for row in rows) == 12, by
    (support,) = demo.read("cost", "--by", "team", "--team", "support")
    assert support["name"] == "support"
    done = tokenboard("cost", "--top", "2", "--data", demo.data, home=demo.home)
    assert "claude-sonnet-5" in done.stdout
    assert "--top" in done.stderr
    assert "12 calls without a known price or usage are not in it" in done.stderr


def test_filters(demo):
    """--team, --top and --since choose rows; a team that is not there is said so."""
    support = demo.read("leaderboard", "--team", "support")
    assert {row["user_id"] for row in support} == {"lena", "omar", "bea"}
    assert len(demo.read("leaderboard", "--top", "3")) == 3
    assert len(demo.read("leaderboard", "--since", "2w")) == 12
    nobody = tokenboard("leaderboard", "--team", "nobody", "--data", demo.data, home=demo.home)
    assert nobody.returncode == 0
    assert "Nobody of that team" in nobody.stderr


def test_tables_for_people(demo):
    """Without --json each command prints a table that has the people and figures in it."""
    for command, words in (
        (["leaderboard"], ["noor", "platform", "gold", "513 M", "Cache Wizard"]),
        (["sessions", "--top", "500"], ["archive-", "archivist", "ines"]),
        (["session", "archive-"], ["search_archive", "same_call (stop)", "person"]),
        (["loops"], ["archivist", "same call 24 times in a row"]),
    ):
        done = tokenboard(*command, "--data", demo.data, home=demo.home)
        assert done.returncode == 0, done.stderr
        assert [word for word in words if word not in done.stdout] == []


def test_sessions_that_are_not_there(demo):
    """An id of no session, or of several, is an error that says which."""
    none = tokenboard("session", "nix", "--data", demo.data, home=demo.home)
    assert none.returncode == 1
    assert none.stdout == ""
    assert "'nix'" in none.stderr
    several = tokenboard("session", "review-", "--data", demo.data, home=demo.home)
    assert several.returncode == 1
    assert "6 sessions begin with 'review-'" in several.stderr


def read_until(stream, wanted, seconds):
    """Everything written until a word comes, or the time is over."""
    text, deadline = "", time.monotonic() + seconds
    while wanted not in text and time.monotonic() < deadline:
        ready, _, _ = select.select([stream], [], [], 1)
        if ready:
            piece = os.read(stream.fileno(), 65536).decode()
            if not piece:
                break
            text += piece
    assert wanted in text
    return text


def test_a_running_stack_is_read_by_address_and_by_directory(demo):
    """`tokenboard up` on the demo's data: the same board by --url and by --data; who has it is told."""
    up = subprocess.Popen(
        [COMMAND, "up", "--data", demo.data, "--otlp-port", "0", "--clickhouse-port", "0",
         "--web-port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(demo.home),
    )  # fmt: skip
    try:
        said = read_until(up.stdout, "Ctrl-C", 120)
        url = re.search(r"ClickHouse\s+(http\S+)", said)[1]
        by_directory = demo.read("leaderboard")
        done = tokenboard("leaderboard", "--json", "--url", url, home=demo.home)
        assert json.loads(done.stdout) == by_directory == demo.document["leaderboard"]
        second = tokenboard("demo", "--once", "--data", demo.data, home=demo.home)
        assert second.returncode == 1
        assert str(up.pid) in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        up.send_signal(signal.SIGINT)
        up.communicate(timeout=60)
    assert up.returncode == 0


def test_ports_that_are_taken(tmp_path):
    """A port that was asked for and is taken is an error that names it."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = tokenboard("demo", "--once", "--web-port", port, home=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert str(port) in done.stderr
    assert "--web-port" in done.stderr


def test_serving_until_ctrl_c(tmp_path):
    """Without --once the demo has a past, says it is made up, serves, and on Ctrl-C leaves nothing."""
    running = subprocess.Popen(
        [COMMAND, "demo", "--weeks", "1", "--otlp-port", "0", "--clickhouse-port", "0",
         "--web-port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(tmp_path, TMPDIR=str(tmp_path)),
    )  # fmt: skip
    try:
        said = read_until(running.stderr, "Serving until Ctrl-C", 300)
        assert "the 7 days before today are made up" in said
        shown = read_until(running.stdout, "OTEL_EXPORTER_OTLP_ENDPOINT", 10)
        assert "The agent archivist of ines is stuck" in shown
        url = re.search(r"(http\S+)\s+ClickHouse", shown)[1]
        done = tokenboard("leaderboard", "--json", "--url", url, home=tmp_path)
        assert len(json.loads(done.stdout)) == 12
        done = tokenboard("sessions", "--json", "--url", url, "--since", "8d", home=tmp_path)
        assert len({row["started"][:10] for row in json.loads(done.stdout)}) > 4
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert running.returncode == 0
    assert list(tmp_path.glob("tokenboard-*")) == []
