"""Whose work it is in threads, pools and callbacks."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import tokenboard
from fakes import bodies
from opentelemetry import baggage
from opentelemetry import context as otel

HELLO = bodies.HELLO


@pytest.fixture
def call(books, provider, openai_client):
    """Make a call and return the attributes of its span."""
    provider.say(bodies.chat())

    def call():
        openai_client.chat.completions.create(model="gpt-test", messages=HELLO)
        return books.spans[-1].attributes

    return call


def _user():
    """Whom a call made here would be for."""
    from tokenboard import work

    return work.current().user


def test_threads_with_a_copied_context(call):
    """A thread that runs in a copied context works for the same user; a bare one for nobody."""
    seen = {}

    def work(name):
        seen[name] = call().get("user.id")

    with tokenboard.user("ada"):
        copied = contextvars.copy_context()
        threads = [
            threading.Thread(target=copied.run, args=(work, "copied")),
            threading.Thread(target=work, args=("bare",)),
        ]
        for thread in threads:
            thread.start()
            thread.join()
    assert seen == {"copied": "ada", "bare": None}


def test_a_thread_pool_works_for_whoever_hands_work_in(books, call):
    """Each piece of work has its own user and agent, in a thread that serves them all by turns."""
    with ThreadPoolExecutor(1) as pool:
        handed_in = []
        for name in ("ada", "grace", "alan"):
            with tokenboard.user(name, team="search"), tokenboard.agent("planner"):
                handed_in += [pool.submit(call) for _ in range(3)]
        nobodys = pool.submit(call)
    names = [future.result()["user.id"] for future in handed_in]
    assert names == ["ada"] * 3 + ["grace"] * 3 + ["alan"] * 3
    assert {future.result()["gen_ai.agent.name"] for future in handed_in} == {"planner"}
    assert "user.id" not in nobodys.result()


def test_a_thread_pool_in_a_service_that_got_its_user_in_baggage(books, call):
    """What came from another service holds in its pools, too."""
    token = otel.attach(baggage.set_baggage("user.id", "ada"))
    try:
        with ThreadPoolExecutor(1) as pool:
            assert list(pool.map(lambda _: call()["user.id"], range(2))) == ["ada", "ada"]
    finally:
        otel.detach(token)


def test_a_pool_passes_on_what_it_is_given(books):
    """Arguments, results and exceptions are the app's, whether or not somebody works there."""
    error = KeyError("mine")

    def work(*args, **kwargs):
        if kwargs.get("fails"):
            raise error
        return args, kwargs

    with tokenboard.user("ada"), ThreadPoolExecutor(1) as pool:
        assert pool.submit(work, 1, fn=2).result() == ((1,), {"fn": 2})
        assert pool.submit(work, fails=True).exception() is error


async def test_an_executor_of_the_event_loop(call):
    """``run_in_executor`` carries the user along as ``to_thread`` does."""
    loop = asyncio.get_running_loop()
    with tokenboard.user("ada"):
        said = await loop.run_in_executor(None, call)
    assert said["user.id"] == "ada"


def test_one_scope_in_many_threads():
    """One scope object may be entered by many threads at once, each leaving its own."""
    scope = tokenboard.user("ada")
    barrier = threading.Barrier(8)

    def work(_):
        for _ in range(50):
            with scope:
                barrier.wait(10)
                inside = _user()
            assert (inside, _user()) == ("ada", None)
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))
    assert scope._entered == {}


def test_a_scope_within_itself():
    """A scope object may be entered again inside itself."""
    scope = tokenboard.user("ada")
    with scope:
        with scope, tokenboard.user("bob"):
            assert _user() == "bob"
        assert _user() == "ada"
    assert _user() is None


def test_a_callback_is_for_whoever_asked_for_it(books, call):
    """What is called when a future is done has the user of where it was added, not of the pool."""
    begin, said = threading.Event(), {}

    def note(name):
        return lambda _future: said.update({name: call().get("user.id")})

    with ThreadPoolExecutor(1) as pool:
        with tokenboard.user("grace"):
            future = pool.submit(begin.wait, 10)
        for name in ("ada", "alan"):
            with tokenboard.user(name):
                future.add_done_callback(fn=note(name))
        future.add_done_callback(note("nobody"))
        begin.set()
    with tokenboard.user("late"):
        future.add_done_callback(note("late"))
    assert said == {"ada": "ada", "alan": "alan", "nobody": None, "late": "late"}
