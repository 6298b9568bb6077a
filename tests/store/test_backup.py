"""A backup restored into an empty store gives the same figures and goes on from there."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from store import spans
from store.spans import call, task
from tokenboard import store
from tokenboard.local import engine as engines
from tokenboard.local.engine import Engine

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
FIGURES = (
    "SELECT count(), sum(input_tokens), min(call_id) FROM calls",
    "SELECT rule, sum(tokens) FROM deductions GROUP BY rule ORDER BY rule",
    "SELECT * FROM standings ORDER BY window_days, subject, name",
    "SELECT * FROM sessions ORDER BY session_id",
    "SELECT * FROM people ORDER BY person_id",
)


def figures(client):
    return [client.query(query).result_rows for query in FIGURES]


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory):
    """A data directory, the file of a backup of it, and the figures at that time."""
    place = tmp_path_factory.mktemp("first")
    folder = tmp_path_factory.mktemp("backup")
    archive = folder / "books"
    with pytest.MonkeyPatch.context() as patch:
        # As an administrator's configuration would: where backups may be written.
        allowed = f"<backups><allowed_path>{folder}</allowed_path></backups></clickhouse>"
        patch.setattr(engines, "_CONFIG", engines._CONFIG.replace("</clickhouse>", allowed))
        yield place, archive, _made(place, archive)


def _made(place, archive):
    with Engine(place) as engine:
        client = engine.client()
        at = NOW - timedelta(hours=30)
        spans.insert(
            client,
            "tokenboard",
            [
                call(ts=at, user="alice", session="S", prompt="p"),
                call(ts=at, user="alice", session="S", prompt="p"),
                call(ts=at, user="bob", input_tokens=20_000_000, error="500", status=500),
                task("T", ts=at, user="alice"),
            ],
        )
        client.command("INSERT INTO people (person_id, team) VALUES ('alice', 'red')")
        store.refresh(client)
        told = figures(client)
        client.command(f"BACKUP DATABASE tokenboard TO File('{archive}')")
        client.close()
    return told


def goes_on(client):
    """Yesterday's batch again changes nothing; a new call is counted."""
    before = client.query("SELECT sum(gross_tokens) FROM usage_1d").result_rows[0][0]
    spans.insert(client, "tokenboard", [call(ts=NOW - timedelta(hours=3), user="alice")])
    store.refresh(client)
    return client.query("SELECT sum(gross_tokens) FROM usage_1d").result_rows[0][0] - before


def test_backup_and_restore_statements(backed_up, tmp_path):
    """BACKUP DATABASE into a file, RESTORE DATABASE into an empty store: same figures, and it goes on."""
    _, archive, told = backed_up
    with Engine(tmp_path, migrate=False) as engine:
        client = engine.client(use_database=False)
        client.command(f"RESTORE DATABASE tokenboard FROM File('{archive}')")
        client.database = "tokenboard"
        assert store.migrate(client) == []
        assert figures(client) == told
        assert goes_on(client) == 110
        client.close()


def test_a_copied_directory(backed_up, tmp_path):
    """The data directory of a stack that does not run, copied: same figures, and it goes on."""
    place, _, told = backed_up
    # as `cp -a` does: the engine keeps symbolic links in it
    shutil.copytree(place, tmp_path / "copy", symlinks=True)
    with Engine(tmp_path / "copy") as engine:
        client = engine.client()
        assert figures(client) == told
        assert goes_on(client) == 110
        client.close()
