"""Work handed to a thread pool is done for whoever handed it in, and so are callbacks on its end.

``ThreadPoolExecutor.submit`` (and with it ``map`` and ``loop.run_in_executor``) starts in a thread
that knows nothing of the context, unlike an asyncio task or ``asyncio.to_thread``, and what
``Future.add_done_callback`` is given is called in whichever thread ends the work. While the app
has said whose work is in hand, that is carried along; else nothing is changed. Threads that the
app starts itself are left alone: one that serves many would serve them all in the first one's name.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from opentelemetry import baggage
from opentelemetry import context as otel

from tokenboard import export, mishap, runaway, work
from tokenboard.hooks import patch

if TYPE_CHECKING:
    from collections.abc import Callable

    from opentelemetry.context import Context

_OURS = (work.KEY, runaway.KEY)
_BAGGAGE = ("user.id", "session.id", "tokenboard.team")


def install(module: Any) -> None:
    """Wrap what hands functions to other threads; harmless the second time.

    Args:
        module: ``concurrent.futures.thread`` or ``concurrent.futures._base``.
    """
    kind, name = _place(module)
    original = getattr(kind, name)
    if patch.is_in(original):
        return

    @functools.wraps(original)
    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        return original(self, _carried(fn), *args, **kwargs)

    @functools.wraps(original)
    def add_done_callback(self: Any, fn: Any) -> Any:
        return original(self, _carried(fn))

    wrapper = submit if name == "submit" else add_done_callback
    patch.mark(wrapper, original)
    setattr(kind, name, wrapper)


def uninstall(module: Any) -> None:
    """Undo ``install``, unless somebody has wrapped the method after us."""
    kind, name = _place(module)
    original = patch.original(getattr(kind, name))
    if original is not None:
        setattr(kind, name, original)


def _place(module: Any) -> tuple[Any, str]:
    if hasattr(module, "ThreadPoolExecutor"):
        return module.ThreadPoolExecutor, "submit"
    return module.Future, "add_done_callback"


def _carried(function: Any) -> Any:
    try:
        context = otel.get_current()
        if not context:
            return function
        known = {key: context[key] for key in _OURS if key in context}
        told = {name: said for name in _BAGGAGE if (said := baggage.get_baggage(name, context))}
        if not known and not told:
            return function
        # Where the app has its own spans, those of its pools stay what they were: roots.
        return _Carried(function, known, told, None if export.app_has_traces() else context)
    except Exception:
        mishap.report("handing on whose work it is")
        return function


class _Carried:
    """A function that is called in the context in which it was handed in."""

    __slots__ = ("_context", "_function", "_known", "_told")

    def __init__(
        self,
        function: Callable[..., Any],
        known: dict[str, object],
        told: dict[str, object],
        context: Context | None,
    ) -> None:
        self._function = function
        self._known = known
        self._told = told
        self._context = context

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        context = self._context
        if context is None:
            context = otel.Context({**otel.get_current(), **self._known})
            for name, said in self._told.items():
                context = baggage.set_baggage(name, said, context)
        token = otel.attach(context)
        try:
            return self._function(*args, **kwargs)
        finally:
            otel.detach(token)
