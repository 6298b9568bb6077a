"""Every panel's SQL on the real engine, and the figures it yields against plain arithmetic."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from dashboards.company import Company
from dashboards.troubles import LOOPING, NESTED, ROUNDS, Troubles
from store import spans
from tokenboard import loops, queries, store
from tokenboard.queries import panels

TARGETS = [
    pytest.param(board, panel["id"], target["refId"], id=f"{uid}-{panel['title']}")
    for uid, board in panels.dashboards().items()
    for panel in panels.panels(board)
    for target in panel.get("targets", [])
    if "rawSql" in target  # others draw another panel's answer
] + [
    pytest.param(board, panels.VARIABLE_PANEL, variable["name"], id=f"{uid}-${variable['name']}")
    for uid, board in panels.dashboards().items()
    for variable in board["templating"]["list"]
    if variable["type"] == "query"
]


def run(client, name, variables=None, **arguments):
    """The rows of one query, without what its dashboard would leave out."""
    query = queries.load(name)
    variables = dict(variables or {})
    if "unready" in query.defaults:
        (row,) = run(client, "options_unready", variables, **arguments)
        variables["unready"] = row["value"]
    result = client.query(query.render(variables=variables, **arguments))
    return [dict(row) for row in result.named_results()]


@pytest.mark.parametrize("days", [2, 30])
@pytest.mark.parametrize(("board", "panel", "ref"), TARGETS)
def test_every_panel_runs_and_yields_rows(troubled, board, panel, ref, days):
    """Each target of each dashboard, and each variable, answers on sample data whatever the range."""
    made, troubles, client = troubled
    end = int(made.now.timestamp() * 1000)
    chosen = {"user": "fay", "session": LOOPING, "trace": troubles.trace}
    sql = panels.sql_for(
        board,
        panel,
        ref,
        start_ms=end - int(days * 86_400_000),
        end_ms=end + 60_000,
        variables=chosen,
    )
    rows = client.query(sql).result_rows
    assert rows
    # With what is only read where the standings are not ready left out, where they are.
    switches = panels.switches_of(board, panel, ref)
    assert switches <= {"unready"}
    if switches and days == 30:
        turned = panels.sql_for(
            board,
            panel,
            ref,
            start_ms=end - int(days * 86_400_000),
            end_ms=end + 60_000,
            variables={**chosen, "unready": "/*"},
        )
        assert client.query(turned).result_rows == rows
        assert turned.count(" FROM ") < sql.count(" FROM ") / 2


@pytest.mark.parametrize("days", [30, 25])
def test_the_board_agrees_with_plain_arithmetic(company, days):
    """Tokens, calls, sessions, models and tasks of each person are the sums of their spans."""
    made, client = company
    rows = {row["user_id"]: row for row in run(client, "leaderboard", since=timedelta(days=days))}
    assert rows.keys() == made.people.keys()
    for user, person in made.people.items():
        row = rows[user]
        assert row["gross_tokens"] == row["net_tokens"] == person.gross
        assert row["waste_tokens"] == 0
        assert row["calls"] == person.calls
        assert row["sessions"] == len(person.sessions)
        assert row["models"] == len(person.models)
        assert row["tasks_completed"] == person.tasks
        assert row["team"] == person.team
        assert row["cache_read_ratio"] == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize("days", [30, 25])
def test_ranks_follow_net_tokens_and_leave_the_unattributed_last(company, days):
    """The first has most; calls of nobody stand last without a rank."""
    made, client = company
    rows = run(client, "leaderboard", since=timedelta(days=days))
    by_tokens = sorted((u for u in made.people if u), key=lambda u: -made.people[u].gross)
    assert [row["user_id"] for row in rows] == [*by_tokens, ""]
    assert [row["rank"] for row in rows] == [*range(1, len(by_tokens) + 1), None]
    assert rows[-1]["display_name"] == "unattributed"


def test_tiers_are_of_thirty_days_on_boards_of_any_length(company):
    """A tier goes by the net tokens of thirty days, whatever range is looked at."""
    made, client = company
    ladder = [(2e9, "platinum"), (5e8, "gold"), (1e8, "silver"), (1e7, "bronze"), (0, "unranked")]
    for days in (30, 25, 5):
        for row in run(client, "leaderboard", since=timedelta(days=days)):
            if row["user_id"]:
                month = made.people[row["user_id"]].gross
                assert row["tier"] == next(t for least, t in ladder if month >= least)


@pytest.mark.parametrize("days", [30, 25])
def test_a_team_is_shown_with_everybodys_ranks(company, days):
    """Choosing a team leaves its people, ranked among everybody."""
    _, client = company
    rows = run(client, "leaderboard", since=timedelta(days=days), variables={"team": ["growth"]})
    assert [(row["rank"], row["user_id"]) for row in rows] == [(3, "o'brien"), (4, "CORP\\dora")]
    assert run(client, "leaderboard", variables={"team": ["x') OR 1=1 --"]}) == []
    (nobody,) = run(client, "leaderboard", variables={"team": "(none)"})
    assert nobody["user_id"] == ""


def test_a_model_counts_for_itself(company):
    """Choosing models counts their calls only; all models together are everything."""
    made, client = company
    models = [row["value"] for row in run(client, "options_model")]
    parts = [run(client, "leaderboard", variables={"model": [model]}) for model in models]
    for user, person in made.people.items():
        calls = [row["calls"] for part in parts for row in part if row["user_id"] == user]
        assert sum(calls) == person.calls
    together = run(client, "leaderboard", variables={"model": models})
    whole = run(client, "leaderboard")
    facts = ("rank", "user_id", "net_tokens", "calls", "models")
    assert [[r[f] for f in facts] for r in together] == [[r[f] for f in facts] for r in whole]
    # nobody says which model a task belongs to, nor has counted sessions by models beforehand
    assert {row["tasks_completed"] for row in together} == {None}
    assert {row["sessions"] for row in together} == {None}


def test_an_agent_counts_for_itself(company):
    """Calls inside an agent and calls outside of any add up to all."""
    made, client = company
    inside = run(client, "totals", variables={"agent": ["coder"]})[0]
    outside = run(client, "totals", variables={"agent": ["(none)"]})[0]
    everything = sum(person.gross for person in made.people.values())
    assert inside["gross_tokens"] > 0
    assert inside["gross_tokens"] + outside["gross_tokens"] == everything


@pytest.mark.parametrize("variables", [{}, {"team": ["platform"]}, {"model": ["gpt-5.2"]}])
@pytest.mark.parametrize("days", [30, 25, 5])
def test_all_panels_tell_the_same_story(company, variables, days):
    """Totals, people, teams and the days of the chart add up to one and the same figure."""
    _, client = company
    found = {
        name: run(client, name, since=timedelta(days=days), variables=variables)
        for name in (
            "totals",
            "leaderboard",
            "teams",
            "tokens_over_time",
            "podium",
            "tier_distribution",
        )
    }
    total = found["totals"][0]["net_tokens"]
    assert total > 0
    for name in ("leaderboard", "teams", "tokens_over_time"):
        assert sum(row["net_tokens"] for row in found[name]) == total, name
    people = [row for row in found["leaderboard"] if row["user_id"]]
    assert [f"{n}. {row['display_name']}" for n, row in enumerate(people[:3], 1)] == [
        row["person"] for row in found["podium"]
    ]
    assert sum(row["people"] for row in found["tier_distribution"]) == len(people)


def test_the_chart_has_every_day_of_the_range(company):
    """Days without a call are there with 0, so that a gap is seen as one."""
    _, client = company
    rows = run(client, "tokens_over_time", since=timedelta(days=30))
    assert len(rows) == 30
    assert [b["time"] - a["time"] for a, b in itertools.pairwise(rows)] == [timedelta(days=1)] * 29


def test_names_are_offered_as_they_are(company):
    """Variables list teams, models and agents; what has none is called so."""
    made, client = company
    teams = {person.team or "(none)" for person in made.people.values()}
    assert {row["value"] for row in run(client, "options_team")} == teams
    assert [row["value"] for row in run(client, "options_agent")] == ["coder", "(none)"]


def test_on_an_empty_store_every_panel_answers(empty_books):
    """Before the first call nothing fails: panels have no rows or zeros."""
    for board in panels.dashboards().values():
        for panel in panels.panels(board):
            for target in panel.get("targets", []):
                sql = panels.sql_for(
                    board,
                    panel["id"],
                    target["refId"],
                    start_ms=1_790_000_000_000,
                    end_ms=1_795_000_000_000,
                )
                empty_books.query(sql)


@pytest.mark.parametrize("days", [30, 25])
@pytest.mark.parametrize("user", ["ada", "CORP\\dora", "o'brien"])
def test_a_persons_page_agrees_with_the_board(company, user, days):
    """The figures of one person are the same on the board, their page, its chart and its sessions."""
    made, client = company
    since = timedelta(days=days)
    row = next(r for r in run(client, "leaderboard", since=since) if r["user_id"] == user)
    (page,) = run(client, "person_totals", since=since, variables={"user": user})
    for fact in ("rank", "tier", "net_tokens", "gross_tokens", "calls", "sessions", "cost_usd"):
        assert page[fact] == row[fact]
    for name in ("person_over_time", "person_sessions"):
        rows = run(client, name, since=since, variables={"user": user})
        assert sum(r["net_tokens"] for r in rows) == made.people[user].gross
    assert len(rows) == len(made.people[user].sessions)


def test_a_persons_page_has_what_their_other_names_used(books):
    """Calls told under a name of theirs are on it, by the hour and by the day; another's name is not."""
    client = books.client(use_database=False)
    store.migrate(client, database="other_names")
    client.command("USE other_names")
    at = datetime.now(UTC) - timedelta(hours=2)
    calls = [
        spans.call(ts=at, user=name, input_tokens=tokens, output_tokens=0, model="m-1")
        for name, tokens in {"ada": 100, "ada-laptop": 10, "bob": 1}.items()
    ]
    spans.insert(client, "other_names", calls)
    client.command(
        "INSERT INTO aliases (value, kind, person_id) VALUES ('ada-laptop', 'login', 'ada'), ('bob', 'login', 'rob')"
    )
    store.refresh(client, "other_names")
    expected = {"ada": [110], "rob": [1], "bob": [], "ada-laptop": []}
    for user, hours in itertools.product(expected, (24, 240)):
        given = {"since": timedelta(hours=hours), "variables": {"user": user}}
        used = run(client, "person_models", **given)
        assert [row["gross_tokens"] for row in used] == expected[user]
        counted = run(client, "person_over_time", **given)
        assert [row["net_tokens"] for row in counted] == expected[user]
    client.close()


