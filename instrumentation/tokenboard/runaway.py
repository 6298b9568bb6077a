"""Where the hooks and the guard meet: asked before every call, and silent unless a guard is set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tokenboard import mishap

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from opentelemetry.context import Context

    from tokenboard.loops import Finding
    from tokenboard.runs import Everywhere, Watch
    from tokenboard.wire import RequestFacts

KEY = "tokenboard.guard"


class RunawayLoop(BaseException):
    """An agent went round in circles, or over a limit, and its next call was not sent.

    No ``Exception``, on purpose: SDKs and agent frameworks catch every ``Exception`` that comes
    out of the HTTP client, wrap it as a connection error and try again (anthropic, groq, together,
    litellm), or hand it to the model as a tool's result, which is how a loop goes on.

    Attributes:
        limit: what was hit: a rule of ``loops.py`` (``same_call``, ``cycle``, ``window``,
            ``error_streak``) or one of ``max_calls``, ``max_tokens``, ``max_usd``.
        finding: the loop as ``loops.py`` describes it, its positions counted from the first step
            that the guard saw of this agent; None where a limit was hit.
        tool: the tool that the loop calls, None where a limit was hit.
        calls: model calls sent under this guard, retries not counted.
        tokens: their input and output tokens, as far as the provider told.
        usd: their price in US dollars, only where ``max_usd`` is set.
        user, session, agent: whose call was not sent, where known.
    """

    def __init__(
        self,
        message: str,
        *,
        limit: str = "",
        finding: Finding | None = None,
        tool: str | None = None,
        calls: int = 0,
        tokens: int = 0,
        usd: Decimal | None = None,
        user: str | None = None,
        session: str | None = None,
        agent: str | None = None,
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.finding = finding
        self.tool = tool
        self.calls = calls
        self.tokens = tokens
        self.usd = usd
        self.user = user
        self.session = session
        self.agent = agent


_everywhere: Everywhere | None = None
_wanted: object = None


def everywhere(wanted: str | Mapping[str, Any] | bool | None, source: str) -> None:
    """Guard every session of the app; nothing, or a no, takes that guard away.

    Args:
        wanted: ``"max_repeats=5,max_calls=200,on=raise"``, the same as a mapping, or yes.
        source: where it was said, for the warning if it cannot be understood. A guard that
            cannot be understood is none: half of it might stop what it should not.
    """
    global _everywhere, _wanted  # noqa: PLW0603 - one process, one configuration
    if wanted == _wanted:  # a second init() must not forget what was counted
        return
    _everywhere, _wanted = None, wanted
    try:
        if isinstance(wanted, str) and wanted.strip().lower() in _NO:
            return
        if not wanted:
            return
        from tokenboard.rules import Rules
        from tokenboard.runs import Everywhere

        _everywhere = Everywhere(Rules.read(wanted))
    except (ValueError, ImportError) as error:
        mishap.logger.warning("tokenboard: %s: %s. No guard is on.", source, error)


_NO = frozenset({"", "false", "0", "no", "off"})


def watching(context: Context) -> bool:
    """Whether any guard wants to know of calls made in ``context``."""
    return _everywhere is not None or KEY in context


def before(facts: RequestFacts, context: Context) -> Watch | None:
    """Look at a call that is about to be sent; the hooks call this.

    Returns:
        Whom to tell what became of the call, if any guard is watching.

    Raises:
        RunawayLoop: the call must not be sent.
    """
    guards = context.get(KEY)
    if guards is None and _everywhere is None:
        return None
    from tokenboard import runs

    return runs.look(facts, context, cast("tuple[runs.Runs, ...]", guards or ()), _everywhere)
