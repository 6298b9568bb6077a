"""The guard, with the real SDKs against a local server: a runaway agent is stopped before it is sent."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import subprocess
import sys
from decimal import Decimal

import anthropic
import httpx2
import openai
import pytest
import tokenboard
from fakes.canned import Answer, Canned, document
from google import genai
from tokenboard import runaway

TOOL = [{"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}]


@pytest.fixture(autouse=True)
def capture(books):
    yield
    tokenboard.init(guard=False)


def chat(*arguments, tokens=(10, 5), model="gpt-4o-mini"):
    """An OpenAI chat answer that asks for ``search`` with these arguments, or says something."""
    calls = [
        {
            "id": f"c{n}",
            "type": "function",
            "function": {"name": "search", "arguments": json.dumps(a)},
        }
        for n, a in enumerate(arguments)
    ]
    message = {"role": "assistant", "content": None if calls else "ok"}
    if calls:
        message["tool_calls"] = calls
    return document(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": tokens[0],
                "completion_tokens": tokens[1],
                "total_tokens": sum(tokens),
            },
        }
    )


def client(server, **options):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="k", **options)


def run(api, question="find it", most=50):
    """An agent as everybody writes it: answer tool calls until the model stops asking."""
    messages = [{"role": "user", "content": question}]
    for _ in range(most):
        answer = api.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=TOOL)
        message = answer.choices[0].message
        if not message.tool_calls:
            return message.content
        messages.append(message.model_dump(exclude_none=True))
        messages.extend(
            {"role": "tool", "tool_call_id": call.id, "content": "nothing"}
            for call in message.tool_calls
        )
    raise AssertionError("the agent was never stopped")


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


@pytest.mark.parametrize("order", ["in turns", "one ahead"])
def test_runs_of_one_question_at_the_same_time_are_told_apart(order):
    """Sampling the same agent several times over is no loop, though all begin and go on alike."""
    wanted = {1: {"q": "a"}, 3: {"q": "b"}, 5: {"q": "c"}}

    def answer(asked):
        arguments = wanted.get(len(asked.json["messages"]))
        return chat(arguments) if arguments else chat()

    def steps(api):
        messages = [{"role": "user", "content": "find it"}]
        for _ in range(4):
            answer = api.chat.completions.create(model="m", messages=messages, tools=TOOL)
            message = answer.choices[0].message
            messages.append(message.model_dump(exclude_none=True))
            messages.append({"role": "tool", "tool_call_id": "c0", "content": "nothing"})
            yield

    with Canned(answer) as server, tokenboard.guard(max_repeats=2):
        runs = [steps(client(server)) for _ in range(5)]
        if order == "one ahead":
            next(runs[0])
        for _ in range(5):
            for run_ in runs:
                next(run_, None)
    assert len(server.asked) == 20


def test_calls_in_flight_count_against_the_limit():
    """Of twenty calls started at once under max_calls=8, eight are sent."""
    with Canned([chat()]) as server:

        async def twenty():
            api = openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k")
            with tokenboard.guard(max_calls=8):
                return await asyncio.gather(
                    *(
                        api.chat.completions.create(
                            model="m", messages=[{"role": "user", "content": f"{n}"}]
                        )
                        for n in range(20)
                    ),
                    return_exceptions=True,
                )

        results = asyncio.run(twenty())
    assert len(server.asked) == 8
    assert sum(isinstance(result, tokenboard.RunawayLoop) for result in results) == 12


def test_guards_nest():
    """Inner and outer guard both count; whichever is reached first stops, the other goes on."""
    with Canned([chat()]) as server, tokenboard.guard(max_calls=3) as outer:
        api = client(server)

        def call(times=1):
            for _ in range(times):
                api.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])

        with (
            pytest.raises(tokenboard.RunawayLoop) as stopped,
            tokenboard.guard(max_calls=2) as inner,
        ):
            call(9)
        assert (inner.spent.calls, outer.spent.calls, stopped.value.calls) == (2, 2, 2)
        call()
        with (
            pytest.raises(tokenboard.RunawayLoop) as stopped,
            tokenboard.guard(max_calls=9) as inner,
        ):
            call()
        assert (inner.spent.calls, stopped.value.calls) == (0, 3)
    assert len(server.asked) == 3


def test_a_decorated_function_is_guarded_each_time_anew():
    """Each call of a decorated function has its own counts, plain and async."""
    with Canned([chat()]) as server:
        api = client(server)

        @tokenboard.guard(max_calls=2)
        def twice(times):
            for _ in range(times):
                api.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])

        twice(2)
        twice(2)
        with pytest.raises(tokenboard.RunawayLoop):
            twice(3)

        @tokenboard.guard(max_calls=1)
        async def once(times):
            http = openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="k")
            for _ in range(times):
                await http.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "x"}]
                )

        asyncio.run(once(1))
        with pytest.raises(tokenboard.RunawayLoop):
            asyncio.run(once(2))
    assert len(server.asked) == 8


def test_sub_agents_loops_are_told_apart():
    """Two agents that take turns with the same call are two runs, each with its own count."""
    with Canned([chat({"q": "x"})]) as server, tokenboard.guard(max_repeats=5):
        api = client(server)
        talks = {name: [{"role": "user", "content": "find it"}] for name in ("a", "b")}
        for _ in range(4):
            for name, messages in talks.items():
                with tokenboard.agent(name):
                    message = (
                        api.chat.completions.create(model="m", messages=messages).choices[0].message
                    )
                messages.append(message.model_dump(exclude_none=True))
                messages.append({"role": "tool", "tool_call_id": "c0", "content": "nothing"})
    assert len(server.asked) == 8


def test_responses_that_link_to_each_other_are_one_run():
    """With previous_response_id no request repeats the conversation; the ids tell the run."""
    made = iter(range(100))

    def answer(asked):
        del asked
        call = {
            "type": "function_call", "id": "f", "call_id": "f", "name": "search",
            "arguments": '{"q":1}', "status": "completed",
        }  # fmt: skip
        return document(
            {
                "id": f"resp_{next(made)}", "object": "response", "created_at": 1, "model": "gpt-5",
                "status": "completed", "output": [call], "parallel_tool_calls": True,
                "tool_choice": "auto", "tools": [],
                "usage": {
                    "input_tokens": 5, "output_tokens": 5, "total_tokens": 10,
                    "input_tokens_details": {"cached_tokens": 0},
                    "output_tokens_details": {"reasoning_tokens": 0},
                },
            }
        )  # fmt: skip

    def agent(api):
        last, question = None, "find it"
        for _ in range(20):
            last = api.responses.create(model="gpt-5", input=question, previous_response_id=last).id
            question = [{"type": "function_call_output", "call_id": "f", "output": "nothing"}]

    with Canned(answer) as server, pytest.raises(tokenboard.RunawayLoop), tokenboard.guard():
        agent(client(server))
    assert len(server.asked) == 5


def test_a_whole_app_is_guarded_by_session():
    """Configured for the app, each session has its own counts; an unnamed conversation is one too."""
    tokenboard.init(guard="max_repeats=3, max_calls=4, on=raise")
    answers = [chat({"q": n}) for n in range(100)]
    with Canned(answers) as server:
        api = client(server)
        for name in ("s-1", "s-2"):
            with pytest.raises(tokenboard.RunawayLoop) as stopped, tokenboard.session(name):
                run(api)
            assert (stopped.value.session, stopped.value.limit) == (name, "max_calls")
        assert len(server.asked) == 8
        with pytest.raises(tokenboard.RunawayLoop):
            run(api, "without a session")
        assert len(server.asked) == 12
        for _ in range(20):  # the same question again and again is a new conversation each time
            api.chat.completions.create(model="m", messages=[{"role": "user", "content": "ping"}])
    assert len(server.asked) == 32


def test_a_second_init_does_not_forget_the_counts():
    """Calling init again, with or without the guard, leaves a session where it was."""
    tokenboard.init(guard={"max_calls": 2})
    with Canned([chat()]) as server, tokenboard.session("s"):
        api = client(server)
        for _ in range(2):
            api.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
            tokenboard.init()
        with pytest.raises(tokenboard.RunawayLoop):
            api.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])


APP = """
import sys, openai, tokenboard.auto, tokenboard
api = openai.OpenAI(base_url=sys.argv[1] + "/v1", api_key="k")
try:
    for n in range(9):
        api.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}] * (n + 1))
