"""``tokenboard up`` as people run it: a process that starts, refuses, survives, stops."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from commandline import COMMAND, environment, tokenboard
from local import payloads
from local.conftest import Asked
from local.test_receiver import span

ANY = ("--otlp-port", "0", "--clickhouse-port", "0", "--web-port", "0")
NAMES = {"page": "web", "OTLP/HTTP": "otlp", "ClickHouse": "clickhouse"}


class Up(Asked):
    """A running ``tokenboard up``."""

    def __init__(self, home, *arguments):
        self.process = subprocess.Popen(
            [COMMAND, "up", "--data", home / "data", *(arguments or ANY)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(home),
            stdin=subprocess.DEVNULL,
        )
        addresses = {}
        for line in self.process.stdout:
            name, _, address = line.partition(" ")
            if name in NAMES:
                addresses[NAMES[name]] = address.strip()
            if line.startswith("Ctrl-C"):
                break
        else:
            raise AssertionError(self.process.stderr.read())
        super().__init__(addresses)

    def stop(self, number=signal.SIGINT):
        """Send a signal; returns the status and what was written to stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        self.http.close()
        return self.process.returncode, said


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home whose data directory the tests of this module share, one after the other."""
    return tmp_path_factory.mktemp("home")


@contextlib.contextmanager
def up(home, *arguments):
    running = Up(home, *arguments)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.communicate()


def post(running, name, number):
    request = span(name, span_id=number.to_bytes(8, "big"))
    return running.otlp("traces", request.SerializeToString())


def test_ctrl_c_writes_and_stops_cleanly(home):
    """Ctrl-C and SIGTERM end the process with status 0; what was sent is there when it is started again."""
    with up(home) as first:
        assert post(first, "before", 1).status_code == 200
        assert first.stop(signal.SIGINT)[0] == 0
    with up(home) as second:
        assert second.value("SELECT count() FROM otel_traces WHERE SpanName = 'before'") == "1"
        assert post(second, "between", 2).status_code == 200
        assert second.stop(signal.SIGTERM)[0] == 0
    with up(home) as third:
        assert (
            third.value("SELECT count() FROM otel_traces WHERE SpanName IN ('before', 'between')")
            == "2"
        )


def test_posts_under_way_when_stopped_are_written_or_refused(home):
    """A stop in the middle of traffic: every post is answered 200 and stored, or not acknowledged."""
    acknowledged = 0
    with up(home) as running:
        deadline = time.monotonic() + 0.5
        number = 0
        while True:
            number += 1
            try:
                answer = post(running, "traffic", number)
            except httpx.TransportError:
                break
            acknowledged += answer.status_code == 200
            if time.monotonic() > deadline and running.process.poll() is None and number < 10_000:
                running.process.send_signal(signal.SIGINT)
                deadline = float("inf")
        assert running.process.wait(60) == 0
    with up(home) as again:
        assert (
            int(again.value("SELECT count() FROM otel_traces WHERE SpanName = 'traffic'"))
            >= acknowledged
            > 0
        )


def test_a_stop_ends_running_queries(home):
    """Ctrl-C waits for nobody's endless query: each gets an error of ClickHouse's kind."""
    with up(home) as running:
        endless = "SELECT uniqExact(cityHash64(number) % 10) FROM numbers(1000000000000)"
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(running.sql, endless) for _ in range(8)]
            time.sleep(1)  # long enough for some to run and some to wait; either way they must end
            assert running.stop()[0] == 0
        for answer in (one.result() for one in asked):
            assert answer.status_code >= 500
            assert answer.headers["x-clickhouse-exception-code"] in ("394", "236")


def test_sigkill_loses_nothing_acknowledged(home):
    """Killed at any moment, with posts on their way, what was acknowledged is there afterwards, each once."""
    acknowledged, sent = [], []

    def send(running, first):
        for number in range(first, first + 10_000):
            sent.append(number)
            try:
                answer = post(running, "kept", number)
            except httpx.TransportError:
                return
            if answer.status_code == 200:
                acknowledged.append(number)

    for round_, moment in enumerate((0.1, 0.35, 0.9)):
        with up(home) as running, ThreadPoolExecutor(4) as pool:
            before = len(acknowledged)
            for sender in range(4):
                pool.submit(send, running, 1 + (4 * round_ + sender) * 10_000)
            while len(acknowledged) == before:
                time.sleep(0.01)
            time.sleep(moment)
            os.kill(running.process.pid, signal.SIGKILL)
            running.process.communicate()
    with up(home) as running:
        stored = running.rows(
            "SELECT SpanId, count() AS n FROM otel_traces WHERE SpanName = 'kept' GROUP BY SpanId"
        )
        found = {int(row["SpanId"], 16): row["n"] for row in stored}
        assert {number: found.get(number) for number in acknowledged} == dict.fromkeys(
            acknowledged, 1
        )
        assert set(found) <= set(sent)


@pytest.mark.parametrize(
    "ports", [lambda same: same, lambda _: ANY], ids=["same ports", "other ports"]
)
def test_a_second_process_is_told_of_the_first(home, ports):
    """A second process on the same data names the first, its addresses and what to do; the first goes on."""
    with up(home) as first:
        same = [
            part
            for name in ("otlp", "clickhouse", "web")
            for part in (f"--{name}-port", first.addresses[name].rpartition(":")[2])
        ]
        second = tokenboard("up", "--data", home / "data", *ports(same), home=home)
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert f"process {first.process.pid}" in second.stderr
        assert f"--url {first.addresses['clickhouse']}" in second.stderr
        assert post(first, "still here", 1).status_code == 200


@pytest.mark.parametrize(
    ("option", "purpose"),
    [("--otlp-port", "OTLP"), ("--clickhouse-port", "ClickHouse"), ("--web-port", "page")],
)
def test_an_occupied_port_is_named(tmp_path, option, purpose):
    """A taken port stops the start before anything runs: one line with port, purpose and option."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        arguments = [
            port if before == option else one for before, one in zip(("", *ANY), ANY, strict=False)
        ]
        result = tokenboard("up", "--data", tmp_path / "data", *arguments, home=tmp_path)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    for part in (port, purpose, f"{option} N"):
        assert part in result.stderr
    assert not (tmp_path / "data").exists()


