"""Answers written by hand from the providers' documentation are read to the exact counts."""

from __future__ import annotations

import pytest
from wire import (
    cases_anthropic,
    cases_anthropic_streams,
    cases_bedrock,
    cases_bedrock_streams,
    cases_compatible,
    cases_gateways,
    cases_google,
    cases_openai,
    cases_others,
    cases_responses,
    cases_servers,
)
from wire.exchange import play, told

CASES = [
    *cases_openai.CASES,
    *cases_compatible.CASES,
    *cases_gateways.CASES,
    *cases_servers.CASES,
    *cases_responses.CASES,
    *cases_anthropic.CASES,
    *cases_anthropic_streams.CASES,
    *cases_google.CASES,
    *cases_bedrock.CASES,
    *cases_bedrock_streams.CASES,
    *cases_others.CASES,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_answer_is_read_as_its_provider_documents_it(case):
    """Every count that the provider sent, by the provider's own arithmetic, and no other."""
    asked, answer = play(
        case.url,
        case.request,
        case.answer,
        status=case.status,
        headers=case.headers,
        method=case.method,
    )

    assert told(answer.usage) == case.usage
    assert {name: getattr(answer, name) for name in case.facts} == case.facts
    assert {name: getattr(asked, name) for name in case.asked} == case.asked


def test_names_of_the_cases_are_their_own():
    """A case that is written twice would hide one of the two."""
    names = [case.name for case in CASES]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (7, 7),
        (0, 0),
        (7.0, 7),
        ("7", 7),
        (-1, None),
        (-1.0, None),
        (7.5, None),
        ("seven", None),
        ("-7", None),
        (True, None),
        (2**63, None),
        ("9" * 30, None),
        (1e300, None),
        ([7], None),
        ({}, None),
        (None, None),
    ],
)
def test_only_a_whole_number_is_a_count(sent, read):
    """Floats and digits in a text are met in the wild; nonsense is unknown."""
    _, answer = play(
        cases_openai.CHAT, cases_openai.ASK, cases_openai.whole({"completion_tokens": sent})
    )

    assert told(answer.usage) == ({} if read is None else {"output_tokens": read})