except tokenboard.RunawayLoop as loop:
    print("stopped by", loop.limit, "after", loop.calls)
"""


def test_the_environment_switches_it_on():
    """TOKENBOARD_GUARD guards an app that says nothing itself."""
    with Canned([chat()]) as server:
        done = subprocess.run(
            [sys.executable, "-c", APP, server.url],
            env={"TOKENBOARD_GUARD": "max_calls=4,on=raise", "OTEL_TRACES_EXPORTER": "none",
                 "OTEL_METRICS_EXPORTER": "none"},
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert done.stdout == "stopped by max_calls after 4\n"
    assert len(server.asked) == 4


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("max_call=3", "max_call"),
        ("max_calls=many", "max_calls"),
        ("max_repeats=1", "max_repeats"),
        ("on=explode", "on="),
        ("200", "200"),
        ("max_usd=-3", "max_usd"),
    ],
)
def test_a_guard_that_cannot_be_understood_is_none_and_says_so(text, names, caplog):
    """One clear line names what is wrong; the app runs unguarded, not half guarded."""
    with caplog.at_level(logging.WARNING, "tokenboard"):
        runaway.everywhere(text, "TOKENBOARD_GUARD")
    (line,) = [record.getMessage() for record in caplog.records]
    assert "TOKENBOARD_GUARD" in line
    assert names in line
    with Canned([chat({"q": "x"})] * 9 + [chat()]) as server:
        assert run(client(server)) == "ok"


@pytest.mark.parametrize(
    "limits", [{"max_calls": 0}, {"on": "shout"}, {"max_usd": "cheap"}, {"max_repeats": 1}]
)
def test_a_wrong_limit_in_the_code_is_an_error(limits):
    """A mistake in the app's own code is a ValueError that names the argument."""
    with pytest.raises(ValueError, match=next(iter(limits))):
        tokenboard.guard(**limits)


