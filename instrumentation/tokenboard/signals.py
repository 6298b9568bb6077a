"""When a session runs away without repeating itself: figures that alerts have limits for.

Pure, like :mod:`tokenboard.loops`: steps in, figures out, the same as the view ``session_signals``
has. The guard does not go by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tokenboard.loops import Step

RECENT_S: Final = 15 * 60.0
"""Depth is that of the last so many seconds."""
BURN_S: Final = 5 * 60.0
"""What is burned now is what was burned in the last so many seconds."""
_HISTORY_MINUTES: Final = 10
_CALLS_OF_GROWTH: Final = 6


@dataclass(frozen=True, slots=True)
class Signals:
    """What a session is doing at a moment, in figures that alerts have limits for.

    ``calls_since_human`` counts model calls, retries apart. ``depth`` is the deepest agent of late,
    ``retries`` the calls of late that failed or were a further attempt. ``usd_per_minute`` and
    ``tokens_per_minute`` are the burn of late; ``burn_ratio`` sets it against the mean of the
    earlier minutes in which the session did anything (0: fewer than ten such). ``context_growth``
    is by how many tokens an agent's context has grown over six or more calls with nothing new in
    them: no tool call that it had not made before, and nobody spoke; the largest of all agents that
    use tools.
    """

    calls_since_human: int
    depth: int
    retries: int
    tokens_per_minute: float
    usd_per_minute: float
    burn_ratio: float
    context_growth: int


def signals(steps: Iterable[Step], at: float) -> Signals:
    """Return what the steps of a session, all its agents', amount to at ``at`` (Unix seconds).

    ``steps`` are in order. A ``user`` step of an outermost agent (depth 0 or 1) is a person; one of
    an agent below others is the instruction that it got from above.
    """
    contexts: dict[str, _Context] = {}
    since_human = depth = retries = 0
    now_tokens, now_usd, earlier_tokens = 0, 0.0, 0
    earlier: set[int] = set()
    for step in steps:
        context = contexts.setdefault(step.agent, _Context())
        if step.kind == "user":
            if step.depth <= 1:
                since_human = 0
                for each in contexts.values():
                    each.anew()
            context.anew()
        elif step.kind == "tool":
            context.tool(step.signature)
        else:
            context.call(step.input_tokens)
            since_human += step.attempt <= 1
            if step.ts >= at - RECENT_S:
                depth = max(depth, step.depth)
            if step.ts >= at - BURN_S:
                retries += step.error or step.attempt > 1
                now_tokens += step.tokens
                now_usd += float(step.usd)
            else:
                earlier.add(int(step.ts // 60))
                earlier_tokens += step.tokens
    per_minute = now_tokens * 60 / BURN_S
    mean = earlier_tokens / len(earlier) if earlier else 0.0
    known = len(earlier) >= _HISTORY_MINUTES and mean > 0
    return Signals(
        calls_since_human=since_human,
        depth=depth,
        retries=retries,
        tokens_per_minute=per_minute,
        usd_per_minute=now_usd * 60 / BURN_S,
        burn_ratio=per_minute / mean if known else 0.0,
        context_growth=max((each.growth() for each in contexts.values()), default=0),
    )


class _Context:
    """How one agent's context grows since it last did something new."""

    __slots__ = ("_calls", "_first", "_newest", "_seen")

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self.anew()

    def anew(self) -> None:
        self._calls = self._first = self._newest = 0

    def tool(self, signature: str) -> None:
        if signature not in self._seen:
            self._seen.add(signature)
            self.anew()

    def call(self, tokens: int) -> None:
        if tokens:
            self._calls += 1
            self._first = self._first or tokens
            self._newest = tokens

    def growth(self) -> int:
        if not self._seen or self._calls < _CALLS_OF_GROWTH:
            return 0
        return max(0, self._newest - self._first)
