"""OTLP exporters that keep quiet and let go: one warning without a collector, no hanging exit."""

from __future__ import annotations

import logging
import re
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any, Self

from opentelemetry import trace

from tokenboard import mishap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tokenboard.losses import Losses
    from tokenboard.settings import Signal

logger = logging.getLogger("tokenboard")

_MODULES = {
    ("traces", "http/protobuf"): "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    ("traces", "grpc"): "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
    ("metrics", "http/protobuf"): "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    ("metrics", "grpc"): "opentelemetry.exporter.otlp.proto.grpc.metric_exporter",
}
_CLASSES = {"traces": "OTLPSpanExporter", "metrics": "OTLPMetricExporter"}
_QUEUE_LOGGERS = ("opentelemetry.sdk._shared_internal", "opentelemetry.sdk.trace.export")

_CAUSE = re.compile(r"\[Errno -?\d+\] ([^'\")]+)|Transient error (.{,80}?) encountered")
"""What is worth telling within an exporter's long messages: an operating system's error, or the
short name of another."""

_thread = threading.local()


class Collector:
    """What is known of the place that telemetry goes to.

    ``healthy`` is ``None`` until the first answer.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.healthy: bool | None = None
        self.given_up = False
        self._warned = False
        self._overflowed = False
        self._lock = threading.Lock()

    def answered(self, *, well: bool, reason: str) -> None:
        """Note how an export went; the first failure of a process is warned about."""
        with self._lock:  # spans and metrics are exported by a thread each
            before, self.healthy = self.healthy, well
            first = not well and not self._warned
            self._warned = self._warned or first
        if well and before is False:
            logger.info("tokenboard: telemetry arrives at %s again.", self.endpoint)
        if first:
            logger.warning(
                "tokenboard: telemetry does not arrive at %s (%s). The app is not affected, but "
                "its calls are not on the books. Start a collector there (for example: tokenboard "
                "up), or point OTEL_EXPORTER_OTLP_ENDPOINT at one, or set "
                "TOKENBOARD_DISABLED=true. This is reported once.",
                self.endpoint,
                reason or "no answer",
            )

    def overflowed(self) -> None:
        """Note that spans were dropped because they are made faster than they are taken."""
        if self.healthy and not self._overflowed:
            self._overflowed = True
            logger.warning(
                "tokenboard: calls are made faster than %s takes them, and some are lost. Raise "
                "OTEL_BSP_MAX_QUEUE_SIZE, or give the collector more to run on. This is reported "
                "once.",
                self.endpoint,
            )


class Exporter:
    """Stands before a span or metric exporter of OpenTelemetry's and takes its log messages in.

    Everything that is not defined here is the inner exporter's.
    """

    def __init__(self, make: Callable[[float | None], Any], collector: Collector) -> None:
        self._make = make
        self._inner = make(None)
        self._hurried = False
        self._orphaned = False
        self.collector = collector
        self.losses: Losses | None = None  # of spans; metrics are summed up, and sent later

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def export(self, batch: Any, *args: Any, **kwargs: Any) -> Any:
        """Export, and note how it went."""
        if self._orphaned:
            return None
        if self.losses is not None:
            self.losses.taken(len(batch))
        result = self._send(batch, *args, **kwargs)
        if self.losses is not None and getattr(result, "name", "") != "SUCCESS":
            self.losses.undelivered(len(batch))
        return result

    def _send(self, batch: Any, *args: Any, **kwargs: Any) -> Any:
        if self.collector.given_up:
            return None
        hurried = self._hurried
        try:
            with _Listening(self) as heard:
                result = self._inner.export(batch, *args, **kwargs)
        except ValueError:
            # gRPC: the channel was closed at exit while this thread was about to send on it.
            if not self._hurried:
                raise
            self.collector.given_up = True
            return None
        well = getattr(result, "name", "") == "SUCCESS"
        self.collector.answered(well=well, reason=heard.first)
        if self._hurried and not hurried and not well:
            # The end of the process cut its waiting short, which says nothing of the collector.
            return self._send(batch, *args, **kwargs)
        self.collector.given_up = hurried and not well
        return result

    def hurry(self, seconds: float) -> None:
        """From now on an export may take so long at most, and what fails is not tried again."""
        try:
            old, self._inner = self._inner, self._make(seconds)
            self._hurried = True
            with _Listening(self):
                old.shutdown()
        except Exception:
            mishap.report("closing the exporter")

    def stumbled(self) -> None:
        """Called in the exporting thread when an export failed and is about to wait and retry."""
        if self._hurried and not self.collector.healthy:
            self._inner.shutdown()  # ends the wait before it begins

    def orphan(self) -> None:
        """Send nothing more: this is a copy that a fork made of its parent's exporter."""
        self._orphaned = True

    def shutdown(self, *args: Any, **kwargs: Any) -> Any:
        """Close the connection."""
        if self._orphaned:
            return None
        with _Listening(self):
            return self._inner.shutdown(*args, **kwargs)


