"""Senders with credentials who copy what another's call is known by: they neither take it nor make it go away."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from store import spans

NOON = datetime(2026, 11, 20, 12, 0, 30)  # noqa: DTZ001 - spans.row makes it UTC
RESPONSE = "chatcmpl-9f8e7d6c5b4a39281706"
REQUEST = {"tokenboard.provider_request_id": "req_00112233445566778899"}
TRACE, SPAN = spans.hexid("trace", 32), spans.hexid("span", 16)
SWORN = {"tokenboard.user.source": "credential"}


def hers(user="alice", **more):
    """The call that is copied; of alice, whose credential says so."""
    more = {"trace": TRACE, "span": SPAN, "attributes": SWORN | REQUEST, **more}
    return spans.call(ts=NOON, user=user, response_id=RESPONSE, session="hers", **more)


def copied(**more):
    """A span of mallory, who has a credential, too; it begins before, lasts longer and tells more."""
    attributes = SWORN | more.pop("attributes", {})
    more = {"response_id": None, "ts": NOON - timedelta(seconds=1), "seconds": 5, **more}
    more = {"agent": "thief", "cache_read": 0, "session": "his", "conversation": "c", **more}
    return spans.call(user="mallory", attributes=attributes, **more)


COPIES = {
    "the response's id": copied(response_id=RESPONSE),
    "the response's id, by another emitter": copied(
        response_id=RESPONSE, scope="opentelemetry.instrumentation.genai.openai"
    ),
    "the request's id, by another emitter": copied(attributes=REQUEST, scope="other"),
    "the ids of the span": copied(response_id=RESPONSE, trace=TRACE, span=SPAN),
    "the trace, around it": copied(trace=TRACE, scope="other"),
    "the trace, as its parent": copied(trace=TRACE, span=spans.hexid("root", 16)),
    "nothing but its counts": copied(scope="opentelemetry.instrumentation.langchain"),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_a_copied_id_takes_nobodys_call(books, copy):
    """Whatever mallory copies of alice's call, it stays hers, with her tokens and her session, once."""
    parent = spans.hexid("root", 16)
    books.send(hers(parent=parent))
    books.send(copy)
    books.refresh()
    rows = books.rows(
        "SELECT session_id, agent, input_tokens + output_tokens AS tokens FROM {db}.calls WHERE user_id = 'alice'"
    )
    assert rows == [{"session_id": "hers", "agent": "", "tokens": 110}]
    assert books.value("SELECT count() FROM {db}.calls WHERE user_id = ''") == 0


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2)], ids=["gateway first", "alice first"])
def test_nobodys_emission_belongs_to_whoever_was_first(books, order):
    """What a trusted service tells of a call without saying whose it is goes to alice, who told of it before mallory."""
    gateway = spans.call(
        ts=NOON, user=None, response_id=RESPONSE, cache_read=5, service="gateway", scope="gateway"
    )
    sent = (gateway, hers(), copied(response_id=RESPONSE))
    for one in order:
        books.send(sent[one])
    books.refresh()
    calls = "SELECT user_id, count() AS calls FROM {db}.calls GROUP BY user_id ORDER BY user_id"
    assert books.rows(calls) == [
        {"user_id": "alice", "calls": 1},
        {"user_id": "mallory", "calls": 1},
    ]
    emissions = "SELECT sum(emissions) FROM {db}.call_rows WHERE user_id = 'alice'"
    assert books.value(emissions) == 2


def test_two_emissions_of_one_person_are_one_call(books):
    """One person's call told by two emitters, and told again with a correction, is one call as ever."""
    books.send(hers(), hers(span=spans.hexid("2", 16), scope="other"))
    books.send(hers(output_tokens=20))
    books.refresh()
    rows = books.rows("SELECT user_id, input_tokens + output_tokens AS tokens FROM {db}.calls")
    assert rows == [{"user_id": "alice", "tokens": 120}]
