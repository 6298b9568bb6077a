r"""Grafana's dashboard variables inside SQL: ``$v``, ``${v}``, ``${v:format}``, ``[[v:format]]``.

Grafana's browser part puts the values in before the plugin's backend sees the query. Syntax:
https://grafana.com/docs/grafana/latest/dashboards/variables/variable-syntax/; the patterns and the
formats are those of ``@grafana/scenes`` (``variables/interpolation/formatRegistry``).

None of Grafana's quoting formats knows that a backslash means something to ClickHouse: with
``:singlequote`` a Windows login ``CORP\alice`` turns into another name, and a name that ends in a
backslash leaves the string. tokenboard's own queries therefore use ``:customqueryparam``, which
percent-encodes everything but letters, digits and ``-_.~``, and decode it in SQL. Here the quoting
formats escape backslash and dollar as well; formats that quote nothing take harmless values only.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from tokenboard.queries.macros import split_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ALL = "$__all"
"""What a variable holds when "All" is chosen."""

_REFERENCE = re.compile(
    r"\$(?P<plain>\w+)"
    r"|\[\[(?P<square>\w+?)(?::(?P<square_format>\w+))?\]\]"
    r"|\$\{(?P<braced>\w+)(?::(?P<braced_format>[^}]+))?\}",
    re.ASCII,
)
SWITCH = ("--", "/*")
"""What a switch may hold: a variable that alone on a line turns the lines below it on or off. ::

    ${unready:raw}
    what is read only then
    --*/

