"""People: who is who by file and by command, their deductions explained, their data out and gone."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from store import spans
from store.spans import call, task
from tokenboard import store
from tokenboard.cli.group import cli
from tokenboard.store import people, sheets

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A data directory that nobody has open."""
    directory = tmp_path_factory.mktemp("data")
    with_client(directory, store.migrate)
    return directory


def with_client(directory, work):
    client = store.connect(data=directory)
    try:
        return work(client)
    finally:
        client.close()


def send(directory, *rows):
    def work(client):
        spans.insert(client, "tokenboard", list(rows))
        store.refresh(client)

    with_client(directory, work)


def ask(directory, query):
    return with_client(directory, lambda client: client.query(query).result_rows)


def run(directory, *arguments, status=0):
    done = CliRunner().invoke(cli, [*map(str, arguments), "--data", str(directory)])
    assert done.exit_code == status, done.output
    return done


def burn(user, tokens, **more):
    return call(
        ts=NOW - timedelta(hours=5), user=user, input_tokens=tokens, output_tokens=0, **more
    )


def test_one_persons_life_on_the_books(place, tmp_path):
    """Two names become one person, are explained, handed out, and gone for good; others stay."""
    send(
        place,
        burn("adelheid@corp", 1000, prompt="p", session="S-adelheid"), burn("adelheid@corp", 1000, prompt="p"),
        burn("adelheid-laptop", 500, error="500", status=500, task="T"), burn("adelheid-laptop", 70),
        task("T", ts=NOW - timedelta(hours=5), user="adelheid-laptop"),
        burn("bob", 300, team="red", session="S-bob"),
    )  # fmt: skip
    file = tmp_path / "people.csv"
    file.write_text(
        "person_id,display_name,team,email,aliases\n"
        "adelheid,Ada L.,red,adelheid@corp,login=adelheid-laptop; badge=A-7\n"
    )
    assert "1 taken over, 3 aliases added" in run(place, "people", "import", file).output
    board = ask(place, "SELECT user_id, display_name, team, gross_tokens FROM leaderboard")
    assert sorted(board) == [("adelheid", "Ada L.", "red", 2570), ("bob", "bob", "red", 300)]

    told = json.loads(run(place, "explain", "adelheid@corp", "--json").stdout)
    assert (told["user_id"], told["gross_tokens"], told["net_tokens"]) == ("adelheid", 2570, 1070)
    taken = {one["rule"]: (one["tokens"], one["calls"]) for one in told["deductions"]}
    assert taken == {
        "quarantined": (0, 0), "errored": (500, 1), "retry": (0, 0), "duplicate": (1000, 1),
        "loop": (0, 0), "idle": (0, 0),
    }  # fmt: skip
    assert sum(tokens for tokens, _ in taken.values()) == 2570 - 1070
    (again,) = (one for one in told["deductions"] if one["rule"] == "duplicate")
    repeated = again["calls_behind"][0]
    assert repeated["because"] != repeated["call_id"]
    assert "= net" in run(place, "explain", "adelheid", "--rule", "duplicate").stdout
    assert "no calls in that time" in run(place, "explain", "nobody", status=1).output

    out = tmp_path / "adelheid.zip"
    run(place, "people", "export", "adelheid", "--out", out)
    with zipfile.ZipFile(out) as archive:
        rows = {
            name: [json.loads(line) for line in archive.read(name).splitlines()]
            for name in archive.namelist()
            if name.endswith(".jsonl")
        }
    assert len(rows["calls.jsonl"]) == 4
    assert len(rows["otel_traces.jsonl"]) == 5
    assert {"usage_1d.jsonl", "sessions.jsonl", "standings.jsonl", "people.jsonl"} - set(rows) <= {
        "sessions.jsonl"
    }
    assert "bob" not in json.dumps(rows)
    assert "exists" in run(place, "people", "export", "adelheid", "--out", out, status=1).output

    run(place, "people", "erase", "adelheid", "--yes")
    everything = ask(
        place,
        "SELECT name FROM system.tables WHERE database = 'tokenboard' AND engine LIKE '%MergeTree'",
    )

    def traces_left(client):
        left = {}
        for (table,) in everything:
            text = client.raw_query(f"SELECT * FROM {table}", fmt="JSONEachRow").decode(
                "utf-8", "replace"
            )
            if "adelheid" in text.lower():
                left[table] = text[:500]
        return left

    assert with_client(place, traces_left) == {}
    assert ask(place, "SELECT user_id, gross_tokens FROM leaderboard") == [("bob", 300)]
    query = "SELECT name, gross_tokens FROM standings WHERE subject = 'team' AND window_days = 30"
    assert ask(place, query) == [("red", 300)]
    assert ask(place, "SELECT sum(gross_tokens) FROM team_usage_1d") == [(300,)]
    gone = run(place, "people", "erase", "adelheid", "--yes", status=1)
    assert "nothing is known of 'adelheid'" in gone.output


