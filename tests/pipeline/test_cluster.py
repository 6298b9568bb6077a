"""Beyond one machine: balancers before collectors, replicated tables by one switch."""

from __future__ import annotations

import re

import pytest
import yaml
from pipeline.conftest import QUICK, ROOT, Collector, call, until
from tokenboard.store import migrations, sql

SPANS = 40


@pytest.fixture
def tier(binary, store, tmp_path):
    """Two collectors that write to the store and a balancer before them."""
    address = store.addresses["clickhouse"]
    behind = [
        Collector(binary, tmp_path / name, address, override=marking(name))
        for name in ("one", "two")
    ]
    hosts = [f"127.0.0.1:{one.ports['grpc']}" for one in behind]
    override = {
        **QUICK,
        "exporters": {
            **QUICK["exporters"],
            # the two stand on one address, which DNS could not tell apart
            "load_balancing": {"resolver": {"dns": None, "static": {"hostnames": hosts}}},
        },
    }
    front = Collector(binary, tmp_path / "front", address, ("gateway/balancer",), override=override)
    for one in behind:
        one.start()
    yield front.start(), behind
    for one in (front, *behind):
        one.kill()


def marking(name):
    """Overrides: the collector's spans tell which one they came through."""
    statement = f'set(span.attributes["via"], "{name}")'
    return {**QUICK, "processors": {"transform/identity": {"trace_statements": [statement]}}}


def test_a_trace_goes_whole_to_one_collector(tier, query):
    """What the balancer acknowledges is stored, each trace by one collector, the traces spread over both."""
    front, _ = tier
    for number in range(SPANS):
        trace = 7000 + number // 2  # two spans each
        body = call(trace)
        body["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["spanId"] = f"{7000 + number:016x}"
        assert front.post("traces", body).status_code == 200
    until(lambda: query("SELECT uniqExact(SpanId) FROM otel_traces") == [(SPANS,)])
    of_traces = (
        "SELECT uniqExact(SpanId), uniqExact(SpanAttributes['via']), any(SpanAttributes['via']) AS via "
        "FROM otel_traces GROUP BY TraceId"
    )
    rows = query(of_traces)
    assert {row[:2] for row in rows} == {(2, 1)}
    assert len(rows) == SPANS // 2
    assert {via for *_, via in rows} == {"one", "two"}


def test_with_nobody_behind_it_the_balancer_refuses(tier):
    """A post that no collector has taken is not acknowledged."""
    front, behind = tier
    for one in behind:
        one.kill()
    assert front.post("traces", call(7100)).status_code in {500, 502, 503}


def test_every_statement_parses_on_a_cluster(query):
    """With a cluster's name each statement is replicated, on the cluster, and still ClickHouse's SQL."""
    layout = sql.Layout(cluster="main")
    for path in migrations.files():
        statement = sql.render(sql.text(path.name), layout)
        quoted = statement.replace("\\", "\\\\").replace("'", "\\'")
        query(f"SELECT formatQuery('{quoted}')")  # a syntax error is an exception
        if re.match(r"(?:--.*\n)*CREATE", statement):
            assert "ON CLUSTER `main`" in statement, path.name
            assert not re.search(r"ENGINE = (?!Replicated)\w*MergeTree", statement), path.name


@pytest.mark.parametrize("name", ["collector", "balancer"])
def test_kubernetes_values_name_what_is_there(name):
    """The charts' values run the release that is tested, with files and variables that the configuration has."""
    text = (ROOT / "deploy" / "kubernetes" / f"{name}.yaml").read_text("utf-8")
    values = yaml.safe_load(text)
    manifest = yaml.safe_load((ROOT / "collector" / "builder.yaml").read_text())
    assert manifest["receivers"][0]["gomod"].endswith(f" v{values['image']['tag']}")
    files = re.findall(r"--from-file=[\w.]+=(collector/\S+)", text)
    read = {v for file in files for v in re.findall(r"env:(\w+)", (ROOT / file).read_text())}
    assert read
    assert {variable["name"] for variable in values["extraEnvs"]} <= read
    volumes = {volume["name"] for volume in values["extraVolumes"]}
    claims = values.get("statefulset", {}).get("volumeClaimTemplates", [])
    volumes |= {claim["metadata"]["name"] for claim in claims}
    assert {mount["name"] for mount in values["extraVolumeMounts"]} == volumes
