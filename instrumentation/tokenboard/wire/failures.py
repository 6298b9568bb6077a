"""What goes wrong while bytes are read: never raised, but told to whoever listens."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

Listener = Callable[[str], None]


def _nobody(_place: str) -> None:
    """As long as nobody listens."""


_listener: Listener = _nobody


def listen(listener: Listener) -> None:
    """Have ``listener`` called, while the exception is being handled, with the place of a failure.

    It may be called in any thread and for every answer, so it should say little.
    """
    global _listener  # noqa: PLW0603 - one listener a process, as with logging
    _listener = listener


def told(place: str) -> None:
    """Tell the listener of the exception that is being handled."""
    with suppress(Exception):  # there is nobody left to tell
        _listener(place)
