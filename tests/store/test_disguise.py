"""Who chose not to be named, and teams of too few people: nowhere on boards, whatever the address asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store.spans import call, task
from tokenboard import queries

NOW = datetime.now(UTC)
DAY = NOW - timedelta(days=1)
DEAR = "tokenboard.reported_cost_usd"


@pytest.fixture(scope="module")
def client(migrated):
    """Three people of the red team, a masked one with a team of her own, a hidden one; teams from two on."""
    migrated.price()  # of m-1
    migrated.run(
        "INSERT INTO {db}.people (person_id, display_name, team, listing, pseudonym) VALUES "
        "('secret-ada', 'Secret Ada', 'tiny', 'pseudonym', 'Otter'), "
        "('secret-hid', 'Secret Hid', 'red', 'hidden', '')"
    )
    migrated.run(
        "INSERT INTO {db}.aliases (value, kind, person_id) VALUES ('ada@secret', 'email', 'secret-ada')"
    )
    migrated.run("INSERT INTO {db}.settings (name, value) VALUES ('min_cohort', '2')")
    migrated.run(
        "INSERT INTO {db}.budgets (scope, name, monthly_usd) VALUES "
        "('user', 'secret-ada', 100), ('user', 'bob', 100), ('team', 'tiny', 100), ('team', 'red', 100)"
    )
    migrated.run(
        "INSERT INTO {db}.targets (scope, name, weekly_tokens) VALUES ('everybody', '', 5)"
    )
    migrated.send(
        *(
            call(
                ts=DAY + timedelta(seconds=number), user="ada@secret",
                model="m-1", team="tiny", session="s-masked",
                agent="digger", trigger="user" if number == 0 else "tool", prompt=f"p{number}",
                tools=[("grep", "00000000000000aa")],
            )
            for number in range(6)
        ),
        call(ts=DAY, user="secret-ada", team="tiny", session="s-dear", attributes={DEAR: "999"}),
        call(ts=DAY, model="m-1", user="secret-hid", team="red", session="s-hidden"),
        call(ts=DAY, model="m-1", user="bob", team="red", session="s-bob"),
        call(ts=DAY, user="cat", team="red", session="s-cat"),
        task("T", ts=DAY, user="secret-ada", team="tiny"),
    )  # fmt: skip
    migrated.refresh()
    migrated.run("USE {db}")
    return migrated.client


def run(client, name, **variables):
    query = queries.load(name)
    text = query.render(
        since=timedelta(days=30), variables={"session": "s-masked", "user": "Otter", **variables}
    )
    return [dict(row) for row in client.query(text).named_results()]


def test_no_query_names_who_chose_not_to_be_named(client):
    """No panel, filter or reader shows their id or name, nor a team that has too few people."""
    told = {name: repr(run(client, name)) for name in queries.names()}
    assert [name for name, rows in told.items() if "secret" in rows.lower()] == []
    assert [name for name, rows in told.items() if "tiny" in rows] == []
    # they are there all the same, and the others as ever
    masked = {
        "leaderboard",
        "sessions",
        "session_steps",
        "session_totals",
        "options_user",
        "cost_by_person",
    }
    assert {name for name in masked if "Otter" not in told[name]} == set()
    (small,) = [row for row in run(client, "teams") if row["team"] == "(none)"]
    assert (small["people"], small["calls"]) == (1, 7), small


@pytest.mark.parametrize("name", [name for name in queries.names() if name.startswith("person_")])
@pytest.mark.parametrize("asked", ["secret-ada", "ada@secret", "secret-hid", "(hidden)"])
def test_a_page_of_the_real_id_is_empty(client, name, asked):
    """An address with the id of who is masked or hidden shows nothing of theirs."""
    found = run(client, name, user=asked)
    assert "s-masked" not in repr(found)


def test_a_pseudonyms_page_is_theirs(client):
    """The page of the pseudonym has the tokens, sessions and deductions of who chose it."""
    assert run(client, "person_totals")[0]["calls"] == 7
    assert sum(row["net_tokens"] for row in run(client, "person_over_time")) > 0
    assert "s-masked" in repr(run(client, "person_sessions"))
    assert run(client, "person_taken") != []


def test_small_teams_stand_together(client):
    """A team of fewer people than the setting says is in the sums under no name of its own, and cannot be asked for."""
    by_person = {row["name"]: row["calls"] for row in run(client, "cost_listing", by="person")}
    assert by_person == {"Otter": 7, "(hidden)": 1, "bob": 1, "cat": 1}
    by_team = {row["name"]: row["calls"] for row in run(client, "cost_listing", by="team")}
    assert by_team == {"red": 3, "(small teams)": 7}
    assert run(client, "teams", team="tiny") == []
    assert [row["value"] for row in run(client, "options_team")] == ["red", "(none)"]
