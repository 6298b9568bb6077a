"""From samples to notifications, by a clock of the test's own."""

from __future__ import annotations

import json

import pytest
from tokenboard.alerts import rules, templates
from tokenboard.alerts.delivery import Delivery
from tokenboard.alerts.rules import Policy, Provisioned, Rule
from tokenboard.alerts.states import Sample, States

LOOP = Rule(
    "loop", "Loops", "sessions", "tokenboard", 30, 0, 0, "SELECT", 900, 3,
    {"severity": "critical"}, {"summary": "{{ $labels.agent }}: {{ $values.A.Value }} times"},
)  # fmt: skip
BURN = Rule("burn", "Burns", "sessions", "tokenboard", 30, 60, 120, "SELECT", 900, 5)
PER_SESSION = Policy(("session",), ("session",), 10, 300, 3600)
OTHERS = Policy((), ("alertname",), 10, 300, 3600)
S1 = {"session": "S1", "agent": "planner"}


def took(states, rule, *found, at):
    """Feed (labels, value) pairs and return the state of each alert, by session."""
    states.take(rule, [Sample(labels, value) for labels, value in found], at)
    return {a.labels["session"]: a.state for a in states.alerts() if a.rule is rule}


def test_a_figure_at_the_threshold_does_not_fire():
    """Above means above: the threshold itself is still in order."""
    states = States()
    assert took(states, LOOP, (S1, 3), at=0) == {}
    assert took(states, LOOP, (S1, 4), at=30) == {"S1": "firing"}


def test_for_makes_an_alert_wait():
    """A condition fires once it has held for as long as `for` says, counted from when it began."""
    states = States()
    assert took(states, BURN, (S1, 6), at=0) == {"S1": "pending"}
    assert took(states, BURN, (S1, 6), at=59) == {"S1": "pending"}
    assert took(states, BURN, (S1, 6), at=60) == {"S1": "firing"}


def test_a_pending_alert_that_ends_was_nothing():
    """A condition that does not hold long enough never fires, resolves nothing and begins anew."""
    states = States()
    took(states, BURN, (S1, 6), at=0)
    assert took(states, BURN, (S1, 1), at=30) == {}
    assert took(states, BURN, (S1, 6), at=60) == {"S1": "pending"}


def test_keep_firing_bridges_a_pause():
    """An alert fires on for as long as keepFiringFor says after its condition ended, then resolves once."""
    states = States()
    took(states, BURN, (S1, 6), at=0)
    took(states, BURN, (S1, 6), at=60)
    assert took(states, BURN, (S1, 0), at=90) == {"S1": "firing"}
    assert took(states, BURN, (S1, 6), at=150) == {"S1": "firing"}
    assert took(states, BURN, (S1, 0), at=180) == {"S1": "firing"}
    assert took(states, BURN, (S1, 0), at=300) == {"S1": "resolved"}
    assert took(states, BURN, (S1, 0), at=330) == {}


def test_a_row_that_is_gone_resolves():
    """A session that is no longer answered at all has resolved, as noDataState OK says."""
    states = States()
    took(states, LOOP, (S1, 4), at=0)
    assert took(states, LOOP, at=30) == {"S1": "resolved"}


def test_a_figure_that_is_unknown_does_not_fire():
    """NaN, which stands for NULL, is above nothing."""
    assert took(States(), LOOP, (S1, float("nan")), at=0) == {}


def rounds():
    states = States()
    delivery = Delivery(
        Provisioned((LOOP, BURN), (PER_SESSION, OTHERS), "team"), "http://grafana.test/"
    )

    def one(at, *found, rule=LOOP):
        states.take(rule, [Sample(labels, value) for labels, value in found], at)
        delivery.take(states.alerts(), at)
        return delivery.due(at)

    return states, delivery, one


def test_a_group_waits_for_its_others_then_is_told_once():
    """Two rules about one session are one notification, after group_wait; the next round is silent."""
    states, delivery, one = rounds()
    states.take(BURN, [Sample(S1, 9)], -60)
    states.take(BURN, [Sample(S1, 9)], 0)
    assert one(0, (S1, 4)) == []
    (notification,) = one(10, (S1, 5))
    assert [alert["labels"]["alertname"] for alert in notification.body["alerts"]] == [
        "Burns", "Loops",
    ]  # fmt: skip
    delivery.sent(notification, 10)
    assert one(40, (S1, 6)) == []
    assert one(320, (S1, 7)) == []


def test_each_session_is_a_notification_of_its_own():
    """Three sessions that run away are three notifications."""
    _, _, one = rounds()
    many = [({"session": f"S{n}"}, 9) for n in range(3)]
    one(0, *many)
    told = one(10, *many)
    assert sorted(n.body["groupLabels"]["session"] for n in told) == ["S0", "S1", "S2"]


def test_what_resolves_is_told_after_the_groups_interval():
    """A resolved alert goes out when its group may be told of again, then no more."""
    _, delivery, one = rounds()
    one(0, (S1, 4))
    (notification,) = one(10, (S1, 4))
    delivery.sent(notification, 10)
    assert one(40) == []
    (notification,) = one(310)
    assert notification.body["status"] == "resolved"
    assert notification.body["title"] == "[RESOLVED:1] S1"
    delivery.sent(notification, 310)
    assert one(340) == []


