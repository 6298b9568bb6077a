"""Whole processes: what an app sends, to whom, what it says when nobody listens, how it ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from capture.launched import CALL, run
from fakes.collector import Collector


def test_one_import_and_the_call_arrives(collector):
    """A script that imports ``tokenboard.auto`` and nothing else sends spans and metrics at exit."""
    done = run("import tokenboard.auto\ncall()\nprint('end')", collector)
    assert (done.stdout, done.stderr, done.returncode) == ("end\n", "", 0)
    ((name, said),) = collector.spans
    assert name == "chat gpt-test"
    assert said["gen_ai.usage.input_tokens"] == 19
    assert collector.metrics == {"gen_ai.client.token.usage", "gen_ai.client.operation.duration"}
    assert collector.resources[0]["service.name"] == "python"


def test_the_service_is_named_after_the_script(collector, tmp_path):
    """``app.py`` is the service ``app``, unless the environment names it."""
    script = tmp_path / "app.py"
    script.write_text(CALL + "import tokenboard.auto\ncall()\n")
    for given in (
        {},
        {"OTEL_SERVICE_NAME": "mine"},
        {"OTEL_RESOURCE_ATTRIBUTES": "service.name=it,service.namespace=shop"},
    ):
        environ = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, **given}
        subprocess.run([sys.executable, script], env=environ, check=True, timeout=120)
    assert [each["service.name"] for each in collector.resources] == ["app", "mine", "it"]
    assert collector.resources[2]["service.namespace"] == "shop"


def test_the_standard_variables_are_followed(collector):
    """Headers, compression and a signal's own endpoint come from the ``OTEL_*`` variables."""
    done = run(
        "import tokenboard.auto\ncall()",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/v1/traces",
        OTEL_EXPORTER_OTLP_HEADERS="authorization=Basic abc",
        OTEL_EXPORTER_OTLP_COMPRESSION="gzip",
        OTEL_METRICS_EXPORTER="none",
    )
    assert done.stderr == ""
    assert len(collector.spans) == 1
    assert collector.metrics == set()
    assert collector.headers["authorization"] == "Basic abc"
    assert collector.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("asked", "given"), [({}, "1000"), ({"OTEL_BSP_SCHEDULE_DELAY": "250"}, "250")]
)
def test_a_call_is_sent_within_a_second(collector, asked, given):
    """Spans wait a second for others, not the SDK's five, unless the app's environment says how long."""
    done = run(
        """
        from opentelemetry.sdk.trace import export

        class Told(export.BatchSpanProcessor):
            def __init__(self, *args, schedule_delay_millis=5000, **kwargs):
                print(schedule_delay_millis)
                super().__init__(*args, schedule_delay_millis=schedule_delay_millis, **kwargs)

        export.BatchSpanProcessor = Told
        import tokenboard.auto
        call()
        """,
        collector,
        **asked,
    )
    assert (done.stdout, done.stderr) == (f"{given}\n", "")
    assert len(collector.spans) == 1


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_without_a_collector_there_is_one_warning_and_no_waiting(protocol):
    """With nobody listening the app is not slowed, gets one line of warning, and ends at once."""
    done = run(
        """
        import atexit, time
        import tokenboard.auto
        atexit.register(lambda: print(f"{time.perf_counter() - end:.3f}"))
        for _ in range(5000):  # more than the queue holds
            call()
        time.sleep(1)
        end = time.perf_counter()
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9",
        OTEL_EXPORTER_OTLP_PROTOCOL=protocol,
        OTEL_BSP_SCHEDULE_DELAY="100",
        OTEL_METRIC_EXPORT_INTERVAL="300",
    )
    assert done.returncode == 0
    assert len(done.stderr.splitlines()) == 1, done.stderr
    warning = done.stderr
    assert "http://127.0.0.1:9" in warning
    assert "tokenboard up" in warning
    assert float(done.stdout) < 5, "the exit hung"


@pytest.mark.parametrize("delay", ["100", "60000"])
def test_a_collector_that_never_answers_does_not_hold_the_exit(delay):
    """Whether the sending has begun or not, the app ends soon and says what was not sent."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()  # connections are made, and that is all
        done = run(
            """
            import atexit, time
            import tokenboard.auto
            atexit.register(lambda: print(f"{time.perf_counter() - end:.3f}"))
            call()
            time.sleep(1)
            end = time.perf_counter()
            """,
            OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}",
            OTEL_BSP_SCHEDULE_DELAY=delay,
        )
    assert done.returncode == 0
    (warning,) = done.stderr.splitlines()
    assert "telemetry does not arrive" in warning
    assert float(done.stdout) < 5, "the exit hung"  # an export alone may take ten


