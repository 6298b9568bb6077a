"""Tiers and titles: what they take, who has them, who is near the next, in numbers and words."""

from __future__ import annotations

from typing import Any

from generator import theme
from generator.boards import common
from generator.boards.common import COUNT, PILL, SHARE, TOKENS, column, fixed
from generator.dashboard import dashboard
from generator.panels import Field, Place, bar_chart, table, text

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
            bar_chart(
                "tier_histogram",
                Place(9, 0, 15, 9),
                [
                    Field("from_tokens", "Net tokens in 30 days"),
                    Field("people", "People", COUNT),
                    Field("tier", "Tier", {"mappings": theme.pill_colours(theme.TIERS)}),
                ],
                x_field="Net tokens in 30 days",
                colour_by="Tier",
            ),
            bar_chart(
                "tier_people",
                Place(0, 9, 9, 7),
                [
                    Field("tier", "Tier", {"mappings": theme.pill_colours(theme.TIERS)}),
                    Field("people", "People", COUNT),
                ],
                x_field="Tier",
                colour_by="Tier",
            ),
            _titles(),
            _rising(),
            text(
                _WORDS,
                "How tiers and titles are worked out, and what they are not good for.",
                Place(0, 29, 24, 6),
                title="How it works",
            ),
        ],
        variables=(common.TEAM,),
    )


def _tier(name: str, label: str) -> Field:
    return Field(name, label, PILL | column(96) | {"mappings": theme.pill_colours(theme.TIERS)})


def _thresholds() -> Json:
    return table(
        "tier_thresholds",
        Place(0, 0, 9, 9),
        [
            _tier("tier", "Tier"),
            Field("least_tokens", "From", TOKENS | column(76)),
            Field("people", "People", COUNT | column(70)),
            Field("or_above", "Or above", COUNT | column(80)),
            Field("or_above_share", "Share", SHARE | column(64)),
            Field("net_tokens", "Net tokens", TOKENS | column(90)),
        ],
        no_value="nobody yet",
    )


def _titles() -> Json:
    return table(
        "title_rules",
        Place(9, 9, 15, 7),
        [
            Field(
                "title",
                "Title",
                {"custom.minWidth": 150, "mappings": theme.pill_colours(theme.TITLES)} | PILL,
            ),
            Field("rule_in_words", "Rule", {"custom.minWidth": 220, **common.WRAP}),
            Field("holders", "Held by", COUNT | column(70)),
            Field("people", "Who", {"custom.minWidth": 120, "noValue": "nobody yet"}),
        ],
    )


def _rising() -> Json:
    return table(
        "tier_rising",
        Place(0, 16, 24, 13),
        [
            Field("display_name", "Who", {"custom.minWidth": 130, **common.person_only_link()}),
            _tier("tier", "Tier"),
            _tier("next_tier", "Next"),
            Field(
                "progress",
                "Progress",
                {"unit": theme.SHARE, "min": 0, "max": 1}
                | fixed(theme.NET)
                | {
                    "custom.minWidth": 220,
                    "custom.cellOptions": {
                        "type": "gauge",
                        "mode": "basic",
                        "valueDisplayMode": "text",
                    },
                },
            ),
            Field("missing", "Missing", TOKENS | column(90)),
            Field("days", "Days at this pace", COUNT | {"noValue": "—"} | column(130)),
            Field("net_tokens", "Net tokens", TOKENS | column(100)),
            Field("team", "Team", {"custom.minWidth": 90}),
            Field("person", "", common.HIDDEN),
        ],
        no_value="everybody is at the top",
    )
