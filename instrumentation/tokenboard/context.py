"""What the wire cannot know: who, which session, which agent, tool and task.

Each name here is a context manager and a decorator, for plain and ``async`` code alike::

    with tokenboard.user("ada", team="search"), tokenboard.session("s-1"):
        ...

    @tokenboard.agent("planner")
    async def plan(): ...

A decorated generator has its context around each of its steps. A ``with`` block that a generator
keeps open across a ``yield`` is seen by the generator's caller too (all context variables are):
decorate the generator instead.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from opentelemetry import context as otel

from tokenboard import decorate, mishap, work
from tokenboard.settings import name_or_none

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.context import Context

    from tokenboard.telemetry import Operation

F = TypeVar("F", bound="Callable[..., Any]")


class Run:
    """One time through a scope: its context, and its span where the scope has one."""

    __slots__ = ("_operation", "context")

    def __init__(self, context: Context, operation: Operation | None = None) -> None:
        self.context = context
        self._operation = operation

    def end(self, error: BaseException | None) -> None:
        """Close the span; never raises."""
        if self._operation is not None:
            self._operation.end(error)


class TaskRun(Run):
    """A task in hand: what ``with tokenboard.task(...) as task`` gives.

    Without a word the task ends with no outcome: unknown, perhaps carried on elsewhere. Left by
    an exception it has failed, with the exception's class as reason; interrupted (cancelled,
    Ctrl-C) it is ``abandoned``. What the app said stands whatever happens later.
    """

    __slots__ = ("_said",)

    def __init__(self, context: Context, operation: Operation | None = None) -> None:
        super().__init__(context, operation)
        self._said = False

    def done(
        self,
        outcome: str = "done",
        review_minutes: float | None = None,
        score: float | None = None,
    ) -> None:
        """Say how the task ended.

        Args:
            outcome: ``done``, or another word of yours (``reverted``, ``rejected`` …).
            review_minutes: the time people needed to check the work, in minutes.
            score: the quality of the work, on a scale of yours.
        """
        self._say(name_or_none(outcome) or "done", review_minutes, score, None)

    def failed(self, reason: str | None = None) -> None:
        """Say that the task failed; ``reason`` is a short word, not the task's content."""
        self._say("failed", None, None, name_or_none(reason))

    def end(self, error: BaseException | None) -> None:
        """Close the span, with the outcome that an exception implies."""
        if error is not None and not self._said and not isinstance(error, GeneratorExit):
            outcome = "failed" if isinstance(error, Exception) else "abandoned"
            self._say(outcome, None, None, type(error).__name__)
        super().end(error)

    def _say(
        self, outcome: str, review_minutes: float | None, score: float | None, reason: str | None
    ) -> None:
        try:
            self._said = True
            from tokenboard import telemetry

            telemetry.task_outcome(self._operation, outcome, review_minutes, score, reason)
        except Exception:
            mishap.report("recording a task's outcome")


R = TypeVar("R", bound=Run)


class Scope(Generic[R]):
    """A piece of work to be entered with ``with`` or ``async with``, or to decorate with.

    One object may be entered many times, also at the same time by several threads and tasks.
    """

    def __init__(self, begin: Callable[[Context], R]) -> None:
        self._begin = begin
        # By the identity of the context that the entry made current, which the entry keeps alive.
        self._entered: dict[int, tuple[R, Token[Context], Context]] = {}

    def __enter__(self) -> R:
        previous = otel.get_current()
        run = self._begin(previous)
        self._entered[id(run.context)] = (run, otel.attach(run.context), previous)
        return run

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        entry = self._entered.pop(id(otel.get_current()), None)
        if entry is None:  # left in another context than entered, or over something left attached
            if not self._entered:
                return
            entry = self._entered.popitem()[1]
        run, token, previous = entry
        work.detach(token, run.context, previous)
        run.end(error)

    async def __aenter__(self) -> R:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, traceback)

    def __call__(self, function: F) -> F:
        """Decorate ``function``: each call of it is a run of its own.

        Raises:
            TypeError: ``function`` cannot be called, or is a class.
        """
        return decorate.decorate(function, lambda: self._begin(otel.get_current()))

    def _in_hand(self) -> R | None:
        entry = self._entered.get(id(otel.get_current()))
        return entry[0] if entry else None


