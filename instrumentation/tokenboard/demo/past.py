"""The weeks before the demo's morning, made up: what gives its dashboards a history to draw.

Nothing here is a call that was made. Spans in the shape of docs/telemetry.md are posted over
OTLP/HTTP with times in the past, the same people at work on ordinary days: sessions of agents with
tools and growing contexts, tasks that succeed and fail, retries, questions asked twice. Their
resource says ``tokenboard.demo.invented``. The same seed and day make the same spans, so posting
them again changes nothing.
"""

from __future__ import annotations

import itertools
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from time import sleep
from typing import TYPE_CHECKING, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

Value = str | int | float | bool | list[str]

INVENTED: Final = "tokenboard.demo.invented"
_POST: Final = 1000
"""Spans a post."""
_PATIENCE: Final = 20
"""Times that a busy receiver is asked again, a second apart."""
_WORKDAYS: Final = 5
_WEEKEND: Final = 0.15
"""How much of a workday's work is done on a weekend's day."""
_RATE_LIMITED: Final = 0.03
_ASKED_TWICE: Final = 0.04
_MISREPORTED: Final = 0.003
"""Calls whose gateway reports a cost that nobody would believe."""
_IMPOSSIBLE: Final = 0.002
"""Calls that are said to have read more from the cache than they sent."""
_GOOD: Final = 0.6
"""The least score of an answer that passes."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How one person works on an ordinary day.

    Attributes:
        sessions: how many a workday, on average.
        context: tokens of a session's first request.
        growth: how much more there is of it each week.
    """

    person: str
    team: str
    agent: str
    provider: str
    model: str
    sessions: float
    context: int
    tools: tuple[str, ...] = ()
    growth: float = 1.0


HABITS: Final = (
    Habit("noor", "platform", "nightwatch", "anthropic", "claude-sonnet-5", 12, 880_000,
          ("read_file", "grep", "run_tests"), growth=1.3),
    Habit("felix", "platform", "reviewer", "anthropic", "claude-opus-5", 4, 610_000,
          ("read_file", "grep", "run_tests")),
    Habit("ada", "search", "", "openai", "gpt-5.5", 7, 640_000, growth=1.2),
    Habit("ada", "search", "", "anthropic", "claude-opus-5", 4, 560_000),
    Habit("ravi", "search", "", "openai", "gpt-6-sol", 6, 410_000, growth=0.8),
    Habit("ines", "search", "researcher", "openai", "gpt-5.5", 3, 90_000,
          ("search_web", "open_page")),
    Habit("lena", "support", "triage", "openai", "gpt-5.4-mini", 5, 55_000,
          ("find_order", "search_tickets", "offer_refund")),
    Habit("omar", "support", "triage", "openai", "gpt-5.4-mini", 4, 30_000,
          ("find_order", "search_tickets"), growth=1.4),
    Habit("bea", "support", "", "openai", "gpt-5.4-mini", 2, 30_000),
    # Today's calls carry her past somebody: the board shows who moves.
    Habit("kim", "growth", "", "openai", "gpt-6-sol", 6, 240_000, growth=1.5),
    Habit("yuki", "growth", "", "openai", "gpt-5.4-mini", 4, 180_000),
    Habit("tom", "growth", "", "openai", "gpt-5.4-mini", 1, 50_000, growth=0.8),
    Habit("zoe", "growth", "", "anthropic", "claude-haiku-4-5", 2, 90_000, growth=1.6),
)  # fmt: skip


class RefusedError(Exception):
    """The receiver did not take the spans; the message says what it answered."""


def spans(seed: int, day: date, weeks_ago: float) -> list[Span]:
    """Return one day's spans.

    Args:
        seed: of everything; a day has the same spans at every call.
        day: in UTC.
        weeks_ago: how long before now: habits grow and shrink.
    """
    made: list[Span] = []
    for habit in HABITS:
        # It shall be predictable, not secret.
        rng = Random(f"{seed}/{day}/{habit.person}/{habit.model}")  # noqa: S311
        busy = habit.sessions * habit.growth**-weeks_ago
        busy *= 1.0 if day.weekday() < _WORKDAYS else _WEEKEND
        for number in range(int(rng.gammavariate(4, busy / 4) + rng.random())):
            start = datetime.combine(day, time(8), UTC) + timedelta(hours=9 * rng.random())
            made += _Session(habit, rng, f"{day:%m%d}-{number}", start).spans()
    return made


