"""Numbers as people read them, and exactly as programs do."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenboard.cli import common, show


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.00 k"),
        (12_345, "12.3 k"),
        (999_499, "999 k"),
        (999_950, "1.00 M"),
        (123_456_789, "123 M"),
        (281_000_000_000, "281 B"),
        (60_000_000_000_000, "60.0 T"),
        (None, "-"),
    ],
)
def test_token_counts(count, text):
    """Three digits and a unit; unknown is a dash."""
    assert show.tokens(count) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (None, "-"),
        (Decimal(0), "$0.00"),
        (Decimal("0.00012"), "$0.0001"),
        (Decimal("1234.567"), "$1,234.57"),
    ],
)
def test_money(amount, text):
    """Cents, finer below one; unknown is no zero."""
    assert show.usd(amount) == text


@pytest.mark.parametrize(
    ("rank", "before", "text"),
    [(1, None, "new"), (1, 0, "new"), (2, 2, "="), (1, 4, "▲ 3"), (5, 4, "▼ 1")],
)
def test_movement(rank, before, text):
    """Up, down, level, new."""
    assert show.movement(rank, before) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.012, "12 ms"),
        (0.25, "0.2 s"),
        (59.9, "59.9 s"),
        (61, "1 min 01 s"),
        (3600, "1 h 00 min"),
        (90_000, "1 d 01 h"),
    ],
)
def test_durations(seconds, text):
    """The two largest units."""
    assert show.duration(seconds) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=0, max_value=10**12))
def test_money_is_exact_in_json(amount):
    """Money is a JSON number with every digit it had."""
    text = common.json_text({"cost_usd": amount})
    assert json.loads(text, parse_float=Decimal, parse_int=Decimal)["cost_usd"] == amount


@given(st.text())
def test_text_never_turns_into_a_number(text):
    """Whatever a name holds, it comes out as the same string."""
    assert json.loads(common.json_text({"user_id": text})) == {"user_id": text}


def test_moments_are_utc_in_json():
    """Moments are ISO 8601 in UTC, days are days, unknown is null."""
    at = datetime(2026, 11, 22, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    value = [at, datetime(2026, 11, 22, 10, 0), at.astimezone(UTC), date(2026, 11, 22), None]  # noqa: DTZ001
    assert json.loads(common.json_text(value)) == [
        "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z", "2026-11-22", None,
    ]  # fmt: skip
