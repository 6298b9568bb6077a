"""Whose work this is: user, team, session, agent and task, carried in the OpenTelemetry context.

The values travel wherever that context travels: into asyncio tasks, threads started with a copied
context, and whatever else propagates OpenTelemetry. They are never put into W3C baggage here:
baggage leaves the process with every instrumented request, to a model provider too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from opentelemetry import context as otel

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context import Context

KEY = "tokenboard.work"


@dataclass(frozen=True, slots=True)
class Work:
    """What the app has said about the work in hand; ``None`` is *not said*.

    ``user_named`` tells *nobody, on purpose* (``user(None)``) from *not said*. ``depth`` counts
    nested agents: 1 for an outermost one, 0 outside any.
    """

    user: str | None = None
    user_named: bool = False
    team: str | None = None
    session: str | None = None
    agent: str | None = None
    depth: int = 0
    task: str | None = None


NOTHING = Work()


def of(context: Context) -> Work:
    """Return the work that a context belongs to."""
    found = context.get(KEY)
    return found if isinstance(found, Work) else NOTHING


def current() -> Work:
    """Return the work that is in hand here and now."""
    return of(otel.get_current())


def detach(token: Token[Context], attached: Context, previous: Context) -> None:
    """Undo an ``attach``, also where the end runs in another context than the beginning did.

    That happens to generators and coroutines that are finalised elsewhere, by the garbage
    collector or by another task. OpenTelemetry's own ``detach`` logs an error there.
    """
    try:
        token.var.reset(token)
    except (ValueError, RuntimeError):
        if otel.get_current() is attached:  # this context is a copy made while ours was in force
            otel.attach(previous)
    except AttributeError:  # a runtime context that is not made of contextvars
        otel.detach(token)
