"""What the guard counts: the runs of agents, told apart and followed by what the wire shows.

A run is one agent's conversation. Its steps are a person's message (the request's trigger), the
model's answer, and each tool call that the answer asks for; ``loops.Detector`` says when they
become a loop.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from decimal import Decimal
from time import monotonic, time
from typing import TYPE_CHECKING

from tokenboard import frameworks, mishap, work
from tokenboard.loops import Detector, Finding, Limits, Step, worst
from tokenboard.runaway import RunawayLoop

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from tokenboard.rules import Rules
    from tokenboard.wire import RequestFacts, ResponseFacts, Usage
    from tokenboard.work import Work

_IDLE = 2 * 60 * 60.0
"""Seconds after which a run that was silent counts as over."""
_MOST_SESSIONS = 1_000
_MOST_CONVERSATIONS = 1_000
_MOST_AT_ONCE = 16
"""Runs with the same first messages that are followed at a time."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What was sent under a guard: calls without retries, tokens as far as told, US dollars."""

    calls: int = 0
    tokens: int = 0
    usd: Decimal = Decimal(0)


class _Tally:
    """The same while it is being counted, and which of its limits were warned about."""

    __slots__ = ("calls", "tokens", "usd", "warned")

    def __init__(self) -> None:
        self.calls = 0
        self.tokens = 0
        self.usd = Decimal(0)
        self.warned: set[object] = set()


class _Run:
    """One agent's conversation, as far as the wire has shown it."""

    __slots__ = (
        "answered", "asked_for", "at", "detector", "found", "messages", "prompt", "session",
        "spent", "tool", "warned",
    )  # fmt: skip

    def __init__(self, limits: Limits, spent: _Tally, session: str | None) -> None:
        self.detector = Detector(limits)
        self.spent = spent
        self.session = session
        self.messages = -1
        self.prompt: str | None = None
        self.answered = True
        self.at = monotonic()
        self.found: Finding | None = None
        self.tool: str | None = None
        self.warned: set[object] = set()
        self.asked_for: list[tuple[str, str]] = []
        """Tools, by name and hash, that the newest answer asked for; how they went is not known
        until the next request brings their results."""

    def begins(self, facts: RequestFacts) -> None:
        """Take in that a request is about to be sent."""
        self.at = monotonic()
        self.messages = -1 if facts.messages is None else facts.messages
        self.prompt = facts.prompt_hash
        self.answered = False
        self._tools(facts.tool_result_errors)
        if facts.trigger == "user":
            self.anew()

    def anew(self) -> None:
        """Take in that the agent was spoken to."""
        self.detector.add(Step(time(), "user", ""))
        self.found = None

    def ends(self, answer: ResponseFacts, tokens: int) -> None:
        """Take in what was answered."""
        self.at = monotonic()
        self.answered = True
        now = time()
        self.detector.add(Step(now, "llm", "", tokens=tokens))
        self.asked_for += zip(answer.tool_names, answer.tool_hashes, strict=False)

    def _tools(self, failed: tuple[bool, ...]) -> None:
        """Take in that tools were called."""
        tools, self.asked_for = self.asked_for, []
        if not tools:
            return
        if len(failed) != len(tools):  # which results are whose cannot be told
            failed = (False,) * len(tools)
        now = time()
        found: dict[Finding, str] = {}
        for (name, digest), error in zip(tools, failed, strict=True):
            finding = self.detector.add(Step(now, "tool", f"{name}:{digest}", error=error))
            if finding is not None and finding.severity == "stop":
                found[finding] = name
        self.found = worst(found)
        self.tool = found[self.found] if self.found else None


