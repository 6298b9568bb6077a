"""Efficiency: what the tokens bought, and what stood between: steps, failures, waiting, rework."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, MONEY, SHARE, TOKENS, Card, column, fixed
from generator.charts import timeseries
from generator.dashboard import dashboard
from generator.panels import Field, Place, bar_gauge, table

Json = dict[str, Any]

UID = "tokenboard-efficiency"
_STEPS: Json = {"unit": "none", "decimals": 1}
_MS: Json = {"unit": "ms"}
_NONE: Json = {"noValue": "—"}


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Efficiency",
        "What the tokens bought: completed tasks, rework, failures, waiting, hidden steps, waste.",
        [
            *_totals(),
            _waste(),
            _tasks(),
            timeseries(
                "efficiency_latency",
                Place(0, 11, 12, 7),
                common.series({"p50_ms": ("p50", theme.NET), "p95_ms": ("p95", theme.WASTE)}),
                unit="ms",
                points=True,
            ),
            bar_gauge(
                "efficiency_steps",
                Place(12, 11, 12, 7),
                [Field("hidden_steps", "", _STEPS | fixed(theme.KINDS["model"]))],
                unit="none",
                no_value="no human turns in this time range",
            ),
            *_failures(),
            _teams(),
            _models(),
            timeseries(
                "efficiency_adoption",
                Place(0, 43, 12, 7),
                [Field("share")],
                unit=theme.SHARE,
                series="team_name",
                points=True,
                no_value="no team with calls in this time range",
            ),
            _targets(),
            timeseries(
                "efficiency_scores_over_time",
                Place(0, 50, 12, 6),
                [Field("mean_score")],
                unit="none",
                series="evaluation",
                points=True,
                no_value="nobody evaluated an answer in this time range",
            ),
            _scores(),
            _people(),
        ],
        variables=(common.TEAM, common.MODEL, common.AGENT),
    )


def _totals() -> list[Json]:
    return common.cards(
        "efficiency_totals",
        [
            common.COST_PER_TASK,
            Card(
                "Success",
                "Share of ended tasks whose last outcome is done.",
                "success_share",
                SHARE | fixed(theme.GOOD) | _NONE,
            ),
            Card(
                "Rework",
                "Share of completed tasks that were reverted later.",
                "rework_share",
                SHARE | fixed(theme.WASTE) | _NONE,
            ),
            Card(
                "Hidden steps",
                "Model calls that no human drove, for each human turn.",
                "hidden_steps",
                _STEPS | fixed(theme.NET) | _NONE,
            ),
            common.WASTE,
            common.FAILED,
            Card(
                "Latency p50",
                "Half of the model calls took at most so long; right to about 12 %.",
                "p50_ms",
                _MS | fixed(theme.CALM) | _NONE,
            ),
            Card(
                "Latency p95",
                "Nineteen of twenty model calls took at most so long; right to about 12 %.",
                "p95_ms",
                _MS | fixed(theme.CALM) | _NONE,
            ),
        ],
    )


def _waste() -> Json:
    kinds = {
        "loop_tokens": ("Loops", theme.SIGNALS["loop"]),
        "duplicate_tokens": ("Duplicates", theme.WASTE),
        "retry_tokens": ("Needless retries", theme.MEDALS[0]),
        "errored_tokens": ("Failed calls", theme.TIERS["platinum"]),
        "idle_tokens": ("Idle burn", theme.SIGNALS["idle"]),
        "quarantined_tokens": ("Implausible cost", theme.CALM),
    }
    return timeseries(
        "efficiency_waste",
        Place(0, 3, 12, 8),
        common.series(kinds),
        bars=True,
        stacked=True,
    )


def _tasks() -> Json:
    outcomes = {
        "done": ("Done", theme.GOOD),
        "reverted": ("Reverted", theme.WASTE),
        "abandoned": ("Abandoned", theme.CALM),
        "otherwise": ("Failed", theme.BAD),
    }
    return timeseries(
        "efficiency_tasks",
        Place(12, 3, 12, 8),
        common.series(outcomes),
        unit="locale",
        bars=True,
        stacked=True,
        no_value="no task ended: tell them with tokenboard.task(…)",
    )


def _failures() -> list[Json]:
    shares = {
        "failed_share": ("Failed", theme.BAD),
        "retried_share": ("Retries", theme.WASTE),
    }
    return [
        timeseries(
            "efficiency_failures_over_time",
            Place(0, 18, 12, 7),
            common.series(shares),
            unit=theme.SHARE,
            points=True,
        ),
        table(
            "efficiency_failures",
            Place(12, 18, 12, 7),
            [
                Field("failure", "Failure", {"custom.minWidth": 150}),
                Field("calls", "Calls", COUNT | column(66)),
                Field("share", "Of all calls", SHARE | common.gauge(110, theme.BAD)),
                Field("further_attempts", "Of these, retries", COUNT | column(120)),
                Field("mostly_model", "Mostly", {"custom.minWidth": 120}),
            ],
            no_value="no call failed in this time range",
        ),
    ]


def _outcomes() -> list[Field]:
    return [
        Field("tasks_done", "Done", COUNT | column(60)),
        Field("tasks_failed", "Failed", COUNT | column(62)),
        Field("success_share", "Success", SHARE | column(72)),
        Field("rework_share", "Rework", SHARE | column(72)),
        Field("cost_per_completed_task", "$ / task", MONEY | common.gauge(110, theme.MONEY)),
        Field("tokens_per_completed_task", "Tokens / task", TOKENS | column(104)),
        Field("review_per_completed_task", "Review / task", {"unit": "m"} | column(104)),
        Field("mean_score", "Score", {"unit": "none", "decimals": 2} | column(60)),
    ]


def _work() -> list[Field]:
    return [
        Field("calls", "Calls", COUNT | column(66)),
        Field("failed_share", "Errors", common.failed_cell(66)),
        Field("hidden_steps", "Hidden steps", _STEPS | column(98)),
        Field("input_per_output", "In : out", {"unit": "none", "decimals": 0} | column(72)),
        Field("net_tokens", "Net", TOKENS | column(72)),
        Field("gross_tokens", "Gross", TOKENS | column(72)),
        Field("waste_share", "Waste", common.waste_cell()),
    ]


def _teams() -> Json:
    return table(
        "efficiency_teams",
        Place(0, 25, 24, 7),
        [
            Field("team_name", "Team", {"custom.minWidth": 110} | common.only(UID, "team")),
            *_outcomes(),
            *_work(),
        ],
    )


def _models() -> Json:
    return table(
        "efficiency_models",
        Place(0, 32, 24, 11),
        [
            Field("model", "Model", {"custom.minWidth": 170} | common.only(UID, "model")),
            *_work(),
            Field("cache_read_ratio", "Cached", SHARE | column(70)),
            Field("p50_ms", "p50", _MS | column(80)),
            Field("p95_ms", "p95", _MS | common.gauge(120, theme.WASTE)),
        ],
    )


def _targets() -> Json:
    return table(
        "efficiency_targets",
        Place(12, 43, 12, 7),
        [
            Field("team_name", "Team", {"custom.minWidth": 100}),
            Field("people", "People", COUNT | column(66)),
            Field("with_target", "With a target", COUNT | column(100)),
            Field(
                "reached_share",
                "Reached it",
                SHARE | common.gauge(110, theme.GOOD, top=1) | _NONE,
            ),
            Field("so_far", "This week so far", SHARE | _NONE | column(120)),
            Field("net_tokens", "Net tokens", TOKENS | column(90)),
        ],
        no_value="no whole week yet",
    )


def _scores() -> Json:
    score: Json = {"unit": "none", "decimals": 2}
    return table(
        "efficiency_scores",
        Place(12, 50, 12, 6),
        [
            Field("evaluation", "Evaluation", {"custom.minWidth": 110}),
            Field("evaluations", "Answers", COUNT | column(76)),
            Field("mean_score", "Mean score", score | column(90)),
            Field("low_score", "Lowest tenth", score | column(100)),
            Field("labels", "Labels", {"custom.minWidth": 110, "noValue": "", **common.WRAP}),
            Field("last_ts", "Last", column(112)),
        ],
        no_value="nobody evaluated an answer: gen_ai.evaluation.result",
    )


def _people() -> Json:
    return table(
        "efficiency_people",
        Place(0, 56, 24, 13),
        [
            Field("who", "Who", {"custom.minWidth": 110, **common.person_link()}),
            *_outcomes(),
            *(field for field in _work() if field.name != "calls"),
            Field("person", "", common.HIDDEN),
        ],
    )