def post(otlp_url: str, seed: int, days: int, today: date) -> int:
    """Send the ``days`` days before ``today`` to an OTLP/HTTP receiver; return how many spans.

    Raises:
        RefusedError: the receiver refused them for good.
    """
    before = (today - timedelta(days=ago) for ago in range(days, 0, -1))
    every = itertools.chain.from_iterable(
        spans(seed, day, (today - day).days / 7) for day in before
    )
    sent = 0
    while some := list(itertools.islice(every, _POST)):
        _post(otlp_url, some)
        sent += len(some)
    return sent


def _post(otlp_url: str, some: list[Span]) -> None:
    resource = Resource(
        attributes=_attributes(
            {"service.name": "demo-company", "service.namespace": "demo", INVENTED: True}
        )
    )
    scope = ScopeSpans(spans=some)
    scope.scope.name = "tokenboard"
    request = ExportTraceServiceRequest(
        resource_spans=[ResourceSpans(resource=resource, scope_spans=[scope])]
    )
    asked = urllib.request.Request(  # noqa: S310 - the stack's own address
        f"{otlp_url}/v1/traces",
        request.SerializeToString(),
        {"Content-Type": "application/x-protobuf"},
    )
    for _ in range(_PATIENCE):
        try:
            with urllib.request.urlopen(asked, timeout=60):  # noqa: S310 - as above
                return
        except urllib.error.HTTPError as error:
            if error.code not in (429, 503):
                raise RefusedError(f"{otlp_url} answered {error.code} {error.reason}") from error
            sleep(1)
    raise RefusedError(f"{otlp_url} was too busy for the demo's past")


