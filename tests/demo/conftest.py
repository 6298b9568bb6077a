"""One run of the demo for all tests that look at what it left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from commandline import tokenboard
from tokenboard.cli.demo import SEED
from tokenboard.demo.files import FILES
from tokenboard.demo.provider import Provider

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Demo:
    """What ``tokenboard demo --once --json --data DIR`` wrote, and where its data are."""

    status: int
    stdout: str
    stderr: str
    data: Path
    home: Path

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.stdout)

    @property
    def people(self) -> dict[str, dict[str, Any]]:
        return {row["user_id"]: row for row in self.document["leaderboard"]}

    def read(self, *command: str) -> Any:
        """The JSON of a reading command on the demo's data, with the stack stopped."""
        done = tokenboard(*command, "--json", "--data", self.data, home=self.home)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Demo:
    """The demo, run once to its end."""
    home = tmp_path_factory.mktemp("home")
    data = home / "books"
    done = tokenboard("demo", "--once", "--json", "--data", data, home=home, timeout=300)
    return Demo(done.returncode, done.stdout, done.stderr, data, home)


@pytest.fixture(scope="session")
def served():
    """What the provider bills the company when nobody watches: the same seed, capture off."""
    off = {**os.environ, "TOKENBOARD_DISABLED": "true"}
    with Provider(seed=SEED, files=FILES) as provider:
        done = subprocess.run(
            [sys.executable, "-m", "tokenboard.demo.company", provider.url],
            env=off,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr
    return provider.ledger
