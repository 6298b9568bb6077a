"""Coding agents' session files, line by line as they are known to be; every count by hand.

No specification exists. Claude Code's lines: https://github.com/ccusage/ccusage/issues/19 (one in
full), /pull/1155 (sidechains), https://github.com/steipete/CodexBar/issues/646 (sub-agents' files).
Codex's: https://github.com/openai/codex/blob/main/codex-rs/protocol/src/protocol.rs,
https://github.com/ccusage/ccusage/issues/1370 (forks), https://github.com/steipete/CodexBar/issues/3524.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=200)
SONNET = "claude-sonnet-4-5-20250929"


def stamp(seconds: float) -> str:
    return (
        (START + timedelta(seconds=seconds))
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z")
    )


def write(path: Path, *rows: dict[str, Any] | str) -> Path:
    """One file: objects as lines of JSON, texts as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
    )
    return path


def user(at: float, uuid: str, content: Any = "Fix the bug", **more: Any) -> dict[str, Any]:
    """A person's line of Claude Code's, or with blocks what tools answered."""
    return {
        "parentUuid": None, "isSidechain": False, "userType": "external", "cwd": "/home/al/shop",
        "sessionId": "S1", "version": "2.1.0", "type": "user", "uuid": uuid, "timestamp": stamp(at),
        "message": {"role": "user", "content": content}, **more,
    }  # fmt: skip