def test_dollars_without_prices_name_the_extra():
    """Without genai-prices, max_usd says what to install."""
    code = (
        "import sys; sys.modules['genai_prices'] = None\nimport tokenboard\n"
        "try: tokenboard.guard(max_usd=1)\nexcept ImportError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'tokenboard[prices]'" in done.stdout


def test_prices_are_loaded_only_for_dollars():
    """A guard without max_usd imports no price table."""
    code = (
        "import sys, tokenboard\ntokenboard.guard(max_calls=3)\nprint('genai_prices' in sys.modules)\n"
        "tokenboard.guard(max_usd=3)\nprint('genai_prices' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"


def test_a_model_without_a_price_is_warned_about(caplog):
    """Spending that max_usd cannot see is said, once a model, and is not taken for free."""
    with (
        caplog.at_level(logging.WARNING, "tokenboard"),
        Canned([chat(model="home-made-7b")]) as server,
        tokenboard.guard(max_usd=1),
    ):
        for _ in range(3):
            client(server).chat.completions.create(
                model="home-made-7b", messages=[{"role": "user", "content": "x"}]
            )
    said = [r.getMessage() for r in caplog.records if "no price" in r.getMessage()]
    assert len(said) == 1
    assert "home-made-7b" in said[0]


def test_it_can_be_pickled():
    """A process pool hands RunawayLoop back whole."""
    with (
        Canned([chat({"q": "x"})]) as server,
        pytest.raises(tokenboard.RunawayLoop) as stopped,
        tokenboard.guard(),
    ):
        run(client(server))
    assert stopped.value.limit == "same_call"
    copy = pickle.loads(pickle.dumps(stopped.value))
    assert (str(copy), copy.finding, copy.tool) == (
        str(stopped.value),
        stopped.value.finding,
        "search",
    )


def test_other_requests_are_none_of_its_business():
    """A guard that has stopped an agent lets the app's other HTTP calls through."""
    with Canned([chat()]) as server, tokenboard.guard(max_calls=1):
        api = client(server)
        api.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
        with pytest.raises(tokenboard.RunawayLoop):
            api.chat.completions.create(model="m", messages=[{"role": "user", "content": "x"}])
        assert httpx2.get(f"{server.url}/health").status_code == 200
