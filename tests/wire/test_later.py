"""What comes later: usage with a poll, a conversation that goes on from an answer's id."""

from __future__ import annotations

from tokenboard.wire import Background, Threads, match
from wire.exchange import HASHER, dump

URL = "https://api.openai.com/v1/responses"
USAGE = {"input_tokens": 15, "output_tokens": 9, "total_tokens": 24}


def response(status, response_id="resp_1", *, background=True, usage=None):
    return {
        "id": response_id,
        "object": "response",
        "status": status,
        "background": background,
        "model": "gpt-5",
        "usage": usage,
    }


def exchange(method, url, ask, answer, status=200):
    endpoint = match(method, url)
    request = endpoint.read_request(dump(ask) if ask else b"", {}, HASHER)
    reader = endpoint.reader(request, status, {}, HASHER)
    reader.feed(dump(answer))
    return endpoint, request, reader.finish()


def create(answer, **more):
    return exchange("POST", URL, {"model": "gpt-5", "input": "Hi", **more}, answer)


def poll(answer, status=200):
    return exchange("GET", f"{URL}/{answer['id']}", None, answer, status)


def test_a_background_response_is_counted_once_from_the_poll_that_brings_its_usage():
    """Under the request that began it; polls before and after it make nothing."""
    background = Background()

    began = background.settle(*create(response("queued"), background=True))
    early = background.settle(*poll(response("in_progress")))
    done = background.settle(*poll(response("completed", usage=USAGE)))
    again = background.settle(*poll(response("completed", usage=USAGE)))

    assert began is not None
    assert early is None
    assert done is began
    assert again is None


def test_a_background_response_of_another_process_is_counted_from_here():
    """Nobody here sent it, so its own request is not known."""
    background = Background()
    polled = poll(response("completed", usage=USAGE))

    assert background.settle(*polled) is polled[1]
    assert background.settle(*poll(response("completed", usage=USAGE))) is None


def test_fetching_a_response_that_was_no_background_job_makes_nothing():
    """It was counted when it was made."""
    answer = response("completed", background=False, usage=USAGE)

    assert Background().settle(*poll(answer)) is None


def test_a_background_response_that_was_followed_to_its_end_is_not_counted_again():
    """Its usage came with the stream of the request itself."""
    background = Background()
    completed = {"type": "response.completed", "response": response("completed", usage=USAGE)}

    assert background.settle(*create(completed, background=True, stream=True)) is not None
    assert background.settle(*poll(response("completed", usage=USAGE))) is None


def test_answers_that_come_at_once_are_calls_each_even_under_one_id():
    """A test double may answer with the same id for ever; only fetching it again counts nothing."""
    background = Background()
    done = response("completed", usage=USAGE)

    assert background.settle(*create(done, background=True)) is not None
    assert background.settle(*create(done, background=True)) is not None
    assert background.settle(*poll(done)) is None


def test_ordinary_answers_are_booked_as_they_come():
    """Also two with the same id, and failures without any."""
    background = Background()
    plain = create(response("completed", background=False, usage=USAGE))
    failed = exchange("POST", URL, {"model": "m", "input": "x"}, {"error": {"code": "c"}}, 429)

    assert [background.settle(*each) for each in (plain, plain, failed)] == [
        plain[1],
        plain[1],
        failed[1],
    ]


def test_a_failed_poll_makes_nothing():
    """Neither usage nor a call."""
    missing = exchange("GET", URL + "/resp_9", None, {"error": {"code": "not_found"}}, 404)

    assert Background().settle(*missing) is None


def test_only_so_many_background_responses_are_remembered():
    """The oldest are forgotten, and memory stays bounded."""
    background = Background(most=2)
    for name in ("resp_1", "resp_2", "resp_3"):
        background.settle(*create(response("queued", name), background=True))

    oldest = poll(response("completed", "resp_1", usage=USAGE))
    newest = poll(response("completed", "resp_3", usage=USAGE))

    assert background.settle(*oldest) is oldest[1]
    assert background.settle(*newest) is not newest[1]


def test_a_conversation_goes_on_by_the_previous_answers_id():
    """Each request takes over the hash under which the answer before it came."""
    threads = Threads()
    _, first, answer = create(response("completed", "resp_1", background=False))
    threads.note(first, answer)

    second = threads.follow(create(response("completed"), previous_response_id="resp_1")[1])
    _, _, later = create(response("completed", "resp_2", background=False))
    threads.note(second, later)
    third = threads.follow(create(response("completed"), previous_response_id="resp_2")[1])
    stranger = threads.follow(create(response("completed"), previous_response_id="resp_x")[1])

    assert first.conversation_hash is not None
    assert second.conversation_hash == first.conversation_hash
    assert third.conversation_hash == first.conversation_hash
    assert stranger.conversation_hash is None


def test_only_so_many_answers_are_remembered():
    """The oldest are forgotten, and memory stays bounded."""
    threads = Threads(most=1)
    for name in ("resp_1", "resp_2"):
        _, request, answer = create(response("completed", name, background=False))
        threads.note(request, answer)

    forgotten = threads.follow(create(response("completed"), previous_response_id="resp_1")[1])
    kept = threads.follow(create(response("completed"), previous_response_id="resp_2")[1])

    assert forgotten.conversation_hash is None
    assert kept.conversation_hash is not None


def test_an_interaction_with_gemini_is_counted_once():
    """From its own answer, or from the poll that first finds it done."""
    url = "https://generativelanguage.googleapis.com/v1beta/interactions"
    usage = {"total_input_tokens": 9, "total_output_tokens": 3, "total_tokens": 12}

    def interaction(name, status, found=None):
        return {"id": name, "object": "interaction", "status": status, "usage": found}

    def begin(answer):
        return exchange("POST", url, {"agent": "deep-research", "input": "Hi"}, answer)

    def fetch(answer):
        return exchange("GET", f"{url}/{answer['id']}", None, answer)

    background = Background()
    plain = begin(interaction("v1_a", "completed", usage))
    later = begin(interaction("v1_b", "in_progress"))

    assert background.settle(*plain) is plain[1]
    assert background.settle(*fetch(interaction("v1_a", "completed", usage))) is None
    assert background.settle(*later) is later[1]
    assert background.settle(*fetch(interaction("v1_b", "in_progress"))) is None
    assert background.settle(*fetch(interaction("v1_b", "completed", usage))) is later[1]
    assert background.settle(*fetch(interaction("v1_b", "completed", usage))) is None
