"""What the environment and ``init()`` say, read once and never half-wrong.

A value that makes no sense is warned about once, by the variable's name and with the mend, and
its default is used: an app must not fail to start because of its telemetry.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger("tokenboard")

HttpSpans = Literal["other", "all", "none"]
Protocol = Literal["http/protobuf", "grpc"]

DEFAULT_ENDPOINT = "http://localhost:4318"
DEFAULT_GRPC_ENDPOINT = "http://localhost:4317"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_NAME = 256
"""Characters of a user, team, session, agent, tool or task name that are kept."""

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off", ""})
_ON_SPANS = frozenset({"span_only", "span_and_event"})
_LATEST = "gen_ai_latest_experimental"
_PROTOCOLS = frozenset({"http/protobuf", "grpc"})


@dataclass(frozen=True, slots=True)
class Signal:
    """Where one kind of telemetry (``traces`` or ``metrics``) goes.

    ``endpoint`` is the full URL for HTTP and the collector's address for gRPC; ``exporters`` are
    names as in ``OTEL_TRACES_EXPORTER``; none at all means that the signal is switched off.
    """

    protocol: Protocol = "http/protobuf"
    endpoint: str = DEFAULT_ENDPOINT
    exporters: tuple[str, ...] = ("otlp",)

    @property
    def local(self) -> bool:
        """Whether what is sent stays on this machine, for certain."""
        if not set(self.exporters) <= {"otlp", "console"}:
            return False
        host = urlsplit(_with_scheme(self.endpoint)).hostname
        return "otlp" not in self.exporters or host in LOOPBACK


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set; the defaults are what an app gets that sets nothing."""

    disabled: bool = False
    user: str | None = None
    team: str | None = None
    hash_key: bytes = field(default_factory=lambda: os.urandom(32), repr=False)
    hash_key_given: bool = False
    http_spans: HttpSpans = "other"
    service_name: str | None = None
    guard: Any = None
    propagate_hosts: Any = None
    inject_usage: bool = False
    content: bool = False
    content_limit: int = 65_536
    redact: Any = None
    latest_metrics: bool = False
    traces: Signal = field(default_factory=Signal)
    metrics: Signal = field(default_factory=Signal)
    tracer_provider: Any = None
    meter_provider: Any = None


