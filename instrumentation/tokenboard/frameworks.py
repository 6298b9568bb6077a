"""The name that an agent framework gives the agent at work, where the app itself names none.

Nothing is imported, patched or registered: each framework that the app has imported keeps what it
is doing in a context variable, which is looked at when a call is made. What is not found there, in
this release or that, is simply no name.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from tokenboard.settings import name_or_none

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST = 64
"""Spans of openai-agents that are looked through for an agent's."""


def agent() -> str | None:
    """Return the name of the framework's agent that is at work here, if there is one."""
    for name, read in _READERS:
        module = sys.modules.get(name)
        if module is not None:
            try:
                found = name_or_none(read(module))
            except Exception:  # noqa: S112 - another release, or somebody else's module of that name
                continue
            if found is not None:
                return found
    return None


def _openai_agents(scope: Any) -> Any:
    """Walk from the current span out to an agent's; they are kept even where tracing is disabled.

    https://openai.github.io/openai-agents-python/tracing/
    """
    span = scope.Scope.get_current_span()
    for _ in range(_DEEPEST):
        data = getattr(span, "span_data", None)
        if data is None:
            return None
        if data.type == "agent":
            return data.name
        if data.type == "turn":
            return data.agent_name
        span = getattr(getattr(span, "_prev_span_token", None), "old_value", None)
    return None


def _pydantic_ai(run_context: Any) -> Any:
    """https://ai.pydantic.dev/api/tools/#pydantic_ai.tools.RunContext."""
    run = run_context.get_current_run_context()
    return None if run is None or run.agent is None else run.agent.name


def _langgraph(config: Any) -> Any:
    """Read the config that langchain passes along: ``create_agent`` writes its name there.

    Else an agent is a graph inside a graph, and named as the node that it is there.
    """
    current: Any = config.var_child_runnable_config.get()
    metadata: Any = current and current.get("metadata")
    if not metadata:
        return None
    named = metadata.get("lc_agent_name")
    if named is not None:
        return named
    nested = str(metadata.get("langgraph_checkpoint_ns") or "").split("|")[:-1]
    return nested[-1].partition(":")[0] if nested else None


_READERS: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("agents.tracing.scope", _openai_agents),
    ("pydantic_ai._run_context", _pydantic_ai),
    ("langchain_core.runnables.config", _langgraph),
)
