"""Whole processes: what an app sends, to whom, what it says when nobody listens, how it ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from fakes import bodies
from fakes.collector import Collector

CALL = f"""
import httpx2

def answer(request):
    return httpx2.Response(200, content={bodies.chat().chunks[0]!r})

def call(url="https://api.openai.com/v1/chat/completions"):
    with httpx2.Client(transport=httpx2.MockTransport(answer)) as client:
        return client.post(url, json={{"model": "gpt-test", "messages": []}})
"""


def run(script, collector=None, args=(), **environ):
    """Run a script as ``app.py`` would run: its standard output, its warnings, its exit code."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "TOKENBOARD_", "PYTHONWARN"))
    }
    if collector is not None:
        kept["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    return subprocess.run(
        [sys.executable, *args, "-c", CALL + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**kept, **environ},
    )


@pytest.fixture
def collector():
    with Collector() as collector:
        yield collector


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


@pytest.mark.parametrize("variable", ["TOKENBOARD_DISABLED", "OTEL_SDK_DISABLED"])
def test_switched_off_is_off(collector, variable):
    """Switched off, nothing is hooked, nothing is sent, and everything still runs."""
    done = run(
        """
        import tokenboard.auto, tokenboard, sys
        with tokenboard.user("ada"), tokenboard.agent("a"), tokenboard.task("T") as task:
            task.done()
            print(call().status_code)
        print(hasattr(httpx2.Client.send, "__wrapped__"), "opentelemetry.sdk" in sys.modules)
        """,
        collector,
        **{variable: "true"},
    )
    assert done.stdout.splitlines() == ["200", "False False"]
    assert done.stderr == ""
    assert collector.posts == []


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


def test_a_bad_setting_is_named_once_and_its_default_used(collector):
    """A value that makes no sense gets one warning that names the variable and the mend."""
    done = run(
        "import tokenboard.auto\nprint(call().status_code)",
        collector,
        TOKENBOARD_HTTP_SPANS="sometimes",
        TOKENBOARD_DISABLED="perhaps",
        OTEL_EXPORTER_OTLP_PROTOCOL="carrier-pigeon",
    )
    assert done.stdout == "200\n"
    warnings = done.stderr.splitlines()
    assert len(warnings) == 3
    assert any(
        "TOKENBOARD_HTTP_SPANS='sometimes'" in w and "other, all or none" in w for w in warnings
    )
    assert any("TOKENBOARD_DISABLED='perhaps'" in w and "true or false" in w for w in warnings)
    assert any("OTEL_EXPORTER_OTLP_PROTOCOL='carrier-pigeon'" in w for w in warnings)
    assert len(collector.spans) == 1


def test_forked_children_send_their_own(collector):
    """After a fork, parent and child each send what they called themselves, once."""
    done = run(
        """
        import os
        import tokenboard, tokenboard.auto
        call()  # makes the exporter, and leaves a span in its queue
        with tokenboard.session("parent"):
            call()
        if pid := os.fork():
            os.waitpid(pid, 0)
        else:
            with tokenboard.session("child"):
                call()
        """,
        collector,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(str(said.get("session.id")) for _, said in collector.spans) == [
        "None",
        "child",
        "parent",
    ]


def test_children_of_multiprocessing_send_before_they_leave(collector):
    """A worker process that leaves by ``os._exit``, as multiprocessing does, has sent its calls."""
    done = run(
        """
        import multiprocessing
        import tokenboard, tokenboard.auto
        def work(n):
            with tokenboard.session(f"s-{n}"):
                call()
        children = [multiprocessing.get_context("fork").Process(target=work, args=(n,)) for n in (1, 2)]
        for child in children:
            child.start()
        for child in children:
            child.join()
        """,
        collector,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(said["session.id"] for _, said in collector.spans) == ["s-1", "s-2"]


def test_opentelemetry_instrument_needs_no_import(collector, tmp_path):
    """``opentelemetry-instrument python app.py`` captures an app that has never heard of us."""
    script = tmp_path / "app.py"
    script.write_text(CALL + "call()\n")
    tool = Path(sys.executable).with_name("opentelemetry-instrument")
    environ = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": "untouched",
    }
    done = subprocess.run(
        [tool, sys.executable, script],
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ((name, _),) = collector.spans
    assert name == "chat gpt-test"
    assert collector.resources[0]["service.name"] == "untouched"


def test_calls_in_a_pool_are_the_agents_own():
    """Without OpenTelemetry of its own, an app's calls in a pool hang beneath its agent."""
    done = run(
        """
        import tokenboard, tokenboard.auto
        from concurrent.futures import ThreadPoolExecutor
        from opentelemetry import trace
        with tokenboard.agent("planner"), ThreadPoolExecutor(1) as pool:
            here = trace.get_current_span().get_span_context().span_id
            there = pool.submit(trace.get_current_span).result().get_span_context().span_id
        print(here == there != 0)
        """
    )
    assert done.stdout == "True\n"


def test_importing_tokenboard_alone_is_free():
    """``import tokenboard`` imports nothing else of ours and nothing of OpenTelemetry."""
    done = run(
        """
        import sys
        before = set(sys.modules)
        import tokenboard
        print(sorted(name for name in set(sys.modules) - before))
        print(tokenboard.user, "opentelemetry.sdk" in sys.modules)
        """
    )
    assert done.stdout.splitlines()[0] == "['tokenboard']"
    assert done.stdout.splitlines()[1].endswith("False")


def test_importing_auto_starts_nothing():
    """``import tokenboard.auto`` starts no thread and no process, and talks to nobody."""
    done = run(
        """
        import sys, threading
        seen = []
        sys.addaudithook(lambda event, args: seen.append((event, args[0])) if event in (
            "socket.connect", "socket.sendto", "socket.getaddrinfo", "subprocess.Popen") else None)
        import tokenboard.auto
        print(seen, [t.name for t in threading.enumerate()])
        """
    )
    assert done.stdout == "[] ['MainThread']\n"


def test_clients_that_are_imported_later_are_hooked(collector):
    """``tokenboard.auto`` may come before the HTTP clients: they are hooked when they are imported."""
    script = (
        "import tokenboard.auto\nimport httpx, sys\n"
        + CALL
        + "call()\nprint(type(httpx.__loader__).__name__)\n"
    )
    kept = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=kept,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "SourceFileLoader\n"
    assert [name for name, _ in collector.spans] == ["chat gpt-test"]


def test_a_missing_client_is_missing_as_ever():
    """An import of a client that is not installed fails as it does without us."""
    done = run(
        """
        import sys, tokenboard.auto
        sys.modules.pop("httpx", None)
        class Gone:
            def find_spec(self, name, path=None, target=None):
                if name == "httpx":
                    raise ModuleNotFoundError("No module named 'httpx'", name="httpx")
        sys.meta_path.insert(1, Gone())
        try:
            import httpx
        except ModuleNotFoundError as error:
            print(error, error.name)
        """
    )
    assert done.stdout == "No module named 'httpx' httpx\n"
    assert done.stderr == ""
