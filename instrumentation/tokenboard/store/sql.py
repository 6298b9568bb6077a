"""The SQL files of ``clickhouse/``: finding them and filling in their template.

A file holds one statement. What may stand in it in braces:

- ``{db}``: the database; ``{on_cluster}``: ``ON CLUSTER …`` or nothing;
- ``{engine:Name(arguments)}``: a table engine, replicated on a cluster: raw telemetry among the
  replicas of the shard that took it, all else on every server;
- ``{rows:table}``: a raw table to read from, on a cluster that of every shard;
- ``{distributed:name table}``: what makes ``name`` the same for whoever may only read views;
- ``{raw_days}``, ``{fact_days}``: retention;
- the macros below, ``{name:expression}`` and so on: expressions too long to repeat;
- in ``refresh/``, whatever the stage passes in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tokenboard import resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Names by which emitters call a provider -> the name of the conventions.
# https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/ (gen_ai.provider.name)
PROVIDERS: Mapping[str, str] = {
    "aws": "aws.bedrock",
    "aws_bedrock": "aws.bedrock",
    "az.ai.inference": "azure.ai.inference",
    "az.ai.openai": "azure.ai.openai",
    "amazon-bedrock": "aws.bedrock",
    "azure": "azure.ai.openai",
    "azure-openai": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "gcp.gen_ai": "gcp.gemini",
    "google": "gcp.gemini",
    "google.generative-ai": "gcp.gemini",
    "google.vertex": "gcp.vertex_ai",
    "google_genai": "gcp.gemini",
    "grok": "x_ai",
    "mistral": "mistral_ai",
    "mistralai": "mistral_ai",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}

# Outcomes of a task that did not bring what was wanted; any other outcome is a completed task.
FAILURES = ("abandoned", "cancelled", "error", "failed", "rejected", "reverted")


def _quoted(values: list[str]) -> str:
    return "[" + ", ".join(f"'{value}'" for value in values) + "]"


def _name(text: str) -> str:
    return f"substringUTF8(toValidUTF8({text}), 1, 256)"


def _provider(text: str) -> str:
    # the AI SDK names the provider and one of its interfaces: openai.responses
    interface = "'[.](chat|completion|embedding|image|messages|responses)$'"
    given = f"replaceRegexpOne(lower({_name(text)}), {interface}, '')"
    aliases, names = list(PROVIDERS), list(PROVIDERS.values())
    return f"transform({given}, {_quoted(aliases)}, {_quoted(names)}, {given})"


def _id(text: str, size: int, hashed: str) -> str:
    # an id that is not what W3C says still tells spans apart, by its hash
    return (
        f"multiIf(length({text}) = {2 * size} AND lower(hex(unhex({text}))) = lower({text}), "
        f"toFixedString(substring(unhex({text}), 1, {size}), {size}), "
        f"{text} = '', toFixedString('', {size}), {hashed})"
    )


def _same(arguments: str) -> str:
    """Whether two input counts can be of one call: equal, unknown, or one without its cache."""
    one, other, one_read, other_read, one_write, other_write = arguments.split("|")
    one_cache = f"ifNull({one_read}, 0) + ifNull({one_write}, 0)"
    other_cache = f"ifNull({other_read}, 0) + ifNull({other_write}, 0)"
    return (
        f"(ifNull({one} = {other}, 1) OR {one} = {other} + {other_cache} "
        f"OR {other} = {one} + {one_cache})"
    )


def _live(columns: str) -> str:
    """Whether a row of calls is read, by slot and generation: of the newest, or of its base."""
    return (
        f"({columns}) IN (SELECT unit, if(stage = 'calls', generation, previous) "
        "FROM {db}.current WHERE stage IN ('calls', 'calls_base'))"
    )


def _like(spec: str) -> str:
    """What a view of another file selects, from other tables: ``file.sql table=other …``."""
    name, *swaps = spec.split()
    body = text(name).split(" AS\n", 1)[1].rstrip()
    for swap in swaps:
        old, _, other = swap.partition("=")
        body = re.sub(rf"\{{db\}}\.{old}\b", f"{{db}}.{other}", body)
    return body


def _cost(price: str) -> str:
    """Cost of a call at a price row (see refresh/calls/85_rates.sql), in whole picodollars."""
    return (
        "reinterpret("
        f"greatest(n_input - n_read - n_write - n_audio_in, 0) * {price}.7 "
        f"+ greatest(n_output - n_audio_out - n_reasoning, 0) * {price}.8 "
        f"+ n_read * {price}.9 + greatest(n_write - n_write_1h, 0) * {price}.10 "
        f"+ n_write_1h * {price}.11 + n_audio_in * {price}.12 + n_audio_out * {price}.13 "
        f"+ n_reasoning * {price}.15 + {price}.14 "
        # millionths of a dollar an hour, nanoseconds
        f"+ if({price}.16 = 0, 0, toInt64(intDiv(toInt128({price}.16) * duration_ns, 3600000))), "
        "'Decimal(18, 12)')"
    )


MACROS: Mapping[str, Callable[[str], str]] = {
    # bounded, valid UTF-8
    "name": _name,
    "provider": _provider,
    # a count as an integer, NULL when it is none; "12.0" is 12
    "count": lambda t: (
        f"coalesce(toInt64OrNull({t}), accurateCastOrNull(toFloat64OrNull({t}), 'Int64'))"
    ),
    # JSON array of strings, bounded like a name; empty when it is none
    "list": lambda t: (
        f"arrayMap(n -> {_name('n')}, arraySlice(JSONExtract({t}, 'Array(String)'), 1, 256))"
    ),
    # a task's outcome: failed, done, or nothing said
    "verdict": lambda t: (
        f"multiIf({t} = '', '', lower({t}) IN {tuple(FAILURES)}, 'failed', 'done')"
    ),
    "id16": lambda t: _id(t, 16, f"sipHash128({t})"),
    "id8": lambda t: _id(t, 8, f"reinterpretAsFixedString(sipHash64({t}))"),
    "same": _same,
    "cost": _cost,
    "live": _live,
    "like": _like,
    # another file's text, its comments left out
    "include": lambda name: re.sub(r"^ *--.*\n", "", text(name), flags=re.MULTILINE).strip(),
    # what a merged call's winner (e) says, else what the others (x) say
    "or": lambda c: f"firstNonDefault(e.{c}, x.{c}) AS {c}",
    "also": lambda c: f"coalesce(e.{c}, x.{c}) AS {c}",
    "count_of": lambda c: f"if(blind, x.{c}, e.{c}) AS {c}",
}

_CONDITION = re.compile(r"-- when: (.*)\n")
_MACRO = re.compile(r"\{(\w+):([^{}]*)\}")
_ENGINE = re.compile(r"(\w+)(?:\((.*)\))?", re.DOTALL)
# Raw telemetry, most of the bytes, stays where it came in; the books are whole on every server.
_RAW = re.compile(r"CREATE TABLE IF NOT EXISTS \{db\}\.otel_(?:traces|logs|metrics_\w+)\s")
_OF_ITS_SHARD = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
_OF_ALL = "'/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}'"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where and how the tables are made.

    Attributes:
        database: name of the database.
        cluster: name of a ClickHouse cluster for replicated tables, or empty for one server.
        raw_days: how long raw telemetry is kept, in days.
        fact_days: how long single calls are kept, in days.
        rollup_days: how long usage by hour and day is kept, in days; 0: for ever.
    """

    database: str = "tokenboard"
    cluster: str = ""
    raw_days: int = 35
    fact_days: int = 400
    rollup_days: int = 0

    def __post_init__(self) -> None:
        for what in (self.database, self.cluster):
            if what and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", what):
                raise ValueError(
                    f"{what!r} cannot name a database or cluster: letters, digits and _ only"
                )


