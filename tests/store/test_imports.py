"""Files that people keep by hand: taken over whole, or not at all with every fault named by line."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from tokenboard import store
from tokenboard.cli.group import cli
from tokenboard.store import sheets


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data directory that nobody has open, its tables made."""
    place = tmp_path_factory.mktemp("data")
    client = store.connect(data=place)
    store.migrate(client)
    client.close()
    return place


def run(data, *arguments):
    return CliRunner().invoke(cli, [*map(str, arguments), "--data", str(data)])


def written(tmp_path, text):
    path = tmp_path / "sheet.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_budgets_come_in_and_are_shown(data, tmp_path):
    """A spreadsheet's CSV (semicolons, byte order mark, blank lines) sets budgets; a slip is noted."""
    path = written(
        tmp_path,
        "\ufeffscope;Name;monthly_usd;valid_from\r\nuser;alice;1500.50;\r\n\r\nteam;red;$20;2020-01\r\n",
    )
    done = run(data, "budgets", "import", path)
    assert done.exit_code == 0, done.output
    assert "2 taken over" in done.output
    assert "nobody knows user alice yet" in done.output
    shown = run(data, "budgets", "list", "--json")
    assert [
        (row["scope"], row["name"], row["budget_usd"], row["share"])
        for row in json.loads(shown.stdout)
    ] == [("team", "red", 20, 0), ("user", "alice", 1500.5, 0)]
    assert "1,500.50" in run(data, "budgets", "list").stdout


def test_targets_come_in(data, tmp_path):
    """A target of everybody has no name; zero exempts one."""
    path = written(tmp_path, "scope,name,weekly_tokens\neverybody,,2_000_000\nuser,alice,0\n")
    done = run(data, "targets", "import", path)
    assert done.exit_code == 0, done.output
    assert run(data, "targets", "list").exit_code == 0


@pytest.mark.parametrize(
    ("command", "text", "says"),
    [
        ("budgets", "scope,name\nuser,a\n", "line 1: column 'monthly_usd' is missing"),
        ("budgets", "scope,name,usd,monthly_usd\n", "line 1: no column 'usd'"),
        ("budgets", "scope,name,monthly_usd\n", "no lines below its header"),
        ("budgets", "", "line 1: column 'scope' is missing"),
        ("budgets", "scope,name,monthly_usd\nuser,a,ten\n", "line 2: monthly_usd: 'ten' is no"),
        ("budgets", "scope,name,monthly_usd\nuser,a,-1\n", "line 2: monthly_usd: '-1' is out of"),
        ("budgets", "scope,name,monthly_usd\nuser,a,nan\n", "line 2: monthly_usd: 'nan' is out"),
        ("budgets", "scope,name,monthly_usd\nuser,,5\n", "line 2: name: is empty"),
        ("budgets", "scope,name,monthly_usd\nuser,a,1,5\n", "line 2: 4 cells for 3 columns"),
        ("budgets", "scope,name,monthly_usd\nall,a,5\n", "'all' is none of: user, team"),
        (
            "budgets",
            "scope,name,monthly_usd\nuser,a,5\n\nuser,b,5\nuser,a,6\n",
            "line 5: the same as line 2",
        ),
        (
            "budgets",
            "scope,name,monthly_usd,valid_from\nuser,a,5,2026-02-30\n",
            "line 2: valid_from: '2026-02-30' is no day",
        ),
        (
            "budgets",
            "scope,name,monthly_usd,valid_from\nuser,a,5,2026-02-03\n",
            "line 2: valid_from: budgets are by calendar month: 2026-02-01",
        ),
        ("budgets", b"scope,name,monthly_usd\nuser,J\xf6rg,5\n", "line 2: not UTF-8"),
        ("budgets", 'scope,name,monthly_usd\nuser,"a,5\n', "line 2: unexpected end of data"),
        ("targets", "scope,name,weekly_tokens\nuser,a,1.5\n", "'1.5' is no whole number"),
        ("targets", "scope,name,weekly_tokens\nteam,,5\n", "line 2: name: is empty"),
        ("targets", "scope,name,weekly_tokens\neverybody,a,5\n", "name: stays empty"),
        (
            "targets",
            "scope,name,weekly_tokens,valid_from\nuser,a,5,2026-11-22\n",
            "weeks begin on a Monday: 2026-11-16",
        ),
    ],
)
def test_a_faulty_file_is_named_by_line(tmp_path, command, text, says):
    """What is wrong, in which line, and nothing is written: the books are not even touched."""
    from tokenboard.store import plans

    work = {"budgets": plans.import_budgets, "targets": plans.import_targets}[command]
    with pytest.raises(sheets.SheetError) as raised:
        work(None, written(tmp_path, text))  # no client: whoever writes here fails
    assert says in str(raised.value)


def test_all_faults_are_named_at_once(data, tmp_path):
    """Three faulty lines are three faults in one run, and the good line is not taken over."""
    lines = "user,nobody,7\nuser,b,x\nteam,,5\nrole,c,1"
    done = run(data, "budgets", "import", written(tmp_path, f"scope,name,monthly_usd\n{lines}\n"))
    assert done.exit_code == 1
    assert "nothing was taken over" in done.output
    assert [line for line in ("line 3:", "line 4:", "line 5:") if line in done.output] == [
        "line 3:", "line 4:", "line 5:",
    ]  # fmt: skip
    client = store.connect(data=data)
    try:
        query = "SELECT count() FROM budgets WHERE name = 'nobody'"
        assert client.query(query).result_rows == [(0,)]
    finally:
        client.close()


def test_a_stack_that_only_reads_says_how_to_write(tmp_path):
    """While the local stack runs read-only, a command that changes the books names the mend."""
    from tokenboard.local.stack import Stack

    place = tmp_path / "running"
    path = written(tmp_path, "scope,name,monthly_usd\nuser,a,1\n")
    stack = Stack(place, 0, 0, 0, read_only=True)
    stack.start()
    try:
        done = run(place, "budgets", "import", path)
    finally:
        stack.stop()
    assert done.exit_code == 1
    assert "tokenboard up --writable" in done.output


def test_prices_are_listed_as_they_are_now(data):
    """A row for what a call costs now; --all adds tiers and changes; no known price is said, not zero."""
    price = "provider, model, service_tier, valid_from, minute_to, priority, known, input, output, version"
    client = store.connect(data=data)
    client.command(
        f"INSERT INTO prices ({price}) VALUES "
        "('openai', 'm-1', '', '1970-01-01', 1440, 1, true, 2, 8, 1), "
        "('openai', 'm-1', '', '2026-01-01', 1440, 2, true, 1.5, 6, 1), "
        "('openai', 'm-1', 'batch', '1970-01-01', 1440, 3, true, 1, 4, 1), "
        "('', 'odd', '', '1970-01-01', 1440, 0, false, 0, 0, 1)"
    )
    client.close()
    now = json.loads(run(data, "prices", "list", "--json").output)
    assert [(row["model"], row["input"], row["output"]) for row in now] == [
        ("m-1", 1.5, 6),
        ("odd", None, None),
    ]
    shown = run(data, "prices", "list", "--all").output
    assert shown.count("m-1") == 3
    assert "1 models without a known price" in shown
