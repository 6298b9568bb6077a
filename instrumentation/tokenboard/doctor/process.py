"""The app's side: needs nothing but what ``pip install tokenboard`` brings."""

from __future__ import annotations

import os
import re
import sys
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tokenboard import settings
from tokenboard.doctor import Check, way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Module -> where its requests pass: what the hooks stand in.
_SEAMS = {
    "httpx": ("Client", "send"),
    "httpx2": ("Client", "send"),
    "aiohttp": ("ClientSession", "_request"),
    "urllib3": ("connectionpool", "HTTPConnectionPool", "urlopen"),
}
_OURS = "TOKENBOARD_"
_COMPOSE = frozenset({f"{_OURS}BIND"})  # of docker-compose.yml, not of the package


def checks() -> list[Check]:
    """Look at each link; a check that fails itself is broken, never an exception."""
    links: dict[str, Callable[[], Check]] = {
        "packages": _packages,
        "settings": _settings,
        "switched on": _switched_on,
        "capture": _capture,
        "sampler": _sampler,
        "exporter": _exporter,
        "collector": _collector,
        "hash key": _hash_key,
    }
    found: list[Check] = []
    for name, look in links.items():
        try:
            found.append(look())
        except Exception as error:
            found.append(Check(name, "broken", f"could not be looked at: {error!r}"[:300]))
    return found


def _packages() -> Check:
    wrong: list[str] = []
    names: list[str] = []
    for requirement in metadata.requires("tokenboard") or []:
        if ";" in requirement and "extra" in requirement:
            continue
        name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
        least = re.search(r">=\s*([0-9.]+)", requirement)
        names.append(name)
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if least and _numbers(version) < _numbers(least[1]):
            wrong.append(f"{name} is {version}, at least {least[1]} is needed")
    if wrong:
        mend = "pip install --upgrade tokenboard " + " ".join(names)
        return Check("packages", "broken", "; ".join(wrong), mend)
    python = ".".join(str(part) for part in sys.version_info[:3])
    shown = f"tokenboard {metadata.version('tokenboard')} on Python {python}"
    return Check(
        "packages", "ok", f"{shown}, OpenTelemetry SDK {metadata.version('opentelemetry-sdk')}"
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("b")[0])[:3])


def _settings() -> Check:
    current = settings.current()
    del current  # read: what it did not understand is noted
    misread = sorted(settings._warned)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - there is one list of them
    if misread:
        shown = ", ".join(f"{name}={os.environ.get(name, '')[:60]!r}" for name in misread)
        return Check(
            "settings",
            "broken",
            f"not understood, its default is used: {shown}",
            f"correct or unset {', '.join(misread)} (README, Settings)",
        )
    given = {name for name in os.environ if name.startswith(_OURS)}
    unknown = sorted(given - _known()) if given else []
    if unknown:
        return Check(
            "settings",
            "doubtful",
            f"no such setting: {', '.join(unknown)}",
            "misspelt? README, Settings, has them all",
        )
    named = sorted(n for n in os.environ if n.startswith((_OURS, "OTEL_")))
    return Check("settings", "ok", f"{', '.join(named) or 'none'} set, understood")


def _known() -> set[str]:
    """Return every setting there is: the package's own sources are the list that is never stale."""
    named: set[str] = set(_COMPOSE)
    for source in Path(__file__).parents[1].rglob("*.py"):
        named.update(re.findall(r"TOKENBOARD_[A-Z]+(?:_[A-Z]+)*", source.read_text("utf-8")))
    return named


def _switched_on() -> Check:
    if not settings.current().disabled:
        return Check("switched on", "ok", "capture is not disabled")
    names = [n for n in ("TOKENBOARD_DISABLED", "OTEL_SDK_DISABLED") if os.environ.get(n)]
    return Check(
        "switched on",
        "broken",
        f"{' and '.join(names)} switches capture off",
        f"unset {' and '.join(names)}",
    )


