"""Marks functions that stand in place of an HTTP client's own, so that they can be taken back."""

from __future__ import annotations

from typing import Any

_MARK = "__tokenboard__"


def mark(wrapper: Any, original: Any) -> None:
    """Note that ``wrapper`` is ours and stands for ``original``."""
    setattr(wrapper, _MARK, (wrapper, original))


def is_in(function: Any) -> bool:
    """Whether a function is ours, or wraps one of ours: others' wrappers copy or pass on marks."""
    return hasattr(function, _MARK)


def original(function: Any) -> Any:
    """Return what a function of ours stands for; None for one that is not ours itself."""
    found = getattr(function, _MARK, None)
    return found[1] if found is not None and found[0] is function else None