def test_what_resolves_before_it_was_told_of_is_never_told_of():
    """A flicker within group_wait disturbs nobody."""
    _, _, one = rounds()
    one(0, (S1, 4))
    assert one(5) == []
    assert one(400) == []


def test_a_group_that_stays_is_told_of_again_after_repeat_interval():
    """What still fires after repeat_interval is told of once more."""
    _, delivery, one = rounds()
    one(0, (S1, 4))
    (notification,) = one(10, (S1, 4))
    delivery.sent(notification, 10)
    assert one(3600, (S1, 4)) == []
    assert len(one(3610, (S1, 4))) == 1


def test_what_was_not_delivered_is_tried_again_ever_more_slowly():
    """After failures the same notification is due after 5, 10, 20 … at most 300 seconds."""
    _, delivery, one = rounds()
    one(0, (S1, 4))
    at, waits = 10.0, []
    for _ in range(9):
        (notification,) = one(at, (S1, 4))
        waits.append(delivery.failed(notification, at))
        assert one(at + waits[-1] - 1, (S1, 4)) == []
        at += waits[-1]
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_notification_has_grafanas_shape():
    """The fields and their values are those of Grafana's webhook documentation."""
    _, _, one = rounds()
    one(0, (S1, 4))
    (notification,) = one(10, (S1, 5))
    body = json.loads(json.dumps(notification.body))
    (alert,) = body.pop("alerts")
    labels = {
        "agent": "planner", "alertname": "Loops", "grafana_folder": "tokenboard", "session": "S1",
        "severity": "critical",
    }  # fmt: skip
    assert body == {
        "receiver": "team",
        "status": "firing",
        "orgId": 1,
        "groupLabels": {"session": "S1"},
        "commonLabels": labels,
        "commonAnnotations": {"summary": "planner: 5 times"},
        "externalURL": "http://grafana.test/",
        "version": "1",
        "groupKey": '{}:{session="S1"}',
        "truncatedAlerts": 0,
        "title": "[FIRING:1] S1",
        "state": "alerting",
        "message": "firing: planner: 5 times",
    }
    assert len(alert.pop("fingerprint")) == 16
    assert alert.pop("silenceURL").startswith("http://grafana.test/alerting/silence/new?")
    assert alert == {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "planner: 5 times"},
        "startsAt": "1970-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "values": {"A": 5, "B": 1},
        "generatorURL": "http://grafana.test/alerting/grafana/loop/view?orgId=1",
        "dashboardURL": "",
        "panelURL": "",
    }


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ $labels.agent }} did", "plan & go did"),
        ("{{ $labels.nobody }}!", "!"),
        (
            "{{ externalURL }}d/x?var-a={{ urlquery $labels.agent }}",
            "http://g/d/x?var-a=plan+%26+go",
        ),
        ("{{ humanizePercentage $values.A.Value }}", "81.25%"),
        ("{{ $values.A.Value }}", "0.8125"),
        ("{{ if unknown }}", "{{ if unknown }}"),
    ],
)
def test_texts_are_filled_in(template, text):
    """Labels, the figure and the address stand where the template says."""
    assert templates.render(template, {"agent": "plan & go"}, 0.8125, "http://g/") == text


def test_values_are_expanded_as_grafana_expands_them():
    """$NAME and ${NAME} come from the environment, $$ is a dollar."""
    known = {"A": "x"}
    assert rules.expand("$A ${A}b $$A $B.", known) == "x xb $A ."


@pytest.mark.parametrize(
    ("length", "value"), [("30s", 30), ("1h30m", 5400), ("500ms", 0.5), ("2d", 172800)]
)
def test_lengths_are_read(length, value):
    """A length of Grafana's in seconds."""
    assert rules.seconds(length) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apiVersion: 2", "lacks `apiVersion: 1`"),
        ("a: [", "rules.yaml: "),
        ("apiVersion: 1\ngroups: []", "holds no alert rules"),
        (
            "apiVersion: 1\ngroups: [{name: g, folder: f, interval: 1s, rules: [{title: T}]}]",
            "rule 'T' lacks 'data'",
        ),
    ],
)
def test_a_folder_that_is_not_understood_is_named(text, said, tmp_path):
    """A malformed rule file is refused with its name and what it lacks."""
    (tmp_path / "rules.yaml").write_text(text)
    with pytest.raises(rules.RulesError, match=said):
        rules.load(tmp_path)


def test_what_is_provisioned_is_read():
    """Every provisioned rule is understood, and the policies put sessions together."""
    found = rules.load()
    assert len(found.rules) == 15
    assert found.policies[0].group_by == ("session",)
    assert found.policies[-1].needs == ()
    (books,) = [rule for rule in found.rules if rule.uid == "tokenboard-books-delay"]
    assert (books.interval, books.pending, books.keep_firing, books.above) == (30, 120, 120, 120)
    assert books.labels["environment"] == "local"
