"""What the engine says when it refuses, taken apart."""

from __future__ import annotations

import re

_CODE = re.compile(r"Code: (\d+)\. DB::")
_NAME = re.compile(r"\(([A-Z][A-Z0-9_]+)\)")


def error_code(message: str) -> int:
    """Return ClickHouse's number for the error, 0 when the message has none."""
    found = _CODE.search(message)
    return int(found[1]) if found else 0


def error_name(message: str) -> str:
    """Return ClickHouse's name for the error, '' when the message has none."""
    names = _NAME.findall(message)
    return names[-1] if names else ""


def one_line(error: BaseException) -> str:
    """Return the first line of an error's text, its class's name when it has none."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
