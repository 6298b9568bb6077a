"""What the readers of all agents' files share: one call as the files tell it, and lines of JSON."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Json = dict[str, Any]

# A line is one message; what is longer than this is no message.
_LONGEST_LINE: Final = 256 * 2**20
# A prompt that lies further back than this is not what the call took.
_LONGEST_CALL_S: Final = 3600.0
NO_COUNT: Final = -1
"""Stands for a count that is no whole number; the books set the call aside, as any negative one."""
MOST_TOKENS: Final = 100_000_000
"""What the books believe of one call at most."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One call to a model. Counts are tokens, ``None`` where the file says nothing.

    Attributes:
        key: the same for every copy of the call, in whatever file.
        began: when the request went out, as near as the file tells; UTC.
        ended: when the answer was complete.
        input: with what was cached; ``cache_read`` and ``cache_write`` are parts of it.
        output: with ``reasoning``, a part of it.
        tools: name and keyed hash of each tool that the answer asked for.
        results: keyed hashes of the tool results that the request brought.
        trigger: what drove the call: ``user``, ``tool``, ``assistant``, or empty.
        depth: 1 for the agent itself, 2 for a sub-agent.
        error_type: why there was no answer; empty: there was one.
        http_status: of a call that failed, 0 where the file does not say.
    """

    key: str
    began: datetime
    ended: datetime
    session: str
    project: str
    provider: str
    model: str
    input: int | None
    output: int | None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    response_id: str = ""
    request_id: str = ""
    finish_reason: str = ""
    service_tier: str = ""
    trigger: str = ""
    tools: tuple[tuple[str, str], ...] = ()
    results: tuple[str, ...] = ()
    depth: int = 1
    error_type: str = ""
    http_status: int = 0


@dataclass(slots=True)
class Tally:
    """What was met on the way: files read, lines that could not be, files that could not be."""

    files: int = 0
    lines: int = 0
    broken: int = 0
    copies: int = 0
    unreadable: list[str] = field(default_factory=list[str])


class Hasher:
    """Keyed hashes of tool arguments and results: nothing that was said can be read off them."""

    def __init__(self, key: bytes) -> None:
        self._key = key[:64]

    def __call__(self, *parts: Any) -> str:
        """Return 16 hex digits."""
        text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
        data = text.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, key=self._key, digest_size=8).hexdigest()


def session_files(directory: Path) -> list[Path]:
    """Return the session files under a directory, in the order of their names.

    Raises:
        OSError: the directory itself cannot be read.
    """
    next(directory.iterdir(), None)  # rglob says nothing of a directory that it may not read
    return sorted(path for path in directory.rglob("*.jsonl") if path.is_file())


def lines(path: Path, tally: Tally, read: Callable[[int], None]) -> Iterator[Json]:
    """Yield a file's objects; what is no object is counted and left out.

    ``read`` is told how many bytes each line had. A file that cannot be read, or not to its end, is
    noted by its name.
    """
    try:
        with path.open("rb") as file:
            tally.files += 1
            while line := file.readline(_LONGEST_LINE):
                read(len(line))
                if not line.strip():
                    continue
                tally.lines += 1
                try:
                    found = json.loads(line)
                except (ValueError, RecursionError):
                    found = None
                if isinstance(found, dict):
                    yield cast("Json", found)
                else:
                    tally.broken += 1
    except OSError as error:
        tally.unreadable.append(f"{path}: {error.strerror or error}")


def record(found: Any, name: str) -> Json:
    """Return an object's member that is an object, else an empty one."""
    value = found.get(name) if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType]
    return cast("Json", value) if isinstance(value, dict) else {}


def items(found: Json, name: str) -> list[Json]:
    """Return an object's member that is a list, its objects only."""
    value = found.get(name)
    if not isinstance(value, list):
        return []
    return [cast("Json", each) for each in cast("list[Any]", value) if isinstance(each, dict)]


def text(found: Json, *names: str) -> str:
    """Return the first of the members that is a text that says something."""
    for name in names:
        value = found.get(name)
        if isinstance(value, str) and value:
            return value
    return ""


def count(found: Json, name: str) -> int | None:
    """Return a member that is a whole number, whatever its sign: the books judge it.

    What stands there and is none is ``NO_COUNT``: unknown is only what is not there.
    """
    value = found.get(name)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    return NO_COUNT


def together(count: int | None, *parts: int | None) -> int | None:
    """Return a count with what it leaves out; one that cannot be stays as it is."""
    if count is None or count < 0:
        return count
    return count + sum(part for part in parts if part is not None and part > 0)


def moment(found: Json) -> datetime | None:
    """Return the line's ``timestamp`` (ISO 8601), in UTC."""
    value = found.get("timestamp")
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def start_of(asked: datetime | None, answered: datetime) -> datetime:
    """Return when a call began: when it was asked for, unless that is too long ago to be it."""
    if asked is None or not 0 <= (answered - asked).total_seconds() <= _LONGEST_CALL_S:
        return answered
    return asked


def folder_name(path: str) -> str:
    """Return the last part of a working directory of any system."""
    return path.replace("\\", "/").rstrip("/").rpartition("/")[2]
