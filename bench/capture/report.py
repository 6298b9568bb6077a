"""The figures as Markdown tables."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import Any

from bench.capture.contenders import BARE, CONTENDERS
from bench.capture.wire_server import CACHED_TOKENS, CHUNKS, INPUT_TOKENS, OUTPUT_TOKENS
from bench.capture.worker import SPEED


@dataclass(slots=True)
class Figures:
    """What one contender was measured at, in CPU microseconds."""

    versions: dict[str, str]
    rounds: dict[str, list[float]] = field(default_factory=lambda: {case: [] for case in SPEED})
    others: float = 0.0
    calibration: float = 0.0


_UNKNOWN = {"openai_stream_without_usage", "openai_stream_closed_early"}
_COLUMNS = (
    "added to the bare SDK",
    "import + set-up ms",
    "MB",
    "OpenAI call µs",
    "of bare",
    "µs/chunk",
    "Anthropic call µs",
    "of bare",
    "µs/chunk",
    "other threads µs/call",
)
_LABELS = {
    "openai_call": "OpenAI call",
    "openai_stream": "OpenAI stream",
    "anthropic_call": "Anthropic call",
    "anthropic_stream": "Anthropic stream",
    "openai_stream_without_usage": "stream without usage",
    "openai_stream_closed_early": "stream closed early",
    "openai_sse_lines": "OpenAI SSE lines",
    "anthropic_sse_lines": "Anthropic SSE lines",
}


def _added(speed: dict[str, Figures], name: str, case: str) -> float:
    """Median over the rounds of the microseconds above the bare SDK of the same environment."""
    bare = speed[BARE[CONTENDERS[name].env]].rounds[case]
    mine = speed[name].rounds[case]
    return statistics.median(a - b for a, b in zip(mine, bare, strict=True))


def _per_unit(case: str, value: float) -> str:
    return f"{value / CHUNKS:.1f}" if "stream" in case else f"{value:.0f}"


def _median(values: list[dict[str, float]], key: str) -> float:
    return statistics.median(value[key] for value in values)


def _verdict_unknown(case: str, spans: list[Any], counted: list[Any]) -> str:
    """The same of a call whose usage the provider never sent."""
    if any(span["input"] or span["output"] for span in counted):
        return "invents usage"
    if not spans:
        return "no span"
    # the conventions' mark of an answer that never came to its end
    marked = any(span["status"] == "ERROR" or "error" in span["finish"] for span in spans)
    if case.endswith("early") and not marked:
        return "span, not marked"
    return "right" if len(spans) == 1 else f"{len(spans)} spans"


def _verdict(case: str, seen: dict[str, Any]) -> str:
    """What one contender's spans say of one call, in a word."""
    if seen["error"]:
        return f"the call fails: {seen['error'][:40]}"
    spans = seen["spans"]
    counted = [span for span in spans if span["input"] is not None or span["output"] is not None]
    if case in _UNKNOWN:
        return _verdict_unknown(case, spans, counted)
    if not counted:
        return "no span" if not spans else "no usage"
    wrong = []
    truth = {"input": INPUT_TOKENS, "output": OUTPUT_TOKENS, "cached": CACHED_TOKENS}
    for name, expected in truth.items():
        values = {span[name] for span in counted}
        if values != {expected}:
            said = "/".join("none" if v is None else str(v) for v in sorted(values, key=str))
            wrong.append(f"{name} {said}")
    if len(counted) > 1:
        wrong.append(f"{len(counted)} times")
    return ", ".join(wrong) or "right"


def markdown(
    names: list[str],
    speed: dict[str, Figures],
    startup: dict[str, list[dict[str, float]]],
    truth: dict[str, Any],
) -> str:
    """Two tables: what each contender costs, and what it reports."""
    lines = [
        "| " + " | ".join(_COLUMNS) + " |",
        "|---" * len(_COLUMNS) + "|",
    ]
    for name in names:
        cells = _bare_cells(speed[name])
        title = f"*{CONTENDERS[name].title}, {_sdks(speed[name])}*"
        if name not in BARE.values():
            title = f"{CONTENDERS[name].title} {speed[name].versions[CONTENDERS[name].package]}"
            cells = _cells(name, speed, startup)
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    floor = [speed[name].calibration for name in names if name in {"otel", "tokenboard-in-app"}]
    if floor:
        lines += [
            "",
            f"For scale: a span of 24 attributes and three metrics: {floor[0]:.0f} µs here.",
        ]
    lines += ["", "| one call of | " + " | ".join(_LABELS.values()) + " |"]
    lines.append("|---" * (len(_LABELS) + 1) + "|")
    for name, seen in truth.items():
        cells = [_verdict(case, seen[case]) if case in seen else "?" for case in _LABELS]
        lines.append(f"| {CONTENDERS[name].title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _sdks(figures: Figures) -> str:
    return f"openai {figures.versions['openai']}, anthropic {figures.versions['anthropic']}"


def _bare_cells(figures: Figures) -> list[str]:
    """The bare SDK's own cost, for scale."""
    cells = ["", ""]
    for case, values in figures.rounds.items():
        cells.append(_per_unit(case, statistics.median(values)))
        if "stream" not in case:
            cells.append("")
    return [*cells, ""]


def _cells(
    name: str, speed: dict[str, Figures], startup: dict[str, list[dict[str, float]]]
) -> list[str]:
    bare = BARE[CONTENDERS[name].env]
    cells = [
        f"{_median(startup[name], key) - _median(startup[bare], key):.{digits}f}"
        for key, digits in (("cpu_ms", 0), ("mb", 1))
    ]
    for case in SPEED:
        added = _added(speed, name, case)
        cells.append(_per_unit(case, added))
        if "stream" not in case:
            cells.append(f"{added / statistics.median(speed[bare].rounds[case]):+.0%}")
    return [*cells, f"{speed[name].others - speed[bare].others:.0f}"]
