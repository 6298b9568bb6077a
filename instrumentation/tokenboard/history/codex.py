"""Codex CLI's session files: ``~/.codex/sessions/<year>/<month>/<day>/rollout-*.jsonl``.

One line an event. ``token_count`` tells the thread's usage so far (``total_token_usage``) and that
of the last call (``last_token_usage``); it is repeated whenever anything of it is shown again. A
thread that was forked or spawned begins with its parent's lines, the counts among them, under their
own times or all under that of the fork; its totals go on from its parent's. So a call is known by
the totals it led to, within the family of threads that descend from one.

Calls that failed are not in these files: of errors nothing is kept.

https://github.com/openai/codex/blob/main/codex-rs/rollout/src/policy.rs (what is kept),
https://github.com/openai/codex/blob/main/codex-rs/protocol/src/protocol.rs (SessionMeta,
TokenUsageInfo), https://github.com/ccusage/ccusage/issues/950 and /issues/1370,
https://github.com/getagentseal/codeburn/pull/1383, https://github.com/pingdotgg/t3code/pull/5887,
https://github.com/steipete/CodexBar/issues/3524 (totals inherited without the lines).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tokenboard.history.turns import (
    Hasher,
    Json,
    Tally,
    Turn,
    count,
    folder_name,
    lines,
    moment,
    record,
    start_of,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

NAME: Final = "codex"
_COUNTS: Final = (
    "input_tokens",
    "cached_input_tokens",
    "cache_write_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
)
_Usage = tuple[int | None, ...]
# What asks for a tool, and where its arguments are.
_CALLS: Final = {
    "function_call": "arguments",
    "custom_tool_call": "input",
    "local_shell_call": "action",
}


def directories() -> list[Path]:
    """Return where the sessions are: in ``$CODEX_HOME``, else in ``~/.codex``; the archive, too."""
    chosen = os.environ.get("CODEX_HOME")
    home = Path(chosen).expanduser() if chosen else Path.home() / ".codex"
    return [home / "sessions", home / "archived_sessions"]


@dataclass(frozen=True, slots=True)
class _Call:
    """A call as one file tells it."""

    total: _Usage
    turn: Turn


@dataclass(slots=True)
class _Thread:
    """A file being read."""

    identity: str = ""
    parent: str = ""
    subagent: bool = False
    cwd: str = ""
    model: str = ""
    provider: str = "openai"
    total: _Usage | None = None
    asked_at: datetime | None = None
    trigger: str = ""
    tools: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    results: list[str] = field(default_factory=list[str])
    calls: list[_Call] = field(default_factory=list[_Call])


def turns(
    files: Iterable[Path], hasher: Hasher, tally: Tally, read: Callable[[int], None]
) -> list[Turn]:
    """Read the files and return every call once, in no order; of copies the earliest counts."""
    parents: dict[str, str] = {}
    threads = [_thread(path, hasher, tally, read, parents) for path in files]
    found: dict[str, Turn] = {}
    for thread in threads:
        family = _root(thread.identity, parents)
        for call in thread.calls:
            # The last usage alone is no name for it, the totals with it are.
            key = " ".join(["codex", family, *map(str, call.total), *map(str, _own(call.turn))])
            known = found.get(key)
            if known is not None:
                tally.copies += 1
            if known is None or call.turn.ended < known.ended:
                found[key] = replace(call.turn, key=key)
    return list(found.values())


def _own(turn: Turn) -> _Usage:
    return (turn.input, turn.cache_read, turn.cache_write, turn.output, turn.reasoning)


def _root(thread: str, parents: dict[str, str]) -> str:
    seen = {thread}
    while (parent := parents.get(thread)) and parent not in seen:
        seen.add(parent)
        thread = parent
    return thread


def _thread(
    path: Path,
    hasher: Hasher,
    tally: Tally,
    read: Callable[[int], None],
    parents: dict[str, str],
) -> _Thread:
    thread = _Thread(identity=path.stem)
    named = False
    for line in lines(path, tally, read):
        payload = record(line, "payload")
        kind = line.get("type")
        if kind == "session_meta":
            # The first is the thread's own, those after it were copied from its ancestors.
            identity, parent = text(payload, "id", "session_id"), _parent(payload)
            if identity and parent:
                parents.setdefault(identity, parent)
            if not named:
                named = True
                thread.identity = identity or thread.identity
                thread.parent, thread.cwd = parent, text(payload, "cwd")
                thread.subagent = payload.get(
                    "thread_source"
                ) == "subagent" or "subagent" in record(payload, "source")
                thread.provider = text(payload, "model_provider") or thread.provider
        elif kind == "turn_context":
            thread.model = text(payload, "model") or thread.model
            thread.cwd = text(payload, "cwd") or thread.cwd
        elif kind == "response_item":
            _item(thread, payload, moment(line), hasher)
        elif kind == "event_msg":
            _event(thread, payload, moment(line), tally)
    return thread


def _parent(meta: Json) -> str:
    spawned = record(record(record(meta, "source"), "subagent"), "thread_spawn")
    return text(meta, "forked_from_id", "parent_thread_id") or text(spawned, "parent_thread_id")


def _item(thread: _Thread, item: Json, at: datetime | None, hasher: Hasher) -> None:
    kind = item.get("type")
    if isinstance(kind, str) and kind in _CALLS:
        name = text(item, "name") or "shell"
        thread.tools.append((name, hasher(name, item.get(_CALLS[kind]))))
    elif kind in ("function_call_output", "custom_tool_call_output"):
        thread.results.append(hasher(item.get("output")))
        thread.asked_at, thread.trigger = at, "tool"


def _event(thread: _Thread, event: Json, at: datetime | None, tally: Tally) -> None:
    if event.get("type") == "user_message":
        thread.asked_at = at
        thread.trigger = "assistant" if thread.subagent else "user"
    if event.get("type") != "token_count":
        return
    info = record(event, "info")
    total = _usage(record(info, "total_token_usage"))
    last = _usage(record(info, "last_token_usage"))
    if total is None and last is None:
        return
    if at is None:
        tally.broken += 1
        return
    before, thread.total = thread.total, total or thread.total
    if total is not None and total == before:
        return  # said again
    used = last
    if used is None and total is not None:
        if before is None and thread.parent:
            return  # what its parent had used
        used = total if before is None else _less(total, before)
    assert used is not None
    turn = Turn(
        key="",
        began=start_of(thread.asked_at, at),
        ended=at,
        session=thread.identity,
        project=folder_name(thread.cwd),
        provider=thread.provider,
        model=thread.model,
        # OpenAI's input has the cached, its output the reasoning in it.
        input=used[0],
        cache_read=used[1],
        cache_write=used[2],
        output=used[3],
        reasoning=used[4],
        trigger=thread.trigger,
        tools=tuple(thread.tools[:256]),
        results=tuple(thread.results[:256]),
        depth=2 if thread.subagent else 1,
    )
    # without totals the moment tells calls apart
    thread.calls.append(_Call(total or (int(at.timestamp() * 1000),), turn))
    thread.tools, thread.results, thread.trigger, thread.asked_at = [], [], "", at


def _usage(found: Json) -> _Usage | None:
    counts = tuple(count(found, name) for name in _COUNTS)
    return counts if counts[0] is not None or counts[3] is not None else None


def _less(total: _Usage, before: _Usage) -> _Usage:
    """Return what came on top; a total that fell began anew."""
    if any((now or 0) < (then or 0) for now, then in zip(total, before, strict=True)):
        return total
    return tuple(
        None if now is None else now - (then or 0) for now, then in zip(total, before, strict=True)
    )
