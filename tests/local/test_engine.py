"""The embedded engine: one directory a process, one process a directory, handles that cannot write."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from commandline import environment
from tokenboard.local.engine import Engine, default_data_dir
from tokenboard.local.lock import DataDirError, DataDirInUseError, DirectoryLock, holder


def test_engines_of_one_directory_share_it(tmp_path):
    """A second engine of the same directory in the same process sees the same data; the last one closes it."""
    with Engine(tmp_path, migrate=False) as first:
        second = Engine(tmp_path / "." / "", migrate=False)
        first.handle().query("CREATE DATABASE shared")
        assert "shared" in second.handle().query("SHOW DATABASES", "TSV").bytes().decode()
        second.close()
        second.close()
        assert holder(tmp_path) is not None
        assert b"1" in first.handle().query("SELECT 1", "TSV").bytes()
    assert holder(tmp_path) is None


def test_a_second_directory_is_refused_while_one_is_open(tmp_path):
    """chDB has one engine a process: the message names the directory that is open."""
    with Engine(tmp_path / "one", migrate=False), pytest.raises(DataDirError, match="one open"):
        Engine(tmp_path / "two", migrate=False)
    with Engine(tmp_path / "two", migrate=False) as second:
        assert second.data_dir == (tmp_path / "two").resolve()


def test_data_survive_reopening(tmp_path):
    """What was written is there when the directory is opened again in the same process."""
    with Engine(tmp_path, migrate=False) as engine:
        handle = engine.handle()
        handle.query("CREATE DATABASE kept")
        handle.query("CREATE TABLE kept.t (a Int8) ENGINE = MergeTree ORDER BY a")
        handle.query("INSERT INTO kept.t VALUES (7)")
        handle.close()
    with Engine(tmp_path, migrate=False) as engine:
        assert engine.handle().query("SELECT a FROM kept.t", "TSV").bytes() == b"7\n"


def test_parts_are_synced_before_an_insert_returns(tmp_path):
    """Every MergeTree table has the settings that make an acknowledged insert survive a power cut."""
    with Engine(tmp_path, migrate=False) as engine:
        asked = "SELECT name, value FROM system.merge_tree_settings WHERE name LIKE 'fsync%' AND name NOT LIKE '%count%' ORDER BY name"
        stated = engine.handle().query(asked, "TSV").bytes().decode()
    assert "fsync_after_insert\t1" in stated
    assert "fsync_part_directory\t1" in stated


def test_days_are_cut_in_utc(tmp_path):
    """A machine's time zone decides nothing, neither in a session nor in background views."""
    code = (
        "import sys; from pathlib import Path; from tokenboard.local.engine import Engine\n"
        "with Engine(Path(sys.argv[1]), migrate=False) as e:\n"
        "    print(e.handle().query(\"SELECT timezone(), serverTimezone(), toDate(toDateTime64('2026-01-01 00:30:00', 9))\", 'TSV').bytes().decode())\n"
        "import time; print(time.tzname[0])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        capture_output=True,
        text=True,
        check=True,
        env=environment(tmp_path, TZ="Asia/Tokyo"),
    )
    assert ran.stdout.split() == ["UTC", "UTC", "2026-01-01", "JST"]


def test_a_reader_cannot_write_or_change_its_settings(tmp_path):
    """A reading handle refuses writes, and its limits are for good."""
    with Engine(tmp_path, migrate=False) as engine:
        reader = engine.reader({"max_execution_time": 5})
        for attempt in (
            "CREATE DATABASE x",
            "SET readonly = 0",
            "SELECT 1 SETTINGS max_execution_time = 0",
        ):
            with pytest.raises(RuntimeError, match="READONLY"):
                reader.query(attempt)
        assert reader.query("SELECT getSetting('max_execution_time')", "TSV").bytes() == b"5\n"
        reader.close()


def test_a_newer_database_is_named(tmp_path):
    """Books written by a newer tokenboard are not touched: one line says so."""
    with Engine(tmp_path) as engine:
        client = engine.client()
        client.command("INSERT INTO migrations (name) VALUES ('9999_from_the_future.sql')")
        client.close()
    with pytest.raises(DataDirError) as caught:
        Engine(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert holder(tmp_path) is None


class TestLock:
    def test_another_process_is_named(self, tmp_path):
        """Who holds the directory, and where it listens, is in the error and its attributes."""
        code = (
            "import sys, time; from pathlib import Path; from tokenboard.local.lock import DirectoryLock\n"
            "lock = DirectoryLock(Path(sys.argv[1])); lock.announce({'clickhouse': 'http://127.0.0.1:1'})\n"
            "print('held', flush=True); time.sleep(60)"
        )
        first = subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE)
        try:
            first.stdout.readline()
            with pytest.raises(DataDirInUseError) as caught:
                DirectoryLock(tmp_path)
            assert caught.value.pid == first.pid
            assert caught.value.addresses == {"clickhouse": "http://127.0.0.1:1"}
            assert "--url http://127.0.0.1:1" in str(caught.value)
            assert holder(tmp_path) == (first.pid, {"clickhouse": "http://127.0.0.1:1"})
        finally:
            first.kill()
            first.communicate()
        # A killed process holds nothing, whatever its file still says.
        assert holder(tmp_path) is None
        DirectoryLock(tmp_path).release()

    @pytest.mark.parametrize("content", ["", "garbage", "[]", '{"pid": "x", "addresses": 3}'])
    def test_a_garbled_file_is_no_obstacle(self, tmp_path, content):
        """Whatever the file says, only the kernel's lock counts."""
        (tmp_path / "tokenboard.lock").write_text(content)
        assert holder(tmp_path) is None
        lock = DirectoryLock(tmp_path)
        assert json.loads((tmp_path / "tokenboard.lock").read_text())["pid"] == os.getpid()
        lock.release()
        lock.release()

    def test_a_directory_that_is_not_there_is_free(self, tmp_path):
        """Asking who holds it creates nothing."""
        assert holder(tmp_path / "nothing") is None
        assert not (tmp_path / "nothing").exists()


def test_default_directory(monkeypatch, tmp_path):
    """TOKENBOARD_DATA wins over XDG_DATA_HOME, which wins over ~/.local/share."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("TOKENBOARD_DATA", raising=False)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert default_data_dir() == tmp_path / ".local" / "share" / "tokenboard"
    monkeypatch.setenv("XDG_DATA_HOME", "/xdg")
    assert str(default_data_dir()) == "/xdg/tokenboard"
    monkeypatch.setenv("TOKENBOARD_DATA", "~/mine")
    assert default_data_dir() == tmp_path / "mine"
