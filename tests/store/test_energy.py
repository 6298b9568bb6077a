"""Electricity as a range per model family; what nobody has published is unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from store.spans import call

YESTERDAY = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(
    days=1
)


def used(model, **more):
    return call(ts=YESTERDAY, model=model, **{"input_tokens": 1000, "output_tokens": 2000, **more})


def test_a_range_per_family_and_unknown_is_not_zero(books):
    """Output and fresh input count, reading from cache does not; models without figures have none."""
    books.send(
        used("claude-sonnet-4-5-20250929", provider="anthropic", cache_read=400),
        used("us.anthropic.claude-3-7-sonnet-20250219-v1:0", provider="aws.bedrock"),
        used("gpt-4o-2024-08-06"),
        used("gpt-4o-2024-08-06", input_tokens=None, output_tokens=None),
        used("gpt-4o-mini-2024-07-18"),
        used("o3-mini"),
        used("deepseek-r1-distill-llama-70b", provider="groq"),
    )
    books.refresh()
    found = books.rows(
        "SELECT model, family, wh_low, wh_high, calls, unknown_calls FROM {db}.energy ORDER BY model"
    )
    assert {row["model"]: (row["family"], row["wh_low"]) for row in found} == {
        # 2,000 out at 2.78 Wh a thousand
        "claude-sonnet-4-5-20250929": ("Claude Sonnet", pytest.approx(5.56)),
        "us.anthropic.claude-3-7-sonnet-20250219-v1:0": ("Claude Sonnet", pytest.approx(5.56)),
        "gpt-4o-2024-08-06": ("GPT-4o", pytest.approx(2.12)),
        "gpt-4o-mini-2024-07-18": ("", None),
        "o3-mini": ("", None),
        "deepseek-r1-distill-llama-70b": ("", None),
    }
    highest = {row["model"]: row["wh_high"] for row in found}
    # 2,000 out at 2.8, and 600 or 1,000 fresh in at 0.14
    assert highest["claude-sonnet-4-5-20250929"] == pytest.approx(5.6 + 0.084)
    assert highest["us.anthropic.claude-3-7-sonnet-20250219-v1:0"] == pytest.approx(5.6 + 0.14)
    (row,) = [row for row in found if row["family"] == "GPT-4o"]
    assert (row["calls"], row["unknown_calls"]) == (2, 1)


def test_every_figure_has_its_source_and_says_what_it_leaves_out(books):
    """No range without where it is from and what is not in it, the low end below the high one."""
    rows = books.rows("SELECT * FROM {db}.energy_rates FINAL")
    assert len(rows) == 5
    for row in rows:
        assert row["source"].startswith("https://")
        assert "training" in row["leaves_out"]
        assert 0 < row["output_low"] < row["output_high"]
        assert 0 <= row["input_low"] <= row["input_high"]


def test_a_company_adds_figures_of_its_own(books):
    """A row for a model of its own counts; of several patterns that fit the longest does."""
    books.run(
        "INSERT INTO {db}.energy_rates (family, pattern, output_low, output_high, leaves_out, source) "
        "VALUES ('ours', '^our-claude-sonnet$', 1, 3, 'idle machines', 'https://example.com/meter')"
    )
    try:
        books.send(used("our-claude-sonnet", provider="vllm"))
        books.refresh()
        found = books.one("SELECT family, wh_low, wh_high, leaves_out FROM {db}.energy")
        assert tuple(found.values()) == ("ours", 2, 6, "idle machines")
    finally:
        books.run("DELETE FROM {db}.energy_rates WHERE family = 'ours'")
