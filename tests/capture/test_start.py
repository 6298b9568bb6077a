"""Whole processes: what an import does and does not do, switched off, in children, in what order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from capture.launched import CALL, run


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
