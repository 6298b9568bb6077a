"""Runs any kind of callable inside a piece of work: functions, coroutines, both generators.

A generator's body runs in its caller's context, step by step. So the context is set around every
step and taken back before the value is handed over: nothing of ours is left in the caller's
context between two steps, and what the body itself attached is there again at the next one.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from opentelemetry import context as otel

from tokenboard import work

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.context import Context


F = TypeVar("F", bound="Callable[..., Any]")


class Run(Protocol):
    """One time through a piece of work."""

    context: Context
    """What is current inside it."""

    def end(self, error: BaseException | None) -> None:
        """Close it; called exactly once, never raises."""
        ...


class Entered:
    """A ``with`` block around the body of one run."""

    __slots__ = ("_previous", "_token", "run")

    def __init__(self, run: Run) -> None:
        self.run = run
        self._previous: Context
        self._token: Token[Context]

    def __enter__(self) -> Run:
        self._previous = otel.get_current()
        self._token = otel.attach(self.run.context)
        return self.run

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        work.detach(self._token, self.run.context, self._previous)
        self.run.end(error)


class _Step:
    """A ``with`` block around one step of a generator; remembers what the body left attached."""

    __slots__ = ("_attached", "_previous", "_token", "context")

    def __init__(self, context: Context) -> None:
        self.context = context

    def __enter__(self) -> None:
        self._attached = self.context
        self._previous = otel.get_current()
        self._token = otel.attach(self.context)

    def __exit__(self, *_: object) -> None:
        self.context = otel.get_current()
        work.detach(self._token, self._attached, self._previous)


def decorate(function: F, begin: Callable[[], Run]) -> F:
    """Return ``function`` so that each call of it is a run of its own.

    Raises:
        TypeError: ``function`` cannot be called, or is a class.
    """
    if not callable(function) or isinstance(function, type):
        raise TypeError(
            f"tokenboard decorates functions and methods, not {function!r}; "
            "decorate the methods of a class instead"
        )
    if inspect.isasyncgenfunction(function):
        wrapper = _async_generator(function, begin)
    elif inspect.iscoroutinefunction(function):
        wrapper = _coroutine(function, begin)
    elif inspect.isgeneratorfunction(function):
        wrapper = _generator(function, begin)
    else:
        wrapper = _function(function, begin)
    return cast("F", wrapper)


def _function(function: Callable[..., Any], begin: Callable[[], Run]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        with Entered(begin()):
            return function(*args, **kwargs)

    return wrapper


def _coroutine(
    function: Callable[..., Awaitable[Any]], begin: Callable[[], Run]
) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        with Entered(begin()):
            return await function(*args, **kwargs)

    return wrapper


def _generator(
    function: Callable[..., Generator[Any, Any, Any]], begin: Callable[[], Run]
) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        body = function(*args, **kwargs)
        run = begin()
        step = _Step(run.context)
        failure: BaseException | None = None
        thrown: BaseException | None = None
        sent: Any = None
        try:
            while True:
                try:
                    with step:
                        item = body.send(sent) if thrown is None else body.throw(thrown)
                except StopIteration as stop:
                    return stop.value
                try:
                    sent, thrown = (yield item), None
                except GeneratorExit:
                    with step:
                        body.close()
                    raise
                except BaseException as error:
                    sent, thrown = None, error
        except BaseException as error:
            failure = error
            raise
        finally:
            run.end(failure)

    return wrapper


def _async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], begin: Callable[[], Run]
) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        body = function(*args, **kwargs)
        run = begin()
        step = _Step(run.context)
        failure: BaseException | None = None
        thrown: BaseException | None = None
        sent: Any = None
        try:
            while True:
                try:
                    with step:
                        item = await (body.asend(sent) if thrown is None else body.athrow(thrown))
                except StopAsyncIteration:
                    return
                try:
                    sent, thrown = (yield item), None
                except GeneratorExit:
                    with step:
                        await body.aclose()
                    raise
                except BaseException as error:
                    sent, thrown = None, error
        except BaseException as error:
            failure = error
            raise
        finally:
            run.end(failure)

    return wrapper