class TaskScope(Scope[TaskRun]):
    """A task; ``done`` and ``failed`` may also be said outside of ``with``, days later."""

    def done(
        self,
        outcome: str = "done",
        review_minutes: float | None = None,
        score: float | None = None,
    ) -> None:
        """Say how the task ended; see ``TaskRun.done``."""
        run = self._in_hand()
        if run is not None:
            run.done(outcome, review_minutes, score)
            return
        with self as run:
            run.done(outcome, review_minutes, score)

    def failed(self, reason: str | None = None) -> None:
        """Say that the task failed; see ``TaskRun.failed``."""
        run = self._in_hand()
        if run is not None:
            run.failed(reason)
            return
        with self as run:
            run.failed(reason)


@dataclass(frozen=True, slots=True)
class _Change:
    """Begins runs that change the work in hand and have no span."""

    values: dict[str, Any]

    def __call__(self, context: Context) -> Run:
        changed = replace(work.of(context), **self.values)
        return Run(otel.set_value(work.KEY, changed, context))


def user(id: object, team: object = None) -> Scope[Run]:  # noqa: A002 - the public name
    """Whom the work is for, inside the company.

    Args:
        id: any name that is yours to choose: login, e-mail, staff number. ``None`` or an empty
            name is *nobody*: the calls are shown as unattributed, whatever the environment says.
        team: the person's team; without it the process's own (``TOKENBOARD_TEAM``).
    """
    name = name_or_none(id)
    return Scope(_Change({"user": name, "user_named": True, "team": name_or_none(team)}))


def session(id: object) -> Scope[Run]:  # noqa: A002 - the public name
    """The conversation or agent run that calls belong to; ``None`` is *no session named*."""
    return Scope(_Change({"session": name_or_none(id)}))


def agent(name: object) -> Scope[Run]:
    """An agent at work: an ``invoke_agent`` span, and its name on every call inside."""
    label = name_or_none(name)

    def begin(context: Context) -> Run:
        outer = work.of(context)
        inside = otel.set_value(
            work.KEY, replace(outer, agent=label, depth=outer.depth + 1), context
        )
        return Run(*_operation("invoke_agent", label, inside))

    return Scope(begin)


def tool(name: object, call_id: object = None) -> Scope[Run]:
    """A tool at work: an ``execute_tool`` span; an exception that leaves it is the tool's error.

    Args:
        name: the tool's name, as the model knows it.
        call_id: the id of the model's tool call that this answers, if at hand.
    """
    label = name_or_none(name)
    call = name_or_none(call_id)

    def begin(context: Context) -> Run:
        inside = otel.set_value(work.KEY, work.of(context), context)
        return Run(*_operation("execute_tool", label, inside, call))

    return Scope(begin)


def task(id: object) -> TaskScope:  # noqa: A002 - the public name
    """A task that tokens are spent on: a ``task`` span that carries its outcome."""
    label = name_or_none(id)

    def begin(context: Context) -> TaskRun:
        inside = otel.set_value(work.KEY, replace(work.of(context), task=label), context)
        return TaskRun(*_operation("task", label, inside))

    return TaskScope(begin)


def _operation(
    kind: str, name: str | None, context: Context, call_id: str | None = None
) -> tuple[Context, Operation | None]:
    """Start a span and return the context that has it; without telemetry just the context."""
    try:
        from tokenboard import telemetry

        return telemetry.begin_operation(kind, name, context, call_id)
    except Exception:
        mishap.report(f"starting a span for {kind}")
        return context, None
