"""What the demo's company has uploaded to its provider."""

from __future__ import annotations

from typing import Final

FILES: Final[dict[str, int]] = {
    "file-monorepo": 985_000,
    "file-orders": 620_000,
    "file-contracts": 310_000,
    "file-handbook": 180_000,
    "file-tickets": 120_000,
    "file-service": 90_000,
}
"""File -> its size in tokens. They are what makes tiers reachable in a minute of small bodies."""
