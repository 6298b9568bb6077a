"""What goes wrong in a company, as spans: loops, sub-agents, retries, errors, odd bills, tasks that fail.

Everything is fay's, of the team growth, so that the other people's figures stay as they were.
"""

from __future__ import annotations

import json
from datetime import timedelta

LOOPING = "fay-loops"
NESTED = "fay-nested"
ROUNDS = 7


SUM_COLUMNS = [
    "ResourceAttributes", "ServiceName", "MetricName", "Attributes", "TimeUnix", "Value",
    "AggregationTemporality",
]  # fmt: skip


def store_surroundings(client, now, people=("ada", "ben", "fay")):
    """Budgets, weekly targets, evaluations and the pipeline's own metrics of the last hours."""
    month = now.date().replace(day=1) - timedelta(days=62)
    first = month.replace(day=1)
    client.insert(
        "budgets",
        [
            ("team", "growth", 40, first),
            ("team", "platform", 9000, first),
            ("user", "ada", 2500, first),
        ],
        column_names=["scope", "name", "monthly_usd", "valid_from"],
    )
    monday = now.date() - timedelta(days=now.weekday() + 70)
    client.insert(
        "targets",
        [("everybody", "", 1_000_000, monday), ("user", people[0], 5_000_000, monday)],
        column_names=["scope", "name", "weekly_tokens", "valid_from"],
    )
    resource = {"service.name": "otelcol-tokenboard", "service.instance.id": "one"}
    sums, gauges = [], []
    for minute in range(180):
        at = now - timedelta(minutes=minute)
        for name, value in (
            ("otelcol_receiver_accepted_spans", 400 + minute % 60),
            ("otelcol_exporter_sent_spans", 400 + minute % 60),
            ("otelcol_receiver_refused_spans", 20 if minute in (40, 41) else 0),
            ("otelcol_exporter_send_failed_spans", 3 if minute == 41 else 0),
        ):
            sums.append(
                (resource, "otelcol-tokenboard", name, {"exporter": "clickhouse"}, at, value, 1)
            )
        for name, value in (
            ("otelcol_exporter_queue_size", 300_000 if 38 < minute < 44 else 4_000),
            ("otelcol_exporter_queue_capacity", 1_000_000),
            ("otelcol_process_memory_rss", 180_000_000 + 100_000 * (minute % 30)),
        ):
            gauges.append(
                (resource, "otelcol-tokenboard", name, {"exporter": "clickhouse"}, at, value)
            )
    judged = now - timedelta(hours=1)
    client.insert(
        "evaluations",
        [
            (judged.replace(minute=0, second=0, microsecond=0), judged, b"a" * 16, span, *said)
            for span, *said in (
                (b"b" * 8, "Helpfulness", 0.5, "fail"),
                (b"c" * 8, "Helpfulness", 1.0, "pass"),
                (b"d" * 8, "Helpfulness", 0.9, "pass"),
                (b"d" * 8, "Safety", None, "safe"),
            )
        ],
        column_names=["hour", "ts", "trace_id", "span_id", "name", "score", "label"],
    )
    client.insert("otel_metrics_sum", sums, column_names=SUM_COLUMNS)
    client.insert("otel_metrics_gauge", gauges, column_names=SUM_COLUMNS[:-1])


