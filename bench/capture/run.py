"""Capture: added CPU on the calling thread, start-up, and who reports the right tokens.

``python -m bench capture [contender…] [--rounds N] [--json FILE]``. Every contender works in
processes of its own, in its own environment (``.cache/envs``, made by ``make bench``), against one
local provider; rounds are interleaved and every figure is the median over the rounds of the
difference from the bare SDK of the same environment in the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.capture import report
from bench.capture.contenders import BARE, CONTENDERS
from bench.capture.report import Figures
from bench.capture.worker import SPEED

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
# Small batches: a contender and the bare SDK are measured within a tenth of a second of each other.
GENERATIONS = 8
TIMES = {"openai_call": 10, "anthropic_call": 10, "openai_stream": 1, "anthropic_stream": 1}


def _python(env: str) -> Path:
    if not env:
        return Path(sys.executable)
    return ROOT / ".cache" / "envs" / env / "bin" / "python"


def _environment(url: str, mode: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OTEL_", "TOKENBOARD_", "TRACELOOP_", "LOGFIRE_", "ANTHROPIC_"))
    }
    return {
        **kept,
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_SERVICE_NAME": "bench",
        "NO_PROXY": "127.0.0.1",
        # Logfire's plugin would be imported by the bare SDK already, before set-up is measured.
        **({"PYDANTIC_DISABLE_PLUGINS": "__all__"} if mode == "startup" else {}),
    }


@contextmanager
def _provider() -> Iterator[str]:
    """The wire server's address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.capture.wire_server"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.stdin.close()
        server.wait(10)


class _Worker:
    def __init__(self, name: str, url: str, mode: str) -> None:
        # A file, not a pipe: nobody reads while the worker works.
        self._complaints = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed below
        self._name = name
        self._process = subprocess.Popen(
            [_python(CONTENDERS[name].env), "-m", "bench.capture.worker", name, url, mode],
            cwd=ROOT,
            env=_environment(url, mode),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )

    def answer(self, command: object = None) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if command is not None:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self._complaints.seek(0)
            said = self._complaints.read().strip().splitlines() or ["nothing said"]
            raise RuntimeError(f"{self._name} ended: {said[-1]}")
        return json.loads(line)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._complaints.close()


def _once(name: str, url: str, mode: str) -> Any:
    worker = _Worker(name, url, mode)
    try:
        return worker.answer()
    finally:
        worker.close()


def _speed(names: list[str], url: str, rounds: int) -> dict[str, Figures]:
    """contender -> what was measured, in several processes one after the other.

    Two processes that do the same differ by some percent, for good: by where their memory lies.
    """
    results = _generation(names, url, rounds - rounds // GENERATIONS * (GENERATIONS - 1))
    for _ in range(GENERATIONS - 1):
        for name, more in _generation(names, url, rounds // GENERATIONS).items():
            for case, values in more.rounds.items():
                results[name].rounds[case] += values
    return results


def _generation(names: list[str], url: str, rounds: int) -> dict[str, Figures]:
    """The same of one process each."""
    workers: dict[str, _Worker] = {}
    results: dict[str, Figures] = {}
    try:
        for name in names:
            workers[name] = _Worker(name, url, "speed")
            results[name] = Figures(versions=workers[name].answer()["versions"])
            print(f"  {name}: {results[name].versions}", file=sys.stderr)
        for turn in range(rounds):
            # another one begins each round: none always follows the same neighbour
            order = names[turn % len(names) :] + names[: turn % len(names)]
            for case in SPEED:
                for name in order:
                    command = {"case": case, "times": TIMES[case]}
                    results[name].rounds[case].append(workers[name].answer(command))
            print(f"\r  round {turn + 1}/{rounds}", end="", file=sys.stderr, flush=True)
        print(file=sys.stderr)
        for name, worker in workers.items():
            results[name].others = worker.answer({"case": "others"})
            results[name].calibration = worker.answer({"case": "calibrate"})
    finally:
        for worker in workers.values():
            worker.close()
    return results


def _startup(names: list[str], url: str, rounds: int) -> dict[str, list[dict[str, float]]]:
    results: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            results[name].append(_once(name, url, "startup"))
    return results


def _with_bare(names: list[str]) -> list[str]:
    """Every name with the bare SDK of its environment before it."""
    wanted: list[str] = []
    for name in names:
        for needed in (BARE[CONTENDERS[name].env], name):
            if needed not in wanted:
                wanted.append(needed)
    return wanted


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench capture", description=__doc__)
    parser.add_argument("contender", nargs="*", help=f"of {', '.join(CONTENDERS)}; default all")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--json", type=Path, help="write every figure there too")
    options = parser.parse_args(arguments)
    unknown = [name for name in options.contender if name not in CONTENDERS]
    if unknown:
        parser.error(f"no contender {unknown[0]!r}; there are: {', '.join(CONTENDERS)}")
    names = _with_bare(options.contender or list(CONTENDERS))
    missing = sorted({CONTENDERS[n].env for n in names if not _python(CONTENDERS[n].env).exists()})
    for env in missing:
        print(f"left out: environment {env!r} is missing (make bench builds it)", file=sys.stderr)
    names = [name for name in names if CONTENDERS[name].env not in missing]
    with _provider() as url:
        print("speed", file=sys.stderr)
        speed = _speed(names, url, options.rounds)
        print("start-up", file=sys.stderr)
        startup = _startup(names, url, max(1, min(3, options.rounds // 10)))
        print("truth", file=sys.stderr)
        truth = {name: _once(name, url, "truth") for name in names if name not in BARE.values()}
    print(report.markdown(names, speed, startup, truth))
    if options.json:
        figures = {
            "speed": {name: asdict(measured) for name, measured in speed.items()},
            "startup": startup,
            "truth": truth,
        }
        options.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")
