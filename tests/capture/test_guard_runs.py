"""Whose steps the guard counts together: runs at the same time, nested guards, agents, answers that link."""

from __future__ import annotations

import asyncio

import openai
import pytest
import tokenboard
from capture.guarded import TOOL, chat, client
from fakes.canned import Canned, document

pytestmark = pytest.mark.usefixtures("unguarded")


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


def asks(asked):
    """Whoever has tools asks for the same again; whoever has none answers."""
    return chat({"q": "x"}) if "tools" in asked.json else chat()


def go_on(api, messages):
    """One step of an agent that keeps its talk in ``messages``."""
    answer = api.chat.completions.create(model="gpt-4o-mini", messages=messages, tools=TOOL)
    message = answer.choices[0].message
    messages.append(message.model_dump(exclude_none=True))
    messages.extend(
        {"role": "tool", "tool_call_id": call.id, "content": "nothing"}
        for call in message.tool_calls
    )


def test_a_person_who_speaks_has_spoken_to_every_agent_of_the_session():
    """A helper that looks the same up for each question of a person's is in no loop."""
    helping = [{"role": "user", "content": "look it up"}]
    with Canned(asks) as server, tokenboard.guard(), tokenboard.session("s-1"):
        api = client(server)
        for n in range(8):
            with tokenboard.agent("boss"):
                said = [{"role": "user", "content": f"question {n}"}]
                api.chat.completions.create(model="gpt-4o-mini", messages=said)
                with tokenboard.agent("helper"):
                    go_on(api, helping)
    assert len(server.asked) == 16


def delegate(api):
    """An agent that has its helper do one piece of work after the other."""
    deciding = [{"role": "user", "content": "get it done"}]
    with tokenboard.agent("boss"):
        for n in range(20):
            go_on(api, deciding)
            with tokenboard.agent("helper"):
                said = [{"role": "user", "content": f"piece {n}"}]
                api.chat.completions.create(model="gpt-4o-mini", messages=said)


def test_an_instruction_to_a_sub_agent_is_no_person_who_speaks():
    """An agent that hands out the same for ever is stopped, though its helper is spoken to each time."""
    with (
        Canned(asks) as server,
        pytest.raises(tokenboard.RunawayLoop) as stopped,
        tokenboard.guard(),
        tokenboard.session("s-1"),
    ):
        delegate(client(server))
    assert (stopped.value.agent, stopped.value.limit) == ("boss", "same_call")
    assert len(server.asked) == 10