class Runs:
    """The runs under one guard.

    Args:
        rules: what they may do.
        together: whether the limits are for all of them at once, or for each.
    """

    def __init__(self, rules: Rules, *, together: bool = True) -> None:
        self.rules = rules
        self.at = monotonic()
        self._limits = rules.limits
        self._spent = _Tally() if together else None
        self._lock = threading.Lock()
        self._talks: OrderedDict[object, list[_Run]] = OrderedDict()
        self._answers: OrderedDict[str, _Run] = OrderedDict()

    def spent(self) -> Spent:
        """Return a copy of the counts of a guard whose runs are counted together."""
        with self._lock:
            found = self._spent
            return Spent(found.calls, found.tokens, found.usd) if found else Spent()

    def before(self, facts: RequestFacts, who: Work) -> _Ticket:
        """Count a call in.

        Raises:
            RunawayLoop: it must not be sent.
        """
        with self._lock:
            self.at = monotonic()
            run = self._run(facts, who)
            run.begins(facts)
            if facts.trigger == "user" and who.depth <= 1 and who.session is not None:
                self._spoken(run)
            retry = facts.attempt is not None and facts.attempt > 1
            self._check(run, who, retry=retry)
            run.spent.calls += not retry
        return _Ticket(self, run, facts, counted=not retry)

    def after(self, run: _Run, facts: RequestFacts, answer: ResponseFacts) -> None:
        """Count what was answered."""
        usd = self._usd(facts, answer)
        with self._lock:
            usage = answer.usage
            tokens = _gross(usage) if usage is not None else 0
            run.spent.tokens += tokens
            run.spent.usd += usd
            if answer.error_type is None:
                run.ends(answer, tokens)
            if answer.response_id is not None:
                self._answers[answer.response_id] = run
                if len(self._answers) > _MOST_CONVERSATIONS:
                    self._answers.popitem(last=False)

    def forget(self, run: _Run) -> None:
        """Take back a call that was counted in and not sent."""
        with self._lock:
            run.spent.calls -= 1

    def _usd(self, facts: RequestFacts, answer: ResponseFacts) -> Decimal:
        if self.rules.max_usd is None or answer.usage is None:
            return Decimal(0)
        from tokenboard import spend

        return spend.usd(facts.provider, answer.model or facts.model, answer.usage) or Decimal(0)

    def _spoken(self, run: _Run) -> None:
        """Begin anew for every agent of the session: a person has spoken to them all.

        An agent below others is spoken to by the one above it: its instruction begins anew for
        itself alone, as in ``cli.sessions.by_agent`` and the SQL of the loops.
        """
        for runs in self._talks.values():
            for each in runs:
                if each is not run and each.session == run.session:
                    each.anew()

    def _check(self, run: _Run, who: Work, *, retry: bool) -> None:
        rules, spent = self.rules, run.spent
        if run.found is not None:
            rule, how = run.found.rule, _told(run.found, run.tool)
            self._stop(run, who, rule, how, (rule, run.found.first))
        # A retry is no further call.
        if rules.max_calls is not None and spent.calls >= rules.max_calls and not retry:
            self._stop(run, who, "max_calls", f"{spent.calls:,} calls, as many as allowed")
        if rules.max_tokens is not None and spent.tokens >= rules.max_tokens:
            how = f"{spent.tokens:,} tokens burned of the {rules.max_tokens:,} allowed"
            self._stop(run, who, "max_tokens", how)
        if rules.max_usd is not None and spent.usd >= rules.max_usd:
            how = f"${spent.usd:.4f} burned of the ${rules.max_usd} allowed"
            self._stop(run, who, "max_usd", how)

    def _stop(self, run: _Run, who: Work, limit: str, how: str, once: object = None) -> None:
        known = (("session", who.session), ("agent", who.agent), ("user", who.user))
        whose = ", ".join(f"{kind} {name}" for kind, name in known if name)
        where = f" ({whose})" if whose else ""
        spent = run.spent
        if self.rules.on == "warn":
            warned = spent.warned if once is None else run.warned
            if (key := once or limit) not in warned:
                warned.add(key)
                mishap.logger.warning("tokenboard guard%s: %s.", where, how)
            return
        loop = run.found if once is not None else None
        raise RunawayLoop(
            f"tokenboard guard{where}: {how}; the next call was not sent "
            f"({spent.calls:,} calls, {spent.tokens:,} tokens so far)",
            limit=limit,
            finding=loop,
            tool=run.tool if loop else None,
            calls=spent.calls,
            tokens=spent.tokens,
            usd=spent.usd if self.rules.max_usd is not None else None,
            user=who.user,
            session=who.session,
            agent=who.agent,
        )

    def _run(self, facts: RequestFacts, who: Work) -> _Run:
        """Find the run that a request carries on, or begin one.

        The provider's own ids are certain. Else the request's first messages name the
        conversation; of several runs that began alike (the same question asked five times over)
        it is the one whose messages this request has, and more.
        """
        if facts.previous_response_id is not None:
            run = self._answers.get(facts.previous_response_id)
            if run is not None:
                return run
        key = (
            who.agent,
            who.user if self._spent is None else None,
            facts.conversation_id or facts.conversation_hash,
        )
        runs = self._talks.get(key)
        if runs is None:
            runs = self._talks[key] = []
            if len(self._talks) > _MOST_CONVERSATIONS:
                self._talks.popitem(last=False)
        self._talks.move_to_end(key)
        run = _carried_on(runs, facts)
        if run is None:
            spent = self._spent if self._spent is not None else _Tally()
            run = _Run(self._limits, spent, who.session)
            runs.append(run)
            del runs[:-_MOST_AT_ONCE]
        return run


