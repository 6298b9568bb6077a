"""Tiers and titles: what they take, who has them, who is near the next, in numbers and words."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, SHARE, TOKENS, column, fixed
from generator.charts import xy_chart
from generator.dashboard import dashboard
from generator.panels import Field, Place, table, text

Json = dict[str, Any]

UID = "tokenboard-tiers"
_WORDS = """\
Tiers go by **net** tokens of the last thirty days, today included: gross tokens (input, cached \
input included, and output) less every deduction. Burning more in loops, retries or repeated \
prompts raises nobody.

- The numbers stand in the table **tiers**: absolute by default; with the setting \
**tiers = share** a tier is a share of the people instead, for firms of any size.
- Titles and their numbers stand in the table **titles**; **enabled = false** takes one away. They \
are worked out anew with every recomputation, for every window.
- A tier says how much somebody burns, not how well they work: cost per completed task, rework and \
waste stand beside it on every dashboard.
"""


def build() -> Json:
    """The dashboard's JSON."""
    return dashboard(
        UID,
        "Tiers",
        "What each tier and title takes, who is in it, and who is near the next one.",
        [
            _thresholds(),
            _distribution(),
            _titles(),
            _rising(),
            text(
                _WORDS,
                "How tiers and titles are worked out, and what they are not good for.",
                Place(0, 30, 24, 4),
                title="How it works",
            ),
        ],
        variables=(common.TEAM,),
    )


def _tier(name: str, label: str) -> Field:
    return Field(name, label, common.pills(theme.TIERS) | column(96))


def _thresholds() -> Json:
    return table(
        "tier_thresholds",
        Place(0, 0, 10, 8),
        [
            _tier("tier", "Tier"),
            Field("least_tokens", "From", TOKENS | column(76)),
            Field("people", "People", COUNT | common.gauge(110, theme.NET)),
            Field("or_above", "Or above", COUNT | column(80)),
            Field("or_above_share", "Share", SHARE | column(64)),
            Field("net_tokens", "Net tokens", TOKENS | column(90)),
        ],
        no_value="nobody yet",
    )


def _distribution() -> Json:
    amount = Field("net_tokens", "Net tokens in 30 days", TOKENS)
    tiers = [Field(tier, "", COUNT | fixed(colour)) for tier, colour in theme.TIERS.items()]
    others = Field("others", "other tiers", COUNT | fixed(theme.WASTE))
    return xy_chart("tier_histogram", Place(10, 0, 14, 8), [amount, *tiers, others], log=True)


def _titles() -> Json:
    return table(
        "title_rules",
        Place(0, 8, 24, 8),
        [
            Field(
                "title",
                "Title",
                common.pills(theme.TITLES) | column(160),
            ),
            Field("rule_in_words", "Rule", {"custom.minWidth": 220, **common.WRAP}),
            Field("holders", "Held by", COUNT | column(70)),
            Field("people", "Who", {"custom.minWidth": 120, "noValue": "nobody yet"}),
        ],
    )


def _rising() -> Json:
    return table(
        "tier_rising",
        Place(0, 16, 24, 14),
        [
            Field("display_name", "Who", {"custom.minWidth": 130, **common.person_only_link()}),
            _tier("tier", "Tier"),
            _tier("next_tier", "Next"),
            Field(
                "progress",
                "Progress",
                SHARE | common.gauge(220, theme.NET, top=1),
            ),
            Field("missing", "Missing", TOKENS | column(90)),
            Field("days", "Days at this pace", COUNT | {"noValue": "—"} | column(130)),
            Field("net_tokens", "Net tokens", TOKENS | column(100)),
            Field("team", "Team", {"custom.minWidth": 90}),
            Field("person", "", common.HIDDEN),
        ],
        no_value="everybody is at the top",
    )
