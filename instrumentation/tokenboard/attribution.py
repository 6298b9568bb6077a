"""Who a piece of work is for: context, then baggage, then environment, then login, else nobody."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from opentelemetry import baggage

from tokenboard import settings, work
from tokenboard.settings import name_or_none

if TYPE_CHECKING:
    from opentelemetry.context import Context

Source = Literal["context", "baggage", "environment", "login", "none"]


@dataclass(frozen=True, slots=True)
class Attribution:
    """Whose work it is; ``source`` says how the user is known."""

    user: str | None
    source: Source
    team: str | None
    session: str | None
    agent: str | None
    depth: int | None
    task: str | None


def of(context: Context, *, local: bool, agent: str | None = None) -> Attribution:
    """Attribute what happens in ``context``; any thread may ask.

    Args:
        context: an OpenTelemetry context.
        local: whether the telemetry stays on this machine; only then the login is used.
        agent: the name of the agent at work, where the app itself names none; see ``frameworks``.
    """
    here = work.of(context)
    carried = baggage.get_all(context)
    wanted = settings.current()
    user: str | None
    source: Source
    if here.user_named:
        user, source = here.user, "context"
    else:
        user, source = name_or_none(carried.get("user.id")), "baggage"
        if user is None:
            user, source = wanted.user, "environment"
        if user is None and local:
            user, source = login(), "login"
    return Attribution(
        user=user,
        source=source if user is not None else "none",
        team=here.team or name_or_none(carried.get("tokenboard.team")) or wanted.team,
        session=here.session or name_or_none(carried.get("session.id")),
        agent=here.agent or agent,
        depth=here.depth or None,
        task=here.task,
    )


@cache
def login() -> str | None:
    """Return the name this process's user logs in with, if there is one."""
    import getpass

    try:
        return name_or_none(getpass.getuser())
    except (KeyError, OSError, ImportError):
        return None