def test_calls_of_nobody_have_a_page_too(company):
    """(none) stands for the calls whose user is not known, in links and in the choice of people."""
    made, client = company
    (page,) = run(client, "person_totals", variables={"user": "(none)"})
    assert page["gross_tokens"] == made.people[""].gross
    assert page["rank"] is None
    offered = {row["value"] for row in run(client, "options_user")}
    assert offered == {user or "(none)" for user in made.people}
    links = {row["person"] for row in run(client, "leaderboard")}
    assert links == offered


def test_a_session_is_drawn_in_lanes_that_do_not_overlap(troubled):
    """Person, agents, tools and sub-agents have lanes; what runs at once stands in another lane."""
    client = troubled[2]
    rows = run(client, "session_timeline", variables={"session": NESTED})
    lanes = {}
    for row in rows:
        lanes.setdefault(row["lane_name"].strip(), []).append(row)
    assert list(lanes) == [
        "person", "lead", "lead · tools", "↳ helper", "↳ scout", "↳ scout 2",
    ]  # fmt: skip
    for states in lanes.values():
        for one, next_one in itertools.pairwise(states):
            assert one["start"] < one["end"] <= next_one["start"]
    assert [row["activity"] for row in lanes["lead · tools"]] == ["✕ run_tests"]


def test_a_loop_is_marked_on_the_timeline_and_in_the_list(troubled):
    """The calls that go in circles are marked; the list of sessions has the loop first, and its waste."""
    client = troubled[2]
    rows = run(client, "session_timeline", variables={"session": LOOPING})
    assert [row["activity"] for row in rows].count("⟳ search") == ROUNDS
    steps = run(client, "session_table", variables={"session": LOOPING})
    assert [step["loop"] for step in steps if step["kind"] == "tool"] == ["same call 7 times"] * 7
    assert [step["deducted"] for step in steps if step["kind"] == "model"] == [""] * 3 + [
        "loop"
    ] * 4
    first = run(client, "agent_sessions", since=timedelta(days=7))[0]
    assert (first["session_id"], first["signals"]) == (LOOPING, "loop")
    assert first["gross_tokens"] - first["net_tokens"] == sum(
        30_000 + 9_000 * turn + 800 for turn in range(3, ROUNDS)
    )


