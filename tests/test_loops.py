"""The loop rules, against loops planted by hand and against an unhurried second reading of the rules."""

from __future__ import annotations

import itertools
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenboard.loops import (
    Detector,
    Finding,
    Limits,
    Step,
    Thresholds,
    findings,
    tool_name,
    worst,
)


def tools(signatures, *, error=False):
    return [Step(float(i), "tool", s, error=error) for i, s in enumerate(signatures)]


def described(steps):
    return [(f.rule, f.severity, f.first, f.last, f.count) for f in findings(steps)]


def test_two_equal_calls_are_nothing():
    """Calling the same thing twice is no finding."""
    assert findings(tools("AA")) == []


@pytest.mark.parametrize(
    ("times", "severity"), [(3, "warning"), (4, "critical"), (5, "stop"), (364, "stop")]
)
def test_the_same_call_in_a_row(times, severity):
    """The same call is a hint at 3, an alarm at 4, to be stopped at 5, and stays one finding."""
    steps = tools(["x", *["grep:1"] * times, "y"])
    same = [f for f in findings(steps) if f.rule == "same_call"]
    assert same == [Finding("same_call", severity, 1, times, times)]


def test_model_calls_between_do_not_hide_a_run():
    """The model's own steps between equal tool calls take positions but break no run."""
    steps = [
        step
        for i in range(4)
        for step in (Step(2 * i, "llm", f"p{i}"), Step(2 * i + 1, "tool", "A"))
    ]
    assert described(steps) == [("same_call", "critical", 1, 7, 4)]


def test_a_human_turn_starts_afresh():
    """Three calls, an answer from a person, and three calls again are two hints and no alarm."""
    steps = [*tools("AAA"), Step(3, "user", "u"), *tools("AAA")]
    assert described(steps) == [
        ("same_call", "warning", 0, 2, 3),
        ("same_call", "warning", 4, 6, 3),
    ]


def test_a_human_turn_ends_cycles_windows_and_streaks_too():
    """No rule reaches over a person's answer."""
    half = [*tools("ABABABAB", error=True)]
    steps = [*half, Step(9, "user", "u"), *half]
    assert findings(steps) == []


@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_a_cycle_is_found_when_its_fifth_round_closes(length):
    """A cycle of 2 to 5 different calls is to be stopped at its fifth repetition, not before."""
    pattern = "ABCDE"[:length]
    before = tools("xyz" + pattern * 5)[:-1]
    assert not [f for f in findings(before) if f.rule == "cycle"]
    found = [f for f in findings(tools("xyz" + pattern * 5)) if f.rule == "cycle"]
    assert found == [Finding("cycle", "stop", 3, 3 + 5 * length - 1, 5)]


def test_a_cycle_is_named_once_by_its_shortest_pattern():
    """ABAB… is a cycle of 2 and not also one of 4; AAAA… is a run and no cycle."""
    assert [f.rule for f in findings(tools("AB" * 12))].count("cycle") == 1
    assert "cycle" not in [f.rule for f in findings(tools("A" * 60))]


def test_a_cycle_of_six_is_not_looked_for():
    """Six different calls in turn are no cycle by these rules, unless the limits say so."""
    steps = tools("ABCDEF" * 10)
    assert "cycle" not in [f.rule for f in findings(steps)]
    wider = Limits(max_cycle=6)
    assert "cycle" in [f.rule for f in findings(steps, wider)]


def test_a_call_that_comes_back_within_the_window():
    """The same call 5, 6 and 10 times in 20 is a hint, an alarm, to be stopped."""

    def mixed(times):
        fresh = (f"other{i}" for i in itertools.count())
        return tools([s for _ in range(times) for s in ("A", next(fresh))])

    assert described(mixed(4)) == []
    assert described(mixed(5)) == [("window", "warning", 0, 8, 5)]
    assert described(mixed(6)) == [("window", "critical", 0, 10, 6)]
    assert described(mixed(40)) == [("window", "stop", 0, 78, 10)]


def test_a_call_spread_thinly_is_no_loop():
    """Every fifth call the same is 4 in any 20: nothing."""
    assert findings(tools(["A" if i % 5 == 0 else f"o{i}" for i in range(200)])) == []


def test_an_error_streak_is_of_one_tool_whatever_the_arguments():
    """Five failures in a row of one tool are an alarm; two tools failing in turn are not."""
    assert described(tools([f"book:{i}" for i in range(4)], error=True)) == []
    assert described(tools([f"book:{i}" for i in range(5)], error=True)) == [
        ("error_streak", "critical", 0, 4, 5)
    ]
    assert described(tools([f"book:{i}" for i in range(10)], error=True)) == [
        ("error_streak", "stop", 0, 9, 10)
    ]
    turns = [f"{'book' if i % 2 else 'find'}:{i}" for i in range(20)]
    assert findings(tools(turns, error=True)) == []


