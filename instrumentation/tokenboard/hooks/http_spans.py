"""Spans for the app's other HTTP calls, by OpenTelemetry's own instrumentation of httpx.

It is started at the first request that is no call to a model: it takes its time to import, and an
app that sets it up itself must come first, for a second set-up is ignored.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

from tokenboard import export, mishap, settings

waiting = False
"""Whether a request should start it; read by the hooks at each request."""

ours: set[str] = set()
"""The modules that are instrumented because tokenboard did it."""

_lock = threading.Lock()
_CLASSES = {"httpx": "HTTPXClientInstrumentor", "httpx2": "HTTPX2ClientInstrumentor"}
_pending: set[str] = set()


def want(module: str) -> None:
    """Have ``httpx`` or ``httpx2`` instrumented at the next occasion."""
    global waiting  # noqa: PLW0603 - one flag that costs a hook nothing to read
    if settings.current().http_spans == "none" or module in _switched_off():
        return
    with _lock:
        _pending.add(module)
        waiting = True


def start() -> None:
    """Instrument what is pending, unless the app has done so itself."""
    global waiting  # noqa: PLW0603 - as above
    with _lock:
        if not waiting:
            return
        waiting = False
        modules = [name for name in _pending if name in sys.modules]
        _pending.clear()
    try:
        from tokenboard.hooks import hops  # which looks at this module at each request

        instrumentation = _instrumentation()
        providers = export.providers()
        for module in modules:
            # Releases before httpx2 existed lack its class.
            kind: Any = getattr(instrumentation, _CLASSES[module], None)
            if kind is None or kind().is_instrumented_by_opentelemetry:
                continue
            if getattr(kind, "_module", module) is None:  # it was hidden, see below
                kind._module = sys.modules[module]  # noqa: SLF001 - there is no public way
            kind().instrument(
                tracer_provider=providers.traces,
                meter_provider=providers.metrics,
                skip_dep_check=True,
            )
            ours.add(module)
            hops.install(sys.modules[module])
    except Exception:
        mishap.report("instrumenting the app's other HTTP calls")


def _instrumentation() -> Any:
    """Import OpenTelemetry's instrumentation without importing a client the app has not.

    It tries both. SDKs look into ``sys.modules`` for the client they were not built on (openai does
    at each request): one that another thread is only just importing breaks their calls.
    """
    absent = _Absent(threading.get_ident(), {name for name in _CLASSES if name not in sys.modules})
    sys.meta_path.insert(0, absent)
    try:
        from opentelemetry.instrumentation import httpx as instrumentation
    finally:
        sys.meta_path.remove(absent)
    return instrumentation


class _Absent:
    """A finder by which some modules are not installed, as one thread sees it."""

    def __init__(self, thread: int, names: set[str]) -> None:
        self._thread = thread
        self._names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        del path, target
        if name in self._names and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is not imported by the app", name=name)


def _switched_off() -> set[str]:
    names = os.environ.get("OTEL_PYTHON_DISABLED_INSTRUMENTATIONS", "")
    return {name.strip() for name in names.split(",")}