@cache
def text(name: str) -> str:
    """Return a file of ``clickhouse/``, by its path in it."""
    return (resources.folder("clickhouse") / name).read_text(encoding="utf-8")


def condition(template: str) -> str | None:
    """Return the query in a statement's first line that says whether to run it, if it has one."""
    found = _CONDITION.match(template)
    return found[1] if found else None


def render(template: str, layout: Layout, values: Mapping[str, object] | None = None) -> str:
    """Fill in a template: a statement ready to send.

    Raises:
        KeyError: a macro that is unknown.
    """
    plain: dict[str, object] = {
        "db": f"`{layout.database}`",
        "on_cluster": f"ON CLUSTER `{layout.cluster}`" if layout.cluster else "",
        "raw_days": layout.raw_days,
        "fact_days": layout.fact_days,
        **(values or {}),
    }

    def macro(match: re.Match[str]) -> str:
        name, argument = match.groups()
        if name in of_layout:
            return of_layout[name](argument)
        return MACROS[name](argument)

    replica = _OF_ITS_SHARD if _RAW.search(template) else _OF_ALL
    of_layout: Mapping[str, Callable[[str], str]] = {
        "engine": lambda spec: _engine(spec, layout, replica),
        "rows": lambda table: _rows(table, layout),
        "distributed": lambda names: _distributed(names, layout),
    }
    expanded = template
    while (inner := _MACRO.sub(macro, expanded)) != expanded:  # what is included holds macros
        expanded = inner
    for name, value in plain.items():
        expanded = expanded.replace("{" + name + "}", str(value))
    return expanded


def _engine(spec: str, layout: Layout, replica: str) -> str:
    match = _ENGINE.fullmatch(spec)
    assert match is not None, spec
    name, arguments = match.group(1), match.group(2) or ""
    if not layout.cluster:
        return f"{name}({arguments})" if arguments else name
    return f"Replicated{name}({', '.join(part for part in (replica, arguments) if part)})"


def _rows(table: str, layout: Layout) -> str:
    if not layout.cluster:
        return f"{{db}}.{table}"
    return f"cluster('{layout.cluster}', {{db}}.{table})"


def _distributed(names: str, layout: Layout) -> str:
    name, table = names.split()
    if not layout.cluster:
        # what is materialized is in no asterisk
        return f"OR REPLACE VIEW {{db}}.{name} AS SELECT *, ReceivedAt FROM {{db}}.{table}"
    return (
        f"TABLE IF NOT EXISTS {{db}}.{name} {{on_cluster}} AS {{db}}.{table} "
        f"ENGINE = Distributed('{layout.cluster}', '{layout.database}', '{table}')"
    )
