"""Answers that come later: background responses are counted once, from the poll with their usage."""

from __future__ import annotations

import json
import time

import pytest
import tokenboard
from fakes import bodies
from fakes.provider import Reply


def _response(status, *, usage):
    body = json.loads(bodies.responses().chunks[0]) | {"status": status, "background": True}
    if not usage:
        body |= {"usage": None, "output": []}
    return Reply([json.dumps(body).encode()])


def test_a_background_response_is_counted_from_its_poll(books, provider, openai_client):
    """One request, three polls: usage once, under the request's own model; idle polls leave nothing."""
    provider.say(
        _response("queued", usage=False),
        _response("in_progress", usage=False),
        _response("completed", usage=True),
        _response("completed", usage=True),
    )
    openai_client.responses.create(model="gpt-test", input="Think.", background=True)
    for _ in range(3):
        openai_client.responses.retrieve("resp_1")
    begun, counted = (span.attributes for span in books.spans)
    assert begun["gen_ai.response.id"] == counted["gen_ai.response.id"] == "resp_1"
    assert "gen_ai.usage.input_tokens" not in begun
    assert counted["gen_ai.usage.input_tokens"] == 36
    assert counted["gen_ai.request.model"] == "gpt-test"
    assert counted["tokenboard.prompt.hash"] == begun["tokenboard.prompt.hash"]
    one, two = books.spans
    assert two.start_time == one.start_time
    ((_, count, _),) = books.points("gen_ai.client.operation.duration")
    assert count == 1


def test_a_background_response_is_whoever_began_its(books, provider, openai_client):
    """A poll made elsewhere books the usage where, and for whom, the response was begun."""
    provider.say(_response("queued", usage=False), _response("completed", usage=True))
    with tokenboard.user("ada"), tokenboard.task("T-1"):
        openai_client.responses.create(model="gpt-test", input="Think.", background=True)
    with tokenboard.user("poller"):
        openai_client.responses.retrieve("resp_1")
    begun, counted = books.named("chat gpt-test")
    assert counted.attributes["user.id"] == "ada"
    assert counted.attributes["tokenboard.task.id"] == "T-1"
    assert counted.parent == begun.parent


def test_a_response_that_another_process_began_starts_when_the_provider_says(
    books, provider, openai_client
):
    """A worker that fetches it twenty minutes later: the books see both spans begin together."""
    begun = int(time.time()) - 1200
    body = json.loads(_response("completed", usage=True).chunks[0]) | {
        "id": "resp_elsewhere",
        "created_at": begun,
    }
    provider.say(Reply([json.dumps(body).encode()]))
    openai_client.responses.retrieve("resp_elsewhere")
    span = books.one()
    assert span.start_time == begun * 1_000_000_000
    assert span.end_time > (begun + 1199) * 1_000_000_000
    assert span.attributes["gen_ai.usage.input_tokens"] == 36


@pytest.mark.parametrize("created", [None, 1, 9_999_999_999, "soon"])
def test_a_beginning_that_cannot_be_is_none(books, provider, openai_client, created):
    """With no time, or one that is absurd, the poll's own time counts."""
    before = time.time_ns()
    body = json.loads(_response("completed", usage=True).chunks[0]) | {
        "id": f"resp_of_{created}",
        "created_at": created,
    }
    provider.say(Reply([json.dumps(body).encode()]))
    openai_client.responses.with_raw_response.retrieve(f"resp_of_{created}")
    assert books.one().start_time >= before


def test_a_response_that_follows_another_keeps_its_conversation(books, provider, openai_client):
    """``previous_response_id`` carries the conversation on, with no content in the request."""
    first = json.loads(bodies.responses().chunks[0])
    second = first | {"id": "resp_2"}
    provider.say(*(Reply([json.dumps(each).encode()]) for each in (first, second)))
    openai_client.responses.create(model="gpt-test", input="Say hello.")
    openai_client.responses.create(model="gpt-test", input="Again.", previous_response_id="resp_1")
    one, two = (span.attributes for span in books.spans)
    assert two["gen_ai.request.previous_response.id"] == "resp_1"
    assert two["tokenboard.conversation"] == one["tokenboard.conversation"]
