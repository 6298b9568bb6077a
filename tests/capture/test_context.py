"""User, session, agent, tool and task: right wherever the work goes."""

from __future__ import annotations

import asyncio
import contextlib
import gc

import pytest
import tokenboard
from fakes import bodies
from opentelemetry import baggage, trace
from opentelemetry import context as otel
from opentelemetry.trace import SpanKind, StatusCode

HELLO = bodies.HELLO


@pytest.fixture
def call(books, provider, openai_client):
    """Make a call and return the attributes of its span."""
    provider.say(bodies.chat())

    def call():
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
        return books.spans[-1].attributes

    return call


@pytest.fixture
def acall(books, provider, async_openai):
    provider.say(bodies.chat())

    async def call(label=None):
        await async_openai.chat.completions.create(model=label or "gpt-test", messages=HELLO)
        return books.spans[-1].attributes

    return call


def _user():
    """Whom a call made here would be for."""
    from tokenboard import work

    return work.current().user


def test_everything_said_is_on_the_call(call):
    """User, team, session, agent and task are on the spans of calls made inside."""
    with (
        tokenboard.user("ada", team="search"),
        tokenboard.session("s-1"),
        tokenboard.task("T-1"),
        tokenboard.agent("planner"),
    ):
        said = call()
    assert said["user.id"] == "ada"
    assert said["tokenboard.user.source"] == "context"
    assert said["tokenboard.team"] == "search"
    assert said["session.id"] == "s-1"
    assert said["tokenboard.task.id"] == "T-1"
    assert said["gen_ai.agent.name"] == "planner"
    assert said["tokenboard.agent.depth"] == 1
    after = call()
    assert not {"user.id", "tokenboard.team", "session.id", "tokenboard.task.id"} & set(after)


def test_inner_values_win_and_outer_ones_come_back(call):
    """Nesting replaces a value inside and restores it outside; a user brings no other's team."""
    with tokenboard.user("ada", team="search"):
        with tokenboard.user("bob"):
            inner = call()
        outer = call()
    assert inner["user.id"] == "bob"
    assert "tokenboard.team" not in inner
    assert outer["user.id"] == "ada"
    assert outer["tokenboard.team"] == "search"


def test_agents_nest(books, call):
    """A sub-agent is one deeper, its span is its caller's child, and the calls are its own."""
    with tokenboard.agent("planner"), tokenboard.agent("coder"):
        said = call()
    assert said["gen_ai.agent.name"] == "coder"
    assert said["tokenboard.agent.depth"] == 2
    made, coder, planner = books.spans
    assert (coder.name, planner.name) == ("invoke_agent coder", "invoke_agent planner")
    assert coder.kind is SpanKind.INTERNAL
    assert coder.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert coder.attributes["tokenboard.agent.depth"] == 2
    assert planner.attributes["tokenboard.agent.depth"] == 1
    assert made.parent.span_id == coder.context.span_id
    assert coder.parent.span_id == planner.context.span_id
    assert planner.parent is None


def test_a_tools_error_is_recorded_and_passes(books):
    """A tool that raises is an error span by the exception's class; the exception is the app's."""
    boom = LookupError("secret: 42")

    @tokenboard.tool("search", call_id="call_7")
    def search():
        raise boom

    with pytest.raises(LookupError) as caught:
        search()
    assert caught.value is boom
    span = books.one()
    assert span.name == "execute_tool search"
    assert span.attributes["gen_ai.operation.name"] == "execute_tool"
    assert span.attributes["gen_ai.tool.name"] == "search"
    assert span.attributes["gen_ai.tool.call.id"] == "call_7"
    assert span.attributes["error.type"] == "LookupError"
    assert span.status.status_code is StatusCode.ERROR
    assert "secret" not in span.to_json()


def test_how_a_task_ends(books):
    """A task says how it ended; left by an exception it failed; interrupted it is abandoned."""
    with tokenboard.task("T-1") as task:
        task.done("merged", review_minutes=12, score=0.9)
    with tokenboard.task("T-2") as task:
        task.failed("tests")
    with tokenboard.task("T-3"):
        pass
    with pytest.raises(ValueError), tokenboard.task("T-4"):
        raise ValueError("no")
    with pytest.raises(KeyboardInterrupt), tokenboard.task("T-5"):
        raise KeyboardInterrupt
    with contextlib.suppress(ValueError), tokenboard.task("T-6") as task:
        task.done()
        raise ValueError("after the verdict")
    tokenboard.task("T-7").done("reverted")
    told = {
        span.attributes["tokenboard.task.id"]: {
            name.removeprefix("tokenboard.task."): value
            for name, value in span.attributes.items()
            if name.startswith("tokenboard.task.") and name != "tokenboard.task.id"
        }
        for span in books.spans
    }
    assert told == {
        "T-1": {"outcome": "merged", "review_minutes": 12.0, "score": 0.9},
        "T-2": {"outcome": "failed", "reason": "tests"},
        "T-3": {},
        "T-4": {"outcome": "failed", "reason": "ValueError"},
        "T-5": {"outcome": "abandoned", "reason": "KeyboardInterrupt"},
        "T-6": {"outcome": "done"},
        "T-7": {"outcome": "reverted"},
    }
    assert books.spans[0].name == "task T-1"


