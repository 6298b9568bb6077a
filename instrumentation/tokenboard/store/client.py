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

    ``url`` is a server's HTTP address, ``http[s]://[user[:password]@]host[:port]``; ``data`` a data directory, opened in
    this process. With neither, the local stack's address.

    Raises:
        StoreError: nobody answers there, or the password is wrong.
        DataDirInUseError: another process has the data directory open; the message names it.
    """
    if data is not None:
        return _embedded(data, database)
    return _server(url or LOCAL_URL, database)


def _embedded(data: Path, database: str) -> Client:
    from tokenboard.local.engine import Engine

    engine = Engine(data, database=database, migrate=False)
    client = engine.client(use_database=False)
    client.database = database
    release = client.close

    def close() -> None:
        release()
        engine.close()

    client.close = close  # the engine goes with the only client it was opened for
    return client


def _server(url: str, database: str) -> Client:
    import clickhouse_connect
    from clickhouse_connect.driver.exceptions import ClickHouseError

    parts = urlsplit(url if "//" in url else f"http://{url}")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreError(f"{url!r} is no ClickHouse address: it looks like http://user@host:8123")
    shown = f"{parts.scheme}://{parts.hostname}:{parts.port or 8123}"
    try:
        client = clickhouse_connect.get_client(
            host=parts.hostname,
            port=parts.port or (8443 if parts.scheme == "https" else 8123),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password or ""),
            secure=parts.scheme == "https",
            query_limit=0,
            connect_timeout=5,
        )
    except ClickHouseError as error:
        reason = str(error)
        if "AUTHENTICATION_FAILED" in reason or "Code: 516" in reason:
            raise StoreError(
                f"ClickHouse at {shown} refuses the user or password: give them as http://user:password@host:port"
            ) from error
        raise StoreError(
            f"no ClickHouse answers at {shown}: start one (tokenboard up) or name it with --url"
        ) from error
    client.database = database
    return client
