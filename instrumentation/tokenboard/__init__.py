"""One import, and every LLM call of a Python app is on the books."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenboard.context import agent, session, task, tool, user
    from tokenboard.export import flush
    from tokenboard.guards import guard
    from tokenboard.runaway import RunawayLoop
    from tokenboard.setup import init

__all__ = [
    "RunawayLoop",
    "agent",
    "flush",
    "guard",
    "init",
    "session",
    "task",
    "tool",
    "user",
]

# Where each name lives: ``import tokenboard`` alone must cost an app nothing.
_HOMES = {
    "RunawayLoop": "runaway",
    "agent": "context",
    "flush": "export",
    "guard": "guards",
    "init": "setup",
    "session": "context",
    "task": "context",
    "tool": "context",
    "user": "context",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'tokenboard' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"tokenboard.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