def test_a_collector_that_refuses_is_named_with_its_reason():
    """A collector that answers 401 is warned about once, with the reason."""
    with Collector(status=401) as refusing:
        done = run("import tokenboard.auto\ncall()\ncall()", refusing)
    (warning,) = done.stderr.splitlines()
    assert "401" in warning
    assert refusing.url in warning


def test_a_collector_that_comes_late_gets_what_follows():
    """The exporter does not give up: when a collector appears, later calls arrive there."""
    with Collector() as late:
        url = late.url
    port = url.rpartition(":")[2]
    done = run(
        f"""
        import sys, threading, time
        import tokenboard, tokenboard.auto
        sys.path.insert(0, {os.fspath(Path(__file__).parent.parent)!r})
        from fakes import collector
        call()
        time.sleep(0.5)
        class Here(collector.ThreadingHTTPServer):
            def __init__(self, address, handler):
                super().__init__(("127.0.0.1", {port}), handler)
        collector.ThreadingHTTPServer = Here
        with collector.Collector() as here:
            call()
            deadline = time.time() + 20
            while len(here.spans) < 2 and time.time() < deadline:
                tokenboard.flush()
                time.sleep(0.1)
            print(len(here.spans))
        """,
        OTEL_EXPORTER_OTLP_ENDPOINT=url,
        OTEL_BSP_SCHEDULE_DELAY="50",
        OTEL_METRICS_EXPORTER="none",
    )
    assert done.stdout.strip() == "2", done.stderr


def test_flush_sends_now_and_never_waits_longer_than_told(collector):
    """``flush()`` has everything sent when it returns, and gives up in time without a collector."""
    script = """
        import os, time
        import tokenboard, tokenboard.auto
        call()
        began = time.perf_counter()
        print(tokenboard.flush(SECONDS), time.perf_counter() - began < 5, flush=True)
        os._exit(0)
    """
    done = run(script.replace("SECONDS", ""), collector)
    assert done.stdout == "True True\n"
    assert len(collector.spans) == 1
    done = run(script.replace("SECONDS", "0.3"), OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:9")
    assert done.stdout == "False True\n"


PROVIDER = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

theirs = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(theirs))
"""


def test_an_app_that_has_its_own_providers_keeps_them(collector):
    """Providers that the app set before our import get the spans, and nothing of ours is made."""
    done = run(
        PROVIDER
        + """
trace.set_tracer_provider(provider)
import tokenboard.auto
call()
import threading
print(len(theirs.get_finished_spans()), trace.get_tracer_provider() is provider)
print([t.name for t in threading.enumerate()])
""",
        collector,
    )
    assert done.stdout.splitlines() == ["1 True", "['MainThread']"]
    assert done.stderr == ""
    assert collector.posts == []


@pytest.mark.parametrize("calls_before", [0, 1])
def test_providers_that_the_app_sets_later_take_over(collector, calls_before):
    """An app may set its provider after our import, even after calls: it gets all that follow."""
    done = run(
        PROVIDER
        + f"""
import tokenboard.auto
for _ in range({calls_before}):
    call()
trace.set_tracer_provider(provider)
call()
call()
print(len(theirs.get_finished_spans()))
""",
        collector,
    )
    assert done.stdout == "2\n"
    assert done.stderr == ""
    assert len(collector.spans) == calls_before


def test_users_in_order_of_authority(collector):
    """``TOKENBOARD_USER`` names the user; without it the login does, but only on this machine."""
    run("import tokenboard.auto\ncall()", collector, TOKENBOARD_USER="ada", TOKENBOARD_TEAM="core")
    run("import tokenboard.auto\ncall()", collector, LOGNAME="grace")
    run(
        "import tokenboard.auto\ncall()",
        LOGNAME="grace",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collector.url}/v1/traces",
        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT="http://otel.example.com/v1/metrics",
        OTEL_METRIC_EXPORT_TIMEOUT="1",
    )
    users = [
        (said.get("user.id"), said["tokenboard.user.source"], said.get("tokenboard.team"))
        for _, said in collector.spans
    ]
    assert users == [
        ("ada", "environment", "core"),
        ("grace", "login", None),
        (None, "none", None),
    ]