def test_two_equal_ports_are_refused(tmp_path):
    """The same port given twice is an occupied port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    result = tokenboard(
        "up",
        "--data",
        tmp_path / "d",
        "--otlp-port",
        port,
        "--web-port",
        port,
        "--clickhouse-port",
        "0",
        home=tmp_path,
    )
    assert result.returncode == 1
    assert port in result.stderr


@pytest.mark.parametrize("what", ["a file", "below a file"])
def test_an_unusable_directory_is_named(tmp_path, what):
    """A directory that cannot be is refused with one line that names it and the mend."""
    (tmp_path / "plain").write_text("mine")
    data = tmp_path / "plain" if what == "a file" else tmp_path / "plain" / "data"
    result = tokenboard("up", *ANY, home=tmp_path, TOKENBOARD_DATA=str(data))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert str(data) in result.stderr
    assert "TOKENBOARD_DATA" in result.stderr
    assert (tmp_path / "plain").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_directory_is_named(tmp_path):
    """A directory without permission to write is refused with one line."""
    data = tmp_path / "data"
    data.mkdir(mode=0o500)
    result = tokenboard("up", "--data", data, *ANY, home=tmp_path)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert str(data) in result.stderr


def test_the_data_are_their_owners(home):
    """Nobody else on the machine can read who used how much."""
    with up(home):
        assert (home / "data").stat().st_mode & 0o077 == 0


def test_defaults_follow_the_xdg_directories(tmp_path):
    """Without --data the data are under XDG_DATA_HOME."""
    process = subprocess.Popen(
        [COMMAND, "up", *ANY],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path, XDG_DATA_HOME=str(tmp_path / "xdg")),
    )
    try:
        lines = [process.stdout.readline() for _ in range(5)]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert f"{tmp_path / 'xdg' / 'tokenboard'}\n" in lines[3]


def test_writable_has_to_be_asked_for(home):
    """The ClickHouse port changes data only with --writable."""
    create = "CREATE TABLE mine (a Int8) ENGINE = MergeTree ORDER BY a"
    with up(home) as running:
        assert running.sql(create).status_code == 403
        running.stop()
    with up(home, *ANY, "--writable") as running:
        assert running.sql(create).status_code == 200
        assert running.sql("SELECT file('/etc/passwd')").status_code == 403
        assert running.sql("SELECT 1 INTO OUTFILE '/tmp/x'").status_code == 403


def test_spans_become_calls(home):
    """A span of an LLM call stands in calls, by itself, soon after it was sent."""
    request = span("chat gpt-5", kind=3)
    request.resource_spans[0].scope_spans[0].spans[0].attributes.extend(
        payloads.attributes(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-5",
                "gen_ai.response.model": "gpt-5",
                "gen_ai.response.id": "chatcmpl-1",
                "gen_ai.usage.input_tokens": 1200,
                "gen_ai.usage.output_tokens": 34,
                "user.id": "alice",
            }
        )
    )
    with up(home) as running:
        assert running.otlp("traces", request.SerializeToString()).status_code == 200
        wanted = "SELECT user_id, model, input_tokens, output_tokens FROM calls WHERE response_id = 'chatcmpl-1'"
        deadline = time.monotonic() + 60
        while not (found := running.rows(wanted)) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert [{k: str(v) for k, v in row.items()} for row in found] == [
            {"user_id": "alice", "model": "gpt-5", "input_tokens": "1200", "output_tokens": "34"}
        ]
        state = running.http.get(f"{running.addresses['web']}/api/status").json()
        assert state["books"]["errors"] == {}, json.dumps(state)
