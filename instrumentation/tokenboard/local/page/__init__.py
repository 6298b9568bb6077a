"""The page of ``tokenboard up``: the provisioned dashboards drawn from their JSON, no Grafana."""

from __future__ import annotations

import importlib.util
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
"""Serve these files under ``/page/``, and ``index.html`` for ``/`` and ``/d/…``."""


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
