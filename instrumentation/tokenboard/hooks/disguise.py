"""Classes of ours that stand for a library's own, and look like them."""

from __future__ import annotations

from typing import Any


def disguise(ours: type[Any], theirs: type[Any]) -> type[Any]:
    """Give a subclass the name, the home and the documentation of its base; return it."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(ours, name, getattr(theirs, name))
    return ours