def read(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; never raises."""
    env = _Reader(environ)
    key = env.text("TOKENBOARD_HASH_KEY")
    settings = Settings(
        disabled=env.flag("TOKENBOARD_DISABLED") or env.flag("OTEL_SDK_DISABLED"),
        user=name_or_none(env.text("TOKENBOARD_USER")),
        team=name_or_none(env.text("TOKENBOARD_TEAM")),
        http_spans=env.http_spans("TOKENBOARD_HTTP_SPANS"),
        guard=env.text("TOKENBOARD_GUARD") or None,
        propagate_hosts=env.text("TOKENBOARD_PROPAGATE_HOSTS") or None,
        inject_usage=env.flag("TOKENBOARD_INJECT_USAGE"),
        content=env.content("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"),
        content_limit=env.number("TOKENBOARD_CONTENT_LIMIT", 65_536, least=256),
        redact=env.text("TOKENBOARD_REDACT") or None,
        latest_metrics=env.opted_in(_LATEST),
        traces=env.signal("traces"),
        metrics=env.signal("metrics"),
    )
    return replace(settings, hash_key=key.encode(), hash_key_given=True) if key else settings


_current: Settings | None = None


def current() -> Settings:
    """Return the settings in force; the environment is read at the first call."""
    global _current  # noqa: PLW0603 - one process, one configuration
    if _current is None:
        _current = read(os.environ)
    return _current


def override(
    *,
    user: object = None,
    team: object = None,
    endpoint: str | None = None,
    service_name: str | None = None,
    hash_key: str | bytes | None = None,
    http_spans: str | None = None,
    guard: Any = None,
    propagate_hosts: Any = None,
    inject_usage: bool | None = None,
    content: bool | None = None,
    redact: Any = None,
    tracer_provider: Any = None,
    meter_provider: Any = None,
) -> Settings:
    """Lay ``init()``'s arguments over the environment and return the result.

    ``None`` leaves a setting as it is. ``endpoint`` is the collector's base address, as in
    ``OTEL_EXPORTER_OTLP_ENDPOINT``.
    """
    global _current  # noqa: PLW0603 - as above
    base = current()
    changes: dict[str, Any] = {
        "user": name_or_none(user),
        "team": name_or_none(team),
        "service_name": name_or_none(service_name),
        "guard": guard,
        "propagate_hosts": propagate_hosts,
        "inject_usage": inject_usage,
        "content": content,
        "redact": redact,
        "tracer_provider": tracer_provider,
        "meter_provider": meter_provider,
    }
    if hash_key:
        changes["hash_key"] = hash_key.encode() if isinstance(hash_key, str) else hash_key
        changes["hash_key_given"] = True
    if http_spans is not None:
        changes["http_spans"] = _http_spans("init(http_spans=…)", http_spans)
    if endpoint is not None:
        for signal in ("traces", "metrics"):
            old: Signal = getattr(base, signal)
            changes[signal] = replace(
                old,
                endpoint=_endpoint("init(endpoint=…)", endpoint, old.protocol, f"/v1/{signal}"),
            )
    given = {name: value for name, value in changes.items() if value is not None}
    _current = replace(base, **given)
    return _current


_capturing = False


def capture(*, on: bool) -> None:
    """Note that capture was switched on by ``init()``, or off again."""
    global _capturing  # noqa: PLW0603 - on or off for the process
    _capturing = on


def capturing() -> bool:
    """Whether spans are wanted: without ``init()`` the context managers emit none."""
    return _capturing


def name_or_none(value: object) -> str | None:
    """Return a name fit for an attribute, or ``None`` for nobody: never an error.

    Numbers are written out, blanks at the ends go, an empty name is nobody, and what is longer
    than ``LONGEST_NAME`` characters is cut.
    """
    if value is None:
        return None
    try:
        text = (value if isinstance(value, str) else str(value)).strip()
    except Exception:
        return None
    return text[:LONGEST_NAME] or None


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, variable: str) -> str:
        return self._environ.get(variable, "").strip()

    def flag(self, variable: str) -> bool:
        value = self.text(variable).lower()
        if value not in _TRUE and value not in _FALSE:
            _warn(variable, value, "true or false", "false")
        return value in _TRUE

    def opted_in(self, to: str) -> bool:
        names = self.text("OTEL_SEMCONV_STABILITY_OPT_IN").lower().split(",")
        return to in {name.strip() for name in names}

    def content(self, variable: str) -> bool:
        value = self.text(variable).lower()
        if value in _ON_SPANS or value in _TRUE:
            return True
        if value not in _FALSE and value != "no_content":
            _warn(variable, value, "span_only or no_content", "no_content")
        return False

    def number(self, variable: str, default: int, least: int) -> int:
        value = self.text(variable).replace("_", "")
        if value.isdecimal() and int(value) >= least:
            return int(value)
        if value:
            _warn(variable, value, f"a whole number from {least}", str(default))
        return default

    def http_spans(self, variable: str) -> HttpSpans:
        return _http_spans(variable, self.text(variable) or "other")

    def signal(self, name: Literal["traces", "metrics"]) -> Signal:
        upper = name.upper()
        protocol = self._protocol(f"OTEL_EXPORTER_OTLP_{upper}_PROTOCOL")
        exporters = self.text(f"OTEL_{upper}_EXPORTER").lower() or "otlp"
        names = tuple(part.strip() for part in exporters.split(",") if part.strip())
        own = f"OTEL_EXPORTER_OTLP_{upper}_ENDPOINT"
        if self.text(own):
            endpoint = _endpoint(own, self.text(own), protocol, "", default_path=f"/v1/{name}")
        else:
            general = "OTEL_EXPORTER_OTLP_ENDPOINT"
            default = DEFAULT_GRPC_ENDPOINT if protocol == "grpc" else DEFAULT_ENDPOINT
            endpoint = _endpoint(general, self.text(general) or default, protocol, f"/v1/{name}")
        return Signal(
            protocol=protocol,
            endpoint=endpoint,
            exporters=() if "none" in names else names,
        )

    def _protocol(self, own: str) -> Protocol:
        for variable in (own, "OTEL_EXPORTER_OTLP_PROTOCOL"):
            value = self.text(variable).lower()
            if value in _PROTOCOLS:
                return cast("Protocol", value)
            if value:
                _warn(variable, value, "http/protobuf or grpc", "http/protobuf")
        return "http/protobuf"


def _http_spans(variable: str, value: str) -> HttpSpans:
    spelt = value.strip().lower()
    if spelt in _TRUE:
        return "all"
    if spelt in _FALSE:
        return "none"
    if spelt in {"other", "all", "none"}:
        return cast("HttpSpans", spelt)
    _warn(variable, value, "other, all or none", "other")
    return "other"


def _with_scheme(endpoint: str) -> str:
    return endpoint if "://" in endpoint else f"http://{endpoint}"


def _endpoint(
    variable: str, value: str, protocol: Protocol, path: str, *, default_path: str = ""
) -> str:
    """Check a collector's address and append ``path`` for HTTP, as the OTLP specification says.

    https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp
    """
    try:
        parts = urlsplit(_with_scheme(value) if protocol == "grpc" else value)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        _ = parts.port  # a port out of range raises
    except ValueError:
        usable = False
    if usable:
        return value if protocol == "grpc" else value.rstrip("/") + path if path else value
    default = DEFAULT_GRPC_ENDPOINT if protocol == "grpc" else DEFAULT_ENDPOINT
    _warn(variable, value, f"a URL such as {default}", default)
    return default if protocol == "grpc" else default + (path or default_path)


_warned: set[str] = set()


def _warn(variable: str, value: str, wanted: str, default: str) -> None:
    if variable in _warned:
        return
    _warned.add(variable)
    logger.warning(
        "tokenboard: %s=%r is not understood; set it to %s. Using %s.",
        variable,
        value[:80],
        wanted,
        default,
    )
