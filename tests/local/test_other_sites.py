"""A web page of somebody else, open in a browser on this machine, gets nothing from the local ports."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
from tokenboard.local.guard import LocalOnly

PORTS = ["otlp", "clickhouse", "web"]
PATHS = {"otlp": "/v1/traces", "clickhouse": "/?query=SELECT+1", "web": "/"}


def get(ask, port, **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask.http.get(ask.addresses[port] + PATHS[port], headers=headers)


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8123",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "[::2]",
        "",
    ],
)
def test_a_name_pointed_at_this_machine_is_refused(ask, port, host):
    """DNS rebinding: the browser sends the page's own name as Host."""
    answer = get(ask, port, host=host)
    assert answer.status_code == 403
    assert "TOKENBOARD_ALLOWED_HOSTS" in answer.text


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://evil.example:3000",
        "null",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1:9",
        "http://localhost:9",
    ],
)
def test_a_page_of_another_origin_is_refused(ask, port, origin):
    """A script's request carries its page's Origin; none gets an answer, or a CORS header."""
    answer = get(ask, port, origin=origin)
    assert answer.status_code == 403
    assert not any(name.startswith("access-control") for name in answer.headers)


@pytest.mark.parametrize("port", PORTS)
def test_an_image_or_script_of_another_site_is_refused(ask, port):
    """A tag in another site's page loads nothing, though its GET has no Origin."""
    for site in ("cross-site", "same-site"):
        assert get(ask, port, sec_fetch_site=site, sec_fetch_mode="no-cors").status_code == 403


def test_a_link_on_another_site_opens_the_page(ask):
    """A link in an alert opens the board, but runs no query."""
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate"}
    assert get(ask, "web", **link).status_code == 200
    assert get(ask, "clickhouse", **link).status_code == 403


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "LOCALHOST", "[::1]"])
def test_this_machines_names_are_served(ask, port, name):
    """Programs and pages of this machine are served under its usual names."""
    where = urlsplit(ask.addresses[port]).port
    answer = get(ask, port, host=f"{name}:{where}", origin=f"http://{name}:{where}")
    assert answer.status_code in (200, 405)


@pytest.mark.parametrize("port", PORTS)
def test_a_request_without_a_host_is_refused(ask, port):
    """HTTP/1.0 without Host is no way around the check."""
    where = urlsplit(ask.addresses[port])
    with socket.create_connection((where.hostname, where.port)) as wire:
        wire.sendall(f"GET {PATHS[port]} HTTP/1.0\r\n\r\n".encode())
        assert wire.recv(4096).split(b" ", 2)[1] in (b"403", b"400")


@pytest.mark.parametrize("port", PORTS)
def test_other_interfaces_are_not_listened_on(ask, port):
    """The ports are bound to 127.0.0.1: another loopback address, as good as any other, is not served."""
    where = urlsplit(ask.addresses[port])
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", where.port), timeout=2):
        pass


async def test_a_forwarded_name_can_be_allowed(monkeypatch):
    """A name listed in TOKENBOARD_ALLOWED_HOSTS is served, others still are not."""
    monkeypatch.setenv("TOKENBOARD_ALLOWED_HOSTS", "box.internal, Other.internal")
    statuses = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    guarded = LocalOnly(app)
    for host in (b"box.internal:3000", b"other.internal", b"evil.internal"):
        await guarded({"type": "http", "method": "GET", "headers": [(b"host", host)]}, None, send)
    assert statuses == [200, 200, 403]