def test_one_success_ends_an_error_streak():
    """A call that works between failures begins the count anew."""
    steps = [*tools("abcd", error=True), Step(4, "tool", "a"), *tools("abcd", error=True)]
    steps = [Step(s.ts, s.kind, f"book:{i}", error=s.error) for i, s in enumerate(steps)]
    assert findings(steps) == []


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        ("search:0123456789abcdef", "search"),
        ("mcp:files:0123456789abcdef", "mcp:files"),
        ('get_user{"id": "a:b"}', "get_user"),
        ("search:x", "search"),
        ("", ""),
    ],
)
def test_the_tool_of_a_signature(signature, name):
    """A signature begins with the tool's name."""
    assert tool_name(signature) == name


def test_an_unknown_kind_is_refused_by_name():
    """A step of no known kind is an error that names it, not a step that counts for nothing."""
    with pytest.raises(ValueError, match="not 'robot'"):
        findings([Step(0, "robot", "x")])


def test_limits_can_be_changed():
    """A stricter app has its loops found earlier."""
    strict = Limits(same_call=Thresholds(None, None, 2))
    assert [f.severity for f in findings(tools("AA"), strict)] == ["stop"]


def test_add_tells_at_the_step_that_completes_a_rule():
    """The guard hears of a loop at once, and hears nothing when the agent moves on."""
    detector = Detector()
    heard = [detector.add(s) for s in tools("AAAAAB")]
    assert [f.severity if f else None for f in heard] == [
        None, None, "warning", "critical", "stop", None,
    ]  # fmt: skip


def test_long_sessions_are_quick():
    """Two hundred thousand steps of a stuck agent are one finding, not two hundred thousand."""
    found = findings(tools(["A"] * 200_000))
    assert [f.rule for f in found] == ["same_call", "window"]


# --- a slow second reading of the same rules, written from their wording -------------------------

signatures = st.lists(st.sampled_from(["a:1", "a:2", "b:1"]), max_size=60)
steps_strategy = st.lists(
    st.one_of(
        st.tuples(st.just("tool"), st.sampled_from(["a:1", "a:2", "b:1", "c:1"]), st.booleans()),
        st.tuples(st.sampled_from(["llm", "user"]), st.just(""), st.just(False)),
    ),
    max_size=80,
).map(lambda raw: [Step(float(i), k, s, error=e) for i, (k, s, e) in enumerate(raw)])
loopy = st.lists(
    st.tuples(st.sampled_from(["A", "AB", "ABC", "AABB", "ABCDE", "C", "U"]), st.integers(1, 9)),
    max_size=8,
).map(
    lambda parts: [
        Step(float(i), "user" if s == "U" else "tool", s)
        for i, s in enumerate("".join(p * n for p, n in parts))
    ]
)


def grade(count, warning, critical, stop):
    for name, limit in (("stop", stop), ("critical", critical), ("warning", warning)):
        if limit is not None and count >= limit:
            return name
    return None


def turns(steps):
    turn = []
    for position, step in enumerate(steps):
        if step.kind == "user":
            yield turn
            turn = []
        elif step.kind == "tool":
            turn.append((position, step))
    yield turn


