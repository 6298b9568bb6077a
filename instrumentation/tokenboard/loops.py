"""When an agent goes round in circles: rules over the ordered steps of one agent's session.

Pure: steps in, findings out. The guard inside an app, the ``loops`` command and the tests that hold
the SQL to the same answers all run this one implementation (:class:`Detector`).

Every rule looks at **tool steps only**, in order, and starts afresh at each ``user`` step: a person
who answers has seen what happened. ``llm`` steps never make or break a run, they only take up
positions. Let ``a`` be the signatures of the tool steps since the last ``user`` step.

``same_call``
    A maximal run of equal neighbours in ``a``, 3 or longer. ``count`` is its length.
    ``warning`` at 3, ``critical`` at 4, ``stop`` at 5.
``cycle``
    For k = 2…5, a maximal stretch in which every ``a[i] == a[i-k]``, at least 5·k long, whose k
    signatures are not themselves a shorter repetition (``ABAB`` is no cycle of 4, ``AAAA`` none of
    2). ``count`` is the number of whole repetitions. Always ``stop``: it begins at 5 repetitions.
``window``
    Let c[i] be how often ``a[i]`` stands in ``a[i-19..i]``. For one signature, a maximal group of
    its consecutive occurrences with c ≥ 5. ``first`` is the signature's earliest occurrence in the
    window of the group's first member, ``count`` the largest c.
    ``warning`` at 5, ``critical`` at 6, ``stop`` at 10 (half of what the agent does).
``error_streak``
    A maximal run of neighbouring tool steps that are errors of one tool, whatever the arguments, 5
    or longer. ``count`` is its length. ``critical`` at 5, ``stop`` at 10.

``first`` and ``last`` are inclusive positions in the list of *all* steps, from 0. One loop may be
found by several rules; each speaks for itself.

The thresholds were measured on 826 coding-agent runs and 200 customer-service runs: the same call
four times in a row and a cycle repeated five times hit no run that went well, five in a window of
20 hit one of 289. Errors of one tool with other tools' calls between them would reach 5 and 6 in
three good customer-service runs, so a streak has to be unbroken.

A session that runs away without repeating itself shows in :mod:`tokenboard.signals`.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

Kind = Literal["user", "llm", "tool"]
Rule = Literal["same_call", "cycle", "window", "error_streak"]
Severity = Literal["warning", "critical", "stop"]

SEVERITIES: Final[tuple[Severity, ...]] = ("warning", "critical", "stop")
"""Mild to grave: a hint, an alarm, and what the guard stops at."""
RULES: Final[tuple[Rule, ...]] = ("same_call", "cycle", "window", "error_streak")

_TOOL_NAME: Final = re.compile(r"(?P<ours>.+):[0-9a-f]{16}|(?P<other>[\w.\-/]+)")


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened in an agent's session.

    ``ts`` is in seconds since the epoch; the rules go by the order of the list, not by time.
    ``kind`` is ``user`` (a person spoke), ``llm`` (a model answered) or ``tool`` (a tool was
    called). ``signature`` is equal for equal calls; a tool's is its name, a colon and a hash of the
    arguments (``search:9f2c…``), and the name is what error streaks go by. ``result`` is a hash of
    the answer where it is known, ``tokens`` and ``usd`` (US dollars) are what the step burned.
    What follows them is for :mod:`tokenboard.signals` alone: whose step it is, how many agents deep
    (1: an outermost one), of an ``llm`` step how long its context was (0: unknown) and the try it
    was.
    """

    ts: float
    kind: Kind
    signature: str
    result: str | None = None
    error: bool = False
    tokens: int = 0
    usd: Decimal | float = 0
    agent: str = ""
    depth: int = 0
    input_tokens: int = 0
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """A loop, or what may become one: the steps ``first`` to ``last``, both included.

    The unit of ``count`` is the rule's own: calls, repetitions or errors (see the module).
    """

    rule: Rule
    severity: Severity
    first: int
    last: int
    count: int

    @property
    def alarming(self) -> bool:
        """Whether it is worth waking somebody: ``critical`` or ``stop``."""
        return self.severity != "warning"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which count a rule speaks, by severity; ``None``: it never speaks that loudly."""

    warning: int | None
    critical: int | None
    stop: int | None

    def severity(self, count: int) -> Severity | None:
        """Return the gravest severity that ``count`` reaches, or None."""
        if self.stop is not None and count >= self.stop:
            return "stop"
        if self.critical is not None and count >= self.critical:
            return "critical"
        if self.warning is not None and count >= self.warning:
            return "warning"
        return None


@dataclass(frozen=True, slots=True)
class Limits:
    """The rules' numbers. The defaults are the measured ones: change them knowingly."""

    same_call: Thresholds = Thresholds(3, 4, 5)
    cycle: Thresholds = Thresholds(None, None, 5)
    max_cycle: int = 5
    """The longest cycle that is looked for, in calls."""
    window: Thresholds = Thresholds(5, 6, 10)
    window_size: int = 20
    error_streak: Thresholds = Thresholds(None, 5, 10)


DEFAULT_LIMITS: Final = Limits()


def tool_name(signature: str) -> str:
    """Return the tool's name, with which the signature of a tool step begins.

    ``name:`` and 16 hexadecimal digits is how this package writes it (a name may hold colons); of
    anything else the leading word counts.
    """
    match = _TOOL_NAME.match(signature)
    return (match["ours"] or match["other"]) if match else signature