def _carried_on(runs: list[_Run], facts: RequestFacts) -> _Run | None:
    now = monotonic()
    runs[:] = [run for run in runs if now - run.at < _IDLE]
    newest = sorted(runs, key=lambda run: (run.answered, run.at), reverse=True)
    if facts.conversation_id is not None or facts.messages is None:
        return newest[0] if newest else None
    if facts.attempt is not None and facts.attempt > 1:
        for run in newest:
            if run.prompt == facts.prompt_hash:
                return run
    shorter = [run for run in newest if run.messages < facts.messages]
    if shorter:
        return max(shorter, key=lambda run: (run.answered, run.messages))
    if facts.trigger == "user":  # as short as at the start: the same question, asked anew
        return None
    return newest[0] if newest else None  # an agent that forgets its oldest messages


class Everywhere:
    """The guard of a whole app: each session for itself."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, Runs] = OrderedDict()
        self._unnamed = Runs(rules, together=False)

    def runs(self, session: str | None) -> Runs:
        """Return the runs of a session; the unnamed ones are told apart by their messages."""
        if session is None:
            return self._unnamed
        with self._lock:
            found = self._sessions.get(session)
            if found is None or monotonic() - found.at > _IDLE:
                found = self._sessions[session] = Runs(self.rules)
                if len(self._sessions) > _MOST_SESSIONS:
                    self._sessions.popitem(last=False)
            self._sessions.move_to_end(session)
            return found


class _Ticket:
    """One call, counted in by one guard."""

    __slots__ = ("_counted", "_facts", "_run", "_runs")

    def __init__(self, runs: Runs, run: _Run, facts: RequestFacts, *, counted: bool) -> None:
        self._runs = runs
        self._run = run
        self._facts = facts
        self._counted = counted

    def after(self, answer: ResponseFacts) -> None:
        self._runs.after(self._run, self._facts, answer)

    def undo(self) -> None:
        if self._counted:
            self._runs.forget(self._run)


class Watch:
    """Whom to tell what became of a call."""

    __slots__ = ("_tickets",)

    def __init__(self, tickets: list[_Ticket]) -> None:
        self._tickets = tickets

    def after(self, answer: ResponseFacts) -> None:
        """Take in a call's answer; to be called once, never raises."""
        try:
            for ticket in self._tickets:
                ticket.after(answer)
        except Exception:
            mishap.report("guarding a run")


def look(
    facts: RequestFacts,
    context: Context,
    runs: tuple[Runs, ...],
    app: Everywhere | None,
) -> Watch | None:
    """Ask every guard about a call that is about to be sent, the innermost first.

    Raises:
        RunawayLoop: one of them says no.
    """
    tickets: list[_Ticket] = []
    try:
        who = work.of(context)
        if who.agent is None:
            who = replace(who, agent=frameworks.agent())
        watching = [*reversed(runs)]
        if app is not None:
            watching.append(app.runs(who.session))
        for each in watching:
            tickets.append(each.before(facts, who))  # noqa: PERF401 - needed as far as it got
        return Watch(tickets)
    except RunawayLoop:
        for ticket in tickets:
            ticket.undo()
        raise
    except Exception:
        mishap.report("guarding a run")
        return None


def _gross(usage: Usage) -> int:
    return (usage.input_tokens or 0) + (usage.output_tokens or 0)


def _told(finding: Finding, tool: str | None) -> str:
    if finding.rule == "same_call":
        return f"the tool {tool!r} was called {finding.count} times in a row, arguments equal"
    if finding.rule == "cycle":
        return f"the same cycle of tool calls, {tool!r} the last, was made {finding.count} times"
    if finding.rule == "error_streak":
        return f"the tool {tool!r} failed {finding.count} times in a row"
    return f"the tool {tool!r} was called {finding.count} times within 20 calls, arguments equal"
