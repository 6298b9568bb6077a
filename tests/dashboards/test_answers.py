"""What the page's server keeps of panels' answers, on the real engine."""

from __future__ import annotations

import asyncio
import json

import pytest
from tokenboard.local.answers import Answers
from tokenboard.local.engine import Engine
from tokenboard.local.reading import Reading

COUNT = "SELECT count() AS n FROM calls_of_mine"


@pytest.fixture
def served(tmp_path, monkeypatch):
    """(client, answers, asked): a database with one table; asked lists the panels' queries that ran."""
    with Engine(tmp_path, migrate=False) as engine:
        client = engine.client(use_database=False)
        client.command("CREATE DATABASE tokenboard")
        for table in ("calls_of_mine", "otel_traces"):
            client.command(
                f"CREATE TABLE tokenboard.{table} (n UInt8) ENGINE = MergeTree ORDER BY n"
            )
        reading = Reading(engine)
        asked = []
        run = reading.run

        def watched(statement, *args, **kwargs):
            if b"system.parts" not in statement.sql:
                asked.append(statement.sql)
            return run(statement, *args, **kwargs)

        monkeypatch.setattr(reading, "run", watched)
        yield client, Answers(reading), asked
        reading.close()
        client.close()


def test_the_same_question_is_worked_out_once_until_something_is_written(served):
    """Ten that ask the same at once, and who asks again, get one answer; after an insert a new one."""
    client, answers, asked = served

    async def ask():
        first = await asyncio.gather(*(answers.of(COUNT) for _ in range(10)))
        again = await answers.of(COUNT)
        client.command("INSERT INTO tokenboard.otel_traces VALUES (1)")
        await asyncio.sleep(0.3)
        unmoved = await answers.of(COUNT)
        before = len(asked)
        client.command("INSERT INTO tokenboard.calls_of_mine VALUES (1)")
        await asyncio.sleep(0.3)
        return {*first, again, unmoved}, before, await answers.of(COUNT)

    first, before, later = asyncio.run(ask())
    assert first == {b'{"columns":[{"name": "n", "type": "UInt64"}],"rows":[[0]]}'}
    assert before == 1
    assert later.endswith(b"[[1]]}")


def test_what_fails_is_said_every_time(served):
    """A query that the engine refuses fails for whoever asks; nothing of it is kept."""
    _, answers, asked = served

    async def ask():
        for _ in range(2):
            with pytest.raises(RuntimeError, match="UNKNOWN_IDENTIFIER"):
                await answers.of("SELECT nothing_like_it FROM calls_of_mine")
        return await answers.of(COUNT)

    assert asyncio.run(ask()).endswith(b"[[0]]}")
    assert len(asked) == 3


def test_what_is_no_text_is_shown_as_such(served):
    """Raw telemetry with bytes that are no UTF-8 makes an answer that is JSON all the same."""
    _, answers, _ = served
    found = asyncio.run(answers.of("SELECT concat('m', unhex('FF')) AS model"))
    assert json.loads(found)["rows"] == [["m\ufffd"]]