def answer(  # noqa: PLR0917 - in the order of a line
    at: float, uuid: str, parent: str, identity: str, content: list[dict[str, Any]],
    output: int, *, fresh: int = 12, read: int = 1000, written: int = 200, request: str | None = "",
    model: str = SONNET, stop: str | None = None, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """One content block of an answer."""
    usage = {
        "input_tokens": fresh, "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read, "output_tokens": output, "service_tier": "standard",
        "cache_creation": {
            "ephemeral_5m_input_tokens": written - written // 4,
            "ephemeral_1h_input_tokens": written // 4,
        },
    }  # fmt: skip
    line = {
        **user(at, uuid), "type": "assistant", "parentUuid": parent,
        "message": {
            "id": identity, "type": "message", "role": "assistant", "model": model,
            "content": content, "stop_reason": stop, "stop_sequence": None, "usage": usage,
        },
        "requestId": f"req_011{identity[4:]}" if request == "" else request, **more,
    }  # fmt: skip
    if line["requestId"] is None:
        del line["requestId"]
    return line


TEXT = {"type": "text", "text": "Let me look."}
BASH = {"type": "tool_use", "id": "toolu_01A", "name": "Bash", "input": {"command": "ls"}}
READ = {"type": "tool_use", "id": "toolu_01B", "name": "Read", "input": {"file_path": "/x"}}
RESULT = [{"type": "tool_result", "tool_use_id": "toolu_01A", "content": "a.py"}]


def claude_sessions(root: Path) -> Path:
    """Two sessions, a resumed copy, a sub-agent. Real calls, each once:

    msg_01first  12 + 1000 + 200 in, 90 out (its last line; the first said 2), Bash and Read
    msg_01second  5 + 2000 + 0 in, 40 out
    msg_01third  12 + 1000 + 200 in, 7 out, in the session that resumed S1
    msg_01agent   3 + 0 + 500 in, 25 out, by a sub-agent
    """
    first = [
        user(0, "u1"),
        answer(2, "a1", "u1", "msg_01first", [TEXT], 2),
        answer(3, "a2", "a1", "msg_01first", [BASH], 2),
        answer(4, "a3", "a2", "msg_01first", [READ], 90, stop="tool_use"),
        user(5, "u2", RESULT, parentUuid="a3"),
        answer(9, "a4", "u2", "msg_01second", [TEXT], 40, fresh=5, read=2000, written=0, stop="end_turn"),
    ]  # fmt: skip
    shop = root / "-home-al-shop"
    write(
        shop / "S1.jsonl",
        {"type": "summary", "summary": "Bug", "leafUuid": "a4"},
        first[0],
        "{ this line was cut off",
        *first[1:],
        # a text of the agent's own stands where an answer would
        answer(10, "a5", "a4", "x", [TEXT], 0, fresh=0, read=0, written=0, model="<synthetic>"),
        '["no object"]',
    )
    # resumed: what came before is copied under the new session's id, then it goes on
    copied = [{**line, "sessionId": "S2"} for line in first]
    write(
        shop / "S2.jsonl",
        *copied,
        user(3600, "u3", "And now?", sessionId="S2", parentUuid="a4"),
        answer(3604, "a6", "u3", "msg_01third", [TEXT], 7, sessionId="S2", stop="end_turn"),
    )
    agent = {"isSidechain": True, "agentId": "ag1"}
    write(
        shop / "S1" / "subagents" / "agent-ag1.jsonl",
        # a parent's message once more, under another request
        answer(4, "b0", "a2", "msg_01first", [READ], 90, request="req_other", **agent),
        user(6, "b1", "Look into it", **agent),
        answer(8, "b2", "b1", "msg_01agent", [TEXT], 25, fresh=3, read=0, written=500, **agent),
    )
    return root


CLAUDE_TOKENS = (1212 + 90) + (2005 + 40) + (1212 + 7) + (503 + 25)


def event(at: float, kind: str, **payload: Any) -> dict[str, Any]:
    """A line of Codex's."""
    return {"timestamp": stamp(at), "type": kind, "payload": payload}


def meta(at: float, identity: str, **more: Any) -> dict[str, Any]:
    return event(
        at, "session_meta", id=identity, timestamp=stamp(at), cwd="/home/al/shop",
        originator="codex_cli_rs", cli_version="0.145.0", model_provider="openai",
        **{"source": "cli", **more},
    )  # fmt: skip


def vector(read: int, cached: int, written: int, thought: int) -> dict[str, int]:
    return {
        "input_tokens": read, "cached_input_tokens": cached, "output_tokens": written,
        "reasoning_output_tokens": thought, "total_tokens": read + written,
    }  # fmt: skip


def counted(at: float, total: dict[str, int], last: dict[str, int] | None) -> dict[str, Any]:
    info: dict[str, Any] = {"total_token_usage": total, "model_context_window": 272000}
    if last is not None:
        info["last_token_usage"] = last
    return event(at, "event_msg", type="token_count", info=info, rate_limits={"primary": None})


CONTEXT = {"cwd": "/home/al/shop", "model": "gpt-5.1-codex", "effort": "high"}
PARENT = [
    meta(0, "P"),
    event(0.1, "turn_context", **CONTEXT),
    event(1, "event_msg", type="user_message", message="Fix it"),
    event(1.1, "event_msg", type="token_count", info=None),
    event(3, "response_item", type="function_call", name="shell", arguments='{"cmd":"ls"}',
          call_id="call_1"),
    counted(3.1, vector(1000, 0, 50, 20), vector(1000, 0, 50, 20)),
    # said again
    counted(3.2, vector(1000, 0, 50, 20), vector(1000, 0, 50, 20)),
    event(4, "response_item", type="function_call_output", call_id="call_1", output="a.py"),
    counted(6, vector(2100, 900, 80, 20), vector(1100, 900, 30, 0)),
]  # fmt: skip


def codex_sessions(root: Path) -> Path:
    """A thread, a fork of it that replays it under new times, a sub-agent that inherits its totals.

    Real calls: P 1000/50 and 1100/30; its fork F 1300/10; the sub-agent A 700/5, of which totals of
    its parent's are told; an old thread O without last_token_usage 400/40 and 600/10.
    """
    day = root / "2026" / "05" / "06"
    write(day / "rollout-2026-05-06T10-00-00-P.jsonl", *PARENT)
    replayed = [{**line, "timestamp": stamp(7200)} for line in PARENT]
    write(
        day / "rollout-2026-05-06T12-00-00-F.jsonl",
        meta(7200, "F", forked_from_id="P"),
        *replayed,
        event(7205, "event_msg", type="user_message", message="Another way"),
        counted(7209, vector(3400, 1900, 90, 20), vector(1300, 1000, 10, 0)),
    )
    spawned = {"subagent": {"thread_spawn": {"parent_thread_id": "P", "depth": 1}}}
    write(
        day / "rollout-2026-05-06T10-00-09-A.jsonl",
        meta(9, "A", source=spawned, thread_source="subagent"),
        event(9.1, "turn_context", **CONTEXT),
        counted(12, vector(2800, 900, 85, 20), vector(700, 0, 5, 0)),
    )
    write(
        day / "rollout-2026-05-06T08-00-00-O.jsonl",
        meta(-7200, "O"),
        event(-7199, "turn_context", **CONTEXT),
        counted(-7190, vector(400, 0, 40, 0), None),
        counted(-7180, vector(1000, 300, 50, 0), None),
    )
    return root


CODEX_TOKENS = 1050 + 1130 + 1310 + 705 + 440 + 610
