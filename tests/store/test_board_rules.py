"""Settings, tiers and titles: edited by command, gone by at once, refused with the fault named."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from store.spans import call, insert
from tokenboard import store
from tokenboard.cli.group import cli
from tokenboard.store import board_rules, sheets

YESTERDAY = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=24)
BURNED = {"ada": 40_000_000, "bob": 30_000_000, "eve": 20_000_000, "kim": 5_000}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data directory that nobody has open, with four people in three teams."""
    place = tmp_path_factory.mktemp("data")
    client = store.connect(data=place)
    store.migrate(client)
    teams = {"ada": "red", "bob": "red", "eve": "blue", "kim": "green"}
    insert(
        client,
        "tokenboard",
        [
            call(ts=YESTERDAY, user=who, team=teams[who], input_tokens=tokens, output_tokens=0)
            for who, tokens in BURNED.items()
        ],
    )
    store.refresh(client)
    client.close()
    return place


def run(data, *arguments):
    return CliRunner().invoke(cli, [*map(str, arguments), "--data", str(data)])


def listed(data, *command):
    return json.loads(run(data, *command, "--json").output)


def written(tmp_path, text):
    path = tmp_path / "sheet.csv"
    path.write_text(text)
    return path


def held(data):
    return {row["user_id"]: (row["tier"], row["titles"]) for row in listed(data, "leaderboard")}


def test_tiers_of_ones_own(data, tmp_path):
    """A file is the whole ladder, by tokens or by share as the setting says; a reset brings the old."""
    ladder = "tier;min_tokens;top_share\nwood;1000;50 %\niron;25_000_000;25%\n"
    done = run(data, "tiers", "import", written(tmp_path, ladder))
    assert done.output == "tiers: 2 taken over, those not in the file removed\n"
    assert {who: tier for who, (tier, _) in held(data).items()} == {
        "ada": "iron", "bob": "iron", "eve": "wood", "kim": "wood",
    }  # fmt: skip
    assert listed(data, "tiers", "list") == [
        {"tier": "iron", "min_tokens": 25_000_000, "top_share": 0.25, "people": 2},
        {"tier": "wood", "min_tokens": 1000, "top_share": 0.5, "people": 2},
    ]
    assert run(data, "settings", "set", "tiers", "Share").output == "tiers is share now\n"
    assert {who: tier for who, (tier, _) in held(data).items()} == {
        "ada": "iron", "bob": "wood", "eve": "unranked", "kim": "unranked",
    }  # fmt: skip
    assert run(data, "settings", "reset", "tiers").output == "tiers is absolute now\n"
    assert run(data, "tiers", "reset").exit_code == 0
    assert {who: tier for who, (tier, _) in held(data).items()} == {
        "ada": "bronze", "bob": "bronze", "eve": "bronze", "kim": "unranked",
    }  # fmt: skip


def test_titles_of_ones_own(data, tmp_path):
    """A file is the whole list; a title that is off is nobody's; what is listed can be imported."""
    mine = (
        "title,rule,least,share,enabled\n"
        "Top Dog,top_share,1,50%,\n"
        "Loner,connoisseur,1,1,yes\n"
        "Off Duty,top_share,4,1,no\n"
    )
    assert run(data, "titles", "import", written(tmp_path, mine)).exit_code == 0
    assert held(data)["ada"][1] == ["Loner", "Top Dog"]
    assert held(data)["bob"][1] == ["Loner", "Top Dog"]
    assert held(data)["eve"][1] == ["Loner"]
    text = run(data, "titles", "list", "--csv").output
    assert text == (
        "title,rule,least,share,description,enabled\n"
        "Loner,connoisseur,1,1,,yes\n"
        "Off Duty,top_share,4,1,,no\n"
        "Top Dog,top_share,1,0.5,,yes\n"
    )
    assert run(data, "titles", "import", written(tmp_path, text)).exit_code == 0
    assert run(data, "titles", "list", "--csv").output == text
    assert run(data, "titles", "reset").exit_code == 0
    assert held(data)["ada"][1] == ["Token Legend"]


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("min_cohrt", "3", "no setting 'min_cohrt'; there are: listing, min_cohort, tiers"),
        ("tiers", "shares", "tiers: 'shares' is none of: absolute, share"),
        ("min_cohort", "many", "min_cohort: 'many' is no whole number from 0 on, such as 2000000"),
        ("min_cohort", "0", "min_cohort: is from 1 on; 1 shows every team"),
        ("layout.raw_days", "3", "layout.raw_days is set by: tokenboard migrate"),
    ],
)
def test_a_setting_that_cannot_be_is_named(name, value, says):
    """An unknown name lists those there are, a value that cannot be says what can."""
    with pytest.raises(board_rules.SettingError) as refused:
        board_rules.set_setting(None, name, value)  # without books: it is refused before they are
    assert str(refused.value) == says


