"""Sessions as telemetry, and loops planted in them, by code that knows nothing of the rules.

A session is a list of :class:`Call`: what one model call asked for, and how its tools ended. Every
span has a time of its own, so that there is one order of the steps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from store import spans


@dataclass(frozen=True)
class Call:
    """One model call: the tools it asks for, as (name, arguments, how it ended).

    How a tool ended is "ok", the type of its error, or None where nobody told that it was run.
    """

    tools: tuple = ()
    user: bool = False
    agent: str = ""
    depth: int = 0
    tokens: int = 100
    attempt: int = 1
    error: str | None = None


def rows(session, calls, *, ends, step=1.0, user="alice"):
    """The spans of a session whose last call ends at ``ends``; its steps are ``step`` seconds apart."""
    found = []
    at = ends - timedelta(seconds=step * sum(1 + len(call.tools) for call in calls))
    for call in calls:
        more = {"gen_ai.agent.name": call.agent or None, "tokenboard.agent.depth": call.depth}
        found.append(
            spans.call(
                ts=at,
                seconds=step * 0.4,
                session=session,
                user=user,
                trigger="user" if call.user else "tool",
                tools=[(name, arguments) for name, arguments, _ in call.tools],
                input_tokens=None if call.error else call.tokens,
                output_tokens=None if call.error else 10,
                attempt=call.attempt,
                error=call.error,
                attributes=more,
            )
        )
        for name, _, ended in call.tools:
            at += timedelta(seconds=step)
            if ended is not None:
                found.append(
                    spans.tool(
                        name,
                        ts=at,
                        seconds=step * 0.2,
                        session=session,
                        user=user,
                        in_agent=call.agent or None,
                        error=None if ended == "ok" else ended,
                    )
                )
        at += timedelta(seconds=step)
    return found


def recorded(run):
    """A recorded run as calls: what each answer asked for, and whether the tool's answer is an error."""
    calls, spoken = [], True
    for position, message in enumerate(run):
        if message["role"] == "user":
            spoken = True
        elif message["role"] == "assistant":
            answers = [m for m in run[position + 1 : position + 2] if m["role"] == "tool"]
            failed = any(str(answer["content"]).startswith("Error") for answer in answers)
            tools = tuple(
                (
                    asked["function"]["name"],
                    json.dumps(json.loads(asked["function"]["arguments"]), sort_keys=True),
                    "tool_error" if failed else "ok",
                )
                for asked in message.get("tool_calls") or ()
            )
            calls.append(Call(tools, spoken, "airline", 1))
            spoken = False
    return calls
