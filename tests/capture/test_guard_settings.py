"""How a guard is set: for a whole app, from the environment, by limits that make sense or do not."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys

import httpx2
import pytest
import tokenboard
from capture.guarded import chat, client, run
from fakes.canned import Canned
from tokenboard import runaway

pytestmark = pytest.mark.usefixtures("unguarded")


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