def test_nonsense_is_harmless(books, call):
    """Odd arguments never raise: None and blanks are nobody, numbers are written out."""
    with tokenboard.user(None):
        assert "user.id" not in call()
    with tokenboard.user("  "):
        assert call()["tokenboard.user.source"] == "none"
    with tokenboard.user(42, team=7):
        said = call()
    assert (said["user.id"], said["tokenboard.team"]) == ("42", "7")
    with tokenboard.user("x" * 10_000), tokenboard.session(None), tokenboard.agent(None):
        assert call()["user.id"] == "x" * 256
    with tokenboard.task("T") as task:
        task.done(None, review_minutes="soon", score=float("nan"))
    said = books.named("task T")[0].attributes
    assert {name for name in said if "task." in name} == {
        "tokenboard.task.id",
        "tokenboard.task.outcome",
    }


def test_nobody_on_purpose_is_nobody(call, monkeypatch):
    """``user(None)`` keeps the environment's user off a call."""
    tokenboard.init(user="ops")
    assert call()["tokenboard.user.source"] == "environment"
    with tokenboard.user(None):
        said = call()
    assert "user.id" not in said
    assert said["tokenboard.user.source"] == "none"


def test_baggage_names_the_user(call):
    """``user.id`` and ``session.id`` from W3C baggage count where the app says nothing itself."""
    carried = baggage.set_baggage("session.id", "s-9", baggage.set_baggage("user.id", "eve"))
    token = otel.attach(carried)
    try:
        said = call()
        with tokenboard.user("ada"):
            own = call()
    finally:
        otel.detach(token)
    assert (said["user.id"], said["tokenboard.user.source"]) == ("eve", "baggage")
    assert said["session.id"] == "s-9"
    assert (own["user.id"], own["tokenboard.user.source"]) == ("ada", "context")


def test_decorating_classes_is_refused():
    """Decorating something that is no function says so, at once."""
    with pytest.raises(TypeError, match="functions and methods"):
        tokenboard.user("ada")(int)
    with pytest.raises(TypeError, match="functions and methods"):
        tokenboard.user("ada")(None)


# --- asyncio


async def test_tasks_keep_their_own_users(acall):
    """Concurrent tasks each work for their own user, from before their start to their end."""

    async def work(name):
        async with tokenboard.user(name):
            await asyncio.sleep(0)
            await acall(name)
            await asyncio.sleep(0.001)
            return _user()

    names = [f"user-{n}" for n in range(10)]
    assert await asyncio.gather(*map(work, names)) == names
    assert _user() is None


async def test_every_call_is_for_its_tasks_user(books, acall):
    """The span of each of many concurrent calls names the user of the task that made it."""

    @tokenboard.agent("worker")
    async def work(name):
        with tokenboard.user(name):
            await acall(f"model-of-{name}")

    await asyncio.gather(*(work(f"user-{n}") for n in range(10)))
    made = [span for span in books.spans if span.kind is SpanKind.CLIENT]
    assert len(made) == 10
    for span in made:
        assert span.attributes["gen_ai.request.model"] == f"model-of-{span.attributes['user.id']}"
        assert span.attributes["gen_ai.agent.name"] == "worker"


async def test_background_tasks_begin_with_their_parents_work(acall):
    """A task that outlives the block it was started in goes on working for that user."""
    go = asyncio.Event()

    async def later():
        await go.wait()
        return (await acall())["user.id"]

    with tokenboard.user("ada"):
        task = asyncio.create_task(later())
    go.set()
    assert await task == "ada"


async def test_to_thread_and_executors(call):
    """``asyncio.to_thread`` carries the user along."""
    with tokenboard.user("ada"):
        said = await asyncio.to_thread(call)
    assert said["user.id"] == "ada"


def test_a_coroutine_that_is_never_finished(books, caplog):
    """A decorated coroutine that is dropped half-way ends its span quietly."""

    @tokenboard.agent("worker")
    async def work():
        await asyncio.Future()

    async def main():
        task = asyncio.ensure_future(work())
        await asyncio.sleep(0)
        return task

    loop = asyncio.new_event_loop()
    task = loop.run_until_complete(main())
    task._log_destroy_pending = False
    loop.close()
    del task
    gc.collect()
    assert books.one().name == "invoke_agent worker"
    assert "Failed to detach" not in caplog.text


# --- other instrumentations


def test_spans_of_others_are_stamped(books, call):
    """Spans that other instrumentations make inside carry user, session and task, and keep theirs."""
    call()  # the providers are looked for at the first call
    tracer = books.traces.get_tracer("someone.else")
    with tokenboard.user("ada"), tokenboard.session("s-1"), tokenboard.task("T-1"):
        tracer.start_span("theirs", attributes={"session.id": "their own"}).end()
    tracer.start_span("outside").end()
    (theirs,) = books.named("theirs")
    assert theirs.attributes["user.id"] == "ada"
    assert theirs.attributes["tokenboard.task.id"] == "T-1"
    assert theirs.attributes["session.id"] == "their own"
    (outside,) = books.named("outside")
    assert dict(outside.attributes) == {}


def test_without_init_the_context_managers_do_nothing(unhooked):
    """Without ``init()`` the managers still run the code, set up nothing and emit nothing."""
    from tokenboard import export

    with tokenboard.agent("planner"), tokenboard.tool("search"), tokenboard.task("T-1") as task:
        task.done()
        assert not trace.get_current_span().get_span_context().is_valid
    assert export._providers is None
