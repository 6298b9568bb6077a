"""Settings: what the environment says, what ``init()`` lays over it, and what nonsense becomes."""

from __future__ import annotations

import pytest
from tokenboard import settings
from tokenboard.settings import Signal


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(settings, "_current", None)
    monkeypatch.setattr(settings, "_warned", set())


def read(**environ):
    return settings.read(environ)


def test_an_app_that_sets_nothing():
    """The defaults: on, nobody named, OTLP over HTTP to this machine, a random key of its own."""
    found = read()
    assert not found.disabled
    assert (found.user, found.team, found.http_spans) == (None, None, "other")
    assert found.traces == Signal("http/protobuf", "http://localhost:4318/v1/traces", ("otlp",))
    assert found.metrics == Signal("http/protobuf", "http://localhost:4318/v1/metrics", ("otlp",))
    assert found.traces.local
    assert not found.hash_key_given
    assert len(found.hash_key) == 32
    assert read().hash_key != found.hash_key
    assert "hash_key" not in repr(found).replace("hash_key_given", "")


@pytest.mark.parametrize(
    ("environ", "traces", "metrics"),
    [
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example.com/base/"},
            "https://otel.example.com/base/v1/traces",
            "https://otel.example.com/base/v1/metrics",
        ),
        (
            {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://a:1/spans"},
            "http://a:1/spans",
            "http://localhost:4318/v1/metrics",
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "http://localhost:4317",
            "http://localhost:4317",
        ),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT": "otel:4317"},
            "otel:4317",
            "otel:4317",
        ),
        (
            {"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "grpc"},
            "http://localhost:4318/v1/traces",
            "http://localhost:4317",
        ),
    ],
)
def test_endpoints_by_the_otlp_specification(environ, traces, metrics):
    """A base address gets each signal's path; a signal's own address is taken as it is."""
    found = read(**environ)
    assert (found.traces.endpoint, found.metrics.endpoint) == (traces, metrics)


@pytest.mark.parametrize(
    ("variable", "value", "mend"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318", "http://localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://", "http://localhost:4318"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://host:99999", "http://localhost:4318"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "nowhere", "http://localhost:4318"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "http/protobuf or grpc"),
        ("TOKENBOARD_HTTP_SPANS", "some", "other, all or none"),
        ("TOKENBOARD_DISABLED", "maybe", "true or false"),
    ],
)
def test_nonsense_is_named_with_its_mend_and_the_default_used(caplog, variable, value, mend):
    """One warning with the variable, its value and what to set; then the default."""
    found = read(**{variable: value})
    (record,) = caplog.records
    message = record.getMessage()
    assert variable in message
    assert repr(value) in message
    assert mend in message
    assert found.traces.endpoint == "http://localhost:4318/v1/traces"
    assert (found.disabled, found.http_spans) == (False, "other")
    read(**{variable: value})
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("environ", "local"),
    [
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9000"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:9000"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost.example.com:9000"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://10.0.0.7:4318"}, False),
        (
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:1"},
            True,
        ),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp,console"}, True),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, False),
    ],
)
def test_what_stays_on_this_machine(environ, local):
    """Only a loopback address, the console or nothing at all keep telemetry on this machine."""
    assert read(**environ).traces.local is local


def test_init_lays_over_the_environment(monkeypatch):
    """Arguments of ``init()`` win; what is not given stays."""
    monkeypatch.setenv("TOKENBOARD_USER", "ada")
    monkeypatch.setenv("TOKENBOARD_TEAM", "search")
    monkeypatch.setenv("TOKENBOARD_HASH_KEY", "secret")
    settings.override(team="core", endpoint="http://otel:4318", http_spans="all")
    found = settings.override()
    assert (found.user, found.team, found.http_spans) == ("ada", "core", "all")
    assert found.hash_key == b"secret"
    assert found.traces.endpoint == "http://otel:4318/v1/traces"
    assert found.metrics.endpoint == "http://otel:4318/v1/metrics"


def test_names_are_fit_for_attributes():
    """Blanks at the ends go, numbers are written out, what is too long is cut, nothing raises."""

    class Odd:
        def __str__(self):
            raise ValueError("odd")

    assert settings.name_or_none(" ada ") == "ada"
    assert settings.name_or_none(7) == "7"
    assert settings.name_or_none("") is None
    assert settings.name_or_none(Odd()) is None
    assert len(settings.name_or_none("x" * 1000)) == settings.LONGEST_NAME
