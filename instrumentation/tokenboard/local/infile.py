"""Inserting bytes that are already in an input format.

chDB's own streaming insert must not be used: when the last step of an insert fails, on a full disk
for one, its ``finish()`` reports success and the rows are gone. ``INSERT … FROM INFILE`` tells. The
file is memory where the system has such files.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable


def insert(handle: Any, into: str, form: str, data: Iterable[bytes]) -> int:
    """Run ``INSERT INTO …`` with data and return how many rows were written.

    Args:
        handle: a chDB connection that may write.
        into: the statement up to where FORMAT would stand.
        form: the data's input format.
        data: the data, in pieces.

    Raises:
        RuntimeError: the engine refuses; its text begins with ClickHouse's ``Code:``. Nothing was
            written, except partitions of a block that were finished before.
    """
    with _file(data) as path:
        statement = f"{into} FROM INFILE '{path}' COMPRESSION 'none' FORMAT {form}"
        return int(handle.query(statement, "TabSeparated").rows_read())


@contextmanager
def _file(data: Iterable[bytes]) -> Generator[str]:
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("tokenboard"), "wb") as memory:
            memory.writelines(data)
            memory.flush()
            yield f"/proc/self/fd/{memory.fileno()}"
        return
    with tempfile.NamedTemporaryFile(suffix=".in") as file:
        file.writelines(data)
        file.flush()
        yield file.name.replace("\\", "\\\\").replace("'", "\\'")
