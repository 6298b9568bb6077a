"""Switches capture on: the one place that knows all the parts."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tokenboard import mishap, runaway, settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import TracerProvider


_HOOKS = {"httpx": "httpx", "httpx2": "httpx", "aiohttp": "aiohttp", "urllib3": "urllib3"}
"""Which of the hooks a client module gets. ``requests`` and ``botocore`` send by urllib3."""

_POOLS = ("concurrent.futures.thread", "concurrent.futures._base")


def init(
    *,
    user: object = None,
    team: object = None,
    endpoint: str | None = None,
    service_name: str | None = None,
    hash_key: str | bytes | None = None,
    http_spans: str | None = None,
    guard: str | Mapping[str, Any] | bool | None = None,
    propagate_hosts: str | Iterable[str] | None = None,
    inject_usage: bool | None = None,
    content: bool | None = None,
    redact: Callable[[str], str] | None = None,
    tracer_provider: TracerProvider | None = None,
    meter_provider: MeterProvider | None = None,
) -> None:
    """Capture every LLM call of this process from now on.

    ``import tokenboard.auto`` does the same with nothing but the environment. Calling it again is
    harmless, and lays the arguments that are given over what is set. Never raises.

    Args:
        user: whom the work is for when nothing says otherwise; ``TOKENBOARD_USER``.
        team: that person's team; ``TOKENBOARD_TEAM``.
        endpoint: the collector's base address; ``OTEL_EXPORTER_OTLP_ENDPOINT``. Takes effect
            until the first call is made.
        service_name: what the app is called; ``OTEL_SERVICE_NAME``, else the script's name.
        hash_key: the key of the hashes of prompts and tool calls; ``TOKENBOARD_HASH_KEY``, else a
            random one for each process. Processes that serve one conversation need the same.
        http_spans: spans for HTTP calls: ``other`` than LLM calls (default), ``all`` (sends trace
            headers to providers too) or ``none``; ``TOKENBOARD_HTTP_SPANS``.
        guard: limits of each session, as in ``tokenboard.guard``, as a mapping or written
            ``"max_repeats=5,max_calls=200,on=raise"``; ``TOKENBOARD_GUARD``.
        propagate_hosts: hosts of one's own that may know whose work a request is, a list or with
            commas between; see ``propagation``; ``TOKENBOARD_PROPAGATE_HOSTS``.
        inject_usage: ask for the usage of OpenAI-like streams that come without; the app's own
            chunks stay as they were; ``TOKENBOARD_INJECT_USAGE``.
        content: have prompts and answers on the spans; see ``content``; off unless
            ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` says ``span_only``.
        redact: what every text passes through before that; ``TOKENBOARD_REDACT``.
        tracer_provider: where spans go; the app's global one, else one of tokenboard's own.
        meter_provider: where metrics go; likewise.
    """
    try:
        wanted = settings.override(
            user=user,
            team=team,
            endpoint=endpoint,
            service_name=service_name,
            hash_key=hash_key,
            http_spans=http_spans,
            guard=guard,
            propagate_hosts=propagate_hosts,
            inject_usage=inject_usage,
            content=content,
            redact=redact,
            tracer_provider=tracer_provider,
            meter_provider=meter_provider,
        )
        if not wanted.disabled:
            _start()
            runaway.everywhere(wanted.guard, "TOKENBOARD_GUARD or init(guard=…)")
            _propagate(wanted.propagate_hosts)
    except Exception:
        mishap.report("setting up")


def _propagate(hosts: str | Iterable[str] | None) -> None:
    if not hosts and "tokenboard.propagation" not in sys.modules:
        return
    from tokenboard import propagation

    propagation.allow(hosts, "TOKENBOARD_PROPAGATE_HOSTS or init(propagate_hosts=…)")
    if propagation.active:
        for name in _HOOKS:
            if name in sys.modules:
                _hop_by_hop(name, sys.modules[name])


def _hop_by_hop(name: str, module: Any) -> None:
    from tokenboard.hooks import hops

    if name in hops.MODULES:
        hops.install(module)


def stop() -> None:
    """Capture no more; what is under way is still written down."""
    from tokenboard.hooks import imports

    settings.capture(on=False)
    imports.forget((*_HOOKS, *_POOLS))
    for name in _POOLS:
        if name in sys.modules:
            import_module("tokenboard.hooks.pools").uninstall(sys.modules[name])
    for name, hook in _HOOKS.items():
        module = sys.modules.get(name)
        if module is not None:
            import_module(f"tokenboard.hooks.{hook}").uninstall(module)


def _start() -> None:
    from tokenboard.hooks import imports

    settings.capture(on=True)
    for name in _HOOKS:
        imports.when_imported(name, _hook)
    for name in _POOLS:
        imports.when_imported(name, _hook_pools)


def _hook_pools(module: Any) -> None:
    import_module("tokenboard.hooks.pools").install(module)


def _hook(module: Any) -> None:
    """Hook into a client module that has just been imported."""
    from tokenboard import export, propagation
    from tokenboard.hooks import http_spans

    name = module.__name__
    hook = _HOOKS[name]
    import_module(f"tokenboard.hooks.{hook}").install(module)
    if hook == "httpx":
        http_spans.want(name)
    if propagation.active:
        _hop_by_hop(name, module)
    if hook != "urllib3":  # which may be on its way in for the exporter itself
        export.preload()
