"""Scopes as decorators: of functions, methods, coroutines and generators."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect

import pytest
import tokenboard
from fakes import bodies
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode


@pytest.fixture
def acall(books, provider, async_openai):
    """Make a call and return the attributes of its span."""
    provider.say(bodies.chat())

    async def call(model):
        await async_openai.chat.completions.create(model=model, messages=bodies.HELLO)
        return books.spans[-1].attributes

    return call


def _user():
    """Whom a call made here would be for."""
    from tokenboard import work

    return work.current().user


def test_decorators_keep_the_kind_of_function():
    """Plain, coroutine, generator and async generator functions stay what they are."""

    @tokenboard.user("ada")
    def plain(a, b=2):
        """Doc."""
        return a, b, _user()

    @tokenboard.user("ada")
    async def coroutine():
        return _user()

    @tokenboard.user("ada")
    def generator():
        yield _user()

    @tokenboard.user("ada")
    async def async_generator():
        yield _user()

    assert plain(1, b=3) == (1, 3, "ada")
    assert plain.__doc__ == "Doc."
    assert str(inspect.signature(plain)) == "(a, b=2)"
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.isasyncgenfunction(async_generator)
    assert asyncio.run(coroutine()) == "ada"
    assert list(generator()) == ["ada"]


def test_decorated_methods():
    """Methods, class methods and static methods can be decorated."""

    class Agent:
        @tokenboard.user("ada")
        def run(self):
            return self, _user()

        @classmethod
        @tokenboard.user("ada")
        def make(cls):
            return cls, _user()

    agent = Agent()
    assert agent.run() == (agent, "ada")
    assert Agent.make() == (Agent, "ada")


def test_generators_work_for_their_own_user_between_their_callers_steps():
    """Two decorated generators, interleaved, never leak into each other or into the caller."""

    @tokenboard.user("ada")
    def ada():
        for _ in range(3):
            yield _user()

    @tokenboard.user("bob")
    def bob():
        for _ in range(3):
            yield _user()

    seen = [(a, _user(), b, _user()) for a, b in zip(ada(), bob(), strict=True)]
    assert seen == [("ada", None, "bob", None)] * 3


def test_a_generator_keeps_what_its_body_attached():
    """What a decorated generator's body sets across a yield is there again, and only there."""

    @tokenboard.user("ada")
    def work():
        with tokenboard.session("s-1"), tokenboard.user("carol"):
            yield _user()
            yield _user()
        yield _user()

    seen = [(inside, _user()) for inside in work()]
    assert seen == [("carol", None), ("carol", None), ("ada", None)]


def test_generators_send_throw_and_return():
    """``send``, ``throw`` and the return value of a decorated generator work as without."""

    @tokenboard.user("ada")
    def work():
        got = yield "ready"
        try:
            yield got.upper()
        except KeyError:
            yield "caught"
        return _user()

    generator = work()
    assert next(generator) == "ready"
    assert generator.send("hi") == "HI"
    assert generator.throw(KeyError("k")) == "caught"
    with pytest.raises(StopIteration) as stop:
        next(generator)
    assert stop.value.value == "ada"


def test_a_decorated_generator_that_is_left_early(books):
    """Closing or dropping a decorated generator runs its ``finally`` inside and ends its span."""
    seen = []

    @tokenboard.agent("streamer")
    def work():
        try:
            yield 1
            yield 2
        finally:
            seen.append(trace.get_current_span().name)

    generator = work()
    next(generator)
    assert not trace.get_current_span().is_recording()
    generator.close()
    dropped = work()
    next(dropped)
    del dropped
    gc.collect()
    work()  # never begun: no run, no span
    assert seen == ["invoke_agent streamer"] * 2
    assert [span.status.status_code for span in books.spans] == [StatusCode.UNSET] * 2


async def test_async_generators_in_step(books, acall):
    """A decorated async generator's calls are its user's; its consumer's are the consumer's."""

    @tokenboard.user("ada")
    @tokenboard.agent("streamer")
    async def work():
        for _ in range(2):
            await acall("inside")
            yield _user()

    with tokenboard.user("bob"):
        async for inside in work():
            assert (inside, _user()) == ("ada", "bob")
            await acall("outside")
    users = {
        span.attributes["gen_ai.request.model"]: span.attributes["user.id"]
        for span in books.spans
        if span.kind is SpanKind.CLIENT
    }
    assert users == {"inside": "ada", "outside": "bob"}


async def test_async_generators_asend_athrow_aclose(books):
    """``asend``, ``athrow`` and ``aclose`` work as without; the span ends once."""
    ended = []

    @tokenboard.agent("streamer")
    async def work():
        try:
            got = yield "ready"
            try:
                yield got
            except KeyError:
                yield "caught"
        finally:
            ended.append(True)

    generator = work()
    assert await anext(generator) == "ready"
    assert await generator.asend("hi") == "hi"
    assert await generator.athrow(KeyError("k")) == "caught"
    await generator.aclose()
    assert ended == [True]
    assert len(books.spans) == 1


async def test_async_generators_driven_by_different_tasks():
    """Each step may run in another task, with another context: nothing leaks, nothing complains."""

    @tokenboard.user("ada")
    async def work():
        for _ in range(3):
            await asyncio.sleep(0)
            yield _user()

    generator = work()
    for _ in range(3):
        step = asyncio.create_task(anext(generator), context=contextvars.Context())
        assert await step == "ada"
        assert _user() is None
    await generator.aclose()


async def test_a_scope_left_in_another_task_than_it_was_entered(caplog):
    """Entering in one task and leaving in another does no harm (some test frameworks do it)."""
    scope = tokenboard.user("ada")
    await asyncio.create_task(scope.__aenter__())
    await asyncio.create_task(scope.__aexit__(None, None, None))
    assert _user() is None
    assert "Failed to detach" not in caplog.text
