"""Screenshots of the local page for the README: ``python tests/dashboards/screenshots.py``.

Shows the demo's data: runs ``tokenboard demo`` on free ports, or takes the page of a demo that runs
already (``--url http://127.0.0.1:3000``). Needs Chromium. Writes ``docs/images/*.png``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from playwright import sync_api
from tokenboard.local.stack import Stack

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
WIDE, PHONE = (1440, 900), (390, 844)


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", help="page of a demo that runs already")
    with ExitStack() as closing:
        url = parser.parse_args().url or _demo(closing)
        looping, told = _session(url, "archivist"), _session(url, "researcher, reviewer")
        pictures = [
            ("leaderboard", "/d/tokenboard-leaderboard", WIDE, "light"),
            ("leaderboard-phone", "/d/tokenboard-leaderboard", PHONE, "dark"),
            ("tiers", "/d/tokenboard-tiers", WIDE, "light"),
            ("cost", "/d/tokenboard-cost", WIDE, "light"),
            ("agents", "/d/tokenboard-agents", WIDE, "dark"),
            ("loop", f"/d/tokenboard-session?{looping}", WIDE, "dark"),
            ("session", f"/d/tokenboard-session?{told}", WIDE, "light"),
            ("efficiency", "/d/tokenboard-efficiency", WIDE, "dark"),
            ("person", "/d/tokenboard-person?var-user=ada", WIDE, "light"),
        ]
        playwright = closing.enter_context(sync_api.sync_playwright())
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        IMAGES.mkdir(parents=True, exist_ok=True)
        for name, path, (width, height), scheme in pictures:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, locale="en-US"
            )
            page = context.new_page()
            page.goto(url + path)
            page.locator("body[data-loaded]").wait_for(timeout=120_000)
            page.screenshot(path=IMAGES / f"{name}.png")
            context.close()
            print(IMAGES / f"{name}.png")  # noqa: T201 - what the command did
        browser.close()


def _demo(closing: ExitStack) -> str:
    folder = Path(closing.enter_context(tempfile.TemporaryDirectory()))
    subprocess.run(
        [
            sys.executable,
            "-c",
            "from tokenboard.cli import main; main()",
            *("demo", "--once", "--json", "--data", str(folder)),
        ],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return closing.enter_context(Stack(folder, 0, 0, 0)).addresses["web"]


def _session(url: str, agents: str) -> str:
    """Address of a session of today in which these agents worked, its own time as time range."""
    now = int(time.time() * 1000)
    asked = {
        "dashboard": "tokenboard-agents",
        "panel": _panel(url, "Sessions", "table"),
        "from": now - 3_600_000,
        "to": now,
        "variables": {},
    }
    request = urllib.request.Request(
        f"{url}/api/query", json.dumps(asked).encode(), {"content-type": "application/json"}
    )
    answer = json.load(urllib.request.urlopen(request))
    names = [column["name"] for column in answer["columns"]]
    for row in answer["rows"]:
        found = dict(zip(names, row, strict=True))
        if found["agents"] == agents:
            return urllib.parse.urlencode(
                {
                    "var-session": found["session_id"],
                    "from": found["from_ms"],
                    "to": found["to_ms"],
                }
            )
    raise SystemExit(f"no session of the last hour with {agents}: is it the demo?")


def _panel(url: str, title: str, kind: str) -> int:
    board = json.load(urllib.request.urlopen(f"{url}/api/dashboards/tokenboard-agents"))
    return next(p["id"] for p in board["panels"] if (p["title"], p["type"]) == (title, kind))


if __name__ == "__main__":
    main()
