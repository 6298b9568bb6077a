"""The units of time that the books are recomputed by, and how statements name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Their lengths in seconds.
SLOT = 600
HOUR = 3600
DAY = 86400
# How long a session of the wire may idle, and so how far back a slot looks for one that goes on.
IDLE = 2 * HOUR


def moment(seconds: int) -> str:
    """Return the start of a unit, in Unix seconds, as SQL."""
    return f"toDateTime({seconds}, 'UTC')"


def moments(many: Iterable[int]) -> str:
    """Return starts of units as SQL for ``IN (…)``: in order, and of none one that never is."""
    return ", ".join(moment(seconds) for seconds in sorted(many)) or moment(0)
