"""Where the books are looked for, and what is said when they are not there."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from commandline import tokenboard


def one_line_error(done, status=1):
    """The only line of an error, which is all that was written."""
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.strip().splitlines()
    return line


@pytest.fixture
def nobody():
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@pytest.mark.parametrize("command", ["leaderboard", "sessions", "loops"])
def test_an_unreachable_server_is_named(command, nobody, tmp_path):
    """A server that is not there: its address and what to do."""
    url = f"http://127.0.0.1:{nobody}"
    line = one_line_error(tokenboard(command, "--url", url, home=tmp_path))
    assert url in line
    assert "tokenboard up" in line


def test_a_password_is_not_repeated(nobody, tmp_path):
    """The password in an address stays out of the error."""
    url = f"http://reader:hunter2@127.0.0.1:{nobody}"
    line = one_line_error(tokenboard("leaderboard", "--url", url, home=tmp_path))
    assert "hunter2" not in line
    assert str(nobody) in line


@pytest.mark.parametrize("url", ["ftp://example.com", "http://", "https://:8123", "http://[::1"])
def test_what_is_no_address(url, tmp_path):
    """An address that is none is refused with an example of one."""
    line = one_line_error(tokenboard("leaderboard", "--url", url, home=tmp_path))
    assert "http://" in line


def test_a_server_that_is_no_clickhouse(tmp_path):
    """Some other web server there: one line, no traceback."""

    class Other(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self):
            self.do_GET()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        line = one_line_error(tokenboard("leaderboard", "--url", url, home=tmp_path))
        assert "ClickHouse" in line
    finally:
        server.shutdown()
        server.server_close()


def test_a_directory_without_books_stays_as_it_is(tmp_path):
    """--data with nothing in it says how to begin, and creates nothing."""
    empty = tmp_path / "empty"
    line = one_line_error(tokenboard("leaderboard", "--data", empty, home=tmp_path))
    assert str(empty) in line
    assert "tokenboard up" in line
    assert not empty.exists()


def test_two_places_at_once_are_one_too_many(tmp_path):
    """--url and --data together are refused."""
    done = tokenboard("leaderboard", "--url", "http://x", "--data", tmp_path, home=tmp_path)
    assert "--url and --data" in one_line_error(done)


def test_a_data_directory_that_cannot_be_read(tmp_path):
    """A file where the directory should be: one line that names it."""
    place = tmp_path / "file"
    place.write_text("x")
    line = one_line_error(tokenboard("leaderboard", "--data", place, home=tmp_path))
    assert str(place) in line


def test_unknown_options_are_refused(tmp_path):
    """A misspelt option is an error with status 2."""
    done = tokenboard("leaderboard", "--sicne", "3d", home=tmp_path)
    assert done.returncode == 2
    assert "--sicne" in done.stderr
