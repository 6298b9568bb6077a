"""What every test shares: the recorded data, and the rule that CI never skips it silently."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TOKENBOARD_TEST_DATA") or ROOT.parent / "shared" / "data")
_SKIP = "recorded data"


@pytest.fixture(scope="session")
def recorded_data() -> Path:
    """The folder of recorded traffic; tests that need it are skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"{_SKIP} is not at {DATA} (set TOKENBOARD_TEST_DATA)")
    return DATA


@pytest.fixture(scope="session")
def recorded_exchanges(recorded_data):
    """Function: name of a wire file -> its exchanges."""

    def read(name):
        lines = (recorded_data / "wire" / f"{name}.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    return read


def pytest_terminal_summary(terminalreporter):
    """Name the failure that pytest itself would call a success."""
    if _skipped_in_vain(terminalreporter):
        terminalreporter.write_line(
            f"FAILED: the recorded data is at {DATA}, yet tests that read it were skipped",
            red=True,
        )


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and exitstatus == 0 and _skipped_in_vain(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _skipped_in_vain(reporter) -> bool:
    skipped = reporter.stats.get("skipped", [])
    return DATA.is_dir() and any(_SKIP in str(report.longrepr) for report in skipped)
