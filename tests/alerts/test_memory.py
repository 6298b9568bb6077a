"""A watcher that begins again where another one ended, by a clock of the test's own."""

from __future__ import annotations

import json

import pytest
from alerts.test_states import BURN, LOOP, OTHERS, PER_SESSION, S1
from tokenboard.alerts.delivery import Delivery
from tokenboard.alerts.memory import ForgetfulError, Memory, default_path
from tokenboard.alerts.rules import Provisioned
from tokenboard.alerts.states import Sample, States


class Watcher:
    """One process: its states and groups come from the file, and are kept in it after each round."""

    def __init__(self, path, *rules, policies=(PER_SESSION, OTHERS)):
        self.provisioned = Provisioned(rules or (LOOP, BURN), policies, "team")
        self.memory = Memory(path)
        before = self.memory.recall(self.provisioned.rules)
        self.states = States(before.alerts)
        self.delivery = Delivery(self.provisioned, "http://grafana.test/")
        self.delivery.recall(before.told)

    def round(self, at, *found, arrives=True):
        """Status and session of each notification of a round in which LOOP answered ``found``."""
        self.states.take(LOOP, [Sample(labels, value) for labels, value in found], at)
        self.delivery.take(self.states.alerts(), at)
        due = self.delivery.due(at)
        for notification in due:
            (self.delivery.sent if arrives else self.delivery.failed)(notification, at)
        self.memory.keep(self.states.alerts(), self.delivery.told())
        return [(n.body["status"], n.body["groupLabels"].get("session")) for n in due]


@pytest.fixture
def path(tmp_path):
    """Where the state is kept: in a folder that is not there yet."""
    return tmp_path / "state" / "alerts.json"


@pytest.fixture
def told(path):
    """The file of a watcher that has told of session S1 at second 10."""
    first = Watcher(path)
    first.round(0, (S1, 4))
    assert first.round(10, (S1, 4)) == [("firing", "S1")]
    return path


def test_a_restart_repeats_nothing_before_its_time(told):
    """What was told of before is not told of again until repeat_interval has passed since then."""
    second = Watcher(told)
    assert second.round(60, (S1, 5)) == []
    assert second.round(3600, (S1, 5)) == []
    assert Watcher(told).round(3610, (S1, 5)) == [("firing", "S1")]


def test_what_resolved_meanwhile_is_told(told):
    """An alert that is over when the watcher comes back is told of as resolved, once."""
    second = Watcher(told)
    assert second.round(400) == [("resolved", "S1")]
    assert second.round(430) == []
    assert Watcher(told).round(460) == []


def test_a_resolution_that_could_not_be_delivered_is_not_forgotten(told):
    """It goes out after the restart, although its alert is long over."""
    assert Watcher(told).round(400, arrives=False) == [("resolved", "S1")]
    assert Watcher(told).round(800) == [("resolved", "S1")]


def test_what_was_not_told_yet_is_told_after_the_restart(path):
    """An alert of which no notification had gone out gets one."""
    Watcher(path).round(0, (S1, 4))
    second = Watcher(path)
    second.round(20, (S1, 4))
    assert second.round(30, (S1, 4)) == [("firing", "S1")]


def test_a_rule_that_is_gone_is_not_told_of(told):
    """Alerts of a rule that no longer exists are dropped, and so are groups of another policy."""
    assert Watcher(told, BURN).delivery.told() == []
    assert Watcher(told, policies=(OTHERS,)).delivery.told() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: []", "is no record of alerts"),
        ('{"version": 1}', "is no record of alerts"),
        ("[]", "is no record of alerts"),
        ('{"version": 99}', "is of another version of tokenboard"),
    ],
)
def test_another_file_is_refused_and_left_alone(told, text, said):
    """Whatever else --state names is not gone on from, and not overwritten."""
    told.write_text(text)
    with pytest.raises(ForgetfulError, match=said):
        Watcher(told)
    assert told.read_text() == text


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    """Keeping where a file stands in the folder's place says which file cannot be written."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(ForgetfulError, match=r"taken/alerts.json cannot be (read|written)"):
        Watcher(tmp_path / "taken" / "alerts.json").round(0, (S1, 4))


def test_nothing_secret_is_kept(told, monkeypatch, tmp_path):
    """The file holds labels and times; books and webhook only decide its name, unreadably."""
    assert json.loads(told.read_text()).keys() == {"version", "alerts", "told"}
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    mine, other = default_path("http://u:secret@h", "w"), default_path("http://h", "w")
    assert mine.parent == tmp_path / "tokenboard"
    assert "secret" not in mine.name
    assert mine != other
