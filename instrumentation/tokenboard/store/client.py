"""Open the store: a ClickHouse server by address, or the data directory of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

    from clickhouse_connect.driver.client import Client

LOCAL_URL = "http://127.0.0.1:8123"


class StoreError(Exception):
    """The store cannot be used; the message is one line and names the mend."""


def connect(
    url: str | None = None, data: Path | None = None, database: str = "tokenboard"
) -> Client:
    """Return a clickhouse-connect client; ``close()`` it when done.

    ``url`` is a server's HTTP address, ``http[s]://[user[:password]@]host[:port]``; ``data`` a data
    directory, opened in this process. With neither, the local stack's address. The database need
    not exist yet: ``migrate`` makes it.

    Raises:
        StoreError: nobody answers there, or the password is wrong.
        DataDirInUseError: another process has the data directory open; the message names it.
    """
    client = _embedded(data) if data is not None else _server(url or LOCAL_URL)
    exists = "SELECT count() FROM system.databases WHERE name = %(name)s"
    if client.query(exists, parameters={"name": database}).result_rows[0][0]:
        client.database = database
    return client


def _embedded(data: Path) -> Client:
    from tokenboard.local.engine import Engine

    engine = Engine(data, migrate=False)
    client = engine.client(use_database=False)
    release = client.close

    def close() -> None:
        release()
        engine.close()

    client.close = close  # the engine goes with the only client it was opened for
    return client


def _server(url: str) -> Client:
    import clickhouse_connect
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        port = parts.port
    except ValueError as error:
        raise StoreError(f"{url!r} is no ClickHouse address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(f"{url!r} is no ClickHouse address: it looks like http://user@host:8123")
    port = port or (8443 if parts.scheme == "https" else 8123)
    shown = f"{parts.scheme}://{parts.hostname}:{port}"
    try:
        return clickhouse_connect.get_client(
            host=parts.hostname,
            port=port,
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            secure=parts.scheme == "https",
            query_limit=0,
            connect_timeout=5,
        )
    except ClickHouseError as error:
        reason = " ".join(str(error).split())
        if "AUTHENTICATION_FAILED" in reason or "Code: 516" in reason:
            raise StoreError(
                f"ClickHouse at {shown} refuses the user or password: "
                "give them as http://user:password@host:port"
            ) from error
        raise StoreError(
            f"no ClickHouse answers at {shown}: start one (tokenboard up) or name it with --url "
            f"({reason[:200]})"
        ) from error
