"""Where telemetry goes: the app's own OpenTelemetry providers, else OTLP pipes of ours.

An app that has set OpenTelemetry up keeps its providers, whether it did so before or after
``tokenboard`` was imported: they are looked for at the first call, and as long as only ours are
there. Ours are never made global, so that the app can still set its own at any time.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from opentelemetry import metrics, trace

from tokenboard import backlog, mishap, pipe, settings
from tokenboard.losses import Losses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider

SERIES = 10_000
"""Series that one instrument may have: 1,000 users with a few models each."""

_EXPORT_EVERY_MS = 1000
"""A fifth of the SDK's default, which would be most of the time from a call to the board. A post
more each second that there are calls costs a few milliseconds of it."""

_EXIT_HEALTHY = 5.0
_EXIT_FAILING = 0.5
_EXIT_UNKNOWN = 2.0
_EXIT_UNKNOWN_HERE = 1.0
"""Seconds that the last export may take at exit, by what is known of the collector: one that has
answered before may be slow, one that has not may never answer; on this machine it is quick."""


@dataclass(frozen=True, slots=True)
class Providers:
    """Where spans and metrics go, and whether we made that ourselves.

    ``local`` is whether everything stays on this machine for certain.
    """

    traces: TracerProvider
    metrics: MeterProvider
    own_traces: bool
    local: bool


_GLOBAL = "_TRACER_PROVIDER"
"""Where the API keeps the app's provider; None until there is one."""

_lock = threading.Lock()
_providers: Providers | None = None
_own: list[Any] = []
_exporters: list[pipe.Exporter] = []
_losses: Losses | None = None
_hooks_installed = False


def providers() -> Providers:
    """Return the providers of this process; made at the first call."""
    found = _providers
    if found is not None and not (found.own_traces and app_has_traces()):
        return found
    return _resolve()


def app_has_traces() -> bool:
    """Whether the app has set a tracer provider of its own, by now."""
    if _providers is not None and getattr(trace, _GLOBAL, _GLOBAL) is None:
        return False  # as asking would say, which reads the environment each time
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def app_has_metrics() -> bool:
    """Whether the app has set a meter provider of its own, by now."""
    # The API has no public name for the placeholder that stands there until one is set.
    return "Proxy" not in type(metrics.get_meter_provider()).__name__


def lost() -> int:
    """Return how many spans of this process never arrived, by what our own exporter knows."""
    return 0 if _losses is None else _losses.count


def preload() -> None:
    """Import what exporting will need, while the app itself is still importing."""
    wanted = settings.current()
    if wanted.disabled or wanted.tracer_provider is not None or app_has_traces():
        return
    try:
        for signal in (wanted.traces, wanted.metrics):
            pipe.load(signal)
    except Exception:
        mishap.report("loading the exporter")


def flush(seconds: float = 5.0) -> bool:
    """Send what is waiting, for a process that is about to be frozen or killed.

    Args:
        seconds: how long to wait at most.

    Returns:
        Whether everything was handed over to the exporters in that time.
    """
    found = _providers
    if found is None:
        return True
    backlog.drain(seconds)
    # The SDK's own time-outs do not hold while an exporter waits to try again.
    sending = threading.Thread(target=_flush, args=(found, seconds), daemon=True)
    sending.start()
    sending.join(seconds)
    return not sending.is_alive()


def _flush(found: Providers, seconds: float) -> None:
    for provider in (found.traces, found.metrics):
        send = getattr(provider, "force_flush", None)
        if send is not None:
            try:
                send(int(seconds * 1000))
            except Exception:
                mishap.report("sending telemetry")


def _resolve() -> Providers:
    global _providers  # noqa: PLW0603 - one process, one set of providers
    with _lock:
        wanted = settings.current()
        own = _providers
        app_traces = wanted.tracer_provider or (
            trace.get_tracer_provider() if app_has_traces() else None
        )
        app_metrics = wanted.meter_provider or (
            metrics.get_meter_provider() if app_has_metrics() else None
        )
        if app_traces is None and own is not None:
            return own
        resource = None if app_traces is not None else _resource(wanted)
        made_traces = made_metrics = None
        if app_traces is None:
            made_traces = _tracer_provider(wanted, resource)
            if app_metrics is None:
                made_metrics = _meter_provider(wanted, resource)
            _watch_process()
        # An app that exports its traces itself and no metrics gets none behind its back.
        if app_traces is not None and not isinstance(app_traces, trace.NoOpTracerProvider):
            _stamp(app_traces)
        _providers = Providers(
            traces=app_traces or made_traces or trace.NoOpTracerProvider(),
            metrics=app_metrics or made_metrics or metrics.NoOpMeterProvider(),
            own_traces=made_traces is not None,
            local=made_traces is not None
            and made_metrics is not None
            and wanted.traces.local
            and wanted.metrics.local,
        )
        if made_traces is not None and _losses is not None:
            _losses.tell(_providers.metrics)
        return _providers


def _resource(wanted: settings.Settings) -> Any:
    from opentelemetry.sdk.resources import Resource

    attributes: dict[str, str] = {}
    if wanted.service_name:
        attributes["service.name"] = wanted.service_name
    elif not _service_named(os.environ):
        attributes["service.name"] = script_name(sys.argv)
    return Resource.create(attributes)


