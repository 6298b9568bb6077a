"""The embedded ClickHouse (chDB): one per process, opened once, shared by handle.

A handle carries its own session (``USE``, ``SET``) and runs one query at a time, so everybody gets
a handle of their own: opening one on the running engine costs about half a millisecond.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenboard.local.errors import one_line
from tokenboard.local.lock import DataDirError, DirectoryLock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clickhouse_connect.driver.client import Client

DATABASE = "tokenboard"

# Acknowledged means on disk, also after a power cut: parts and their directory are synced before an
# insert returns. These are MergeTree settings: a config file makes them hold for every table.
_CONFIG = """<clickhouse>
    <merge_tree>
        <fsync_after_insert>1</fsync_after_insert>
        <fsync_part_directory>1</fsync_part_directory>
        <!-- a quarter of the default: a buffer of it is held for each of a hundred column streams,
             by every insert of a wide part and by every merge -->
        <max_compress_block_size>262144</max_compress_block_size>
    </merge_tree>
    <!-- sized for a laptop; the defaults are for a server of its own -->
    <mark_cache_size>268435456</mark_cache_size>
</clickhouse>
"""


def default_data_dir() -> Path:
    """``$TOKENBOARD_DATA``, else ``tokenboard`` in the XDG data home."""
    if chosen := os.environ.get("TOKENBOARD_DATA"):
        return Path(chosen).expanduser()
    home = os.environ.get("XDG_DATA_HOME")
    base = Path(home) if home else Path.home() / ".local" / "share"
    return base / "tokenboard"


class Engine:
    """A data directory held open by this process.

    Engines of one directory in one process share one engine and one lock: the last one closed frees
    both.

    Raises:
        DataDirInUseError: another process has the directory; the message names it.
        DataDirError: the directory cannot be written, or holds books of a newer tokenboard, or this
            process has another one open.
    """

    def __init__(
        self, data_dir: Path | None = None, *, database: str = DATABASE, migrate: bool = True
    ) -> None:
        self.data_dir = (data_dir or default_data_dir()).expanduser().resolve()
        self.database = database
        self._shared = _acquire(self.data_dir)
        self._closed = False
        if migrate:
            try:
                self._migrate()
            except BaseException:
                self.close()
                raise

    def _migrate(self) -> None:
        from tokenboard import store

        client = self.client(use_database=False)
        try:
            store.migrate(client, database=self.database)
        except store.MigrationError as error:
            raise DataDirError(f"{self.data_dir}: {error}") from error
        finally:
            client.close()

    def client(self, *, use_database: bool = True) -> Client:
        """Return a new clickhouse-connect client with a handle of its own; the caller closes it."""
        import clickhouse_connect

        return clickhouse_connect.get_client(
            interface="chdb",
            path=str(self._shared.path),
            database=self.database if use_database else None,
            chdb_options=self._shared.options,
        )

    def handle(
        self, database: str | None = None, settings: Mapping[str, str | int] | None = None
    ) -> Any:
        """Return a new bare chDB connection that may write; the caller closes it."""
        handle = self._shared.connect()
        try:
            self.prepare(handle, database, settings or {})
        except BaseException:
            handle.close()
            raise
        return handle

    def prepare(self, handle: Any, database: str | None, settings: Mapping[str, str | int]) -> None:
        """Choose a handle's database and settings."""
        if database is not None:
            handle.query(f"USE {_quoted(database, '`')}", "TabSeparated")
        for name, value in settings.items():
            handle.query(f"SET {name} = {_quoted(str(value), chr(39))}", "TabSeparated")

    def reader(self, settings: Mapping[str, str | int], database: str | None = None) -> Any:
        """Return a new bare chDB connection that can never write, with ``settings`` for good.

        ``readonly=1`` cannot be taken back on a handle, nor any setting changed after it.
        """
        # implicit_select, the embedded engine's default, would run `1 + 1` as a query.
        return self.handle(database, {"implicit_select": 0, **settings, "readonly": 1})

    def announce(self, addresses: Mapping[str, str]) -> None:
        """Tell other processes, through the lock file, where this one listens."""
        self._shared.lock.announce(addresses)

    def close(self) -> None:
        """Give up this engine; the last one of the process closes the directory. Idempotent."""
        if not self._closed:
            self._closed = True
            _release(self._shared)

    def __enter__(self) -> Engine:  # noqa: PYI034 - Self is not subclassed here
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Shared:
    """The process's one open directory: its lock, and a handle that keeps the engine alive."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.users = 1
        self.lock = DirectoryLock(directory)
        try:
            self.path = directory / "clickhouse"
            config = directory / "engine.xml"
            if not config.is_file() or config.read_text() != _CONFIG:
                config.write_text(_CONFIG)
            self.options = {
                "config-file": str(config),
                # A machine's time zone must not decide which day or partition a call falls in.
                "session_timezone": "UTC",
                # Everybody reads with FINAL, and replays come in other blocks anyhow: looking for
                # them in every single block takes longer than the rest of an insert.
                "optimize_on_insert": "0",
                # What a recomputation sorts and writes at a time: a quarter of the default.
                "min_insert_block_size_bytes": str(64 * 2**20),
            }
            self._keep = self.connect()
        except BaseException as error:
            self.lock.release()
            if isinstance(error, OSError):
                raise DataDirError(
                    f"cannot use the data directory {directory}: {error.strerror}; "
                    "choose another with --data or TOKENBOARD_DATA"
                ) from error
            raise

    def connect(self) -> Any:
        chdb = _chdb()
        options = "&".join(f"{name}={value}" for name, value in self.options.items())
        try:
            return chdb.connect(f"{self.path}?{options}")
        except RuntimeError as error:
            free = shutil.disk_usage(self.directory).free
            raise DataDirError(
                f"cannot open the data in {self.path} ({free // 2**20} MiB free on its disk): "
                f"{one_line(error)}"
            ) from error

    def close(self) -> None:
        self._keep.close()
        self.lock.release()


def _quoted(value: str, mark: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(mark, f"\\{mark}")
    return f"{mark}{escaped}{mark}"


_guard = threading.Lock()
_open: _Shared | None = None


def _acquire(directory: Path) -> _Shared:
    global _open  # noqa: PLW0603 - chDB itself is one per process
    with _guard:
        if _open is None:
            _open = _Shared(directory)
        elif _open.directory == directory:
            _open.users += 1
        else:
            raise DataDirError(
                f"this process already has the data directory {_open.directory} open; "
                f"close it before opening {directory}"
            )
        return _open


def _release(shared: _Shared) -> None:
    global _open  # noqa: PLW0603 - see _acquire
    with _guard:
        shared.users -= 1
        if shared.users == 0:
            shared.close()
            _open = None


def _chdb() -> Any:
    """Import chDB with UTC as its server time zone: it reads ``TZ`` once, when it is loaded.

    Background views compute hours and partitions in the server's zone, not in the session's.
    """
    if "chdb" in sys.modules:
        return sys.modules["chdb"]
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    try:
        import chdb
    finally:
        if before is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = before
    return chdb
