"""Runs the real ``tokenboard`` command as people do, in an environment that is only the test's."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = Path(sys.executable).with_name("tokenboard")


def environment(home, **extra):
    """An environment whose home and data directory are the test's own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "TOKENBOARD_", "XDG_", "OPENAI_", "ANTHROPIC_"))
    }
    return kept | {"HOME": str(home), **extra}


def tokenboard(*arguments, home, timeout=120, **extra):
    """Run a command to its end; returns what it wrote and its status."""
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
        env=environment(home, **extra),
        stdin=subprocess.DEVNULL,
    )
