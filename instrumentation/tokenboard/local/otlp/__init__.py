"""OTLP in, rows of the ``otel_*`` tables out: what the collector's clickhouseexporter would write.

The rules are those of ``exporter/clickhouseexporter`` 0.161 in opentelemetry-collector-contrib
(``exporter_traces.go``, ``exporter_logs.go``, ``internal/metrics``) and of pdata's
``Value.AsString``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenboard.local.native import Block


@dataclass(frozen=True, slots=True)
class Rows:
    """A request's rows as Native blocks, ready to be joined with others' and inserted.

    Attributes:
        blocks: table name → one block of its rows.
        accepted: records turned into rows.
        rejected: records that no row can hold (an id of a wrong length); the sender is told.
        reason: why the last of them was rejected.
    """

    blocks: dict[str, Block]
    accepted: int
    rejected: int = 0
    reason: str = ""

    @property
    def size(self) -> int:
        """Bytes held."""
        return sum(len(block.data) for block in self.blocks.values())
