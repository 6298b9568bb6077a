"""The receiver's own figures, written beside what it receives under the collector's metric names.

So the view ``pipeline_minutes`` and what is drawn from it work alike on the local stack and on a
collector. Names: https://opentelemetry.io/docs/collector/internal-telemetry/.
"""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality

from tokenboard.local.errors import one_line
from tokenboard.local.infile import insert
from tokenboard.local.otlp import metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
    from opentelemetry.proto.common.v1.common_pb2 import KeyValue
    from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, NumberDataPoint

    from tokenboard.local.engine import Engine
    from tokenboard.local.ingest import Ingest

_log = logging.getLogger(__name__)

EVERY_S = 15.0
SERVICE = "tokenboard"
_DELTA = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA


class Figures:
    """A thread that writes what the receiver took, refused and stored since the last time.

    Args:
        engine: where to write; past the receiver's queue, so that a full one does not hide itself.
        ingest: whose figures.
        every: seconds between two writes.
    """

    def __init__(self, engine: Engine, ingest: Ingest, *, every: float = EVERY_S) -> None:
        self._handle = engine.handle()
        self._database = engine.database
        self._ingest = ingest
        self._every = every
        self._instance = str(uuid.uuid4())
        self._seen: dict[str, int] = {}
        self._since = time.time_ns()
        self._said = ""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tokenboard-figures", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write once more, then stop. Idempotent."""
        if not self._stop.is_set():
            self._stop.set()
            self._thread.join()
            self._handle.close()

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            self._write()
        self._write()

    def _write(self) -> None:
        counters = self._counters()
        now = time.time_ns()
        request = self._request(counters, now)
        try:
            for table, block in metrics.rows(request).blocks.items():
                into = f"INSERT INTO `{self._database}`.`{table}` ({block.columns})"
                insert(self._handle, into, "Native", [block.data])
        except Exception as error:
            # What is not written now is counted with the next; told once a fault.
            text = one_line(error)
            if text != self._said:
                _log.warning("the receiver's own figures could not be written: %s", text)
            self._said = text
            return
        self._seen, self._since, self._said = counters, now, ""

    def _counters(self) -> dict[str, int]:
        counts = self._ingest.counts
        told = {
            "otelcol_receiver_accepted": counts.written,
            "otelcol_exporter_sent": counts.written,
            "otelcol_receiver_refused": counts.refused,
            "otelcol_exporter_send_failed": counts.failed,
        }
        return {
            f"{name}_{kind}": records
            for name, kinds in told.items()
            for kind, records in dict(kinds).items()
        }

    def _request(self, counters: Mapping[str, int], now: int) -> ExportMetricsServiceRequest:
        request = ExportMetricsServiceRequest()
        of = request.resource_metrics.add()
        _label(of.resource.attributes, "service.name", SERVICE)
        _label(of.resource.attributes, "service.instance.id", self._instance)
        scope = of.scope_metrics.add()
        scope.scope.name = "tokenboard.local"
        for name, value in counters.items():
            metric = scope.metrics.add(name=name, unit="{record}")
            metric.sum.is_monotonic = True
            metric.sum.aggregation_temporality = _DELTA
            self._point(metric.sum.data_points.add(), value - self._seen.get(name, 0), now)
        gauges = {
            "otelcol_exporter_queue_size": self._ingest.waiting_bytes,
            "otelcol_exporter_queue_capacity": self._ingest.max_pending_bytes,
        }
        if (resident := _resident()) is not None:
            gauges["otelcol_process_memory_rss"] = resident
        for name, value in gauges.items():
            gauge: Metric = scope.metrics.add(name=name, unit="By")
            self._point(gauge.gauge.data_points.add(), value, now)
        return request

    def _point(self, point: NumberDataPoint, value: int, now: int) -> None:
        point.start_time_unix_nano = self._since
        point.time_unix_nano = now
        point.as_int = value


def _label(labels: RepeatedCompositeFieldContainer[KeyValue], key: str, value: str) -> None:
    labels.add(key=key).value.string_value = value


def _resident() -> int | None:
    """Return the process's memory in bytes, None where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")
