"""The macros of Grafana's ClickHouse plugin, expanded as its backend expands them.

One SQL file serves Grafana, the command line and the local page, so a macro has to mean the same
in all of them. Rules: https://github.com/grafana/clickhouse-datasource (``pkg/macros/macros.go``)
and the engine that it calls, https://github.com/grafana/macropro (``parser.go``): comments are
blanked first; names are tried longest first; an argument list is optional; a macro inside another's
argument expands too; every time is a Unix time, so no time zone takes part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PREFIX = "$__"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Strings, quoted identifiers and heredocs are matched only to be stepped over. ClickHouse takes
# both \' and '' inside a string; a block comment never closed hides the rest, as in the plugin.
_REGIONS = re.compile(
    r"""
    (?P<keep> '(?:[^'\\]|\\.|'')*(?:'|\Z)
            | "(?:[^"\\]|\\.|"")*(?:"|\Z)
            | `(?:[^`\\]|\\.|``)*(?:`|\Z)
            | (?P<tag>\$[A-Za-z0-9_]*\$).*?(?P=tag) )
  | (?P<blank> --[^\r\n]* | /\*.*?(?:\*/|\Z) )
    """,
    re.DOTALL | re.VERBOSE,
)
_MACRO_NAME = re.compile(r"\$__([A-Za-z0-9_]+)")
_GO_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s|m|h)")
_GO_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class MacroError(ValueError):
    """A macro that does not exist here or has the wrong arguments; the text names it."""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """What Grafana's time picker gives a query.

    Args:
        start: first moment, timezone-aware.
        end: last moment, timezone-aware.
        interval: width of one point on a chart.
    """

    start: datetime
    end: datetime
    interval: timedelta

    @property
    def start_ms(self) -> int:
        """Start in milliseconds since 1970, rounded down as Go's ``UnixMilli`` does."""
        return (self.start - _EPOCH) // timedelta(milliseconds=1)

    @property
    def end_ms(self) -> int:
        """End in milliseconds since 1970, rounded down."""
        return (self.end - _EPOCH) // timedelta(milliseconds=1)

    @property
    def interval_ms(self) -> int:
        """Interval in whole milliseconds."""
        return self.interval // timedelta(milliseconds=1)


def blank_comments(sql: str) -> str:
    """Replace every comment by as many spaces, leaving strings and quoted names alone."""

    def region(found: re.Match[str]) -> str:
        return found[0] if found["keep"] is not None else " " * len(found[0])

    return _REGIONS.sub(region, sql)


def macro_names(sql: str) -> set[str]:
    """Names after ``$__`` anywhere outside comments."""
    return set(_MACRO_NAME.findall(blank_comments(sql)))


def expand(sql: str, window: TimeWindow) -> str:
    """Expand every backend macro in ``sql`` for ``window``.

    Raises:
        MacroError: wrong number of arguments, or a bad duration. Unknown names stay as they are, as
            in the plugin: ``render_sql`` refuses them before it comes to this.
    """
    sql = blank_comments(sql)
    for name in sorted(_MACROS, key=lambda name: (-len(name), name)):
        sql = _replace(sql, name, window)
    return sql


def _replace(sql: str, name: str, window: TimeWindow) -> str:
    token = re.compile(re.escape(_PREFIX + name) + r"(?![A-Za-z0-9_])")
    parts: list[str] = []
    position = 0
    while found := token.search(sql, position):
        parts.append(sql[position : found.start()])
        position = found.end()
        arguments: list[str] = []
        if sql[position : position + 1] == "(":
            closing = _closing_paren(sql, position)
            if closing is not None:
                arguments = split_arguments(sql[position + 1 : closing])
                position = closing + 1
        parts.append(_MACROS[name](_Call(name, arguments, window)))
    parts.append(sql[position:])
    return "".join(parts)


def _closing_paren(sql: str, opening: int) -> int | None:
    depth = 0
    position = opening
    while position < len(sql):
        character = sql[position]
        if character in "'\"":
            position = _after_string(sql, position)
            continue
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position
        position += 1
    return None


def split_arguments(text: str) -> list[str]:
    """Split a macro's argument list at its own commas; blank text is no argument."""
    if not text.strip():
        return []
    arguments: list[str] = []
    depth = start = position = 0
    while position < len(text):
        character = text[position]
        if character in "'\"":
            position = _after_string(text, position)
            continue
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            arguments.append(text[start:position].strip())
            start = position + 1
        position += 1
    arguments.append(text[start:].strip())
    return arguments


def _after_string(text: str, opening: int) -> int:
    # The plugin knows only the doubled quote inside an argument, not the backslash.
    quote = text[opening]
    position = opening + 1
    while position < len(text):
        if text[position] == quote:
            if text[position + 1 : position + 2] != quote:
                return position + 1
            position += 1
        position += 1
    return position


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    arguments: list[str]
    window: TimeWindow

    def take(self, count: int) -> list[str]:
        if len(self.arguments) != count:
            plural = "" if count == 1 else "s"
            raise MacroError(
                f"{_PREFIX}{self.name} takes {count} argument{plural}, got {len(self.arguments)}"
            )
        return self.arguments

    def seconds(self, *, end: bool = False) -> str:
        return f"toDateTime({(self.window.end_ms if end else self.window.start_ms) // 1000})"

    def milliseconds(self, *, end: bool = False) -> str:
        moment = self.window.end_ms if end else self.window.start_ms
        return f"fromUnixTimestamp64Milli({moment})"

    def date(self, *, end: bool = False) -> str:
        moment = self.window.end if end else self.window.start
        return f"toDate('{moment.astimezone(UTC):%Y-%m-%d}')"


def _between(column: str, start: str, end: str) -> str:
    return f"{column} >= {start} AND {column} <= {end}"


def _time_filter(call: _Call) -> str:
    return _between(call.take(1)[0], call.seconds(), call.seconds(end=True))


def _time_filter_ms(call: _Call) -> str:
    return _between(call.take(1)[0], call.milliseconds(), call.milliseconds(end=True))


def _date_filter(call: _Call) -> str:
    return _between(call.take(1)[0], call.date(), call.date(end=True))


def _date_time_filter(call: _Call) -> str:
    date, time = call.take(2)
    dates = _between(date, call.date(), call.date(end=True))
    times = _between(time, call.seconds(), call.seconds(end=True))
    return f"({dates}) AND ({times})"


def _interval_seconds(call: _Call) -> int:
    return max(call.window.interval_ms // 1000, 1)


def _time_interval(call: _Call) -> str:
    column = call.take(1)[0]
    return f"toStartOfInterval(toDateTime({column}), INTERVAL {_interval_seconds(call)} second)"


def _time_interval_ms(call: _Call) -> str:
    column = call.take(1)[0]
    width = max(call.window.interval_ms, 1)
    return f"toStartOfInterval(toDateTime64({column}, 3), INTERVAL {width} millisecond)"


def _time_group(call: _Call) -> str:
    column, period = call.take(2)
    text = period.strip("'\"")
    if not re.fullmatch(rf"(?:{_GO_DURATION.pattern})+", text):
        raise MacroError(f"$__timeGroup: {text!r} is no duration such as 5m, 1h or 1h30m")
    seconds = round(sum(float(n) * _GO_UNITS[unit] for n, unit in _GO_DURATION.findall(text)))
    if seconds <= 0:
        raise MacroError(f"$__timeGroup: the interval must be positive, got {text!r}")
    return f"toStartOfInterval(toDateTime({column}), INTERVAL {seconds} second)"


def duration_text(interval: timedelta) -> str:
    """An interval as Grafana writes it: ``5m``, ``2h``, ``300ms``."""
    milliseconds = interval // timedelta(milliseconds=1)
    for size, unit in ((3_600_000, "h"), (60_000, "m"), (1000, "s")):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


_MACROS: dict[str, Callable[[_Call], str]] = {
    "fromTime": lambda call: call.seconds(),
    "toTime": lambda call: call.seconds(end=True),
    "fromTime_ms": lambda call: call.milliseconds(),
    "toTime_ms": lambda call: call.milliseconds(end=True),
    "timeFilter": _time_filter,
    "timeFilter_ms": _time_filter_ms,
    "dateFilter": _date_filter,
    "dateTimeFilter": _date_time_filter,
    "dt": _date_time_filter,
    "timeFrom": lambda call: f"{call.take(1)[0]} >= {call.seconds()}",
    "timeTo": lambda call: f"{call.take(1)[0]} <= {call.seconds(end=True)}",
    "timeGroup": _time_group,
    "timeInterval": _time_interval,
    "timeInterval_ms": _time_interval_ms,
    "interval": lambda call: duration_text(call.window.interval),
    "interval_ms": lambda call: str(call.window.interval_ms),
    "interval_s": lambda call: str(_interval_seconds(call)),
}
NAMES = frozenset(_MACROS)
