"""CSV files that people keep by hand: read whole, every fault named with its line, or nothing."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

_LONGEST = 256
_SHOWN = 20
_DELIMITERS = ",;\t"


class SheetError(Exception):
    """The file cannot be taken over; nothing was. One line for each fault: ``line N: what``."""

    def __init__(self, faults: Sequence[str]) -> None:
        shown = list(faults[:_SHOWN])
        if len(faults) > _SHOWN:
            shown.append(f"and {len(faults) - _SHOWN} more")
        super().__init__("\n".join(shown))


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet.

    Attributes:
        name: as the first line of the file says it.
        parse: cell -> value; raises ValueError with what is wrong.
        required: whether every line has to fill it in.
    """

    name: str
    parse: Callable[[str], Any]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a sheet: its number in the file, and the value of each column the file has."""

    number: int
    values: Mapping[str, Any]


def read(
    path: Path,
    columns: Sequence[Column],
    check: Callable[[Sequence[Line]], Iterable[str]] | None = None,
) -> list[Line]:
    """Return the lines of a CSV file whose first line names its columns, in any order.

    Comma, semicolon and tab separate; UTF-8 with or without a byte order mark. A column that the
    file leaves out is not in the values; an empty cell is parsed like any other. ``check`` says
    what is wrong with lines beside one another (``line N: what``); it sees those whose cells are
    sound, so that all faults of a file are named at once.

    Raises:
        SheetError: the file cannot be read, or some of its lines cannot.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise SheetError([f"cannot read {path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SheetError(
            [f"line {line}: not UTF-8; save the file as CSV in UTF-8 encoding"]
        ) from error
    known = {column.name: column for column in columns}
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, list[str]())]
        _check(header, known)
        lines, faults = _lines(reader, header, known)
    except csv.Error as error:
        raise SheetError([f"line {reader.line_num}: {error}"]) from error
    faults += check(lines) if check else ()
    if faults:
        raise SheetError(sorted(faults, key=_line_number))
    if not lines:
        raise SheetError(["the file has no lines below its header"])
    return lines


def _check(header: Sequence[str], known: Mapping[str, Column]) -> None:
    faults = [f"line 1: no column {name!r}" for name in header if name not in known]
    if faults:
        faults.append(f"the columns are: {', '.join(known)}")
    faults += [
        f"line 1: column {name!r} stands there twice"
        for name in sorted(set(header))
        if header.count(name) > 1
    ]
    faults += [
        f"line 1: column {column.name!r} is missing; the first line names the columns: "
        + ", ".join(known)
        for column in known.values()
        if column.required and column.name not in header
    ]
    if faults:
        raise SheetError(faults)


def _lines(
    reader: Any, header: Sequence[str], known: Mapping[str, Column]
) -> tuple[list[Line], list[str]]:
    """Return the lines whose cells are sound, and the faults of the others."""
    lines: list[Line] = []
    faults: list[str] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            faults.append(
                f"line {reader.line_num}: {len(cells)} cells for {len(header)} columns; "
                "a cell with a separator in it has to stand in double quotes"
            )
            continue
        values: dict[str, Any] = {}
        sound = len(faults)
        for name, cell in zip(header, cells, strict=True):
            try:
                values[name] = _value(known[name], cell.strip())
            except ValueError as error:
                faults.append(f"line {reader.line_num}: {name}: {error}")
        if len(faults) == sound:
            lines.append(Line(reader.line_num, values))
    return lines, faults


def _value(column: Column, cell: str) -> Any:
    if column.required and not cell:
        raise ValueError("is empty")
    return column.parse(cell)


def name(cell: str) -> str:
    """Return a name, as it may stand in telemetry.

    Raises:
        ValueError: longer than the books keep names, or with characters that no name has.
    """
    if len(cell) > _LONGEST:
        raise ValueError(f"{len(cell)} characters; names have at most {_LONGEST}")
    if any(ord(character) < ord(" ") for character in cell):
        raise ValueError("has a control character in it")
    return cell


def one_of(*allowed: str) -> Callable[[str], str]:
    """Return a parser that takes one of some words, in any case."""

    def parse(cell: str) -> str:
        if cell.lower() not in allowed:
            raise ValueError(f"{cell[:40]!r} is none of: {', '.join(allowed)}")
        return cell.lower()

    return parse


def whole(cell: str) -> int:
    """Return a whole number from 0 on; underscores and blanks may group its digits.

    Raises:
        ValueError: no such number.
    """
    digits = cell.replace("_", "").replace(" ", "").replace("'", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) > len("9" * 18):
        raise ValueError(f"{cell[:40]!r} is no whole number from 0 on, such as 2000000")
    return int(digits)


def dollars(cell: str) -> Decimal:
    """Return an amount of US dollars from 0 on, to the millionth.

    Raises:
        ValueError: no such amount.
    """
    try:
        amount = Decimal(cell.removeprefix("$").replace("_", ""))
    except InvalidOperation:
        raise ValueError(
            f"{cell[:40]!r} is no amount in US dollars, such as 1500 or 49.90"
        ) from None
    if not amount.is_finite() or not 0 <= amount < Decimal(10) ** 12:
        raise ValueError(f"{cell[:40]!r} is out of range: from 0 on, in US dollars")
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:  # noqa: PLR2004
        raise ValueError(f"{cell[:40]!r} is finer than a millionth of a dollar")
    return amount


def day(cell: str) -> date:
    """Return a day, ``2026-11-30`` or ``2026-11`` for the first of that month; empty: ever since.

    Raises:
        ValueError: no such day.
    """
    if not cell:
        return date(1970, 1, 1)
    try:
        found = date.fromisoformat(f"{cell}-01" if len(cell) == len("2026-11") else cell)
    except ValueError:
        raise ValueError(f"{cell[:40]!r} is no day such as 2026-11-30") from None
    if not date(1970, 1, 1) <= found < date(2149, 1, 1):
        raise ValueError(f"{cell!r} is out of range: from 1970 to 2148")
    return found


def share(cell: str) -> float:
    """Return a share from 0 to 1, told as ``0.05`` or ``5 %``.

    Raises:
        ValueError: no such share.
    """
    told = cell.removesuffix("%").strip()
    try:
        found = float(told) / (100 if cell.endswith("%") else 1)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ValueError(f"{cell[:40]!r} is no share from 0 to 1, such as 0.05 or 5 %")
    return found


def quantity(cell: str) -> float:
    """Return a number from 0 on; empty: 0.

    Raises:
        ValueError: no such number.
    """
    try:
        found = float(cell or 0)
    except ValueError:
        found = -1.0
    if not 0 <= found < 10**12:
        raise ValueError(f"{cell[:40]!r} is no number from 0 on, such as 5 or 1.5")
    return found


def yes_or_no(cell: str) -> bool:
    """Return whether the cell says yes; empty: it does.

    Raises:
        ValueError: neither yes nor no.
    """
    words = one_of("yes", "no", "true", "false")(cell) if cell else "yes"
    return words in {"yes", "true"}


def _line_number(fault: str) -> int:
    return int(fault.split(":", 1)[0].removeprefix("line "))