def _capture() -> Check:
    if settings.current().disabled:
        return Check("capture", "skipped", "it is switched off")
    if not settings.capturing():
        return Check(
            "capture",
            "broken",
            "nothing is captured in this process",
            "import tokenboard.auto where the app starts, or run it by opentelemetry-instrument",
        )
    hooked = {name: _is_hooked(name) for name in _SEAMS if name in sys.modules}
    bare = [name for name, is_in in hooked.items() if not is_in]
    if bare:
        return Check(
            "capture",
            "broken",
            f"{', '.join(bare)} is imported, yet its calls are not seen",
            "something took the hook out again: import tokenboard.auto after it, or report it",
        )
    if not hooked:
        return Check("capture", "ok", "on; no HTTP client is imported yet")
    return Check("capture", "ok", f"on, in {', '.join(hooked)}")


def _is_hooked(name: str) -> bool:
    from tokenboard.hooks import patch

    found: object = sys.modules[name]
    for part in _SEAMS[name]:
        found = getattr(found, part)
    return patch.is_in(found)


def _sampler() -> Check:
    """Look whether spans are thrown away before they are sent: each of a call is wanted.

    https://opentelemetry.io/docs/languages/sdk-configuration/general/#otel_traces_sampler
    """
    from tokenboard import export

    if export.app_has_traces():
        return Check("sampler", "skipped", "the app's own tracer provider decides")
    name = os.environ.get("OTEL_TRACES_SAMPLER", "").strip().lower()
    mend = "unset OTEL_TRACES_SAMPLER, or sample behind the books"
    if name.endswith("always_off"):
        return Check("sampler", "broken", f"OTEL_TRACES_SAMPLER={name} sends no spans", mend)
    if name.endswith("traceidratio"):
        share = os.environ.get("OTEL_TRACES_SAMPLER_ARG", "1")
        said = f"OTEL_TRACES_SAMPLER={name} puts only {share} of all traces on the books"
        return Check("sampler", "doubtful", said, mend)
    return Check("sampler", "ok", "every call is sent")


def _exporter() -> Check:
    from tokenboard import export

    if export.app_has_traces():
        return Check("exporter", "ok", "the app's own tracer provider sends the spans")
    wanted = settings.current().traces
    if not wanted.exporters:
        return Check("exporter", "broken", "OTEL_TRACES_EXPORTER=none sends no spans", "unset it")
    if "otlp" not in wanted.exporters:
        shown = ",".join(wanted.exporters)
        return Check(
            "exporter",
            "doubtful",
            f"spans go to {shown}, none to a collector",
            "add otlp to OTEL_TRACES_EXPORTER",
        )
    part = "grpc" if wanted.protocol == "grpc" else "http"
    import_module(f"opentelemetry.exporter.otlp.proto.{part}.trace_exporter")
    if lost := export.lost():
        return Check(
            "exporter",
            "doubtful",
            f"{lost:,} spans of this process never arrived at {wanted.endpoint}",
            "its collector was away or slow; OTEL_BSP_MAX_QUEUE_SIZE keeps more for it (2048)",
        )
    return Check("exporter", "ok", f"OTLP ({wanted.protocol}) to {wanted.endpoint}")


def _collector() -> Check:
    from tokenboard import export

    wanted = settings.current().traces
    if export.app_has_traces() or "otlp" not in wanted.exporters:
        return Check("collector", "skipped", "tokenboard's own exporter is not used")
    return way.asked(wanted.protocol, wanted.endpoint, dict(_headers()))


def _headers() -> Iterator[tuple[str, str]]:
    """Read ``OTEL_EXPORTER_OTLP_HEADERS``, that of traces before the general one."""
    from opentelemetry.util.re import parse_env_headers

    text = os.environ.get("OTEL_EXPORTER_OTLP_TRACES_HEADERS") or os.environ.get(
        "OTEL_EXPORTER_OTLP_HEADERS", ""
    )
    yield from parse_env_headers(text, liberal=True).items()


def _hash_key() -> Check:
    if settings.current().hash_key_given:
        return Check("hash key", "ok", "TOKENBOARD_HASH_KEY is set")
    return Check(
        "hash key",
        "doubtful",
        "no TOKENBOARD_HASH_KEY: each process hashes with a random key of its own",
        "where several processes serve one conversation, give all the same TOKENBOARD_HASH_KEY",
    )
