"""Sessions of the ClickHouse HTTP port: what stays from one request to the next, and for how long."""

from __future__ import annotations

import threading
import time
from unittest.mock import Mock

import pytest
from tokenboard.local.reading import QueryError
from tokenboard.local.sessions import Sessions


def test_temporary_tables_live_in_their_session(writable):
    """What one request of a session makes the next one finds, and no other session does."""
    writable.sql("CREATE TEMPORARY TABLE t (x Int64)", session_id="one")
    writable.sql("INSERT INTO t VALUES (7)", session_id="one", max_threads="1")
    assert writable.sql("SELECT x FROM t", session_id="one").text == "7\n"
    for other in ({"session_id": "two"}, {}):
        assert writable.sql("SELECT x FROM t", **other).status_code == 404


def test_settings_and_database_stay_with_their_request(writable):
    """A setting or database of one request does not reach the next of its session."""
    chosen = {
        "session_id": "s",
        "database": "system",
        "output_format_tsv_crlf_end_of_line": "1",
    }
    assert writable.sql("SELECT currentDatabase()", **chosen).text == "system\r\n"
    assert writable.sql("SELECT currentDatabase()", session_id="s").text == "tokenboard\n"


def test_a_session_serves_one_request_at_a_time(writable):
    """A second request of a session that is busy is refused as ClickHouse refuses it."""
    slow = threading.Thread(
        target=writable.sql, args=("SELECT sleep(3)",), kwargs={"session_id": "busy"}
    )
    slow.start()
    running = "SELECT count() FROM system.processes WHERE query LIKE 'SELECT sleep%'"
    try:
        # asked without the session: whoever holds that first is the one that is served
        while writable.sql(running).text == "0\n" and slow.is_alive():
            time.sleep(0.02)
        answer = writable.sql("SELECT 1", session_id="busy")
    finally:
        slow.join()
    assert answer.headers["x-clickhouse-exception-code"] == "373"
    assert answer.headers["x-clickhouse-exception-name"] == "SESSION_IS_LOCKED"
    assert writable.sql("SELECT 1", session_id="busy").status_code == 200


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"session_check": "1"}, "372"),
        ({"session_timeout": "3601"}, "374"),
        ({"session_timeout": "-1"}, "374"),
    ],
)
def test_wrong_sessions_are_refused(writable, asked, code):
    """A session that is not there though it should be, or a bad timeout, is an error with its number."""
    answer = writable.sql("SELECT 1", session_id="nobody's", **asked)
    assert answer.headers["x-clickhouse-exception-code"] == code


def test_idle_sessions_end():
    """Past its timeout a session is closed; above the limit the one idle longest is; busy ones stay."""
    now = [0.0]
    sessions = Sessions(Mock, limit=2, clock=lambda: now[0])
    with sessions.held({"session_id": "a", "session_timeout": "10"}) as a:
        now[0] = 100
    with sessions.held({"session_id": "a"}) as again:
        assert again is a
    now[0] = 161
    with sessions.held({"session_id": "a"}) as new:
        assert new is not a
        a.close.assert_called_once()
        with (
            sessions.held({"session_id": "b"}) as b,
            pytest.raises(QueryError, match="Too many"),
            sessions.held({"session_id": "c"}),
        ):
            pass
        with sessions.held({"session_id": "c"}):
            b.close.assert_called_once()
        sessions.close()
        new.close.assert_not_called()
    new.close.assert_called_once()
