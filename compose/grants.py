# ruff: noqa: INP001 - a script beside what it writes
"""What Grafana's user may read: writes the grants into compose/clickhouse-users.xml.

That is the views of the books, the tables that they and the dashboards' and alerts' queries read,
and nothing else: no raw log records, no raw metrics, nothing of what keeps the books. Views read
with the rights of whoever asks, so what is behind them has to be granted, too.

Run: python compose/grants.py [--check]
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tokenboard.store import migrations, sql

ROOT = Path(__file__).resolve().parents[1]
USERS = ROOT / "compose" / "clickhouse-users.xml"
_MADE = re.compile(r"CREATE (?:OR REPLACE )?(TABLE|VIEW)(?: IF NOT EXISTS)? `tokenboard`\.(\w+)")
_READ = re.compile(r"(?:`tokenboard`\.|\b(?:FROM|JOIN)\s+(?:tokenboard\.)?)(\w+)")
# What only `tokenboard refresh` asks.
_WORKINGS = re.compile(r"_dirty$|^(current|pending|unswept|generations)$")
_LINES = re.compile(r"(?<=<!-- granted by compose/grants.py -->\n).*?(?= *<!-- end -->)", re.DOTALL)


def made() -> dict[str, tuple[str, str]]:
    """Return every table and normal view: name -> (TABLE or VIEW, its statement)."""
    found: dict[str, tuple[str, str]] = {}
    for path in migrations.files():
        statement = _bare(sql.render(path.read_text("utf-8"), sql.Layout()))
        if match := _MADE.search(statement):
            found[match[2]] = (match[1], statement)
    return found


def readable() -> list[str]:
    """Return the tables and views that Grafana's user has to read, sorted."""
    known = made()
    todo = {name for name, (kind, _) in known.items() if kind == "VIEW"}
    todo = {name for name in todo if not _WORKINGS.search(name)}
    folders = (ROOT / "dashboards" / "queries", ROOT / "dashboards" / "alerts")
    for path in (path for folder in folders for path in sorted(folder.rglob("*.sql"))):
        todo.update(_READ.findall(_bare(path.read_text("utf-8"))))
    found: set[str] = set()
    while todo:
        name = todo.pop()
        if name in known and name not in found:
            found.add(name)
            kind, statement = known[name]
            if kind == "VIEW":
                todo.update(_READ.findall(statement))
    return sorted(found)


def _bare(statement: str) -> str:
    return re.sub(r"--.*", "", statement)


def main(arguments: list[str]) -> int:
    """Write the grants, or with ``--check`` tell whether they are as they should be."""
    before = USERS.read_text("utf-8")
    lines = "".join(
        f"                <query>GRANT SELECT ON tokenboard.{name}</query>\n" for name in readable()
    )
    after = _LINES.sub(lambda _: lines, before, count=1)
    if "--check" in arguments:
        if after != before:
            sys.stdout.write("stale: compose/clickhouse-users.xml: python compose/grants.py\n")
        return int(after != before)
    USERS.write_text(after, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
