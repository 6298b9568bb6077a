"""A small company's telemetry for tests: spans as the collector's exporter stores them.

Every figure a test compares with is computed here, from the spans, by plain arithmetic.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

COLUMNS = [
    "Timestamp", "TraceId", "SpanId", "ParentSpanId", "TraceState", "SpanName", "SpanKind", "ServiceName",
    "ResourceAttributes", "ScopeName", "ScopeVersion", "SpanAttributes", "Duration", "StatusCode",
    "StatusMessage",
]  # fmt: skip
MARKUP = "<img src=x onerror=document.title='owned'>"
PEOPLE = {
    "ada": "platform", "ben": "platform", "o'brien": "growth", "CORP\\dora": "growth", "eve": "research",
    MARKUP: "research", "": "",
}  # fmt: skip
MODELS = {"gpt-5.2": "openai", "claude-opus-5": "anthropic", "gpt-5.2-mini": "openai"}


@dataclass
class Person:
    """What one person's spans add up to."""

    team: str
    gross: int = 0
    calls: int = 0
    tasks: int = 0
    sessions: set = field(default_factory=set)
    models: set = field(default_factory=set)


class Company:
    """Spans of the last ``days`` days until ``now``, and their sums per person."""

    def __init__(self, days=20, now=None, seed=7):
        self.random = random.Random(seed)
        self.now = now or datetime.now(UTC)
        self.rows = []
        self.people = {}
        for ago in range(days):
            day = self.now - timedelta(days=ago, minutes=20)
            for number, (user, team) in enumerate(PEOPLE.items()):
                if ago % (number + 1) == 0:
                    self._session(user, team, day, weight=len(PEOPLE) - number)

    def person(self, user, team):
        return self.people.setdefault(user, Person(team))

    def _session(self, user, team, start, weight):
        session = f"s-{user}-{start:%d}" if user else ""
        person = self.person(user, team)
        if session:
            person.sessions.add(session)
        agent = "coder" if weight % 2 else ""
        for step in range(3):
            model = self.random.choice(list(MODELS))
            tokens_in = weight * self.random.randrange(900_000, 1_100_000)
            tokens_out = self.random.randrange(1_000, 9_000)
            attributes = {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": MODELS[model],
                "gen_ai.request.model": model,
                "gen_ai.response.model": model,
                "gen_ai.response.id": f"resp_{self.random.randrange(16**12):012x}",
                "gen_ai.usage.input_tokens": str(tokens_in),
                "gen_ai.usage.output_tokens": str(tokens_out),
                "gen_ai.usage.cache_read.input_tokens": str(tokens_in // 2),
                "tokenboard.trigger": "user" if step == 0 else "tool",
                "tokenboard.prompt.hash": f"{self.random.randrange(16**16):016x}",
                "tokenboard.tool_calls.names": json.dumps(["search"]),
                "tokenboard.tool_calls.hashes": json.dumps(
                    [f"{self.random.randrange(16**16):016x}"]
                ),
            }
            if user:
                attributes |= {
                    "user.id": user,
                    "session.id": session,
                    "tokenboard.user.source": "context",
                }
            if team:
                attributes["tokenboard.team"] = team
            if agent:
                attributes["gen_ai.agent.name"] = agent
            person.gross += tokens_in + tokens_out
            person.calls += 1
            person.models.add(model)
            self._span(start + timedelta(seconds=20 * step), f"chat {model}", "Client", attributes)
        if user == "ada":
            task = {
                "tokenboard.task.id": f"t-{start:%d}",
                "tokenboard.task.outcome": "done",
                "user.id": user,
                "tokenboard.team": team,
            }
            person.tasks += 1
            self._span(start + timedelta(seconds=90), f"task t-{start:%d}", "Internal", task)

    def _span(self, at, name, kind, attributes, seconds=4):
        self.rows.append(
            (
                at, f"{self.random.randrange(16**32):032x}", f"{self.random.randrange(16**16):016x}", "", "",
                name, kind, "assistant", {"service.name": "assistant", "service.namespace": "shop"},
                "tokenboard", "0.1.0", attributes, seconds * 1_000_000_000, "Unset", "",
            )
        )  # fmt: skip

    def store(self, client):
        client.insert("otel_traces", self.rows, column_names=COLUMNS)
