"""``tokenboard import`` as a person runs it, with nothing set up."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from commandline import COMMAND, environment, tokenboard
from emitters import history
from tokenboard.local.engine import Engine


def board(home):
    """The leaderboard over all that the books keep: user → (calls, gross tokens)."""
    shown = tokenboard("leaderboard", "--json", "--since", "400d", home=home)
    assert shown.returncode == 0, shown.stderr
    rows = json.loads(shown.stdout)
    return {row["user_id"]: (row["calls"], row["gross_tokens"]) for row in rows}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home with both agents' sessions of seven months ago, and no data directory yet."""
    root = tmp_path_factory.mktemp("home")
    history.claude_sessions(root / ".claude" / "projects")
    history.codex_sessions(root / ".codex" / "sessions")
    return root


def test_one_command_makes_a_board(home):
    """Months of sessions are on the board of who is logged in, each call once, in its own day."""
    first = tokenboard("import", "claude-code", home=home, LOGNAME="al")
    assert first.returncode == 0, first.stderr
    assert "4 calls, 5.09 k tokens in 2 sessions of al in 3 files: 4 imported" in first.stdout
    assert "2 of 21 lines could not be read" in first.stderr
    assert "tokenboard leaderboard --since 20" in first.stdout
    assert board(home) == {"al": (4, history.CLAUDE_TOKENS)}


def test_again_changes_nothing_and_more_adds_only_that(home):
    """Run once more, with the session gone on meanwhile and the other agent: only what is new counts."""
    again = tokenboard("import", "claude-code", home=home, LOGNAME="al")
    assert "0 imported, 4 were there already" in again.stdout
    with (home / ".claude" / "projects" / "-home-al-shop" / "S2.jsonl").open("a") as file:
        line = history.answer(3700, "a7", "a6", "msg_01fourth", [history.TEXT], 1)
        file.write(json.dumps({**line, "sessionId": "S2"}) + "\n")
    more = tokenboard("import", "claude-code", home=home, LOGNAME="al")
    assert "1 imported, 4 were there already" in more.stdout
    other = tokenboard("import", "codex", home=home, LOGNAME="al")
    assert "6 calls, 5.25 k tokens in 4 sessions of al in 4 files: 6 imported" in other.stdout
    assert board(home) == {"al": (11, history.CLAUDE_TOKENS + 1212 + 1 + history.CODEX_TOKENS)}


def test_through_the_stack_that_runs(home, tmp_path):
    """With the local stack running it goes through its receiver, and for another user it moves."""
    with subprocess.Popen(
        [COMMAND, "up", "--otlp-port=0", "--clickhouse-port=0", "--web-port=0"],
        env=environment(home, PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
    ) as stack:
        try:
            assert stack.stdout is not None
            assert any(line.startswith("data") for line in stack.stdout)
            moved = tokenboard("import", "codex", "--user", "bo", home=home)
            assert moved.returncode == 0, moved.stderr
            assert "6 imported" in moved.stdout
            assert board(home) == {
                "al": (5, history.CLAUDE_TOKENS + 1212 + 1),
                "bo": (6, history.CODEX_TOKENS),
            }
        finally:
            stack.terminate()


def test_nothing_there_is_said_in_a_line(tmp_path):
    """No directory, an empty one, or one that may not be read: what and where, and no traceback."""
    missing = tokenboard("import", "claude-code", home=tmp_path)
    assert missing.returncode == 1
    assert f"there is no directory {tmp_path / '.claude' / 'projects'} or" in missing.stderr
    (tmp_path / "empty").mkdir()
    empty = tokenboard("import", "codex", tmp_path / "empty", home=tmp_path)
    assert "no sessions of Codex (*.jsonl) in" in empty.stderr
    chosen = tokenboard("import", "codex", home=tmp_path, CODEX_HOME=str(tmp_path / "elsewhere"))
    assert str(tmp_path / "elsewhere" / "sessions") in chosen.stderr
    for shown in (missing, empty, chosen):
        assert "Traceback" not in shown.stderr
    if os.geteuid() != 0:
        (tmp_path / "shut").mkdir(mode=0)
        shut = tokenboard("import", "codex", tmp_path / "shut", home=tmp_path)
        assert "cannot read" in shut.stderr


def test_what_cannot_be_true_is_set_aside(tmp_path):
    """Nonsense in session files stays out of the sums and is counted; lines without a moment are told of."""
    said = [
        {"input_tokens": -5000},
        {"input_tokens": "many"},
        {"output_tokens": 12.5},
        {"output_tokens": True},
        {"output_tokens": 10**30},
        {"cache_read_input_tokens": -3},
    ]
    lines = []
    for number, wrong in enumerate([*said, {}]):
        line = history.answer(number, f"a{number}", "", f"msg_01bad{number:04}", [history.TEXT], 8)
        line["message"]["usage"] |= wrong
        lines.append(line)
    more = [
        history.answer(20, "n", "", "msg_01name", [history.TEXT], 8, model="m" * 10_000),
        history.answer(21, "f", "", "msg_01future", [history.TEXT], 8),
        *(history.answer(22, f"t{n}", "", f"msg_01time{n}", [history.TEXT], 8) for n in range(3)),
    ]
    ahead = datetime.now(UTC) + timedelta(days=2)
    moments = (ahead.isoformat(), "9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00", "soon")
    for line, moment in zip(more[1:], moments, strict=True):
        line["timestamp"] = moment
    history.write(tmp_path / ".claude" / "projects" / "p" / "S.jsonl", *lines, *more)
    used = {"input_tokens": 100, "cached_input_tokens": 101, "output_tokens": 8}
    history.write(
        tmp_path / ".codex" / "sessions" / "C.jsonl",
        history.meta(0, "C"),
        history.event(1, "event_msg", type="token_count", info={"total_token_usage": used}),
    )
    done = tokenboard("import", "claude-code", home=tmp_path, LOGNAME="al")
    assert done.returncode == 0, done.stderr
    assert "3 of 12 lines could not be read" in done.stderr
    assert tokenboard("import", "codex", home=tmp_path, LOGNAME="al").returncode == 0
    # the good line alone has tokens: 12 fresh, 1000 read, 200 written, 8 out
    assert board(tmp_path) == {"al": (9, 1220)}
    with Engine(tmp_path / ".local" / "share" / "tokenboard") as engine:
        client = engine.client()
        found = client.query("SELECT flaw, sum(calls) FROM flawed GROUP BY flaw ORDER BY flaw")
        client.close()
    assert found.result_rows == [("count", 6), ("future", 1), ("name", 1), ("subset", 1)]


def test_erased_calls_stay_gone(tmp_path):
    """What a person had erased does not come back with the files that are still there, unless they say so."""
    history.claude_sessions(tmp_path / ".claude" / "projects")
    tokenboard("import", "claude-code", home=tmp_path, LOGNAME="al")
    assert board(tmp_path) == {"al": (4, history.CLAUDE_TOKENS)}
    assert tokenboard("people", "erase", "al", "--yes", home=tmp_path).returncode == 0
    again = tokenboard("import", "claude-code", home=tmp_path, LOGNAME="al")
    assert "0 imported" in again.stdout
    assert "4 calls are of before al's data were erased" in again.stderr
    assert board(tmp_path) == {}
    back = tokenboard("import", "claude-code", "--erased", home=tmp_path, LOGNAME="al")
    assert "4 imported" in back.stdout
    assert board(tmp_path) == {"al": (4, history.CLAUDE_TOKENS)}
