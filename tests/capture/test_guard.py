"""The guard, with the real SDKs against a local server: a runaway agent is stopped before it is sent."""

from __future__ import annotations

import asyncio
import json
import logging
from decimal import Decimal

import anthropic
import openai
import pytest
import tokenboard
from capture.guarded import TOOL, chat, client, run
from fakes.canned import Answer, Canned, document
from google import genai

pytestmark = pytest.mark.usefixtures("unguarded")


def test_an_agent_that_repeats_itself_is_stopped_before_the_next_call():
    """Five times the same tool with the same arguments: the sixth request is never sent."""
    with (
        Canned([chat({"q": "x"})]) as server,
        pytest.raises(tokenboard.RunawayLoop) as stopped,
        tokenboard.user("ada"),
        tokenboard.session("s-1"),
        tokenboard.agent("finder"),
        tokenboard.guard(max_repeats=5),
    ):
        run(client(server))
    loop = stopped.value
    assert len(server.asked) == 5
    assert (loop.limit, loop.tool, loop.calls, loop.tokens) == ("same_call", "search", 5, 75)
    assert (loop.finding.rule, loop.finding.count) == ("same_call", 5)
    assert (loop.user, loop.session, loop.agent) == ("ada", "s-1", "finder")
    assert "'search' was called 5 times" in str(loop)


def test_a_call_that_is_not_sent_has_no_span(books):
    """What was stopped is not on the books: five calls were made, five spans are there."""
    with (
        Canned([chat({"q": "x"})]) as server,
        pytest.raises(tokenboard.RunawayLoop),
        tokenboard.guard(),
    ):
        run(client(server))
    assert len(books.spans) == 5


@pytest.mark.parametrize("length", [2, 3, 5])
def test_a_cycle_is_stopped_when_it_closes_for_the_fifth_time(length):
    """Different calls that come round and round are a loop too."""
    answers = [chat({"q": n % length}) for n in range(60)]
    with (
        Canned(answers) as server,
        pytest.raises(tokenboard.RunawayLoop) as stopped,
        tokenboard.guard(),
    ):
        run(client(server))
    assert len(server.asked) == 5 * length
    assert stopped.value.limit == "cycle"


def test_an_agent_that_gets_on_is_let_alone():
    """Fifty different tool calls and an answer: the guard says nothing."""
    answers = [*(chat({"q": n}) for n in range(40)), chat()]
    with Canned(answers) as server, tokenboard.guard():
        assert run(client(server)) == "ok"


def test_limits_on_calls_tokens_and_dollars():
    """Each limit stops the first call after it is reached."""
    different = [chat({"q": n}, tokens=(1000, 500)) for n in range(60)]
    # gpt-4o-mini: $0.15 a million tokens in, $0.60 out: $0.00045 a call.
    # https://platform.openai.com/docs/pricing
    for limits, sent in (
        ({"max_calls": 7}, 7),
        ({"max_tokens": 4000}, 3),
        ({"max_usd": "0.0018"}, 4),
    ):
        with (
            Canned(different) as server,
            pytest.raises(tokenboard.RunawayLoop) as stopped,
            tokenboard.guard(**limits),
        ):
            run(client(server))
        assert len(server.asked) == sent
        assert stopped.value.limit == next(iter(limits))
        assert stopped.value.tokens == sent * 1500
        if "max_usd" in limits:
            assert stopped.value.usd == Decimal("0.0018")


def test_warning_says_it_once_a_loop_and_sends(caplog):
    """on="warn" logs one line for a loop, however long it goes on, and never interferes."""
    answers = [*[chat({"q": "x"})] * 12, chat()]
    with (
        caplog.at_level(logging.WARNING, "tokenboard"),
        Canned(answers) as server,
        tokenboard.guard(on="warn"),
    ):
        assert run(client(server)) == "ok"
    said = [record.getMessage() for record in caplog.records if "guard" in record.getMessage()]
    assert len([line for line in said if "5 times in a row" in line]) == 1
    assert len(said) <= 2  # the same calls also fill the window of 20, which is said once too


@pytest.mark.parametrize("retries", [0, 5])
def test_the_loop_reaches_the_app_through_openai_and_anthropic_without_retries(retries):
    """Neither SDK wraps RunawayLoop in a connection error, nor tries again, sync or async."""
    with Canned([chat()]) as server, tokenboard.guard(max_calls=1) as guarded:
        sync = client(server, max_retries=retries)
        sync.chat.completions.create(model="m", messages=[{"role": "user", "content": "1"}])
        with pytest.raises(tokenboard.RunawayLoop):
            sync.chat.completions.create(model="m", messages=[{"role": "user", "content": "2"}])
        with pytest.raises(tokenboard.RunawayLoop):
            anthropic.Anthropic(
                base_url=server.url, api_key="k", max_retries=retries
            ).messages.create(model="m", max_tokens=5, messages=[{"role": "user", "content": "3"}])

        async def both():
            with pytest.raises(tokenboard.RunawayLoop):
                await openai.AsyncOpenAI(
                    base_url=f"{server.url}/v1", api_key="k", max_retries=retries
                ).chat.completions.create(model="m", messages=[{"role": "user", "content": "4"}])
            with pytest.raises(tokenboard.RunawayLoop):
                await anthropic.AsyncAnthropic(
                    base_url=server.url, api_key="k", max_retries=retries
                ).messages.create(
                    model="m", max_tokens=5, messages=[{"role": "user", "content": "5"}]
                )

        asyncio.run(both())
        assert guarded.spent.calls == 1
    assert len(server.asked) == 1