def test_an_alias_moves_with_its_history(place):
    """A name given to another person takes its calls along, and taken away is its own person again."""
    send(place, burn("shared-box", 40, session="S-box"))

    def standing():
        rows = ask(place, "SELECT user_id, gross_tokens FROM leaderboard WHERE user_id != 'bob'")
        return dict(rows)

    run(place, "people", "alias", "carol", "shared-box", "--kind", "login")
    assert standing() == {"carol": 40}
    moved = run(place, "people", "alias", "dave", "shared-box", "--kind", "badge")
    assert "moved: shared-box was carol" in moved.output
    assert standing() == {"dave": 40}
    run(place, "people", "alias", "dave", "shared-box", "--remove")
    assert standing() == {"shared-box": 40}
    wrong = run(place, "people", "alias", "dave", "shared-box", "--remove", status=1)
    assert "is no alias of 'dave'" in wrong.output


def test_a_name_is_one_persons_whatever_its_kind(place, tmp_path):
    """A name that was an e-mail address of one and is a login of another is the other's, and leads to nobody else."""
    send(place, burn("box-9", 60))
    file = tmp_path / "people.csv"
    file.write_text("person_id,email,login\nfay,box-9,box-9\n")
    run(place, "people", "import", file)
    standing = "SELECT user_id FROM leaderboard WHERE gross_tokens = 60"
    assert ask(place, standing) == [("fay",)]
    file.write_text("person_id,login\ngus,box-9\n")
    assert "moved: box-9 (login) is gus now" in run(place, "people", "import", file).output
    assert ask(place, standing) == [("gus",)]
    wrong = run(place, "people", "alias", "hal", "gus", status=1)
    assert "'gus' has names of its own ('box-9'): give those to 'hal' first" in wrong.output
    wrong = run(place, "people", "alias", "box-9", "other", status=1)
    assert "'box-9' is a name of 'gus': give 'other' to 'gus'" in wrong.output
    file.write_text("person_id,login\nbox-9,other\n")
    assert (
        "line 2: login: 'box-9' is a name of"
        in run(place, "people", "import", file, status=1).output
    )
    # both at once are no chain
    file.write_text("person_id,login,aliases\nhal,gus,box-9\n")
    run(place, "people", "import", file)
    assert ask(place, standing) == [("hal",)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("person_id,listing\na,secret\n", "line 2: listing: 'secret' is none of: named"),
        ("person_id,listing\na,pseudonym\n", "line 2: pseudonym: is empty"),
        (
            "person_id,listing,pseudonym\na,pseudonym,Fox\nb,pseudonym,Fox\n",
            "line 3: pseudonym: 'Fox' is somebody else's",
        ),
        (
            "person_id,listing,pseudonym\na,pseudonym,b\nb,named,\n",
            "line 2: pseudonym: 'b' is somebody's name",
        ),
        (
            "person_id,listing,pseudonym,login\nb,named,,fox\na,pseudonym,fox,\n",
            "line 3: pseudonym: 'fox' is somebody's name",
        ),
        ("person_id,team\na,x\n\na,y\n", "line 4: person_id: 'a' stands in line 2 already"),
        ("person_id,email\na,x@y\nb,x@y\n", "line 3: email: 'x@y' names 'a' of line 2"),
        ("person_id,email\na,\nb,a\n", "line 3: email: 'a' names 'a' of line 2"),
        ("person_id,aliases\na,=x\n", "line 2: aliases: '=x': write kind=value"),
        (f"person_id,team\na,{'x' * 300}\n", "line 2: team: 300 characters"),
        ("name,team\na,x\n", "line 1: column 'person_id' is missing"),
    ],
)
def test_a_faulty_file_is_named_by_line(place, tmp_path, text, says):
    """What is wrong, in which line; nothing is taken over."""
    path = tmp_path / "people.csv"
    path.write_text(text)

    def work(client):
        with pytest.raises(sheets.SheetError) as raised:
            people.import_people(client, path)
        assert says in str(raised.value)
        assert client.query("SELECT count() FROM people WHERE person_id = 'a'").result_rows == [
            (0,)
        ]

    with_client(place, work)