def _service_named(environ: Mapping[str, str]) -> bool:
    given = environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    names = {part.partition("=")[0].strip() for part in given.split(",")}
    return bool(environ.get("OTEL_SERVICE_NAME")) or "service.name" in names


def script_name(argv: list[str]) -> str:
    """Name a service after the script that runs: ``app.py`` is ``app``, ``-m pkg`` is ``pkg``."""
    path = PurePath(argv[0]) if argv and argv[0] not in {"", "-c", "-m"} else None
    if path is None:
        return "python"
    name = path.parent.name if path.stem == "__main__" else path.stem
    return name or "python"


def _tracer_provider(wanted: settings.Settings, resource: Any) -> TracerProvider:
    from opentelemetry.sdk.trace import TracerProvider as SdkTracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _losses  # noqa: PLW0603 - one process, one queue of ours
    provider = SdkTracerProvider(resource=resource, shutdown_on_exit=False)
    room = _positive("OTEL_BSP_MAX_QUEUE_SIZE", 2048)
    exporters = list(pipe.span_exporters(wanted.traces))
    ours = next((each for each in exporters if isinstance(each, pipe.Exporter)), None)
    if ours is None:
        _stamp(provider)
    else:
        ours.losses = _losses = Losses(room)
        _stamp(provider, _losses.given)
    for exporter in exporters:
        processor = BatchSpanProcessor(
            exporter,
            max_queue_size=room,
            schedule_delay_millis=_positive("OTEL_BSP_SCHEDULE_DELAY", _EXPORT_EVERY_MS),
            # the SDK refuses batches that are larger than the queue
            max_export_batch_size=min(_positive("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512), room),
        )
        provider.add_span_processor(processor)
        _keep(exporter)
    _own.append(provider)
    return provider


def _positive(name: str, default: int) -> int:
    """Read one of the batch processor's numbers as the SDK does, its default for anything else."""
    try:
        given = int(os.environ.get(name) or default)
    except ValueError:
        return default
    return given if given > 0 else default


def _stamp(provider: Any, ended: Callable[[], None] | None = None) -> None:
    try:
        from tokenboard import stamp
    except ImportError:  # a provider that is not the SDK's, and no SDK
        return
    stamp.on(provider, ended)


def _meter_provider(wanted: settings.Settings, resource: Any) -> MeterProvider:
    from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, Histogram
    from opentelemetry.sdk.metrics import MeterProvider as SdkMeterProvider
    from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader

    readers: list[MetricReader] = []
    for exporter in pipe.metric_exporters(wanted.metrics):
        if isinstance(exporter, MetricReader):
            readers.append(exporter)
            continue
        try:
            reader = PeriodicExportingMetricReader(exporter, cardinality_limits={Histogram: SERIES})
        except TypeError:  # an SDK from before these limits could be set
            reader = PeriodicExportingMetricReader(exporter)
        readers.append(reader)
        _keep(exporter)
    provider = SdkMeterProvider(
        metric_readers=readers,
        resource=resource,
        # Measurements have no span to point to, and looking for one costs as much as measuring.
        exemplar_filter=AlwaysOffExemplarFilter(),
        shutdown_on_exit=False,
    )
    _own.append(provider)
    return provider


def _keep(exporter: Any) -> None:
    if isinstance(exporter, pipe.Exporter):
        _exporters.append(exporter)


def _watch_process() -> None:
    global _hooks_installed  # noqa: PLW0603 - registered once a process, inherited by forks
    if not _hooks_installed:
        _hooks_installed = True
        atexit.register(close)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_after_fork)
    children = sys.modules.get("multiprocessing.process")
    if children is not None and children.parent_process() is not None:
        # Children of multiprocessing leave by os._exit and run no atexit functions.
        from multiprocessing import util

        util.Finalize(None, close, exitpriority=0)


def _after_fork() -> None:
    """Begin anew in a child: its parent sends what the parent has begun."""
    global _lock, _losses, _providers  # noqa: PLW0603 - as above
    _lock = threading.Lock()
    for exporter in _exporters:
        exporter.orphan()
    _exporters.clear()
    _own.clear()
    _providers = _losses = None
    pipe.begin_anew()


def close() -> None:
    """Send what is left, in bounded time, and stop; later telemetry of ours is dropped."""
    backlog.close()
    here = _providers is not None and _providers.local
    limits = {
        None: _EXIT_UNKNOWN_HERE if here else _EXIT_UNKNOWN,
        True: _EXIT_HEALTHY,
        False: _EXIT_FAILING,
    }
    longest = _EXIT_FAILING
    for exporter in _exporters:
        seconds = limits[exporter.collector.healthy]
        exporter.hurry(seconds)
        longest = max(longest, seconds)
    # What is being sent already has the time limit that it began with.
    if not backlog.last(_shut_down, longest + _EXIT_FAILING):
        for exporter in _exporters:
            exporter.collector.answered(well=False, reason="no answer")


def _shut_down() -> None:
    for provider in _own:
        try:
            provider.shutdown()
        except Exception:
            mishap.report("sending the last telemetry")
    _own.clear()
    _exporters.clear()
