"""Stop a runaway agent inside the app, before its next call is sent.

::

    try:
        with tokenboard.guard(max_repeats=5, max_calls=200, max_usd=5):
            run_agent()
    except tokenboard.RunawayLoop as loop:
        give_up(loop)

``TOKENBOARD_GUARD="max_repeats=5,max_calls=200,on=raise"`` sets the same limits for a whole app:
there each session has its own counts, and a conversation that nobody named is a session.

The guard is the one part of this package that may interfere with an app, and only because the app
asked for it. The rules of what is a loop are those of ``loops.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from opentelemetry import context as otel

from tokenboard import backlog
from tokenboard.context import Run, Scope
from tokenboard.runaway import KEY

if TYPE_CHECKING:
    from decimal import Decimal

    from opentelemetry.context import Context

    from tokenboard.runs import Runs, Spent


class GuardRun(Run):
    """What ``with tokenboard.guard(...) as guarded`` gives: the counts so far."""

    __slots__ = ("_runs",)

    def __init__(self, context: Context, runs: Runs) -> None:
        super().__init__(context)
        self._runs = runs

    @property
    def spent(self) -> Spent:
        """Calls, tokens and US dollars under this guard until now."""
        backlog.drain()  # what was answered may still wait there to be read
        return self._runs.spent()


def guard(
    max_repeats: int | None = 5,
    *,
    max_cycle: int = 5,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    max_usd: Decimal | float | str | None = None,
    on: str = "raise",
) -> Scope[GuardRun]:
    """Stop what runs inside before it burns more than this; see the module.

    Args:
        max_repeats: how often in a row an agent may ask for the same tool with the same
            arguments, or go through the same cycle of calls; twice as often within 20 calls, too.
            A tool may fail twice as often in a row, whatever its arguments, where the wire format
            says that it failed (Anthropic, Bedrock, Gemini). A person's message starts the count
            anew. ``None`` looks for no loops.
        max_cycle: the longest cycle that is looked for, in tool calls.
        max_calls: model calls in all, retries not counted.
        max_tokens: input and output tokens in all, cached ones included.
        max_usd: US dollars in all; needs ``tokenboard[prices]``.
        on: ``"raise"`` raises ``RunawayLoop`` in place of sending the call that is too many;
            ``"warn"`` logs it, once a loop, and sends.

    Raises:
        ValueError: a limit makes no sense.
        ImportError: ``max_usd`` without ``tokenboard[prices]``.
    """
    from tokenboard.rules import Rules
    from tokenboard.runs import Runs

    rules = Rules.checked(
        max_repeats=max_repeats,
        max_cycle=max_cycle,
        max_calls=max_calls,
        max_tokens=max_tokens,
        max_usd=max_usd,
        on=on,
    )

    def begin(context: Context) -> GuardRun:
        runs = Runs(rules)
        outer = cast("tuple[Runs, ...]", context.get(KEY, ()))
        inside = otel.set_value(KEY, (*outer, runs), context)
        return GuardRun(inside, runs)

    return Scope(begin)