def by_the_book(steps):
    found = set()
    for turn in turns(steps):
        where = [position for position, _ in turn]
        a = [step.signature for _, step in turn]
        n = len(a)
        for run in runs_of(a):
            if s := grade(len(run), 3, 4, 5):
                found.add(("same_call", s, where[run[0]], where[run[-1]], len(run)))
        for k in range(2, 6):
            equal = [i >= k and a[i] == a[i - k] for i in range(n)]
            for run in runs_of(equal):
                length = len(run) + k
                block = a[run[0] - k : run[0]] if equal[run[0]] else []
                primitive = not any(
                    block == block[:d] * (k // d) for d in range(1, k) if k % d == 0
                )
                if equal[run[0]] and length >= 5 * k and primitive:
                    first, last = where[run[0] - k], where[run[-1]]
                    found.add(("cycle", "stop", first, last, length // k))
        for signature in set(a):
            places = [i for i in range(n) if a[i] == signature]
            c = {i: a[max(0, i - 19) : i + 1].count(signature) for i in places}
            for run in runs_of([c[i] >= 5 for i in places]):
                if c[places[run[0]]] >= 5:
                    at = [places[j] for j in run]
                    earliest = next(i for i in places if i > at[0] - 20)
                    most = max(c[i] for i in at)
                    s = grade(most, 5, 6, 10)
                    found.add(("window", s, where[earliest], where[at[-1]], most))
        failing = [step.signature.partition(":")[0] if step.error else None for _, step in turn]
        for run in runs_of(failing):
            if failing[run[0]] is not None and (s := grade(len(run), None, 5, 10)):
                found.add(("error_streak", s, where[run[0]], where[run[-1]], len(run)))
    return found


def runs_of(values):
    """Positions of equal neighbours, run by run."""
    for _, group in itertools.groupby(range(len(values)), lambda i: values[i]):
        yield list(group)


@given(st.one_of(steps_strategy, loopy))
def test_findings_are_what_the_rules_say(steps):
    """On any session the findings are those that a plain reading of the rules gives."""
    found = described(steps)
    assert len(found) == len(set(found))
    assert set(found) == by_the_book(steps)


@given(st.one_of(steps_strategy, loopy))
def test_a_finding_points_at_tool_steps_of_one_turn(steps):
    """First and last are positions of tool steps with no human turn between them."""
    for finding in findings(steps):
        span = steps[finding.first : finding.last + 1]
        assert span[0].kind == span[-1].kind == "tool"
        assert all(step.kind != "user" for step in span)


@given(loopy)
def test_names_do_not_matter(steps):
    """Renaming every call changes no finding."""
    renamed = [Step(s.ts, s.kind, f"{s.signature}-renamed", error=s.error) for s in steps]
    assert described(renamed) == described(steps)


@given(loopy, st.data())
def test_what_was_said_of_the_past_stays(steps, data):
    """A longer session keeps the findings of its beginning, only grown at their end."""
    cut = data.draw(st.integers(0, len(steps)))
    later = {(f.rule, f.first): f for f in findings(steps)}
    for finding in findings(steps[:cut]):
        grown = [
            f
            for (rule, first), f in later.items()
            if (rule, first) == (finding.rule, finding.first)
        ]
        assert grown
        assert grown[0].last >= finding.last
        assert grown[0].count >= finding.count


@given(st.one_of(steps_strategy, loopy))
def test_one_step_at_a_time_gives_the_same(steps):
    """The worst that ``add`` ever said is the worst that the whole session shows."""
    detector = Detector()
    heard = [found for step in steps if (found := detector.add(step))]
    assert detector.findings() == findings(steps)
    told, whole = worst(heard), worst(findings(steps))
    assert (told is None) == (whole is None)
    if told and whole:
        assert told.severity == whole.severity


# --- real runs -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def airline_runs(recorded_data):
    path = recorded_data / "agents" / "tau_bench_gpt4o_airline.json"
    runs = []
    for run in json.loads(path.read_text()):
        steps = []
        for message in run["traj"]:
            ts = float(len(steps))
            if message["role"] == "user":
                steps.append(Step(ts, "user", ""))
            elif message["role"] == "assistant":
                steps.append(Step(ts, "llm", str(message.get("content"))))
                for call in message.get("tool_calls") or ():
                    arguments = json.dumps(
                        json.loads(call["function"]["arguments"]), sort_keys=True
                    )
                    steps.append(Step(ts, "tool", f"{call['function']['name']}{arguments}"))
            elif message["role"] == "tool" and str(message["content"]).startswith("Error"):
                steps[-1] = Step(ts, "tool", steps[-1].signature, error=True)
        runs.append(steps)
    return runs


def test_no_alarm_on_real_runs(airline_runs):
    """None of 200 recorded airline runs raises even a hint, with 36 runs that hold tool errors."""
    runs = airline_runs
    assert len(runs) == 200
    assert sum(any(s.error for s in run) for run in runs) == 36
    assert [f for run in runs for f in findings(run)] == []


def test_no_alarm_on_real_runs_without_their_human_turns(airline_runs):
    """Even with nobody answering, the recorded runs raise no alarm: turns are not what saves them."""
    for run in airline_runs:
        assert not [f for f in findings([s for s in run if s.kind != "user"]) if f.alarming]


PLANTED = {
    "identical": (lambda rng: ["stuck:0"], 4),
    "cycle of 2": (lambda rng: ["c:1", "d:1"], 10),
    "cycle of 3": (lambda rng: ["c:1", "d:1", "e:1"], 15),
    "cycle of 4": (lambda rng: ["c:1", "d:1", "e:1", "f:1"], 20),
    "cycle of 5": (lambda rng: ["c:1", "d:1", "e:1", "f:1", "g:1"], 25),
    "window": (
        lambda rng: ["stuck:0", *(f"n:{rng.random()}" for _ in range(rng.randint(1, 2)))],
        18,
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_loops_in_real_runs_are_caught(name, airline_runs, record_property):
    """A loop planted after a human turn in any recorded run is an alarm, within so many tool calls."""
    make, bound = PLANTED[name]
    rng = random.Random(7)
    delays = []
    for run in airline_runs:
        at = rng.randrange(1, len(run) + 1)
        while run[at - 1].kind != "user" and at > 1:
            at -= 1
        planted = list(itertools.chain.from_iterable(make(rng) for _ in range(40)))
        detector = Detector()
        for step in run[:at]:
            detector.add(step)
        for number, signature in enumerate(planted, 1):
            found = detector.add(Step(0, "tool", signature))
            if found and found.alarming:
                delays.append(number)
                break
        else:
            pytest.fail(f"{name} never caught")
    record_property("delay in tool calls", f"{min(delays)} to {max(delays)}")
    assert max(delays) <= bound
