"""How numbers, times and tables look on a terminal."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN: Final = "-"
TIER_STYLES: Final = {
    "bronze": "#cd7f32",
    "silver": "#a8b2bd",
    "gold": "#e6b422",
    "platinum": "#7fb2c9",
    "emerald": "#2ea36b",
    "jade": "#00a86b bold",
}
SEVERITY_STYLES: Final = {"warning": "yellow", "critical": "red", "stop": "bold red"}

_STEPS: Final = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))
_PIPE_WIDTH: Final = 200
WIDE: Final = 120
"""From how many columns on a terminal shows everything."""
_TENTH, _MINUTE, _HOUR, _DAY = 0.1, 60, 3600, 86400
_SMALL_CHANGE: Final = Decimal("0.01")


def console(*, stderr: bool = False) -> Console:
    """Return a console; what goes into a pipe or file is not squeezed into 80 columns."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr,
        width=None if stream.isatty() else _PIPE_WIDTH,
        highlight=False,
        soft_wrap=False,
    )


def table(title: str) -> Table:
    """Return an empty table, narrow enough for 80 columns, plain enough for a pipe."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        expand=False,
    )


def columns(title: str, left: Sequence[str], right: Sequence[str] = ()) -> Table:
    """Return a table with names to the left and figures to the right."""
    made = table(title)
    for name in left:
        made.add_column(name, overflow="fold")
    for name in right:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def tokens(count: float | None) -> str:
    """Return a count to three digits: ``1.23 B``; the exact one is in the JSON."""
    if count is None:
        return UNKNOWN
    for size, letter in _STEPS:
        # 999,950 is 1.00 M, not 1000 k
        if abs(count) >= size * 0.9995:
            scaled = count / size
            digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0  # noqa: PLR2004
            return f"{scaled:.{digits}f} {letter}"
    return f"{count:.0f}"


def usd(amount: Any) -> str:
    """Return dollars and cents, finer below a cent; unknown is a dash, not zero."""
    if amount is None:
        return UNKNOWN
    value = Decimal(str(amount))
    if value and abs(value) < _SMALL_CHANGE:
        return f"${value:.4f}"
    return f"${value:,.2f}"


def plain(text: str) -> str:
    """Return somebody's text as it is, brackets included; nothing is a dash."""
    return escape(text) or UNKNOWN


def share(ratio: Any) -> str:
    """Return a ratio as a percentage."""
    return UNKNOWN if ratio is None else f"{float(ratio):.0%}"


def duration(seconds: float | None) -> str:
    """Return a length of time in its two largest units."""
    if seconds is None:
        return UNKNOWN
    if 0 < seconds < _TENTH:
        return f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02d} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR:02d} h"


def moment(at: datetime | None) -> str:
    """Return a moment in the machine's time zone, to the minute."""
    if at is None:
        return UNKNOWN
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return aware.astimezone().strftime("%m-%d %H:%M")


def movement(rank: int | None, before: int | None) -> str:
    """Return how somebody moved: up, down, level or new."""
    if rank is None:
        return ""
    if not before:
        return "new"
    if before == rank:
        return "="
    return f"▲ {before - rank}" if before > rank else f"▼ {rank - before}"
