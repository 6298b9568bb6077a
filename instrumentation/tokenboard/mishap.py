"""Our own failures: logged once a place, never raised into the app."""

from __future__ import annotations

import logging
import sys

logger = logging.getLogger("tokenboard")

_reported: set[str] = set()


def report(place: str) -> None:
    """Log the exception being handled, once for each ``place`` in a process."""
    if place in _reported:
        return
    _reported.add(place)
    logger.warning(
        "tokenboard: internal error while %s; the app is not affected, its telemetry may be "
        "incomplete. This is reported once.",
        place,
        exc_info=sys.exc_info(),
    )