The first makes both marks comments of a line, the second all of it one comment.
"""
_SWITCH_LINE = re.compile(r"^[ \t]*\$\{(\w+):raw\}[ \t]*$", re.ASCII | re.MULTILINE)
_HARMLESS = re.compile(r"(?!.*--)[A-Za-z0-9_.:/@+-]*", re.ASCII)
_CONDITIONAL = "$__conditionalAll("


class VariableError(ValueError):
    """A variable without a value, with an unknown format, or not safe in the format asked for."""


def references(sql: str) -> dict[str, set[str]]:
    """Variables that ``sql`` names → the formats they are used with (empty text: none given).

    Macros (``$__timeFilter``) are no variables, and what ``$__conditionalAll`` looks at is put in
    nowhere.
    """
    found: dict[str, set[str]] = {}
    for match in _REFERENCE.finditer(_conditional_all(sql, None)):
        name, form = _parts(match)
        if not name.startswith("__"):
            found.setdefault(name, set()).add(form)
    return found


def switches(sql: str) -> set[str]:
    """Return the variables that turn lines of ``sql`` on or off (``SWITCH``)."""
    return set(_SWITCH_LINE.findall(sql))


def turn(sql: str, values: Mapping[str, str | Sequence[str]]) -> str:
    """Put in what the switches hold, before anything else: it decides what is a comment.

    Raises:
        VariableError: one without a value, or with another than a switch may hold.
    """

    def put_in(match: re.Match[str]) -> str:
        value = values.get(match[1])
        if value not in SWITCH:
            raise VariableError(f"variable {match[1]!r} is {value!r}, not one of {SWITCH}")
        return str(value)

    return _SWITCH_LINE.sub(put_in, sql)


def interpolate(
    sql: str,
    values: Mapping[str, str | Sequence[str]],
    all_values: Mapping[str, str],
) -> str:
    """Put ``values`` in.

    Args:
        sql: text with references; ``__name`` without a value is left for the macros.
        values: variable → one value or several; ``ALL`` stands for every value.
        all_values: variable → the text that stands for "All", put in as it is (Grafana's
            "custom all value": written by the dashboard's author, so trusted).

    Raises:
        VariableError: names the variable and what to do.
    """

    def value_of(match: re.Match[str]) -> str:
        name, form = _parts(match)
        if name not in values:
            if name.startswith("__"):
                return match[0]
            raise VariableError(
                f"variable {name!r} has no value: pass variables={{{name!r}: …}} "
                f"or give it a default in the query's header"
            )
        value = values[name]
        if _is_all(value):
            if name in all_values:
                return all_values[name]
            raise VariableError(
                f"variable {name!r} is set to All but nothing says what All is: "
                f"pass the values, or give the query's header `-- variable: {name} all=…`"
            )
        return _format(name, form, value)

    return _REFERENCE.sub(value_of, _conditional_all(sql, values))


def _parts(match: re.Match[str]) -> tuple[str, str]:
    name = match["plain"] or match["square"] or match["braced"]
    return name, match["square_format"] or match["braced_format"] or ""


def _is_all(value: str | Sequence[str]) -> bool:
    return value == ALL or (not isinstance(value, str) and ALL in value[:1])


def _conditional_all(sql: str, values: Mapping[str, str | Sequence[str]] | None) -> str:
    """``$__conditionalAll(condition, $v)``: ``1=1`` when v is All or empty (browser-side macro).

    Without values every condition stays.
    """
    while (start := sql.rfind(_CONDITIONAL)) >= 0:
        opening = start + len(_CONDITIONAL) - 1
        depth = 0
        for closing in range(opening, len(sql)):
            depth += (sql[closing] == "(") - (sql[closing] == ")")
            if depth == 0:
                break
        else:
            raise VariableError("$__conditionalAll( is never closed")
        arguments = split_arguments(sql[opening + 1 : closing])
        name = re.search(r"\$\{?(\w+)", arguments[-1], re.ASCII) if len(arguments) > 1 else None
        if name is None:
            raise VariableError("$__conditionalAll takes a condition and a variable")
        value = "" if values is None else values.get(name[1], "")
        left_out = values is not None and (_is_all(value) or not value)
        condition = "1=1" if left_out else ", ".join(arguments[:-1])
        sql = sql[:start] + condition + sql[closing + 1 :]
    return sql


def _format(name: str, form: str, value: str | Sequence[str]) -> str:
    kind, _, arguments = form.partition(":")
    several = not isinstance(value, str)
    values = [value] if isinstance(value, str) else list(value)
    if kind == "customqueryparam":
        key, _, prefix = arguments.partition(":")
        return "&".join(f"{_percent(key or name)}={_percent(prefix)}{_percent(v)}" for v in values)
    if kind == "queryparam":
        return "&".join(f"var-{name}={_percent(v)}" for v in values)
    if kind == "percentencode":
        return _percent("{" + ",".join(values) + "}") if several else _percent(values[0])
    if kind in _QUOTED:
        return ",".join(_QUOTED[kind](v) for v in values)
    if kind not in _UNQUOTED:
        known = ", ".join(
            sorted({*_QUOTED, *_UNQUOTED, "customqueryparam", "percentencode"} - {""})
        )
        raise VariableError(f"variable {name!r}: unknown format {kind!r}; known: {known}")
    for v in values:
        if not _HARMLESS.fullmatch(v):
            raise VariableError(
                f"variable {name!r}: {v!r} is not safe in SQL without quoting; "
                f"write ${{{name}:customqueryparam}} (and decode it) or ${{{name}:singlequote}}"
            )
    return _UNQUOTED[kind](values, several)


def _percent(text: str) -> str:
    return quote(text, safe="")


def _backslashed(value: str, quotes: str) -> str:
    # A dollar would let a value pose as a macro, whose argument list may run past the string's end.
    escaped = value.replace("\\", "\\\\").replace("$", "\\x24")
    for character in quotes:
        escaped = escaped.replace(character, "\\" + character)
    return escaped


def _plugin_default(values: Sequence[str], several: bool) -> str:
    return "'" + "','".join(values) + "'" if several else values[0]


def _glob(values: Sequence[str], _: bool) -> str:
    return "{" + ",".join(values) + "}" if len(values) > 1 else "".join(values)


def _json(values: Sequence[str], several: bool) -> str:
    return json.dumps(list(values), separators=(",", ":")) if several else values[0]


def _joined(separator: str) -> Callable[[Sequence[str], bool], str]:
    return lambda values, _: separator.join(values)


_QUOTED: dict[str, Callable[[str], str]] = {
    "singlequote": lambda value: "'" + _backslashed(value, "'") + "'",
    "sqlstring": lambda value: "'" + _backslashed(value, '"').replace("'", "''") + "'",
    "doublequote": lambda value: '"' + _backslashed(value, '"') + '"',
}
_UNQUOTED: dict[str, Callable[[Sequence[str], bool], str]] = {
    # Without a format the plugin's own rule holds: arrays quoted and joined, nothing escaped.
    "": _plugin_default,
    "raw": _joined(","),
    "csv": _joined(","),
    "text": _joined(" + "),
    "pipe": _joined("|"),
    "glob": _glob,
    "json": _json,
}