def test_a_refusal_is_one_line(data):
    """The command says what is wrong and ends with status 1; the list shows what holds."""
    done = run(data, "settings", "reset", "cohort")
    assert done.exit_code == 1
    assert done.output == "Error: no setting 'cohort'; there are: listing, min_cohort, tiers\n"
    assert {row["name"]: row["value"] for row in listed(data, "settings", "list")} == {
        "listing": "named", "min_cohort": "1", "tiers": "absolute", "layout.cluster": "", "layout.fact_days": "400",
        "layout.raw_days": "35", "layout.rollup_days": "0",
    }  # fmt: skip


def test_people_opt_in(data, tmp_path):
    """Where the setting says so nobody stands on the board who did not choose to; who opts in does."""
    assert run(data, "settings", "set", "listing", "hidden").exit_code == 0
    shown = [(row["rank"], row["display_name"]) for row in listed(data, "leaderboard")]
    assert shown == [(None, "(hidden)")] * 4
    chosen = written(tmp_path, "person_id,listing\nbob,named\n")
    assert run(data, "people", "import", chosen).exit_code == 0
    shown = [(row["rank"], row["display_name"]) for row in listed(data, "leaderboard")]
    assert shown == [(1, "bob"), *[(None, "(hidden)")] * 3]
    assert {row["person_id"]: row["listing"] for row in listed(data, "people", "list")} == {
        "ada": "hidden", "bob": "named", "eve": "hidden", "kim": "hidden",
    }  # fmt: skip


TIER = "tier,min_tokens,top_share\n"
TITLE = "title,rule,least,share\n"


@pytest.mark.parametrize(
    ("work", "text", "faults"),
    [
        (
            board_rules.import_tiers,
            TIER + "wood,5,0.5\niron,9,0.6\n",
            ["line 3: top_share: 0.6 of 'iron' is not less than 0.5 of 'wood' below it"],
        ),
        (
            board_rules.import_tiers,
            TIER + "wood,5,0.5\niron,5,0.2\nwood,9,0\nunranked,99,0\n",
            [
                "line 3: min_tokens: 'iron' begins where 'wood' of line 2 does",
                "line 4: tier: 'wood' stands in line 2 already",
                "line 4: top_share: is more than 0, or nobody is in the tier",
                "line 5: tier: 'unranked' is who has no tier",
                "line 5: top_share: is more than 0, or nobody is in the tier",
                "line 5: top_share: 0 of 'unranked' is not less than 0 of 'wood' below it",
            ],
        ),
        (
            board_rules.import_tiers,
            TIER + "wood,-5,1.5\niron,9,0.1\niron,19,0.05\n",
            [
                "line 2: min_tokens: '-5' is no whole number from 0 on, such as 2000000",
                "line 2: top_share: '1.5' is no share from 0 to 1, such as 0.05 or 5 %",
                "line 4: tier: 'iron' stands in line 3 already",
            ],
        ),
        (
            board_rules.import_titles,
            TITLE + "A,top_shar,1,0.1\n",
            [
                (
                    "line 2: rule: 'top_shar' is none of: "
                    "top_share, connoisseur, cache, session, economy, steady"
                )
            ],
        ),
        (
            board_rules.import_titles,
            TITLE
            + "A,connoisseur,5,0.3\nB,economy,10,0.1\nC,economy,5,0.2\nD,cache,5,0\nE,steady,0.5,0\n",
            [
                (
                    "line 2: share: 'A' (rule connoisseur) asks for 5 models of 30% each: "
                    "nobody has more than 100 %"
                ),
                "line 4: least: titles by the rule economy share one number of tasks; line 3 has 10",
                "line 5: least: 'D' (rule cache) looks at share alone: leave it empty",
                "line 5: share: 'D' (rule cache) takes more than 0 of the input read from cache",
                "line 6: least: 'E' (rule steady) takes a whole number of completed tasks from 1",
            ],
        ),
    ],
    ids=["falling", "many", "cells", "no-rule", "unmet"],
)
def test_faulty_ladders_and_rules_are_named(tmp_path, work, text, faults):
    """A ladder that does not rise, a rule that does not run: named by line, and nothing touched."""
    with pytest.raises(sheets.SheetError) as refused:
        work(None, written(tmp_path, text))  # without books: it is refused before they are
    assert str(refused.value).splitlines() == faults
