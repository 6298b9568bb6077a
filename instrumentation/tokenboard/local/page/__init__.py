"""The page of ``tokenboard up``: the provisioned dashboards drawn from their JSON, no Grafana."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import importlib.util
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
"""Serve these files under ``/page/``, and ``index.html`` for ``/`` and ``/d/…``."""


def _stamp() -> str:
    """What the page's files are like, plotly's version included: part of their addresses."""
    found = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*.*s*")):
        if path.suffix in (".js", ".css"):
            found.update(path.read_bytes())
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        found.update(importlib.metadata.version("plotly").encode())
    return found.hexdigest()[:12]


STAMP = _stamp()


@functools.cache
def _index() -> tuple[str, str]:
    text = (FOLDER / "index.html").read_text("utf-8").replace("/page/", f"/page/{STAMP}/")
    before, _, after = text.partition("GIVEN")
    return before, after


def index(given: str) -> str:
    """The page with a JSON document in it, for its scripts to begin with."""
    # Inside a script element only a "<" could end it.
    # https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
    before, after = _index()
    return before + given.replace("<", "\\u003c") + after


def vendor(name: str) -> Path | None:
    """Find the file behind ``/vendor/NAME``, shipped by an installed package; None if not there.

    The package is found, not imported: importing plotly takes most of a second.
    """
    if name != "plotly.min.js":
        return None
    spec = importlib.util.find_spec("plotly")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "package_data" / name
    return path if path.is_file() else None