def test_an_agents_own_except_does_not_swallow_it():
    """An agent that catches every Exception of its tools and models still stops."""

    def careless(api):
        try:
            run(api)
        except Exception:
            return "swallowed"

    with (
        Canned([chat({"q": "x"})]) as server,
        pytest.raises(tokenboard.RunawayLoop),
        tokenboard.guard(),
    ):
        careless(client(server))


def test_retries_are_no_further_calls():
    """A call that the SDK had to repeat twice counts once against max_calls."""
    busy = document({"error": {"message": "slow down"}}, status=429, **{"retry-after-ms": "1"})
    with Canned([busy, busy, chat()]) as server, tokenboard.guard(max_calls=1) as guarded:
        answer = client(server).chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "hi"}]
        )
        assert answer.choices[0].message.content == "ok"
        assert guarded.spent.calls == 1
    assert len(server.asked) == 3


def test_a_person_who_answers_starts_the_count_anew():
    """The same call three times, a word from a person, and three times again is no loop."""
    with Canned([chat({"q": "x"})]) as server, tokenboard.guard(max_repeats=5):
        api = client(server)
        messages = [{"role": "user", "content": "find it"}]
        for turn in range(6):
            message = (
                api.chat.completions.create(model="m", messages=messages, tools=TOOL)
                .choices[0]
                .message
            )
            messages.append(message.model_dump(exclude_none=True))
            messages.append({"role": "tool", "tool_call_id": "c0", "content": "nothing"})
            if turn == 2:
                messages.append({"role": "user", "content": "go on"})
    assert len(server.asked) == 6


def test_anthropic_streams_are_seen_too():
    """Tool calls that come in a stream of events count like others."""

    def stream(asked):
        start = {
            "type": "message_start",
            "message": {
                "id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "content": [],
                "stop_reason": None, "usage": {"input_tokens": 9, "output_tokens": 1},
            },
        }  # fmt: skip
        block = {"type": "tool_use", "id": "t1", "name": "search", "input": {}}
        rest = [
            {"type": "content_block_start", "index": 0, "content_block": block},
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "input_json_delta", "partial_json": '{"q":1}'},
            },
            {"type": "content_block_stop", "index": 0},
            {
                "type": "message_delta",
                "delta": {"stop_reason": "tool_use"},
                "usage": {"output_tokens": 7},
            },
            {"type": "message_stop"},
        ]
        body = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in [start, *rest])
        return Answer(body.encode(), headers={"content-type": "text/event-stream"})

    def agent(api):
        messages = [{"role": "user", "content": "find it"}]
        for _ in range(10):
            with api.messages.stream(model="claude", max_tokens=9, messages=messages) as answer:
                content = answer.get_final_message().content
            messages.append({"role": "assistant", "content": [b.model_dump() for b in content]})
            result = {"type": "tool_result", "tool_use_id": "t1", "content": "nothing"}
            messages.append({"role": "user", "content": [result]})

    with (
        Canned(stream) as server,
        pytest.raises(tokenboard.RunawayLoop),
        tokenboard.guard(max_repeats=3),
    ):
        agent(anthropic.Anthropic(base_url=server.url, api_key="k"))
    assert len(server.asked) == 3


def test_a_tool_that_keeps_failing_stops_the_run_whatever_its_arguments():
    """Six errors in a row are twice the repeats allowed; six results that are none are no loop."""

    def answer(asked):
        number = len(json.loads(asked.body)["messages"])
        return document(
            {
                "id": f"msg_{number}", "type": "message", "role": "assistant", "model": "claude",
                "content": [{"type": "tool_use", "id": "t", "name": "run", "input": {"n": number}}],
                "stop_reason": "tool_use", "usage": {"input_tokens": 9, "output_tokens": 7},
            }
        )  # fmt: skip

    def agent(api, **said):
        messages = [{"role": "user", "content": "build it"}]
        for _ in range(9):
            made = api.messages.create(model="claude", max_tokens=9, messages=messages)
            messages.append({"role": "assistant", "content": made.content})
            result = {"type": "tool_result", "tool_use_id": "t", "content": "exit 1", **said}
            messages.append({"role": "user", "content": [result]})

    with Canned(answer) as server, tokenboard.guard(max_repeats=3):
        agent(anthropic.Anthropic(base_url=server.url, api_key="k"))
    with (
        Canned(answer) as server,
        pytest.raises(tokenboard.RunawayLoop) as stopped,
        tokenboard.guard(max_repeats=3),
    ):
        agent(anthropic.Anthropic(base_url=server.url, api_key="k"), is_error=True)
    assert len(server.asked) == 6
    assert stopped.value.limit == "error_streak"
    assert "the tool 'run' failed 6 times in a row" in str(stopped.value)


def test_google_genai_is_stopped_too():
    """The Gemini SDK has retry logic of its own; RunawayLoop comes through it."""
    answer = document({"candidates": [{"content": {"parts": [{"text": "ok"}]}}]})
    with Canned([answer]) as server, tokenboard.guard(max_calls=1):
        api = genai.Client(api_key="k", http_options={"base_url": server.url})
        api.models.generate_content(model="gemini-2.5-flash", contents="hi")
        with pytest.raises(tokenboard.RunawayLoop):
            api.models.generate_content(model="gemini-2.5-flash", contents="hi")
    assert len(server.asked) == 1
