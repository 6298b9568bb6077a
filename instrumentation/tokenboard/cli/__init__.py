"""The ``tokenboard`` command: a thin shell, each command in a module of its own, loaded when used."""

from __future__ import annotations

import importlib
import sys

try:
    import click
except ImportError:  # an app's installation has no server part
    click = None  # type: ignore[assignment]

# command name -> "module:attribute"; help texts live with the commands.
COMMANDS: dict[str, str] = {
    "demo": "tokenboard.cli.demo:demo",
    "leaderboard": "tokenboard.cli.board:leaderboard",
    "loops": "tokenboard.cli.sessions:loops",
    "migrate": "tokenboard.cli.migrate:migrate",
    "prices": "tokenboard.cli.prices:prices",
    "refresh": "tokenboard.cli.refresh:refresh",
    "session": "tokenboard.cli.sessions:session",
    "sessions": "tokenboard.cli.sessions:sessions",
    "up": "tokenboard.cli.up:up",
}

if click is not None:

    class _Lazy(click.Group):
        """Imports a command only when it is named, so that ``--help`` and errors stay quick."""

        def list_commands(self, ctx: click.Context) -> list[str]:
            del ctx
            return sorted(COMMANDS)

        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
            del ctx
            if cmd_name not in COMMANDS:
                return None
            module, _, attribute = COMMANDS[cmd_name].partition(":")
            return getattr(importlib.import_module(module), attribute)

    @click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
    @click.version_option(package_name="tokenboard")
    def cli() -> None:
        """Token leaderboard, cost and agent sessions of your LLM calls."""


def main() -> None:
    """Entry point of the ``tokenboard`` command."""
    if click is None:
        sys.exit(
            "tokenboard: the command needs the server part: pip install 'tokenboard[server]'\n"
            "(an app that only sends telemetry needs no command: import tokenboard.auto)"
        )
    cli(prog_name="tokenboard")
