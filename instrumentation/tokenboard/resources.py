"""Where the SQL and the dashboards are: inside an installed wheel, beside it in a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def folder(name: str) -> Path:
    """Return the folder ``clickhouse`` or ``dashboards``.

    Raises:
        FileNotFoundError: the installation lacks it, with both places that were tried.
    """
    inside = _PACKAGE / name
    beside = _PACKAGE.parent.parent / name
    for candidate in (inside, beside):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(
        f"tokenboard's {name!r} folder is missing: looked in {inside} and {beside}. "
        "Reinstall the package: pip install --force-reinstall 'tokenboard[server]'"
    )
