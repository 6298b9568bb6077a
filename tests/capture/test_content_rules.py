"""Prompts and answers on the spans: when they are, what of them, how much, and never with harm."""

from __future__ import annotations

import json
import logging

import openai
import pytest
import tokenboard
from capture.spoken import CALL, CALLED, INPUT, OUTPUT, SCHEMA, SYSTEM, TOOLS, chat_answer, text
from fakes.canned import Canned, document, events
from hypothesis import given
from hypothesis import settings as given_settings
from hypothesis import strategies as st
from tokenboard import content, settings
from tokenboard.content import limits


def ask(server, said="Hi"):
    api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
    return api.chat.completions.create(model="m", messages=[{"role": "user", "content": said}])


def test_nothing_unless_asked_for(books):
    """By default no span holds a word of what was said."""
    with Canned([chat_answer(content="the answer")]) as server:
        ask(server, "the question")
    dumped = json.dumps({name: str(value) for name, value in books.one().attributes.items()})
    assert "the answer" not in dumped
    assert "the question" not in dumped


@pytest.mark.parametrize(
    ("value", "on", "warned"),
    [
        ("span_only", True, False),
        ("SPAN_AND_EVENT", True, False),
        ("true", True, False),
        ("", False, False),
        ("no_content", False, False),
        ("event_only", False, True),
        ("yes please", False, True),
    ],
)
def test_the_environment_variable(value, on, warned, caplog):
    """OpenTelemetry's own words switch it on; what cannot be done or understood is said."""
    name = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    settings._warned.clear()
    with caplog.at_level(logging.WARNING, "tokenboard"):
        assert settings.read({name: value}).content is on
    assert any(name in record.getMessage() for record in caplog.records) is warned


def test_redaction(noted):
    """Every text goes through the app's function: prompts, answers, arguments, tools; names stay."""
    tokenboard.init(redact=lambda said: said.replace("Paris", "[city]"))
    tools = [
        {
            "type": "function",
            "function": {"name": "Paris", "description": "All of Paris", "parameters": SCHEMA},
        }
    ]
    with Canned([chat_answer(content="In Paris.", tool_calls=[CALL])]) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        api.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Paris?"}], tools=tools
        )
    assert noted(INPUT)[0]["parts"] == [text("[city]?")]
    (answered,) = noted(OUTPUT)
    assert answered["parts"] == [text("In [city]."), {**CALLED, "arguments": {"city": "[city]"}}]
    assert noted(TOOLS)[0]["description"] == "All of [city]"
    assert noted(TOOLS)[0]["name"] == "Paris"


def test_redaction_by_name(monkeypatch, tmp_path, noted):
    """TOKENBOARD_REDACT names the function for apps that call nothing themselves."""
    (tmp_path / "house_rules.py").write_text("def hide(said):\n    return '*' * len(said)\n")
    monkeypatch.syspath_prepend(tmp_path)
    tokenboard.init(redact="house_rules:hide")
    with Canned([chat_answer(content="ok")]) as server:
        ask(server, "secret")
    assert noted(INPUT)[0]["parts"] == [text("******")]


@pytest.mark.parametrize("redact", [lambda said: said.missing, "nowhere:nothing"])
def test_what_cannot_be_redacted_is_not_exported(books, redact, caplog):
    """If the app's function fails, the call is on the books without a word of content."""
    tokenboard.init(content=True, redact=redact)
    content._failed.clear()
    with (
        caplog.at_level(logging.WARNING, "tokenboard"),
        Canned([chat_answer(content="answer")]) as server,
    ):
        for _ in range(2):
            assert ask(server).choices[0].message.content == "answer"
    (line,) = [record.getMessage() for record in caplog.records]
    assert "redacts content failed" in line
    for span in books.spans:
        assert not {SYSTEM, INPUT, OUTPUT, TOOLS} & span.attributes.keys()
        assert span.attributes["gen_ai.response.id"] == "c-1"


def test_long_texts_are_cut_and_say_so(noted):
    """A prompt beyond the limit is cut; what is left is whole JSON with its structure."""
    with Canned([chat_answer(content="y" * 500_000)]) as server:
        ask(server, "x" * 500_000)
    for name in (INPUT, OUTPUT):
        (message,) = noted(name)
        said = message["parts"][0]["content"]
        assert 20_000 < len(said) < 65_536
        assert said.endswith("more characters]")


def test_early_close_and_errors_have_what_was_said(noted, books):
    """A stream left early notes what came; an error notes the question."""
    delta = {"index": 0, "delta": {"content": "Hel"}, "finish_reason": None}
    with Canned(
        [events({"id": "c", "model": "m", "choices": [delta]}, {"choices": [delta]})]
    ) as server:
        api = openai.OpenAI(api_key="k", base_url=f"{server.url}/v1")
        with api.chat.completions.create(
            model="m", messages=[{"role": "user", "content": "Hi"}], stream=True
        ) as got:
            next(got)
    (message,) = noted(OUTPUT)
    assert message["finish_reason"] == "error"
    assert message["parts"][0]["content"].startswith("Hel")
    books.memory.clear()
    with (
        Canned([document({"error": {"message": "no"}}, status=400)]) as server,
        pytest.raises(openai.BadRequestError),
    ):
        ask(server)
    assert noted(INPUT) == [{"role": "user", "parts": [text("Hi")]}]
    assert noted(OUTPUT) is None


def test_the_answer_to_the_caller_is_the_same(noted):
    """Noting content changes nothing for the caller."""
    with Canned([chat_answer(content="Hello", tool_calls=[CALL])]) as server:
        ours = ask(server).to_dict()
        tokenboard.init(content=False)
        assert ask(server).to_dict() == ours


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
parts = st.dictionaries(st.sampled_from(["type", "content", "id", "arguments"]), json_values)
messages = st.lists(
    st.fixed_dictionaries({"role": st.text(), "parts": st.lists(parts)}), min_size=1
)


@given_settings(max_examples=25, deadline=None)
@given(messages, st.integers(256, 2_000))
def test_whatever_is_said_stays_json_within_the_limit(said, limit):
    """The attribute is never longer than the limit and can always be read and sent."""
    written = limits.written(said, limit)
    assert len(written) <= limit
    written.encode()
    assert isinstance(json.loads(written), list)


@given_settings(max_examples=25, deadline=None)
@given(messages)
def test_short_content_is_written_as_it_is(said):
    """Within the limit nothing is lost."""
    assert json.loads(limits.written(said, 10_000_000)) == json.loads(json.dumps(said))


@pytest.mark.parametrize("form", content._FORMATS)
@given_settings(max_examples=25, deadline=None)
@given(
    body=st.dictionaries(
        st.sampled_from(
            [
                "messages",
                "input",
                "contents",
                "system",
                "tools",
                "prompt",
                "choices",
                "output",
                "content",
                "delta",
                "message",
            ]
        ),
        json_values,
    )
)
def test_strange_bodies_never_raise(form, body):
    """Any JSON at all, asked or answered, is read as far as it makes sense."""
    from importlib import import_module

    home, asked, answer = content._FORMATS[form]
    module = import_module(f"tokenboard.content.{home}")
    found = getattr(module, asked)(body)
    json.dumps([found.system, found.messages, found.tools])
    heard = getattr(module, answer)()
    heard.take(body, None)
    heard.take([body, 7], "event")
    json.dumps(heard.messages())
