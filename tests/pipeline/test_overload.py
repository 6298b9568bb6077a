"""Ten times more than the collector can keep: refused in a way that senders understand, counted, small; apps unharmed."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from harried import QUEUE as APP_QUEUE
from harried import app, kept_and_lost
from pipeline.conftest import QUICK, ROOT, call, until

QUEUE = 400_000
POSTS = 100
FILLER = "x" * 40_000


@pytest.fixture
def flooded(make, gate):
    """(collector, answers): its queue full with what came while the store was down; the gate is still shut."""
    override = copy.deepcopy(QUICK)
    telemetry = yaml.safe_load((ROOT / "collector" / "config.yaml").read_text())["service"][
        "telemetry"
    ]
    telemetry["metrics"]["readers"][0]["periodic"]["interval"] = 500
    override["service"] = {"telemetry": telemetry}
    gate.mode = "down"
    collector = make(override=override, environment={"QUEUE_BYTES": str(QUEUE)})

    def send(number):
        return collector.post("traces", call(5000 + number, {"filler": FILLER})).status_code

    with ThreadPoolExecutor(8) as pool:
        return collector, list(pool.map(send, range(POSTS)))


def test_overload_is_refused_bounded_and_counted(flooded, gate, query):
    """With its queue full the collector answers 503, stays small, and tells how much it took and refused."""
    collector, answers = flooded
    taken, refused = answers.count(200), answers.count(503)
    assert taken + refused == POSTS
    assert 0 < taken <= QUEUE // len(FILLER)
    status = Path(f"/proc/{collector.process.pid}/status").read_text()
    assert int(status.partition("VmHWM:")[2].split()[0]) < 300_000  # KiB
    gate.mode = "pass"
    minutes = (
        "SELECT sum(accepted), sum(refused), sum(sent), sum(failed), max(queue_size) > 300000, "
        f"max(queue_capacity) >= {QUEUE}, min(memory_bytes) > 1000000 "
        "FROM pipeline_minutes WHERE component = 'otelcol-tokenboard'"
    )
    until(lambda: query(minutes)[0][2] >= taken)
    collector.stop()
    assert query(minutes) == [(taken, refused, taken, 0, 1, 1, 1)]


def test_an_app_beside_a_full_collector(flooded, gate, query):
    """Its calls go on as ever; what it could not deliver is counted, and kept and lost are all that was made."""
    collector, _ = flooded
    # Fill what is left, so that not even an app's small batch finds room.
    number = POSTS
    while collector.post("traces", call(5000 + number)).status_code == 200:
        number += 1
    with app("harried", collector.url) as calls:
        said = calls(6 * APP_QUEUE)
        assert (said["made"], said["wrong"]) == (6 * APP_QUEUE, 0)
        gate.mode = "pass"
        until(lambda: collector.post("traces", call(9000)).status_code == 200)
        assert calls(APP_QUEUE // 2)["wrong"] == 0
    made = 6 * APP_QUEUE + APP_QUEUE // 2
    kept, lost = until(lambda: (found := kept_and_lost(query, "harried"))[1] and found)
    until(lambda: sum(kept_and_lost(query, "harried")) >= made)
    kept, lost = kept_and_lost(query, "harried")
    assert kept >= APP_QUEUE // 2
    assert (kept + lost, lost > 3 * APP_QUEUE) == (made, True)
