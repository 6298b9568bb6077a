"""What a guard allows, as the app wrote it: checked, with errors that name the mistake."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Literal

from tokenboard.loops import Limits, Thresholds

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEVER = Thresholds(None, None, None)


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits of one guard, checked; ``max_usd`` in US dollars."""

    max_repeats: int | None = 5
    max_cycle: int = 5
    max_calls: int | None = None
    max_tokens: int | None = None
    max_usd: Decimal | None = None
    on: Literal["warn", "raise"] = "raise"

    @classmethod
    def checked(cls, **wanted: Any) -> Rules:
        """Return the rules that the arguments of ``guard()`` mean.

        Raises:
            ValueError: one makes no sense; says which, and what would.
            ImportError: ``max_usd`` without genai-prices.
        """
        names = [each.name for each in fields(cls)]
        for name, value in wanted.items():
            if name not in names:
                raise ValueError(f"{name!r} is no limit of a guard; there are {', '.join(names)}")
            if name == "on":
                if value not in ("warn", "raise"):
                    raise ValueError(f"on={value!r}: a guard can 'warn' or 'raise'")
            elif name == "max_usd":
                wanted[name] = _dollars(value)
            elif name == "max_cycle" or value is not None:
                _count(name, value, least=2 if name == "max_repeats" else 1)
        rules = cls(**wanted)
        if rules.max_usd is not None:
            from tokenboard import spend

            spend.load()
        return rules

    @classmethod
    def read(cls, wanted: str | Mapping[str, Any] | bool) -> Rules:
        """Return the rules of a configuration: ``"max_repeats=5,on=raise"``, a mapping, or yes.

        Raises:
            ValueError: it cannot be understood; says where.
            ImportError: ``max_usd`` without genai-prices.
        """
        if isinstance(wanted, bool):
            return cls()
        if not isinstance(wanted, str):
            return cls.checked(**dict(wanted))
        if wanted.strip().lower() in {"true", "1", "yes", "on"}:
            return cls()
        given: dict[str, Any] = {}
        for part in filter(None, (part.strip() for part in wanted.split(","))):
            name, equals, value = (piece.strip() for piece in part.partition("="))
            if not equals:
                raise ValueError(f"{part!r} is not understood; write name=value, as max_calls=200")
            counted = name not in ("on", "max_usd")
            given[name] = int(value) if counted and value.isdecimal() else value.lower()
            if value.lower() == "none":
                given[name] = None
        return cls.checked(**given)

    @property
    def limits(self) -> Limits:
        """The same for the detector, which then speaks up only when a run is to be stopped."""
        most = self.max_repeats
        if most is None:
            return Limits(_NEVER, _NEVER, 1, _NEVER, error_streak=_NEVER)
        return Limits(
            same_call=Thresholds(None, None, most),
            cycle=Thresholds(None, None, most),
            max_cycle=self.max_cycle,
            window=Thresholds(None, None, 2 * most),
            error_streak=Thresholds(None, None, 2 * most),
        )


def _count(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name}={value!r} is not understood; it is a whole number from {least}")


def _dollars(value: Any) -> Decimal | None:
    if value is None:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or found <= 0 or isinstance(value, bool):
        raise ValueError(f"max_usd={value!r} is not understood; it is an amount above 0, as 2.50")
    return found
