"""``tokenboard doctor`` names the first broken link of an installation, and its mend."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from commandline import COMMAND
from pipeline.conftest import call, free_port
from tokenboard import store
from tokenboard.doctor import books, first_broken
from tokenboard.local.schedule import Scheduler
from tokenboard.local.stack import Stack
from tokenboard.store import prices


def environment(**given):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TOKENBOARD_", "OTEL_"))}
    return {**kept, **given}


def app(**given):
    """The app's side in an environment: (exit code, name -> check)."""
    done = subprocess.run(
        [sys.executable, "-m", "tokenboard.doctor", "--json"],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**given),
    )
    assert done.stdout, done.stderr
    return done.returncode, {check["name"]: check for check in json.loads(done.stdout)}


def broken(found):
    return next((name for name, check in found.items() if check["state"] == "broken"), None)


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    with Stack(tmp_path_factory.mktemp("data"), 0, 0, 0, read_only=False) as running:
        yield running


@pytest.fixture
def client(stack):
    opened = stack.engine.client()
    yield opened
    opened.close()


@pytest.fixture
def answering():
    """Function: HTTP status, body -> address of something that answers every POST with them."""
    servers = []

    def make(status, body=b""):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


class TestApp:
    def test_a_working_app_is_whole(self, stack):
        """With a collector that answers nothing is broken, and capture is on in the client that is there."""
        code, found = app(OTEL_EXPORTER_OTLP_ENDPOINT=stack.addresses["otlp"])
        assert (code, broken(found)) == (0, None)
        assert found["capture"]["said"].startswith("on, in httpx")
        assert found["hash key"]["state"] == "doubtful"

    @pytest.mark.parametrize(
        ("given", "link", "mend"),
        [
            ({"TOKENBOARD_DISABLED": "true"}, "switched on", "unset TOKENBOARD_DISABLED"),
            (
                {"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"},
                "settings",
                "OTEL_EXPORTER_OTLP_ENDPOINT",
            ),
            ({"OTEL_TRACES_EXPORTER": "none"}, "exporter", "unset"),
            ({"OTEL_TRACES_SAMPLER": "always_off"}, "sampler", "unset OTEL_TRACES_SAMPLER"),
        ],
    )
    def test_settings_that_break_it(self, given, link, mend):
        """What a variable breaks is named with the variable."""
        code, found = app(**given)
        assert (code, broken(found)) == (1, link)
        assert mend in found[link]["mend"]

    def test_a_misspelt_setting_is_doubted(self, stack):
        """A TOKENBOARD_ variable that nobody reads is pointed out."""
        code, found = app(OTEL_EXPORTER_OTLP_ENDPOINT=stack.addresses["otlp"], TOKENBOARD_USR="ada")
        assert code == 0
        assert "TOKENBOARD_USR" in found["settings"]["said"]

    def test_a_collector_that_is_not_there(self):
        """Nobody at the address: it is named, with how to start or name one."""
        address = f"http://127.0.0.1:{free_port()}"
        code, found = app(OTEL_EXPORTER_OTLP_ENDPOINT=address)
        assert (code, broken(found)) == (1, "collector")
        assert address in found["collector"]["said"]
        assert "tokenboard up" in found["collector"]["mend"]

    @pytest.mark.parametrize(
        ("status", "mend"),
        [
            (401, "OTEL_EXPORTER_OTLP_HEADERS"),
            (404, "base address"),
            (500, "base address"),
            (502, "behind the proxy"),
        ],
    )
    def test_a_collector_that_refuses(self, answering, status, mend):
        """A missing credential and a wrong address are told apart."""
        code, found = app(OTEL_EXPORTER_OTLP_ENDPOINT=answering(status))
        assert (code, broken(found)) == (1, "collector")
        assert mend in found["collector"]["mend"]

    def test_http_to_a_port_of_another_protocol(self):
        """A port that speaks no HTTP is mostly gRPC's, and the mend says so."""
        with socket.create_server(("127.0.0.1", 0)) as server:

            def rude():
                wire, _ = server.accept()
                wire.recv(100)
                wire.sendall(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00")
                wire.close()

            threading.Thread(target=rude, daemon=True).start()
            port = server.getsockname()[1]
            _, found = app(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{port}")
        assert broken(found) == "collector"
        assert "OTEL_EXPORTER_OTLP_PROTOCOL=grpc" in found["collector"]["mend"]

    def test_inside_a_process_that_does_not_capture(self, stack):
        """From inside an app that forgot the import, or lost a hook, the report says so."""
        code = "from tokenboard import doctor; print(doctor.report(doctor.app()))"
        lost = "import tokenboard.auto, httpx; httpx.Client.send = lambda *_: None; "
        for program, said in ((code, "import tokenboard.auto where"), (lost + code, "httpx is")):
            done = subprocess.run(
                [sys.executable, "-c", program],
                capture_output=True,
                text=True,
                check=True,
                env=environment(OTEL_EXPORTER_OTLP_ENDPOINT=stack.addresses["otlp"]),
            )
            assert "the first broken link: capture" in done.stdout
            assert said in done.stdout


def doctor(*arguments, **given):
    """The command: (exit code, name -> check, text of the first broken link)."""
    done = subprocess.run(
        [COMMAND, "doctor", "--json", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment(**given),
    )
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    return done.returncode, {c["name"]: c for c in document["checks"]}, document["broken"]


class TestBooks:
    """One installation, from empty to whole, then broken in other places."""

    def test_nobody_at_the_address(self):
        """A ClickHouse that is not there is the first broken link."""
        code, found, first = doctor("--no-app", "--url", f"http://127.0.0.1:{free_port()}")
        assert (code, first) == (1, "clickhouse")
        assert list(found) == ["clickhouse"]

    def test_a_wrong_password(self, answering):
        """A ClickHouse that refuses the password is told apart, with where to put the right one."""
        refusal = (
            b"Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)"
        )
        code, found, first = doctor("--no-app", "--url", answering(403, refusal))
        assert (code, first) == (1, "clickhouse")
        assert "password" in found["clickhouse"]["said"]
        assert "http://user:password@" in found["clickhouse"]["said"]

    def test_from_empty_to_whole(self, stack, client, monkeypatch):
        """Nothing arrived, no LLM call among what arrived, books not kept, then everything in order."""
        assert looked(client).name == "arrival"

        now = int(datetime.now(UTC).timestamp() * 1e9)
        post(stack, at(call(1, {"gen_ai.provider.name": "", "gen_ai.request.model": ""}), now))
        assert "no LLM call" in looked(client).said

        with monkeypatch.context() as patch:
            patch.setattr(Scheduler, "_refresh", lambda _: None)
            patch.setattr(books, "LATE_S", 0)
            patch.setattr(books, "PATIENCE_S", 1)
            post(stack, at(call(2, {"user.id": "ada"}), now))
            for n in range(3, 7):
                post(stack, at(call(n, {"gen_ai.request.model": "house-model"}), now))
            # two processes that hash with keys of their own, and two that share a conversation
            for n in range(24):
                for service, said in (("apart", f"{n}"), ("together", f"{n // 2}")):
                    given = {"tokenboard.conversation": said, "gen_ai.provider.name": ""}
                    resource = {"service.name": service, "service.instance.id": f"i{n % 2}"}
                    post(stack, at(call(100 + n, given, resource=resource), now))
            found = looked(client)
            assert (found.name, "refresh --watch" in found.mend) == ("books", True)

        store.refresh(client)
        prices.sync(client)
        store.refresh(client)
        code, found, first = doctor(
            "--url",
            stack.addresses["clickhouse"],
            OTEL_EXPORTER_OTLP_ENDPOINT=stack.addresses["otlp"],
        )
        assert (code, first) == (0, None), found
        assert "house-model" in found["prices"]["said"]
        assert found["users"]["state"] == "doubtful"
        assert "80%" in found["users"]["said"]
        assert "2 processes of 'apart'" in found["sessions"]["said"]
        assert "TOKENBOARD_HASH_KEY" in found["sessions"]["mend"]
        assert found["dashboards"]["state"] == "ok"

    def test_a_table_that_is_missing(self, client):
        """What a dashboard reads and is not there is named by dashboard and panel; a migration by its name."""
        client.command("RENAME TABLE usage_1d TO elsewhere")
        found = looked(client)
        client.command("RENAME TABLE elsewhere TO usage_1d")
        assert found.name == "dashboards"
        assert "tokenboard-leaderboard" in found.said
        client.command("DELETE FROM migrations WHERE name = '0103_pipeline_minutes'")
        found = looked(client)
        assert (found.name, found.mend) == ("schema", "run `tokenboard migrate`")
        assert "0103_pipeline_minutes" in found.said


def looked(client):
    """The first broken link of the books; what comes after it is not looked at."""
    return first_broken(books.checks(client, timedelta(days=1)))


def at(body, start):
    for resource in body["resourceSpans"]:
        for span in resource["scopeSpans"][0]["spans"]:
            span["startTimeUnixNano"], span["endTimeUnixNano"] = str(start), str(start + 10**8)
    return body


def post(stack, body):
    answer = httpx.post(f"{stack.addresses['otlp']}/v1/traces", json=body, timeout=30)
    assert answer.status_code == 200
