"""Streams as real servers send them: read to the same facts as the stream by the book."""

from __future__ import annotations

import json

import pytest
from wire.exchange import dump, play, sse

URL = "https://api.openai.com/v1/chat/completions"
ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": True}


def say(text=None, reason=None, **more):
    return {
        "id": "c1",
        "model": "m-1",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}],
        **more,
    }


USAGE = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
CHUNKS = [say("Hé"), say('llo \u2028 \\ " data: } \n'), say(None, "stop", usage=USAGE)]
BY_THE_BOOK = sse(*CHUNKS, done=True)
PRETTY = json.dumps(CHUNKS[2], indent=2).encode()

ODD = {
    "no space after the colon": BY_THE_BOOK.replace(b"data: ", b"data:"),
    "carriage returns and newlines": BY_THE_BOOK.replace(b"\n", b"\r\n"),
    "carriage returns alone": BY_THE_BOOK.replace(b"\n", b"\r"),
    "a byte order mark first": b"\xef\xbb\xbf" + BY_THE_BOOK,
    "blank lines first": b"\n\n\n" + BY_THE_BOOK,
    "comments as a sign of life": BY_THE_BOOK.replace(b"\n\n", b"\n\n: keep-alive\n\n"),
    "a comment between the lines of an event": b": hi\n" + BY_THE_BOOK,
    "other fields": BY_THE_BOOK.replace(b"data: ", b"id: 1\nretry: 3000\nevent: x\ndata: "),
    "no blank lines between events": BY_THE_BOOK.replace(b"\n\n", b"\n"),
    "no newline at the end": BY_THE_BOOK.rstrip(b"\n"),
    "no [DONE]": sse(*CHUNKS),
    "no [DONE] and no newline": sse(*CHUNKS).rstrip(b"\n"),
    "spaces around the JSON": BY_THE_BOOK.replace(b"data: ", b"data:   ").replace(b"\n", b" \n"),
    "spaces inside the JSON": b"".join(
        b"data: " + json.dumps(each).encode() + b"\n\n" for each in CHUNKS
    ),
    "an event in several data lines": sse(*CHUNKS[:2])
    + b"".join(b"data: " + line + b"\n" for line in PRETTY.split(b"\n"))
    + b"\ndata: [DONE]\n\n",
    "bare JSON lines instead of events": b"".join(dump(each) + b"\n" for each in CHUNKS),
    "bare JSON between events": sse(*CHUNKS[:2]) + dump(CHUNKS[2]) + b"\n",
    "a broken event among good ones": sse(CHUNKS[0])
    + b'data: {"id": "c1", "cho\n\n'
    + sse(*CHUNKS[1:], done=True),
    "a broken event, and no blank lines": b'data: {"id": "c1", "cho\n'
    + BY_THE_BOOK.replace(b"\n\n", b"\n"),
    "events that are no objects": b"data: null\n\ndata: 17\n\ndata: []\n\n" + BY_THE_BOOK,
    "bytes that are no UTF-8": sse(CHUNKS[0], CHUNKS[1]).replace("é".encode(), b"\xe9")
    + sse(CHUNKS[2], done=True),
    "a whole answer where a stream was asked for": dump(
        {
            "id": "c1",
            "model": "m-1",
            "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}],
            "usage": USAGE,
        }
    ),
    "a whole answer in many lines where a stream was asked for": json.dumps(
        {
            "id": "c1",
            "model": "m-1",
            "choices": [{"index": 0, "message": {"content": "{"}, "finish_reason": "stop"}],
            "usage": USAGE,
        },
        indent=1,
    ).encode(),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json", None])
def test_an_odd_stream_is_read_like_one_by_the_book(odd, kind):
    """The same model, id, end and usage, whatever the Content-Type says."""
    headers = {} if kind is None else {"content-type": kind}

    _, answer = play(URL, ASK, ODD[odd], headers=headers)

    assert (answer.response_id, answer.model) == ("c1", "m-1")
    assert answer.finish_reasons == ("stop",)
    assert answer.usage is not None
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (7, 3)
    assert answer.finished
    assert answer.error_type is None


@pytest.mark.parametrize("odd", ["by the book", "carriage returns and newlines"])
def test_an_odd_stream_is_read_although_no_stream_was_asked_for(odd):
    """Some servers stream without being asked, under application/json."""
    body = ODD.get(odd, BY_THE_BOOK)

    _, answer = play(URL, {**ASK, "stream": False}, body, headers={})

    assert answer.usage is not None
    assert answer.usage.output_tokens == 3


def test_json_lines_come_although_the_request_names_no_stream():
    """Ollama streams by default; a proxy may drop the Content-Type."""
    body = dump({"model": "l", "done": False}) + b"\n" + dump({"model": "l", "done": True})

    _, answer = play("http://h/api/chat", {"model": "l", "messages": []}, body, headers={})

    assert answer.finished


def test_words_in_the_text_do_not_pass_for_fields():
    """A model may write of usage, errors and finish reasons; quotes in its text are escaped."""
    talk = 'say "usage": {"prompt_tokens": 99}, "error": {}, "finish_reason": "stop" [DONE]'

    _, answer = play(URL, ASK, sse(*[say(talk)] * 400))

    assert answer.usage is None
    assert answer.error_type is None
    assert not answer.finished


def test_usage_after_hundreds_of_chunks_is_found():
    """Chunks without news are passed over quickly, but none that has news."""
    body = sse(*[say("x")] * 3000, CHUNKS[2], *[say("")] * 50, done=True)

    _, answer = play(URL, ASK, body, pieces=list(range(0, len(body), 333)))

    assert answer.usage is not None
    assert answer.usage.output_tokens == 3
    assert answer.finish_reasons == ("stop",)


def test_every_choice_tells_why_it_ended():
    """Several answers to one request end each for its own reason."""
    chunks = [
        {
            "id": "c",
            "model": "m",
            "choices": [{"index": 1, "delta": {}, "finish_reason": "length"}],
        },
        {"id": "c", "model": "m", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ]

    _, answer = play(URL, ASK, sse(*chunks, done=True))

    assert answer.finish_reasons == ("stop", "length")


def test_an_error_event_with_its_name_above_it():
    """The name of the event alone says that what follows is an error."""
    body = sse(say("Hi")) + b'event: error\ndata: {"code": "internal", "message": "?"}\n\n'
    windows = body.replace(b"\n", b"\r\n")

    answers = [
        play(URL, ASK, body)[1],
        play(URL, ASK, windows)[1],
        *(play(URL, ASK, windows, pieces=[at])[1] for at in range(1, len(windows))),
    ]

    assert {answer.error_type for answer in answers} == {"internal"}
    assert {answer.finished for answer in answers} == {False}


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_stream_that_breaks_off_is_not_finished(cut):
    """Neither is usage made up for it."""
    _, answer = play(URL, ASK, sse(*CHUNKS[:2]) + sse(CHUNKS[2])[:-cut])

    if cut > 2:
        assert answer.usage is None
        assert not answer.finished