class Troubles:
    """Adds fay's spans to a company's; her gross tokens and calls are counted like everybody's."""

    def __init__(self, company, hours_ago=2):
        self.company = company
        self.start = company.now - timedelta(hours=hours_ago)
        self.person = company.person("fay", "growth")
        self.trace = f"{company.random.randrange(16**32):032x}"
        self._loop()
        self._nest()
        self._odd_calls()
        self._tasks()

    def _hash(self):
        return f"{self.company.random.randrange(16**16):016x}"

    def _span(self, after, name, kind, attributes, *, trace="", parent="", ms=900, error=False):
        random = self.company.random
        span = self._hash()
        self.company.rows.append(
            (
                self.start + timedelta(seconds=after), trace or f"{random.randrange(16**32):032x}",
                span, parent, "", name, kind, "assistant",
                {"service.name": "assistant", "service.namespace": "shop"}, "tokenboard", "0.1.0",
                {"user.id": "fay", "tokenboard.team": "growth", **attributes}, ms * 1_000_000,
                "Error" if error else "Unset", "",
            )
        )  # fmt: skip
        return span

    def _call(self, after, session, trigger, *, model="gpt-5.2", tokens=40_000, output=800, **more):
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.response.id": f"resp_{self._hash()}",
            "gen_ai.usage.input_tokens": str(tokens),
            "gen_ai.usage.output_tokens": str(output),
            "gen_ai.usage.cache_read.input_tokens": str(tokens // 2),
            "gen_ai.response.time_to_first_chunk": "0.31",
            "session.id": session,
            "tokenboard.trigger": trigger,
            "tokenboard.prompt.hash": self._hash(),
            "tokenboard.user.source": "context",
            **more.pop("attributes", {}),
        }
        self.person.calls += 1
        self.person.models.add(model)
        self.person.sessions.add(session)
        if more.pop("known", True):
            self.person.gross += tokens + output
        else:
            for name in [name for name in attributes if name.startswith("gen_ai.usage.")]:
                del attributes[name]
        return self._span(after, f"chat {model}", "Client", attributes, **more)

    def rounds(self, session, names):
        """One agent's session: a tool asked for at each step by name, ``user`` where a person speaks."""
        trigger = "user"
        for number, name in enumerate(names):
            if name == "user":
                trigger = "user"
                continue
            asked = {
                "gen_ai.agent.name": "coder",
                "tokenboard.agent.depth": "1",
                "tokenboard.tool_calls.names": json.dumps([name]),
                "tokenboard.tool_calls.hashes": json.dumps([name.encode().hex().zfill(16)]),
            }
            self._call(400 + 2 * number, session, trigger, attributes=asked)
            trigger = "tool"

    def _loop(self):
        """An agent that asks for the same search ROUNDS times, its context growing."""
        hashes = json.dumps([self._hash()])
        for turn in range(ROUNDS):
            asked = {
                "gen_ai.agent.name": "coder",
                "tokenboard.agent.depth": "1",
                "tokenboard.tool_calls.names": json.dumps(["search"]),
                "tokenboard.tool_calls.hashes": hashes,
            }
            self._call(
                4 * turn, LOOPING, "user" if turn == 0 else "tool", trace=self.trace,
                tokens=30_000 + 9_000 * turn, attributes=asked,
            )  # fmt: skip
            self._tool(4 * turn + 1.5, LOOPING, "search", "coder", 1, trace=self.trace)

    def _tool(self, after, session, name, agent, depth, *, trace, error=False):
        self._span(
            after, f"execute_tool {name}", "Internal",
            {
                "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name,
                "gen_ai.agent.name": agent, "tokenboard.agent.depth": str(depth), "session.id": session,
            },
            trace=trace, ms=300, error=error,
        )  # fmt: skip

    def _nest(self):
        """A lead with a helper that has a helper; two calls of the innermost run at once."""
        trace = f"{self.company.random.randrange(16**32):032x}"
        for after, agent, depth, trigger in (
            (100, "lead", 1, "user"), (102, "helper", 2, "assistant"), (104, "scout", 3, "assistant"),
            (104.2, "scout", 3, "assistant"), (106, "lead", 1, "tool"),
        ):  # fmt: skip
            self._call(
                after, NESTED, trigger, trace=trace, model="claude-opus-5",
                attributes={
                    "gen_ai.agent.name": agent, "tokenboard.agent.depth": str(depth),
                    "gen_ai.provider.name": "anthropic",
                },
            )  # fmt: skip
        self._tool(105.5, NESTED, "run_tests", "lead", 1, trace=trace, error=True)

    def _odd_calls(self):
        session = "fay-odd"
        same = {"tokenboard.prompt.hash": self._hash()}
        self._call(200, session, "user", attributes=same)
        self._call(210, session, "user", attributes=same)  # a duplicate
        again = {"tokenboard.prompt.hash": self._hash()}
        self._call(220, session, "user", attributes=again | {"tokenboard.attempt": "1"})
        self._call(223, session, "user", attributes=again | {"tokenboard.attempt": "2"})
        failed = {"error.type": "overloaded_error", "http.response.status_code": "529"}
        self._call(230, session, "user", attributes=failed, error=True, known=False)
        self._call(240, session, "user", attributes={"error.type": "incomplete"}, error=True)
        self._call(250, session, "user", known=False)
        self._call(260, session, "user", model="in-house-7b")
        self._call(270, session, "user", attributes={"tokenboard.reported_cost_usd": "9990"})
        # more cached than input: the call stays, its usage is unknown
        wrong = {"gen_ai.usage.cache_read.input_tokens": "90000"}
        self._call(280, session, "user", attributes=wrong)
        self.person.gross -= 40_800

    def _tasks(self):
        for number, outcome in enumerate(("done", "failed", "reverted", "done")):
            self._span(
                300 + number, f"task fay-{number}", "Internal",
                {
                    "tokenboard.task.id": f"fay-{number}", "tokenboard.task.outcome": outcome,
                    "tokenboard.task.review_minutes": "6", "tokenboard.task.score": "0.8",
                    "session.id": LOOPING,
                },
            )  # fmt: skip
            self.person.tasks += outcome == "done"