class _Session:
    """One session under construction: a trace, a clock that goes on, a context that grows."""

    def __init__(self, habit: Habit, rng: Random, name: str, start: datetime) -> None:
        self._habit = habit
        self._rng = rng
        self._now = start
        self._trace = rng.randbytes(16)
        self._context = int(habit.context * rng.uniform(0.7, 1.1))
        self._cached = 0
        self._made: list[Span] = []
        self._common: dict[str, Value] = {
            "user.id": habit.person,
            "tokenboard.user.source": "context",
            "tokenboard.team": habit.team,
            "session.id": f"{habit.person}-{name}-{habit.model}",
        }
        if habit.agent:
            self._common["tokenboard.task.id"] = f"{habit.agent}-{habit.person}-{name}"

    def spans(self) -> list[Span]:
        """Return the whole session's spans."""
        began, run, task = self._now, self._rng.randbytes(8), self._rng.randbytes(8)
        inside = run if self._habit.agent else b""
        for _ in range(self._rng.randint(1, 4)):
            self._turn(inside)
            self._wait(20, 400)
        if self._habit.agent:
            self._judge(self._made[-1])
            self._agent(began, run, task)
            self._task(began, task)
        return self._made

    def _turn(self, parent: bytes) -> None:
        """Somebody asks; the model answers, perhaps after some rounds with its tools."""
        trigger = "user"
        for _ in range(self._rng.randint(1, 4) if self._habit.tools else 0):
            tool = self._rng.choice(self._habit.tools)
            self._call(parent, trigger, tool)
            self._tool(parent, tool)
            trigger = "tool"
        self._call(parent, trigger)

    def _call(self, parent: bytes, trigger: str, tool: str = "") -> None:
        rng = self._rng
        asked: dict[str, Value] = {
            "tokenboard.trigger": trigger,
            "tokenboard.prompt.hash": f"{rng.getrandbits(64):016x}",
            "tokenboard.attempt": 1,
        }
        if rng.random() < _RATE_LIMITED:
            refused: dict[str, Value] = {
                "error.type": "rate_limit_exceeded",
                "http.response.status_code": 429,
            }
            self._attempt(parent, asked | refused, 0.4)
            self._wait(1, 3)
            asked["tokenboard.attempt"] = 2
        output = rng.randint(40, 200) if tool else rng.randint(200, 2500)
        usage: dict[str, Value] = {
            "gen_ai.response.model": self._habit.model,
            "gen_ai.usage.input_tokens": self._context,
            "gen_ai.usage.output_tokens": output,
            "gen_ai.usage.cache_read.input_tokens": self._cached,
            "http.response.status_code": 200,
        }
        if self._habit.provider == "anthropic":
            usage["gen_ai.usage.cache_write.input_tokens"] = self._context - self._cached
        chance = rng.random()
        if chance < _MISREPORTED:
            usage["tokenboard.reported_cost_usd"] = f"{self._context * 0.003:.2f}"
        elif chance > 1 - _IMPOSSIBLE:
            usage["gen_ai.usage.cache_read.input_tokens"] = 2 * self._context
        if tool:
            usage["tokenboard.tool_calls.names"] = [tool]
            usage["tokenboard.tool_calls.hashes"] = [f"{rng.getrandbits(64):016x}"]
        for _ in range(2 if rng.random() < _ASKED_TWICE and not tool else 1):
            usage["gen_ai.response.id"] = f"resp_{rng.getrandbits(96):024x}"
            self._attempt(parent, asked | usage, 1 + output / 90)
            self._wait(1, 4)
        # The next request repeats this one, and most of it comes from the cache.
        self._cached = self._context // 128 * 128
        self._context += output + rng.randint(100, 3000)

    def _attempt(self, parent: bytes, said: Mapping[str, Value], seconds: float) -> None:
        model = self._habit.model
        call: dict[str, Value] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": self._habit.provider,
            "gen_ai.request.model": model,
            **said,
        }
        if self._habit.agent:
            call |= {"gen_ai.agent.name": self._habit.agent, "tokenboard.agent.depth": 1}
        start = self._now
        self._wait(seconds, seconds)
        span = self._span(f"chat {model}", start, (self._rng.randbytes(8), parent), call)
        span.kind = Span.SPAN_KIND_CLIENT
        if "error.type" in said:
            span.status.code = Status.STATUS_CODE_ERROR

    def _tool(self, parent: bytes, tool: str) -> None:
        start = self._now
        self._wait(0.1, 6)
        attributes: dict[str, Value] = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.call.id": f"call_{self._rng.getrandbits(64):016x}",
        }
        self._span(f"execute_tool {tool}", start, (self._rng.randbytes(8), parent), attributes)

    def _agent(self, began: datetime, run: bytes, task: bytes) -> None:
        attributes: dict[str, Value] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": self._habit.agent,
            "tokenboard.agent.depth": 1,
        }
        self._span(f"invoke_agent {self._habit.agent}", began, (run, task), attributes)

    def _task(self, began: datetime, task: bytes) -> None:
        (outcome,) = self._rng.choices(("done", "failed", "reverted", "abandoned"), (80, 10, 5, 5))
        attributes: dict[str, Value] = {"tokenboard.task.outcome": outcome}
        if outcome == "done":
            attributes["tokenboard.task.review_minutes"] = float(self._rng.randint(1, 12))
            attributes["tokenboard.task.score"] = round(self._rng.uniform(0.6, 1), 2)
        name = f"task {self._common['tokenboard.task.id']}"
        self._span(name, began, (task, b""), attributes)

    def _judge(self, call: Span) -> None:
        """Let somebody say how good the last answer is, as an event of its span.

        https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/#event-gen_aievaluationresult
        """
        score = round(self._rng.triangular(0.3, 1, 0.9), 2)
        event = call.events.add(
            time_unix_nano=call.end_time_unix_nano, name="gen_ai.evaluation.result"
        )
        event.attributes.extend(
            _attributes(
                {
                    "gen_ai.evaluation.name": "Helpfulness",
                    "gen_ai.evaluation.score.value": score,
                    "gen_ai.evaluation.score.label": "pass" if score >= _GOOD else "fail",
                }
            )
        )

    def _span(
        self, name: str, start: datetime, ids: tuple[bytes, bytes], said: Mapping[str, Value]
    ) -> Span:
        """Add a span that ends now; ``ids`` are its own and its parent's."""
        made = Span(
            trace_id=self._trace,
            span_id=ids[0],
            parent_span_id=ids[1],
            name=name,
            kind=Span.SPAN_KIND_INTERNAL,
            start_time_unix_nano=_nanoseconds(start),
            end_time_unix_nano=_nanoseconds(self._now),
            attributes=_attributes({**self._common, **said}),
        )
        self._made.append(made)
        return made

    def _wait(self, least: float, most: float) -> None:
        self._now += timedelta(seconds=self._rng.uniform(least, most))


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000


def _attributes(values: Mapping[str, Value]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_any(value)) for key, value in values.items()]


def _any(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case str():
            return AnyValue(string_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case list():
            return AnyValue(array_value=ArrayValue(values=[_any(one) for one in value]))