def worst(found: Iterable[Finding]) -> Finding | None:
    """Return the gravest finding (of equals: the longest, then the earliest), or None."""
    return min(
        found,
        key=lambda f: (-SEVERITIES.index(f.severity), -f.count, f.first, RULES.index(f.rule)),
        default=None,
    )


def findings(steps: Iterable[Step], limits: Limits = DEFAULT_LIMITS) -> list[Finding]:
    """Return every finding of a session, by first step, then in the order of :data:`RULES`.

    ``steps`` are one agent's, in order. Takes time linear in their number.

    Raises:
        ValueError: a step's kind is none of ``user``, ``llm``, ``tool``.
    """
    detector = Detector(limits)
    for step in steps:
        detector.add(step)
    return detector.findings()


class Detector:
    """The rules, fed one step at a time; memory grows with the findings, not with the steps."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._found: dict[tuple[Rule, int, int], Finding] = {}
        self._position = -1
        self._begin_turn()

    def _begin_turn(self) -> None:
        limits = self._limits
        # (position, signature) of the newest tool steps, as many as any rule looks back
        self._recent: deque[tuple[int, str]] = deque(
            maxlen=max(limits.window_size, limits.max_cycle + 1)
        )
        self._run_first, self._run = 0, 0
        self._matched = [0] * (limits.max_cycle + 1)
        self._cycle_first = [0] * (limits.max_cycle + 1)
        self._window: deque[str] = deque()
        self._counts: Counter[str] = Counter()
        # signature -> (first position, largest count) of its group that is still open
        self._grouped: dict[str, tuple[int, int]] = {}
        self._failing, self._errors, self._errors_first = "", 0, 0

    def findings(self) -> list[Finding]:
        """Return what was found so far, by first step, then in the order of :data:`RULES`."""
        return sorted(self._found.values(), key=lambda f: (f.first, RULES.index(f.rule), f.last))

    def add(self, step: Step) -> Finding | None:
        """Take in the next step; return the worst finding that it begins or makes longer, or None.

        Raises:
            ValueError: the step's kind is none of ``user``, ``llm``, ``tool``.
        """
        self._position += 1
        if step.kind == "user":
            self._begin_turn()
            return None
        if step.kind == "llm":
            return None
        if step.kind != "tool":
            raise ValueError(f"a step's kind is 'user', 'llm' or 'tool', not {step.kind!r}")
        self._recent.append((self._position, step.signature))
        hits = (
            self._same_call(step.signature),
            *(self._cycle(length) for length in range(2, self._limits.max_cycle + 1)),
            self._in_window(step.signature),
            self._error_streak(step),
        )
        return worst(hit for hit in hits if hit is not None)

    def _keep(
        self, rule: Rule, thresholds: Thresholds, first: int, count: int, variant: int = 0
    ) -> Finding | None:
        severity = thresholds.severity(count)
        if severity is None:
            return None
        finding = Finding(rule, severity, first, self._position, count)
        self._found[rule, first, variant] = finding
        return finding

    def _same_call(self, signature: str) -> Finding | None:
        if len(self._recent) > 1 and self._recent[-2][1] == signature:
            self._run += 1
        else:
            self._run_first, self._run = self._position, 1
        return self._keep("same_call", self._limits.same_call, self._run_first, self._run)

    def _cycle(self, length: int) -> Finding | None:
        recent = self._recent
        if len(recent) <= length or recent[-1 - length][1] != recent[-1][1]:
            self._matched[length] = 0
            return None
        if self._matched[length] == 0:
            self._cycle_first[length] = recent[-1 - length][0]
        self._matched[length] += 1
        count = self._matched[length] // length + 1
        if self._limits.cycle.severity(count) is None:
            return None
        pattern = [recent[index][1] for index in range(-length, 0)]
        if any(
            length % shorter == 0 and pattern[shorter:] == pattern[:-shorter]
            for shorter in range(1, length)
        ):
            return None
        first = self._cycle_first[length]
        return self._keep("cycle", self._limits.cycle, first, count, length)

    def _in_window(self, signature: str) -> Finding | None:
        size = self._limits.window_size
        self._window.append(signature)
        self._counts[signature] += 1
        if len(self._window) > size:
            left = self._window.popleft()
            self._counts[left] -= 1
            if not self._counts[left]:
                del self._counts[left]
                self._grouped.pop(left, None)
        count = self._counts[signature]
        if self._limits.window.severity(count) is None:
            self._grouped.pop(signature, None)
            return None
        if signature in self._grouped:
            first, most = self._grouped[signature]
        else:
            in_window = list(self._recent)[-size:]
            first = next(position for position, other in in_window if other == signature)
            most = 0
        most = max(count, most)
        self._grouped[signature] = first, most
        return self._keep("window", self._limits.window, first, most)

    def _error_streak(self, step: Step) -> Finding | None:
        if not step.error:
            self._errors = 0
            return None
        name = tool_name(step.signature)
        if self._errors and name == self._failing:
            self._errors += 1
        else:
            self._failing, self._errors, self._errors_first = name, 1, self._position
        return self._keep(
            "error_streak", self._limits.error_streak, self._errors_first, self._errors
        )
