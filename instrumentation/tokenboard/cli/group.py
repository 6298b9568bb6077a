"""The command group: each command in a module of its own, loaded when it is used."""

from __future__ import annotations

import importlib

import click

# command name -> "module:attribute"; help texts live with the commands.
COMMANDS: dict[str, str] = {
    "alerts": "tokenboard.cli.alerts:alerts",
    "budgets": "tokenboard.cli.plans:budgets",
    "cost": "tokenboard.cli.cost:cost",
    "demo": "tokenboard.cli.demo:demo",
    "import": "tokenboard.cli.imports:import_",
    "doctor": "tokenboard.cli.doctor:doctor",
    "energy": "tokenboard.cli.energy:energy",
    "explain": "tokenboard.cli.explain:explain",
    "leaderboard": "tokenboard.cli.board:leaderboard",
    "loops": "tokenboard.cli.sessions:loops",
    "migrate": "tokenboard.cli.migrate:migrate",
    "people": "tokenboard.cli.people:people",
    "prices": "tokenboard.cli.prices:prices",
    "refresh": "tokenboard.cli.refresh:refresh",
    "session": "tokenboard.cli.sessions:session",
    "sessions": "tokenboard.cli.sessions:sessions",
    "settings": "tokenboard.cli.settings:settings",
    "targets": "tokenboard.cli.plans:targets",
    "tiers": "tokenboard.cli.settings:tiers",
    "titles": "tokenboard.cli.settings:titles",
    "up": "tokenboard.cli.up:up",
}


class _Lazy(click.Group):
    """Imports a command only when it is named, so that errors stay quick."""

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
