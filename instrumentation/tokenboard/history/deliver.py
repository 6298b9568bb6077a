"""Bring spans into the books: through the local stack that runs, its data at rest, or a collector.

Whatever is sent twice stands once: ids are always the same. What the books know already is not sent
again, and a call that they know keeps its time there, so that a copy with another time is no second
call.
"""

from __future__ import annotations

import contextlib
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import unquote

from tokenboard.history import spans
from tokenboard.store.sql import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from clickhouse_connect.driver.client import Client
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    from tokenboard.history.turns import Turn

BATCH: Final = 1000
_PATIENCE_S: Final = 60.0
_KNOWN: Final = """
SELECT lower(hex(span_id)), toUnixTimestamp64Micro(ts), user_id, session_id, model,
    length(tool_names), input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    notEmpty(flaws)
FROM emissions FINAL
WHERE emitter = 'tokenboard.history' AND kind = 'call' AND service = %(agent)s
ORDER BY seniority DESC
"""


class DeliveryError(Exception):
    """The calls could not be stored, or not all of them; the message is one line."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the books have of a call: when it began, and :func:`spans.fingerprint` of it."""

    began: datetime
    fingerprint: tuple[object, ...]
    flawed: bool

    def has(self, fingerprint: tuple[object, ...]) -> bool:
        """Whether that is what is there; counts that cannot be are not kept, so not compared."""
        if self.flawed:
            return self.fingerprint[:2] == fingerprint[:2]
        return self.fingerprint == fingerprint


@dataclass(slots=True)
class Outcome:
    """How many calls were sent, were there already, are older than the books reach, were erased."""

    sent: int = 0
    there: int = 0
    too_old: int = 0
    erased: int = 0


class Books(Protocol):
    """Where spans go."""

    def known(self, agent: str) -> dict[str, Known]:
        """Return what is there of an agent's history, by span id in hex."""
        ...

    def keep(self) -> timedelta:
        """Return how far back they reach."""
        ...

    def erased(self, user: str) -> datetime | None:
        """Return when that user's data were erased, if they ever were."""
        ...

    def send(self, request: ExportTraceServiceRequest) -> None:
        """Store spans; they are on disk when this returns.

        Raises:
            DeliveryError: they are not stored.
        """
        ...

    def settle(self) -> None:
        """Bring the board up to date, or wait until somebody has."""
        ...


def deliver(  # noqa: PLR0917 - one after another
    turns: Sequence[Turn],
    agent: str,
    owner: spans.Owner,
    books: Books,
    advance: Callable[[int], None],
    keep: timedelta,
    erased: datetime | None = None,
) -> Outcome:
    """Send what the books do not know yet, oldest first; ``keep`` is how far back they reach.

    What ended before ``erased`` is left out: somebody wanted it gone.

    Raises:
        DeliveryError: something could not be stored. What was sent before is, so do it again.
    """
    outcome = Outcome()
    known = books.known(agent)
    horizon = datetime.now(UTC) - keep
    fresh: list[Turn] = []
    for turn in turns:
        there = known.get(spans.span_id(turn).hex())
        if turn.began < horizon:
            outcome.too_old += 1
        elif erased is not None and turn.ended <= erased:
            outcome.erased += 1
        elif there is not None and there.has(spans.fingerprint(turn, owner)):
            outcome.there += 1
        else:
            fresh.append(turn if there is None else _moved(turn, there.began))
    advance(len(turns) - len(fresh))
    fresh.sort(key=lambda turn: turn.began)
    for start in range(0, len(fresh), BATCH):
        part = fresh[start : start + BATCH]
        books.send(spans.request(part, agent, owner))
        outcome.sent += len(part)
        advance(len(part))
    return outcome


def _moved(turn: Turn, began: datetime) -> Turn:
    return replace(turn, began=began, ended=began + (turn.ended - turn.began))


@contextlib.contextmanager
def opened(data: Path | None, endpoint: str | None) -> Generator[Books]:
    """Open a collector by ``endpoint``, else the local stack of ``data``, running or not.

    Raises:
        DataDirError: the data directory cannot be used.
        DeliveryError: the stack that has it is starting or stopping.
    """
    from tokenboard.local.engine import Engine, default_data_dir
    from tokenboard.local.lock import holder

    if endpoint is not None:
        yield _Collector(endpoint)
        return
    directory = (data or default_data_dir()).expanduser()
    running = holder(directory)
    if running is not None:
        pid, addresses = running
        if "otlp" not in addresses or "clickhouse" not in addresses:
            raise DeliveryError(f"{directory} is in use by process {pid}: wait for it to end")
        yield _Running(addresses)
        return
    with Engine(directory) as engine:
        at_rest = _AtRest(engine)
        try:
            yield at_rest
        finally:
            at_rest.close()


