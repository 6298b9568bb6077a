"""Ten times more than the collector can keep: refused in a way that senders understand, counted, and small."""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml
from pipeline.conftest import QUICK, ROOT, call, until

QUEUE = 400_000
POSTS = 100
FILLER = "x" * 40_000


def test_overload_is_refused_bounded_and_counted(make, gate, query):
    """With its queue full the collector answers 503, stays small, and tells how much it took and refused."""
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
        answers = list(pool.map(send, range(POSTS)))
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
