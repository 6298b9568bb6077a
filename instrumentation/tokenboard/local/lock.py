"""One process per data directory: a lock file of our own that says who has it.

The engine refuses a second process too, but only with "Error initializing EmbeddedServer". The
kernel releases a ``flock`` when its process ends, however it ends: what a killed process left is
free.
"""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LOCK_NAME = "tokenboard.lock"


class DataDirError(Exception):
    """The data directory cannot be used; the message is one line and names the mend."""


class DataDirInUseError(DataDirError):
    """Another process has the data directory open.

    Attributes:
        pid: its process id, or None when it did not say.
        addresses: where it listens, by name (``otlp``, ``clickhouse``, ``web``); may be empty.
    """

    def __init__(self, directory: Path, pid: int | None, addresses: Mapping[str, str]) -> None:
        self.pid = pid
        self.addresses = dict(addresses)
        who = f"process {pid}" if pid is not None else "another process"
        where = ", ".join(f"{name} {url}" for name, url in addresses.items())
        mend = (
            f"use it through --url {addresses['clickhouse']}, or stop it, or choose another --data"
            if "clickhouse" in addresses
            else "wait for it to end, or choose another --data"
        )
        listening = f" ({where})" if where else ""
        super().__init__(f"{directory} is in use by {who}{listening}: {mend}")


class DirectoryLock:
    """An exclusive lock on a data directory, until :meth:`release` or the end of the process."""

    def __init__(self, directory: Path) -> None:
        """Create the directory if need be and take the lock.

        Raises:
            DataDirInUseError: another process holds it.
            DataDirError: the directory cannot be created or written.
        """
        self.directory = directory
        try:
            # Who used how much is nobody else's business on a shared machine.
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._fd = os.open(directory / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DataDirError(
                f"cannot use the data directory {directory}: {reason}; "
                "choose another with --data or TOKENBOARD_DATA"
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            pid, addresses = _read(self._fd)
            os.close(self._fd)
            raise DataDirInUseError(directory, pid, addresses) from error
        self.announce({})

    def announce(self, addresses: Mapping[str, str]) -> None:
        """Write into the file who holds it and where it listens, for others' messages."""
        text = json.dumps({"pid": os.getpid(), "addresses": dict(addresses)}).encode()
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, text, 0)

    def release(self) -> None:
        """Give the directory free. The file stays: removing it would race with the next holder."""
        if self._fd < 0:
            return
        os.ftruncate(self._fd, 0)
        os.close(self._fd)
        self._fd = -1


def holder(directory: Path) -> tuple[int | None, dict[str, str]] | None:
    """Return (pid, addresses) of the process that holds the directory, None when it is free."""
    try:
        fd = os.open(directory / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _read(fd)
    finally:
        os.close(fd)
    return None


def _read(fd: int) -> tuple[int | None, dict[str, str]]:
    try:
        stated: Any = json.loads(os.pread(fd, 4096, 0))
    except (OSError, ValueError):
        return None, {}
    if not isinstance(stated, dict):
        return None, {}
    fields = cast("dict[str, Any]", stated)
    pid = fields.get("pid")
    addresses = fields.get("addresses")
    if not isinstance(addresses, dict):
        addresses = {}
    return (
        pid if isinstance(pid, int) else None,
        {str(name): str(url) for name, url in cast("dict[Any, Any]", addresses).items()},
    )
