"""Write ``dashboards/provisioning/`` from the query files; ``--check`` fails when it is stale.

Usage: python dashboards/generate.py [--check]
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from generator import alerting, provisioning, runbooks
from generator.boards import BOARDS

OUT = Path(__file__).resolve().parent / "provisioning"


def files() -> dict[Path, str]:
    """Every provisioning file and its text."""
    found = {
        OUT / "datasources" / "clickhouse.yaml": provisioning.DATASOURCE,
        OUT / "dashboards" / "provider.yaml": provisioning.PROVIDER,
    }
    for name, text in alerting.files().items():
        found[OUT / "alerting" / name] = text
    boards = [(OUT / "dashboards", build) for build in BOARDS]
    for folder, build in (*boards, (OUT / "dashboards" / "runbooks", runbooks.build)):
        board = build()
        text = json.dumps(board, indent=2, ensure_ascii=False) + "\n"
        found[folder / f"{board['uid']}.json"] = text
    return found


def stale(wanted: dict[Path, str]) -> list[str]:
    """What differs from the committed files, a line each."""
    found: list[str] = []
    for path, text in wanted.items():
        if not path.is_file():
            found.append(f"missing: {path.relative_to(OUT.parent)}")
        elif path.read_text("utf-8") != text:
            found.append(f"stale: {path.relative_to(OUT.parent)}")
    found += [
        f"left over: {path.relative_to(OUT.parent)}"
        for path in sorted(OUT.rglob("*"))
        if path.is_file() and path not in wanted
    ]
    return found


def main() -> int:
    """Run the command; 1 when ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="change nothing, fail when stale")
    arguments = parser.parse_args()
    try:
        wanted = files()
    except alerting.AlertsError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.check:
        differences = stale(wanted)
        for line in differences:
            print(line, file=sys.stderr)
        if differences:
            print("run: python dashboards/generate.py", file=sys.stderr)
        return bool(differences)
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    for line in stale(wanted):
        (OUT.parent / line.removeprefix("left over: ")).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
