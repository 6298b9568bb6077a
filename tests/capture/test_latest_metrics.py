"""The newest names of the conventions' metrics, in place of those in the field."""

from __future__ import annotations

import pytest
import tokenboard
from fakes import bodies

OPT_IN = "OTEL_SEMCONV_STABILITY_OPT_IN"


@pytest.fixture
def measured(books):
    """Function: name of each metric -> {the attributes asked for: count or sum}."""

    def read(*by):
        data = books.reader.get_metrics_data()
        found = {}
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    points = found.setdefault(metric.name, {})
                    for point in metric.data.data_points:
                        key = tuple(point.attributes.get(name) for name in by)
                        points[key] = getattr(point, "sum", None) or point.value
        return found

    return read


@pytest.fixture
def latest(monkeypatch, request):
    monkeypatch.setenv(OPT_IN, getattr(request, "param", "gen_ai_latest_experimental"))


def test_the_newest_names_and_only_they(latest, books, measured, provider, openai_client):
    """Counters of every kind of token and the duration; none of the older family beside them."""
    provider.say(bodies.chat())
    with tokenboard.user("ada"):
        openai_client.chat.completions.create(model="gpt-test", messages=bodies.HELLO)
    found = measured("user.id", "gen_ai.request.model")
    who = ("ada", "gpt-test")
    usage = "gen_ai.client.inference.usage"
    assert found[f"{usage}.input_tokens"] == {who: 19}
    assert found[f"{usage}.output_tokens"] == {who: 10}
    assert found[f"{usage}.cache_read.input_tokens"] == {who: 8}
    assert found[f"{usage}.reasoning.output_tokens"] == {who: 4}
    assert f"{usage}.cache_write.input_tokens" not in found
    assert found["gen_ai.client.inference.duration"][who] > 0
    assert not {"gen_ai.client.token.usage", "gen_ai.client.operation.duration"} & found.keys()


@pytest.mark.parametrize("latest", ["http/dup, Gen_AI_latest_experimental"], indirect=True)
def test_among_other_opt_ins(latest, books, measured, provider, openai_client):
    """The variable holds a list; ours may stand anywhere in it."""
    provider.say(bodies.chat())
    openai_client.chat.completions.create(model="m", messages=bodies.HELLO)
    assert "gen_ai.client.inference.duration" in measured()


@pytest.mark.parametrize("latest", ["", "http", "gen_ai"], indirect=True)
def test_the_names_in_the_field_otherwise(latest, books, measured, provider, openai_client):
    """Without the opt-in the family that every release emits, and none of the newest."""
    provider.say(bodies.chat())
    with tokenboard.agent("planner"):
        openai_client.chat.completions.create(model="m", messages=bodies.HELLO)
    found = measured("gen_ai.token.type")
    assert found["gen_ai.client.token.usage"] == {("input",): 19, ("output",): 10}
    assert not [name for name in found if "inference" in name or "agent" in name]


def test_failures_and_streams(latest, books, measured, provider, openai_client):
    """A failed attempt has its error on the duration and counts no token; a stream its first chunk."""
    provider.say(bodies.rate_limit(), bodies.chat_stream())
    list(openai_client.chat.completions.create(model="m", messages=bodies.HELLO, stream=True))
    found = measured("error.type")
    assert set(found["gen_ai.client.inference.duration"]) == {("429",), (None,)}
    assert found["gen_ai.client.inference.usage.input_tokens"] == {(None,): 19}
    assert set(found["gen_ai.client.operation.time_to_first_chunk"]) == {(None,)}


def test_time_from_chunk_to_chunk(latest, books, provider, openai_client):
    """Each chunk after the first is measured from the one before it, and only in streams."""
    chunks = bodies.chat_chunks()
    provider.say(bodies.chat(), bodies.chat_stream(pause=0.05))
    openai_client.chat.completions.create(model="m", messages=bodies.HELLO)
    list(openai_client.chat.completions.create(model="m", messages=bodies.HELLO, stream=True))
    ((_, count, seconds),) = books.points("gen_ai.client.operation.time_per_output_chunk")
    assert 0 < count <= len(chunks) - 1  # on a busy machine some come together
    assert seconds >= 0.05 * (len(chunks) - 2)


def test_agents_and_tools(latest, books, measured):
    """How long agents and tools ran, by name, and how they failed."""

    def fail():
        with tokenboard.tool("search"):
            raise TimeoutError

    with tokenboard.agent("planner"), pytest.raises(TimeoutError):
        fail()
    agents = measured("gen_ai.agent.name", "error.type")["gen_ai.invoke_agent.duration"]
    tools = measured("gen_ai.tool.name", "error.type")["gen_ai.execute_tool.duration"]
    assert set(agents) == {("planner", None)}
    assert set(tools) == {("search", "TimeoutError")}


def test_names_stay_bounded(latest, books, measured):
    """However many agents there are, their series are 200 and one for the rest."""
    for number in range(500):
        with tokenboard.agent(f"agent {number}"):
            pass
    found = measured("gen_ai.agent.name")["gen_ai.invoke_agent.duration"]
    assert len(found) == 201
    assert ("_other",) in found
