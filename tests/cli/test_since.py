"""``--since``: lengths of time as people write them."""

from __future__ import annotations

from datetime import timedelta

import click
import pytest
from commandline import tokenboard
from hypothesis import given
from hypothesis import strategies as st
from tokenboard.cli.common import Span


def read(text):
    return Span().convert(text, None, None)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90m", timedelta(minutes=90)),
        ("12h", timedelta(hours=12)),
        ("30d", timedelta(days=30)),
        ("2w", timedelta(weeks=2)),
        (" 7 d ", timedelta(days=7)),
    ],
)
def test_lengths_of_time(text, length):
    """Minutes, hours, days and weeks are understood."""
    assert read(text) == length


@pytest.mark.parametrize(
    "text", ["", "30", "d", "-3d", "1.5h", "3 months", "30D", "1y", "٣d", "0d"]
)
def test_anything_else_is_refused(text):
    """What is no length of time is refused, and nothing is guessed."""
    with pytest.raises(click.BadParameter):
        read(text)


@given(st.text(max_size=12))
def test_any_text_is_read_or_refused(text):
    """No text at all breaks it."""
    try:
        length = read(text)
    except click.BadParameter:
        return
    assert timedelta(0) < length <= timedelta(days=3660)


@pytest.mark.parametrize("command", ["leaderboard", "sessions", "loops"])
def test_nonsense_is_one_clear_line(command, tmp_path):
    """A wrong --since ends the command with status 2, its value and the mend."""
    done = tokenboard(command, "--since", "3 months", home=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    last = done.stderr.strip().splitlines()[-1]
    assert "'3 months' is no length of time" in last
    assert "30d" in last


def test_too_long_ago_is_refused(tmp_path):
    """A length that no date can hold is refused, not a traceback."""
    done = tokenboard("leaderboard", "--since", "9999999w", home=tmp_path)
    assert done.returncode == 2
    assert "out of range" in done.stderr
    assert "Traceback" not in done.stderr
