"""Claude Code's session files: ``~/.claude/projects/<directory>/**/*.jsonl``.

One line a message. An answer is written once for each of its content blocks, with the same
``message.id`` and with counts that grow while it streams; sessions that are resumed or forked hold
copies of what came before, under another session id; sub-agents have files of their own
(``<session>/subagents/agent-*.jsonl``, ``isSidechain``) that may repeat messages of their parent,
also under another ``requestId``. So an answer is known by its message id, wherever it stands.
Where no answer came a line of the agent's own says why (``isApiErrorMessage``): that is a call that
failed, of a model that the line does not name. The attempts before it are not counted.

What is known of the format, there being no specification:
https://code.claude.com/docs/en/claude-directory (transcripts),
https://github.com/ccusage/ccusage/issues/19 (a line in full), /pull/1155 and /pull/1765 (copies),
/issues/1635 (gateways whose ids are no ids), https://github.com/steipete/CodexBar/issues/646,
https://github.com/sleep2agi/agent-network/issues/18 (what stands for an answer that failed).
"""

from __future__ import annotations

import os
import re
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
    items,
    lines,
    moment,
    record,
    start_of,
    text,
    together,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

NAME: Final = "claude-code"
# Written in the place of an answer that never came, such as an error's text.
_NO_MODEL: Final = "<synthetic>"
# How such a text begins where a server answered: "API Error: 529 Overloaded."
_STATUS: Final = re.compile(r"API Error: ([45]\d\d)\b", re.ASCII)


def directories() -> list[Path]:
    """Return where the sessions are: ``$CLAUDE_CONFIG_DIR`` (several, by commas), else at home."""
    chosen = os.environ.get("CLAUDE_CONFIG_DIR", "")
    roots = [Path(part.strip()).expanduser() for part in chosen.split(",") if part.strip()]
    if not roots:
        roots = [Path.home() / ".claude", Path.home() / ".config" / "claude"]
    return [root / "projects" for root in roots]