class _Collector:
    """Anything that takes OTLP over HTTP."""

    def __init__(self, endpoint: str) -> None:
        self._url = f"{endpoint.rstrip('/')}/v1/traces"
        # https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
        pairs = os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",")
        self._headers = {
            name.strip(): unquote(value.strip())
            for name, mark, value in (pair.partition("=") for pair in pairs)
            if mark
        }

    def known(self, agent: str) -> dict[str, Known]:
        """Return nothing: a collector cannot be asked."""
        del agent
        return {}

    def keep(self) -> timedelta:
        """Return what is usual."""
        return _reach(Layout().fact_days)

    def erased(self, user: str) -> datetime | None:
        """Return nothing: a collector cannot be asked."""
        del user
        return None

    def send(self, request: ExportTraceServiceRequest) -> None:
        """Post the spans, again for a while where the receiver asks for it."""
        headers = {"content-type": "application/x-protobuf", **self._headers}
        body = request.SerializeToString()
        deadline = time.monotonic() + _PATIENCE_S
        wait = 0.2
        while True:
            try:
                post = urllib.request.Request(self._url, body, headers)  # noqa: S310 - see below
                with urllib.request.urlopen(post, timeout=_PATIENCE_S) as answer:  # noqa: S310 - http(s), checked by the command
                    answer.read()
            except (OSError, ValueError) as error:
                passing = not isinstance(error, urllib.error.HTTPError) or error.code in (
                    429, 502, 503, 504,
                )  # fmt: skip
                if not passing or time.monotonic() > deadline or isinstance(error, ValueError):
                    raise DeliveryError(f"{self._url} does not take it: {error}") from error
                time.sleep(wait)
                wait = min(2 * wait, 5)
            else:
                return

    def settle(self) -> None:
        """Do nothing: what comes after the collector is its own affair."""


class _Running(_Collector):
    """The local stack: its receiver takes the spans, its ClickHouse port answers."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        from tokenboard import store

        super().__init__(addresses["otlp"])
        self._headers = {}
        self._client = store.connect(url=addresses["clickhouse"])

    def known(self, agent: str) -> dict[str, Known]:
        return _known(self._client, agent)

    def keep(self) -> timedelta:
        return _kept(self._client)

    def erased(self, user: str) -> datetime | None:
        return _erased(self._client, user)

    def settle(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            if not self._client.query("SELECT pending FROM pending").result_rows[0][0]:
                return
            time.sleep(0.5)


class _AtRest:
    """The local stack's data, opened in this process."""

    def __init__(self, engine: Any) -> None:
        from tokenboard.local.ingest import Ingest

        self._engine = engine
        self._ingest = Ingest(engine)
        self._client: Client = engine.client()

    def close(self) -> None:
        self._ingest.close()
        self._client.close()

    def known(self, agent: str) -> dict[str, Known]:
        return _known(self._client, agent)

    def keep(self) -> timedelta:
        return _kept(self._client)

    def erased(self, user: str) -> datetime | None:
        return _erased(self._client, user)

    def send(self, request: ExportTraceServiceRequest) -> None:
        from tokenboard.local.ingest import InsertError, OverloadedError
        from tokenboard.local.otlp import traces

        try:
            self._ingest.submit(traces.rows(request)).result()
        except (InsertError, OverloadedError) as error:
            raise DeliveryError(f"the books do not take it: {error}") from error

    def settle(self) -> None:
        from tokenboard import store
        from tokenboard.store import prices

        database = self._engine.database
        store.refresh(self._client, database)
        if prices.sync(self._client, database).changed:
            store.refresh(self._client, database)


def _reach(fact_days: int) -> timedelta:
    # the last days are not recomputed any more: they have begun to expire
    return timedelta(days=fact_days - 2)


def _kept(client: Client) -> timedelta:
    query = "SELECT value FROM settings FINAL WHERE name = 'layout.fact_days'"
    rows = client.query(query).result_rows
    return _reach(int(rows[0][0]) if rows else Layout().fact_days)


def _erased(client: Client, user: str) -> datetime | None:
    query = "SELECT toUnixTimestamp64Milli(max(at)) FROM erased WHERE name = sipHash128(%(user)s)"
    rows = client.query(query, parameters={"user": user}).result_rows
    milliseconds = int(rows[0][0]) if rows else 0
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds > 0 else None


def _known(client: Client, agent: str) -> dict[str, Known]:
    rows = client.query(_KNOWN, parameters={"agent": agent}).result_rows
    return {
        # of a span that was sent with other content, the one first seen last comes last
        str(row[0]): Known(
            datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(row[1])),
            (*map(str, row[2:5]), *row[5:10]),
            bool(row[10]),
        )
        for row in rows
    }
