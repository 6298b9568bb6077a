"""Read values out of JSON that others wrote: the right type or nothing."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, cast

Json = dict[str, Any]

_LARGEST = 1 << 63
"""Counts travel as 64-bit signed integers; a larger one is nonsense."""
_DIGITS = len(str(_LARGEST))


def obj(value: Any) -> Json | None:
    """Return ``value`` if it is an object."""
    return cast("Json", value) if isinstance(value, dict) else None


def items(value: Any) -> list[Any]:
    """Return ``value`` if it is an array, else an empty list."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def objects(value: Any) -> list[Json]:
    """Return the objects of an array."""
    return [cast("Json", item) for item in items(value) if isinstance(item, dict)]


def text(value: Any) -> str | None:
    """Return ``value`` if it is a text that says something."""
    return value if isinstance(value, str) and value else None


def count(value: Any) -> int | None:
    """Return a token count: a whole number, not negative.

    Cohere sends counts as floats and some gateways as digits in a string.
    """
    if type(value) is int:
        number = value
    elif (isinstance(value, float) and value.is_integer()) or (
        isinstance(value, str) and value.isdecimal() and len(value) <= _DIGITS
    ):
        number = int(value)
    else:
        return None
    return number if 0 <= number < _LARGEST else None


def first_count(source: Json | None, *names: str) -> int | None:
    """Return the first count that one of ``names`` holds."""
    if source is not None:
        for name in names:
            if name in source:  # most names are spellings of others, and missing
                number = count(source[name])
                if number is not None:
                    return number
    return None


def first_object(source: Json | None, *names: str) -> Json | None:
    """Return the first object that one of ``names`` holds."""
    if source is not None:
        for name in names:
            found = source.get(name)
            if isinstance(found, dict):
                return cast("Json", found)
    return None


def dollars(value: Any) -> Decimal | None:
    """Return an amount of money exactly as it was written; negative or absurd ones are none."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and 0 <= amount < 1_000_000 else None  # noqa: PLR2004 - dollars of one call


def added(*numbers: int | None) -> int | None:
    """Return the sum of the numbers that are known, or None if none is."""
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None