def test_what_a_file_leaves_out_stays(place, tmp_path):
    """A second file that only knows teams leaves names, listing and aliases as they were."""
    path = tmp_path / "people.csv"
    path.write_text("person_id,display_name,listing,pseudonym,email\neve,Eve,pseudonym,Fox,eve@x\n")
    run(place, "people", "import", path)
    path.write_text("person_id;team\neve;blue\n")
    run(place, "people", "import", path)
    listed = json.loads(run(place, "people", "list", "--json").stdout)
    assert [row for row in listed if row["person_id"] == "eve"] == [{
        "person_id": "eve", "display_name": "Eve", "team": "blue", "listing": "pseudonym",
        "pseudonym": "Fox", "aliases": ["email=eve@x"],
    }]  # fmt: skip


def test_commands_that_read_name_nobody_who_chose_so(place, tmp_path):
    """A pseudonym stands in place of the id wherever others read; whoever knows their own id is explained by it."""
    send(
        place,
        *(burn("kim@corp", 30, prompt="same", session="S-kim", team="tiny") for _ in range(5)),
        burn("lee", 7, session="S-lee", team="tiny"),
    )  # fmt: skip
    file = tmp_path / "people.csv"
    file.write_text("person_id,listing,pseudonym\nzed,pseudonym,lee\n")  # known by usage alone
    wrong = run(place, "people", "import", file, status=1)
    assert "pseudonym: 'lee' is somebody's name" in wrong.output
    file.write_text(
        "person_id,display_name,listing,pseudonym,email\nkim,Kim K.,pseudonym,Heron,kim@corp\nlee,Lee,hidden,,\n"
    )
    run(place, "people", "import", file)
    file.write_text("scope,name,monthly_usd\nuser,kim,10\nuser,lee,20\nteam,tiny,30\nuser,bob,5\n")
    run(place, "budgets", "import", file)
    for what, amount in (("budgets", "monthly_usd"), ("targets", "weekly_tokens")):
        file.write_text(f"scope,name,{amount}\nuser,kim@corp,10\n")
        wrong = run(place, what, "import", file, status=1)
        assert "line 2: name: 'kim@corp' is a name of 'kim'" in wrong.output
    file.write_text("scope,name,weekly_tokens\neverybody,,5\n")
    run(place, "targets", "import", file)
    run(place, "settings", "set", "min_cohort", "5")
    readers = (
        ("leaderboard",), ("cost", "--by", "person"), ("cost", "--by", "team"), ("sessions",), ("loops",),
        ("session", "S-kim"), ("session", "S-lee"), ("targets", "list"), ("budgets", "list"), ("explain", "Heron"),
    )  # fmt: skip
    said = {words: run(place, *words, "--json").stdout for words in readers}
    masked = {
        words: text.replace("S-kim", "").replace("S-lee", "").lower()
        for words, text in said.items()
    }
    assert [words for words, text in masked.items() if "kim" in text or "lee" in text] == []
    assert [words for words, text in said.items() if "tiny" in text] == []
    budgets = {row["name"]: row["budget_usd"] for row in json.loads(said[("budgets", "list")])}
    assert budgets == {"Heron": 10, "(hidden)": 20, "bob": 5}

    own = {}
    for name in ("Heron", "kim", "kim@corp"):
        told = json.loads(run(place, "explain", name, "--json").stdout)
        own[told["user_id"]] = (told["gross_tokens"], told["net_tokens"])
    assert own == dict.fromkeys(("Heron", "kim", "kim@corp"), (150, 30))
    assert "no calls in that time" in run(place, "explain", "(hidden)", status=1).output
    assert json.loads(run(place, "explain", "lee", "--json").stdout)["gross_tokens"] == 7
    # who manages people sees who is who
    assert "Heron" in run(place, "people", "list").stdout
    assert "kim@corp" in run(place, "people", "list", "--json").stdout