def test_every_cut_of_the_cost_adds_up_to_the_same(troubled):
    """Teams, providers, agents, projects, models and people cost together what the total says."""
    client = troubled[2]
    total = run(client, "cost_totals")[0]["cost_usd"]
    assert total > 0
    for name in ("cost_by_team", "cost_by_provider", "cost_by_agent", "cost_by_project",
                 "cost_by_model", "cost_by_person", "cost_over_time"):  # fmt: skip
        assert sum(row["cost_usd"] or 0 for row in run(client, name)) == total, name


def test_the_price_of_waste_is_shared_out_exactly(troubled):
    """What each rule took cost together what was paid for waste."""
    client = troubled[2]
    paid = run(client, "cost_totals")[0]["waste_usd"]
    kinds = {row["kind"]: row["usd"] for row in run(client, "cost_of_waste")}
    assert set(kinds) == {
        "Loops", "Duplicate requests", "Needless retries", "Failed calls", "Implausible cost",
    }  # fmt: skip
    assert sum(kinds.values()) == pytest.approx(float(paid))


def test_a_budget_says_when_it_was_used_up(troubled):
    """The budget that is overspent stands first, with its share and the day."""
    client = troubled[2]
    first = run(client, "cost_budgets")[0]
    assert (first["scope"], first["name"], first["budget_usd"]) == ("team", "growth", 40)
    assert first["used"] == pytest.approx(float(first["spent_usd"]) / 40)
    assert first["used"] > 1
    assert first["used_up"]


