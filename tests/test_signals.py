"""How an agent's session is going: its calls since a person, depth, burn, retries and growth."""

from __future__ import annotations

from tokenboard.loops import Step
from tokenboard.signals import signals


def llm(ts, tokens=0, **more):
    return Step(ts, "llm", "p", tokens=tokens, input_tokens=tokens, **more)


def test_calls_count_since_a_person_spoke():
    """A person begins the count anew; a retry is no further call, a sub-agent's instruction no person."""
    steps = [llm(0), Step(1, "user", ""), llm(1), llm(2, attempt=2), llm(3)]
    steps += [Step(4, "user", "", agent="helper", depth=2), llm(4, agent="helper", depth=2)]
    assert signals(steps, 5).calls_since_human == 3


def test_depth_is_that_of_the_last_quarter_of_an_hour():
    """An agent that was deep an hour ago is not deep now."""
    steps = [llm(0, depth=9), llm(3600, depth=2)]
    assert signals(steps, 3610).depth == 2


def test_burn_is_set_against_the_sessions_own_earlier_minutes():
    """Ten minutes of 600 tokens and five of 3,000 a minute are five times as much; nine say nothing."""
    calm = [llm(60 * minute, 600) for minute in range(10)]
    wild = [llm(600 + 60 * minute, 3000, usd=0.5) for minute in range(5)]
    found = signals(calm + wild, 900)
    assert (found.tokens_per_minute, found.usd_per_minute, found.burn_ratio) == (3000, 0.5, 5)
    assert signals(calm[1:] + wild, 900).burn_ratio == 0


def test_failed_calls_and_further_attempts_of_late_count():
    """What failed more than five minutes ago is over."""
    steps = [llm(0, error=True), llm(400, error=True), llm(401, attempt=2), llm(402)]
    assert signals(steps, 500).retries == 2


def test_a_context_grows_without_progress_only_while_nothing_is_new():
    """Six calls after the last new tool call count from the first of them; a new call or a person ends it."""
    look = Step(0, "tool", "look:1")
    steps = [llm(0, 50), look]
    for size in (100, 300, 500, 700, 900):
        steps += [llm(1, size), look]
    assert signals(steps, 2).context_growth == 0
    steps += [llm(1, 1100), look]
    assert signals(steps, 2).context_growth == 1000
    assert signals([*steps, Step(2, "tool", "look:2")], 2).context_growth == 0
    assert signals([*steps, Step(2, "user", "")], 2).context_growth == 0


def test_an_agent_that_shows_no_tools_makes_no_progress_that_could_be_missed():
    """Without any tool call nobody knows what is new: such an agent's growth is left out."""
    assert signals([llm(i, 1000 * (i + 1)) for i in range(20)], 20).context_growth == 0