@dataclass(slots=True)
class _Answer:
    """An answer put together of its lines in one file."""

    first: datetime
    last: datetime
    line: Json
    usage: Json
    sidechain: bool
    asked: _Asked
    tools: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an answer answers."""

    at: datetime | None = None
    trigger: str = ""
    results: tuple[str, ...] = ()


def turns(
    files: Iterable[Path], hasher: Hasher, tally: Tally, read: Callable[[int], None]
) -> list[Turn]:
    """Read the files and return every call once, in no order.

    Of copies the earliest counts, of those the one that is no sub-agent's, of those that of the
    session that ended first; of an answer's lines the one with the most output.
    """
    found: dict[str, tuple[datetime, Turn]] = {}
    for path in files:
        answers = _answers(path, hasher, tally, read)
        ended = max((answer.last for answer in answers.values()), default=None)
        for key, answer in answers.items():
            assert ended is not None
            copy = (ended, _turn(key, answer))
            if key in found:
                tally.copies += 1
                copy = _of_both(found[key], copy)
            found[key] = copy
    return [turn for _, turn in found.values()]


def _of_both(one: tuple[datetime, Turn], two: tuple[datetime, Turn]) -> tuple[datetime, Turn]:
    (ended, first), (_, other) = sorted(
        (one, two), key=lambda each: (each[1].began, each[1].depth, each[0], each[1].session)
    )
    fuller = max(first, other, key=lambda each: each.output or 0)
    return ended, replace(
        first,
        input=fuller.input,
        output=fuller.output,
        cache_read=fuller.cache_read,
        cache_write=fuller.cache_write,
        cache_write_1h=fuller.cache_write_1h,
        tools=max(first.tools, other.tools, key=len),
        request_id=first.request_id or other.request_id,
        trigger=first.trigger or other.trigger,
        results=first.results or other.results,
    )


def _answers(
    path: Path, hasher: Hasher, tally: Tally, read: Callable[[int], None]
) -> dict[str, _Answer]:
    answers: dict[str, _Answer] = {}
    asked: dict[str, _Asked] = {}  # by the line's uuid
    latest = _Asked()
    for line in lines(path, tally, read):
        kind = line.get("type")
        if kind == "user":
            latest = _question(line, hasher)
            asked[text(line, "uuid")] = latest
        elif kind == "assistant":
            uuid, parent = text(line, "uuid"), text(line, "parentUuid")
            of = asked.get(parent, latest)
            asked[uuid] = of  # the next block of the answer names this one as its parent
            _add(answers, line, of, hasher, tally)
    return answers


def _question(line: Json, hasher: Hasher) -> _Asked:
    results = [
        block for block in items(record(line, "message"), "content")
        if block.get("type") == "tool_result"
    ]  # fmt: skip
    if results:
        trigger = "tool"
    elif line.get("isMeta") is True:
        trigger = "system"
    else:
        trigger = "assistant" if line.get("isSidechain") is True else "user"
    return _Asked(
        moment(line), trigger, tuple(hasher(block.get("content")) for block in results[:256])
    )


def _add(
    answers: dict[str, _Answer], line: Json, asked: _Asked, hasher: Hasher, tally: Tally
) -> None:
    message, at = record(line, "message"), moment(line)
    failed = line.get("isApiErrorMessage") is True
    # what stands for an answer that failed tells zeros: nobody counted
    usage = {} if failed else record(message, "usage")
    if not (failed or (usage and message.get("model") != _NO_MODEL)):
        return
    if at is None:
        tally.broken += 1
        return
    key = f"claude-code error {text(line, 'uuid')}" if failed else _key(line, message)
    answer = answers.get(key)
    if answer is None:
        sidechain = line.get("isSidechain") is True
        answer = answers[key] = _Answer(at, at, line, usage, sidechain, asked)
    answer.first, answer.last = min(answer.first, at), max(answer.last, at)
    if (count(usage, "output_tokens") or 0) >= (count(answer.usage, "output_tokens") or 0):
        answer.line, answer.usage = line, usage
    for block in items(message, "content"):
        if block.get("type") == "tool_use":
            name = text(block, "name")
            answer.tools.setdefault(
                text(block, "id") or str(len(answer.tools)),
                (name, hasher(name, block.get("input"))),
            )


def _key(line: Json, message: Json) -> str:
    identity, request = text(message, "id"), text(line, "requestId")
    if identity.startswith("msg_"):
        return f"claude-code {identity}"
    # Gateways to other models may use an id again in another session.
    if identity and request:
        return f"claude-code {identity} {request}"
    session = text(line, "sessionId")
    return f"claude-code {session} {identity or text(line, 'uuid')}"


def _turn(key: str, answer: _Answer) -> Turn:
    line, usage = answer.line, answer.usage
    message = record(line, "message")
    read, write = (
        count(usage, "cache_read_input_tokens"),
        count(usage, "cache_creation_input_tokens"),
    )
    fresh = count(usage, "input_tokens")
    model = text(message, "model")
    failed = line.get("isApiErrorMessage") is True
    if model == _NO_MODEL:
        model = ""
    status = _status(line, message) if failed else 0
    began = start_of(answer.asked.at, answer.first)
    return Turn(
        key=key,
        began=began,
        ended=answer.last,
        session=text(line, "sessionId"),
        project=folder_name(text(line, "cwd")),
        provider="anthropic" if model.startswith("claude") or not model else "unknown",
        model=model,
        # Anthropic's input leaves out what was cached, read or written:
        # https://platform.claude.com/docs/en/build-with-claude/prompt-caching
        input=together(fresh, read, write),
        output=count(usage, "output_tokens"),
        cache_read=read,
        cache_write=write,
        cache_write_1h=count(record(usage, "cache_creation"), "ephemeral_1h_input_tokens"),
        response_id="" if failed else text(message, "id"),
        request_id=text(line, "requestId"),
        finish_reason="" if failed else text(message, "stop_reason"),
        service_tier=text(usage, "service_tier"),
        trigger=answer.asked.trigger,
        tools=tuple(answer.tools.values())[:256],
        results=answer.asked.results,
        depth=2 if answer.sidechain else 1,
        error_type=(text(line, "error") or str(status or "error")) if failed else "",
        http_status=status,
    )


def _status(line: Json, message: Json) -> int:
    """Return the HTTP status of a call that failed; 0: nobody answered, or nobody says."""
    told = count(line, "apiErrorStatus") or 0
    if 400 <= told < 600:  # noqa: PLR2004 - what HTTP calls errors
        return told
    said = (_STATUS.match(text(block, "text")) for block in items(message, "content"))
    return next((int(match[1]) for match in said if match), 0)