def test_tasks_and_their_ends_are_counted_once(troubled):
    """Completed, reverted and failed tasks are those that were told, by team and all together."""
    made, _, client = troubled
    done = sum(person.tasks for person in made.people.values())
    teams = {row["team_name"]: row for row in run(client, "efficiency_teams")}
    assert teams["growth"]["tasks_done"] == 2
    assert teams["growth"]["tasks_failed"] == 2
    assert teams["growth"]["rework_share"] == pytest.approx(1 / 3)
    assert teams["growth"]["mean_score"] == pytest.approx(0.8)
    assert sum(row["tasks_done"] for row in teams.values()) == done
    by_day = run(client, "efficiency_tasks")
    assert sum(row["done"] for row in by_day) == done
    assert sum(row["reverted"] for row in by_day) == 1
    (fay,) = [row for row in run(client, "efficiency_people") if row["person"] == "fay"]
    assert (fay["tasks_done"], fay["tasks_failed"]) == (2, 2)


def test_failures_stand_by_kind_and_further_attempts_beside_them(troubled):
    """An overload and an answer cut short are a failure each; one further attempt is made in all."""
    client = troubled[2]
    kinds = run(client, "efficiency_failures")
    assert [(row["failure"], row["calls"], row["further_attempts"]) for row in kinds] == [
        ("incomplete", 1, 0),
        ("overloaded_error", 1, 0),
    ]
    days = run(client, "efficiency_failures_over_time")
    assert sum(row["retried_share"] > 0 for row in days) == 1
    assert max(row["failed_share"] for row in days) > 0


def test_the_pipelines_figures_are_the_collectors(troubled):
    """What was refused, given up on and queued is what the collector told of itself."""
    client = troubled[2]
    (row,) = run(client, "pipeline_totals", since=timedelta(hours=6))
    assert row["accepted"] == sum(400 + minute % 60 for minute in range(180))
    assert (row["refused"], row["failed"], row["queue_share"]) == (40, 3, 0.3)
    (flaw,) = run(client, "pipeline_flaws")
    assert (flaw["kind"], flaw["calls"]) == ("cached beyond input", 1)


def test_titles_and_tiers_say_how_near_the_next_is(troubled):
    """Progress to each tier and title is what a person has of what it takes."""
    made, _, client = troubled
    ben = made.people["ben"].gross
    progress = {
        row["tier"]: row["progress"]
        for row in run(client, "person_tiers", variables={"user": "ben"})
    }
    assert progress["bronze"] == 1
    assert progress["gold"] == pytest.approx(min(1, ben / 5e8))
    rising = {row["person"]: row for row in run(client, "tier_rising")}
    assert rising["fay"]["next_tier"] == "bronze"
    titles = {row["title"]: row for row in run(client, "person_titles", variables={"user": "ben"})}
    assert titles["Cache Wizard"]["progress"] == pytest.approx(0.5 / 0.8, rel=1e-4)
    assert titles["Token Legend"]["progress"] == pytest.approx(ben / made.people["ada"].gross)
    bars = run(client, "tier_histogram")
    heights = [v or 0 for row in bars for name, v in row.items() if name != "net_tokens"]
    # Each person is in one bar, and a bar has two corners at its height, two on the ground.
    assert sum(heights) == 2 * 7
    assert len(bars) == 2 * sum(1 for height in heights if height)
    edges = [row["net_tokens"] for row in bars]
    assert edges == sorted(edges)
    assert edges[-1] / edges[0] > 10


