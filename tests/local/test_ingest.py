"""Grouping, back-pressure and faults of the writer, on the real engine."""

from __future__ import annotations

import time

import pytest
from local import payloads
from local.test_receiver import span
from tokenboard.local.engine import Engine
from tokenboard.local.ingest import Ingest, InsertError, OverloadedError
from tokenboard.local.native import Block
from tokenboard.local.otlp import Rows, traces


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    with Engine(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture
def client(engine):
    made = engine.client()
    made.command("TRUNCATE TABLE otel_traces")
    yield made
    made.close()


def rows(name, count=1):
    request = span(name)
    for _ in range(count - 1):
        request.resource_spans[0].scope_spans[0].spans.add(
            name=name,
            trace_id=payloads.TRACE,
            span_id=payloads.SPAN,
            start_time_unix_nano=payloads.START,
        )
    return traces.rows(request)


def names(client):
    return dict(client.query("SELECT SpanName, count() FROM otel_traces GROUP BY 1").result_rows)


def test_many_posts_become_few_inserts(engine, client):
    """Posts that come while an insert runs go into the next one together; each is acknowledged."""
    ingest = Ingest(engine)
    done = [ingest.submit(rows(f"post {n}", count=2)) for n in range(50)]
    for one in done:
        one.result(60)
    ingest.close()
    assert names(client) == {f"post {n}": 2 for n in range(50)}
    assert (ingest.counts.posts, ingest.counts.records) == (50, 100)
    assert ingest.counts.inserts < 10


def test_an_acknowledged_post_is_visible(engine, client):
    """When a post is acknowledged its rows can be read."""
    ingest = Ingest(engine)
    for n in range(3):
        ingest.submit(rows("seen")).result(60)
        assert names(client) == {"seen": n + 1}
    ingest.close()


def test_a_post_the_table_refuses_fails_alone(engine, client):
    """A post that cannot be inserted gets its error; those grouped with it are stored."""
    ingest = Ingest(engine)
    good = [ingest.submit(rows("good"))]
    bad = ingest.submit(
        Rows({"otel_traces": Block("`Timestamp`", b"\x01\x01nonsense", 1)}, accepted=1)
    )
    good += [ingest.submit(rows("good")) for _ in range(5)]
    for one in good:
        one.result(60)
    with pytest.raises(InsertError) as caught:
        bad.result(60)
    assert not caught.value.passing
    missing = ingest.submit(Rows({"no_such_table": Block("`a`", b"", 0)}, accepted=1))
    with pytest.raises(InsertError, match="no_such_table"):
        missing.result(60)
    ingest.close()
    assert ingest.counts.failed["spans"] == 1
    assert names(client)["good"] >= len(good)


def test_a_full_disk_is_no_acknowledgement(engine, client):
    """When the engine cannot write, nothing is acknowledged; when it can again, the same post is stored."""
    ingest = Ingest(engine)
    full = "min_free_disk_bytes_to_perform_insert = 1000000000000000000"
    client.command(f"ALTER TABLE otel_traces MODIFY SETTING {full}")
    try:
        with pytest.raises(InsertError, match="NOT_ENOUGH_SPACE") as caught:
            ingest.submit(rows("full")).result(60)
        assert caught.value.passing
        assert (ingest.counts.refused, ingest.counts.failed) == ({"spans": 1}, {})
    finally:
        client.command(
            "ALTER TABLE otel_traces RESET SETTING min_free_disk_bytes_to_perform_insert"
        )
    assert names(client) == {}
    ingest.submit(rows("full")).result(60)
    ingest.close()
    assert names(client) == {"full": 1}


def test_a_full_queue_refuses(engine, client):
    """Over its limit the queue takes nothing more, and takes again once there is room."""
    one = rows("x" * 1000)
    ingest = Ingest(engine, max_pending_bytes=one.size * 3)
    taken, refused = [], 0
    for _ in range(200):
        try:
            taken.append(ingest.submit(one))
        except OverloadedError:
            refused += 1
        assert ingest.waiting_bytes <= one.size * 3
    assert refused
    assert ingest.counts.refused == {"spans": refused}
    for done in taken:
        done.result(60)
    ingest.submit(one).result(60)
    ingest.close()
    assert sum(names(client).values()) == len(taken) + 1


def test_a_store_that_is_too_slow_refuses(engine, client, monkeypatch):
    """No more is taken than a slow store writes before senders give up, however few bytes; what was taken is stored."""
    monkeypatch.setattr("tokenboard.local.ingest.MIN_PENDING_BYTES", 1)
    ingest, insert = Ingest(engine), Ingest._insert

    def slowly(self, posts):
        time.sleep(1.1)
        insert(self, posts)

    monkeypatch.setattr(Ingest, "_insert", slowly)
    taken = [ingest.submit(rows("slow"))]
    taken[0].result(60)  # some hundred bytes a second, as is known from now on
    one = rows("slow", count=100)
    taken.append(ingest.submit(one))
    with pytest.raises(OverloadedError):
        ingest.submit(one)
    assert ingest.counts.refused == {"spans": 100}
    for done in taken:
        done.result(60)
    monkeypatch.undo()
    ingest.submit(one).result(60)
    ingest.close()
    assert names(client) == {"slow": 201}


def test_closing_writes_what_was_taken(engine, client):
    """Posts taken before the stop are written by it; later ones are refused."""
    ingest = Ingest(engine)
    done = [ingest.submit(rows("late")) for _ in range(20)]
    ingest.close()
    assert all(one.done() and one.exception() is None for one in done)
    assert names(client) == {"late": 20}
    with pytest.raises(OverloadedError):
        ingest.submit(rows("too late"))


def test_who_wrote_is_told(engine, client):
    """The scheduler hears of every group, with the tables it went to."""
    heard = []
    ingest = Ingest(engine, on_written=heard.append)
    ingest.submit(rows("told")).result(60)
    ingest.close()
    assert heard == [frozenset({"otel_traces"})]