class _Listening:
    """While this is entered, what exporters log in this thread is ours; ``first`` is kept."""

    def __init__(self, exporter: Exporter) -> None:
        self.exporter = exporter
        self.first = ""

    def __enter__(self) -> Self:
        _thread.listening = self
        return self

    def __exit__(self, *_: object) -> None:
        _thread.listening = None


def load(signal: Signal) -> None:
    """Import the exporters' modules, for traces and metrics alike."""
    import_module("opentelemetry.sdk.trace.export")
    import_module("opentelemetry.sdk.metrics.export")
    if "otlp" in signal.exporters:
        import_module(_MODULES["traces", signal.protocol])
        import_module(_MODULES["metrics", signal.protocol])
        if signal.protocol == "http/protobuf":
            import_module("requests")  # what the exporter imports when it is made


def span_exporters(signal: Signal) -> Iterator[Any]:
    """Yield the exporters that ``OTEL_TRACES_EXPORTER`` names."""
    return _exporters("traces", signal)


def metric_exporters(signal: Signal) -> Iterator[Any]:
    """Yield the exporters, or readers, that ``OTEL_METRICS_EXPORTER`` names."""
    return _exporters("metrics", signal)


_collectors: dict[str, Collector] = {}


def begin_anew() -> None:
    """Know nothing of any collector: in a child after a fork, whose parent's threads are gone."""
    _collectors.clear()


def _exporters(kind: str, signal: Signal) -> Iterator[Any]:
    for name in signal.exporters:
        if name == "otlp":
            base = signal.endpoint.removesuffix(f"/v1/{kind}")
            collector = _collectors.setdefault(base, Collector(base))
            exporter = Exporter(_maker(kind, signal), collector)
            _listen(collector)
            yield exporter
            continue
        try:
            yield _named(kind, name)
        except Exception:
            logger.warning(
                "tokenboard: OTEL_%s_EXPORTER names %r, which is not installed or does not start; "
                "set it to otlp, console or none. It is left out.",
                kind.upper(),
                name,
                exc_info=True,
            )


def _maker(kind: str, signal: Signal) -> Callable[[float | None], Any]:
    exporter = getattr(import_module(_MODULES[kind, signal.protocol]), _CLASSES[kind])

    def make(seconds: float | None) -> Any:
        return exporter(endpoint=signal.endpoint, timeout=seconds)

    return make


def _named(kind: str, name: str) -> Any:
    from importlib.metadata import entry_points

    (found, *_) = entry_points(group=f"opentelemetry_{kind}_exporter", name=name)
    return found.load()()


class _Quiet(logging.Filter):
    """Takes in what the exporter says on behalf of ours; the app's own exporters speak on."""

    def filter(self, record: logging.LogRecord) -> bool:
        listening: _Listening | None = getattr(_thread, "listening", None)
        if listening is None:
            return True
        if record.levelno >= logging.WARNING:
            if not listening.first:
                text = record.getMessage()
                cause = _CAUSE.search(text)
                listening.first = (cause[1] or cause[2] if cause else text)[:200]
            if record.levelno == logging.WARNING and "retrying" in str(record.msg):
                listening.exporter.stumbled()
        return False


class _FullQueue(logging.Filter):
    """Says once that the queue is full: the SDK repeats it for as long as it is."""

    def __init__(self, collector: Collector) -> None:
        super().__init__()
        self._collector = collector

    def filter(self, record: logging.LogRecord) -> bool:
        ours = isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
        if not ours or not str(record.msg).startswith("Queue full"):
            return True
        self._collector.overflowed()
        return False


_quiet = _Quiet()
_listening: set[str] = set()


def _listen(collector: Collector) -> None:
    """Filter the exporter's loggers, whatever they are called in this version."""
    for name in [n for n in logging.root.manager.loggerDict if n.startswith("opentelemetry.exp")]:
        if name not in _listening:
            _listening.add(name)
            logging.getLogger(name).addFilter(_quiet)
    if collector.endpoint not in _listening:
        _listening.add(collector.endpoint)
        for name in _QUEUE_LOGGERS:
            logging.getLogger(name).addFilter(_FullQueue(collector))
