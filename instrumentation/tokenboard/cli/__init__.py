"""The ``tokenboard`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the command; says what to install where only the app's part is."""
    try:
        import click as _click
        import rich as _rich
    except ImportError:
        sys.exit(
            "tokenboard: the command needs the server part: pip install 'tokenboard[server]'\n"
            "(an app that only sends telemetry needs no command: import tokenboard.auto)"
        )
    del _click, _rich
    from tokenboard.cli.group import cli

    cli(prog_name="tokenboard")