def test_rank_history_ends_at_todays_rank(troubled):
    """The last point of the history is the rank that the board shows."""
    client = troubled[2]
    for user in ("ada", "ben", "fay"):
        history = run(client, "person_ranks", variables={"user": user})
        (page,) = run(client, "person_totals", variables={"user": user})
        assert history[-1]["rank"] == page["rank"]


def test_filters_reach_every_board(troubled):
    """A chosen team, model or agent leaves only its own cost, sessions and steps."""
    client = troubled[2]
    growth = run(client, "cost_by_team", variables={"team": ["growth"]})
    assert [row["name"] for row in growth] == ["growth"]
    lead = run(client, "agent_sessions", variables={"agent": ["lead"]})
    assert [row["session_id"] for row in lead] == [NESTED]
    opus = run(client, "efficiency_models", variables={"model": ["claude-opus-5"]})
    assert [row["model"] for row in opus] == ["claude-opus-5"]


SEQUENCES = {
    "nothing": "a b c d e f",
    "three": "a b b b c",
    "broken": "a a user a a c",
    "cycle": "x " + "a b " * 5 + "c",
    "short-cycle": "a b " * 4,
    "cycle-of-three": "a b c " * 5 + "d",
    "window": "a b a c a d a e a f g",
    "too-far": "a b c d e f a b2 c2 d2 e2 f2 a g h i j k l m n o a p q r s t u a v w x y z a",
    "both": "a a a b c b c b c b c b c a",
}


@pytest.fixture(scope="module")
def circles(books):
    """A client of books with one session for each of SEQUENCES."""
    client = books.client(use_database=False)
    store.migrate(client, database="circles")
    client.command("USE circles")
    made = Company(days=1)
    troubles = Troubles(made)
    made.rows.clear()
    for name, names in SEQUENCES.items():
        troubles.rounds(name, names.split())
    made.store(client)
    store.refresh(client, "circles")
    yield client
    client.close()


@pytest.mark.parametrize("name", SEQUENCES)
def test_marks_are_the_rules_of_the_package(circles, name):
    """Tool calls are marked as part of a loop where tokenboard.loops finds one, and nowhere else."""
    names = SEQUENCES[name].split()
    kinds = ["user" if n == "user" else "tool" for n in names]
    steps = [loops.Step(float(i), kinds[i], n) for i, n in enumerate(names)]
    marked = set()
    for found in loops.findings(steps):
        inside = range(found.first, found.last + 1)
        # of a window only the call itself goes in circles, not what lies between
        marked |= {i for i in inside if found.rule != "window" or names[i] == names[found.last]}
    rows = run(circles, "session_table", variables={"session": name})
    shown = [bool(row["loop"]) for row in rows if row["kind"] == "tool"]
    tools = [i for i, kind in enumerate(kinds) if kind == "tool"]
    assert shown == [i in marked for i in tools]


def test_who_chose_not_to_be_named_is_named_nowhere(circles):
    """Sessions and their totals show a pseudonym in place of the person who chose one."""
    circles.insert(
        "people",
        [("fay", "Fay", "growth", "pseudonym", "Otter")],
        column_names=["person_id", "display_name", "team", "listing", "pseudonym"],
    )
    rows = run(circles, "agent_sessions")
    assert {(row["who"], row["person"]) for row in rows} == {("Otter", "Otter")}
    (totals,) = run(circles, "session_totals", variables={"session": "three"})
    assert totals["who"] == "Otter"


def test_what_evaluators_said_is_counted_and_stands_beside_its_step(troubled):
    """Each evaluation has its mean and labels; one told within a call's span is in that step's row."""
    client = troubled[2]
    helpful, safe = run(client, "efficiency_scores")
    assert (helpful["evaluation"], helpful["evaluations"]) == ("Helpfulness", 3)
    assert helpful["labels"] == "pass 2, fail 1"
    assert helpful["mean_score"] == pytest.approx(0.8)
    assert (safe["evaluations"], safe["mean_score"]) == (1, None)
    (point,) = run(client, "efficiency_scores_over_time")
    assert point["mean_score"] == pytest.approx(0.8)
    client.command(
        "INSERT INTO evaluations (hour, ts, trace_id, span_id, name, score, label) "
        "SELECT toStartOfHour(toDateTime(ts, 'UTC')), ts, unhex(trace_id), unhex(span_id), 'Clarity', 0.7, 'clear' "
        f"FROM session_steps WHERE session_id = '{LOOPING}' AND kind = 'llm' ORDER BY ts LIMIT 1"
    )
    steps = run(client, "session_table", variables={"session": LOOPING})
    assert [step["evaluated"] for step in steps if step["evaluated"]] == ["Clarity 0.7 clear"]
