"""Whose work a request is, told to one's own services and to nobody else."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from urllib.parse import unquote_plus

import aiohttp
import httpx
import httpx2
import openai
import pytest
import requests
import tokenboard
import urllib3
from fakes import bodies
from fakes.canned import Answer, Canned, document
from opentelemetry import baggage, context, propagate
from tokenboard import propagation
from tokenboard.hooks import http_spans
from tokenboard.middleware import ASGIMiddleware


def answer(asked):
    if asked.path == "/away":  # to the same server by another name, which may not know
        host, port = asked.headers["host"].split(":")
        there = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}[host]
        return Answer(b"", status=307, headers={"location": f"http://{there}:{port}/there"})
    if asked.path.endswith("/completions"):
        return Answer(bodies.chat().chunks[0], headers=bodies.JSON)
    return document({})


@pytest.fixture
def server():
    with Canned(answer) as server:
        yield server


@pytest.fixture
def told(books, server):
    """Only ``localhost`` may know; it and ``127.0.0.1`` are the same server. The rest is silent."""
    tokenboard.init(propagate_hosts=[f"localhost:{server.port}"])
    with tokenboard.user("ada lovelace", team="search"), tokenboard.session("s-1"):
        yield server
    propagation.allow(None, "test")


ADA = {"user.id": "ada lovelace", "session.id": "s-1", "tokenboard.team": "search"}


def said(asked):
    """The baggage of a request."""
    header = asked.headers.get("baggage", "")
    pairs = (item.split("=", 1) for item in header.split(",") if item)
    return {name: unquote_plus(value) for name, value in pairs}


def by_httpx(url, headers):
    with httpx.Client(follow_redirects=True) as client:
        return client.get(url, headers=headers)


def by_httpx2(url, headers):
    with httpx2.Client(follow_redirects=True) as client:
        return client.get(url, headers=headers)


def by_requests(url, headers):
    return requests.get(url, headers=headers, timeout=5)


def by_urllib3(url, headers):
    return urllib3.PoolManager(headers={"x-own": "1"}).request("GET", url, headers=headers)


def later(get):
    def by(url, headers):
        return asyncio.run(get(url, headers))

    by.__name__ = get.__name__
    return by


@later
async def by_async_httpx(url, headers):
    async with httpx.AsyncClient(follow_redirects=True) as client:
        return await client.get(url, headers=headers)


@later
async def by_async_httpx2(url, headers):
    async with httpx2.AsyncClient(follow_redirects=True) as client:
        return await client.get(url, headers=headers)


@later
async def by_aiohttp(url, headers):
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as got:
        return await got.read()


CLIENTS = [
    by_httpx,
    by_httpx2,
    by_requests,
    by_urllib3,
    by_async_httpx,
    by_async_httpx2,
    by_aiohttp,
]
each_client = pytest.mark.parametrize("get", CLIENTS, ids=lambda get: get.__name__)


@each_client
def test_an_allowed_host_is_told_and_no_other(told, get):
    """User, session and team go to the host on the list; another host gets no header at all."""
    get(f"http://localhost:{told.port}/x", None)
    get(f"http://127.0.0.1:{told.port}/x", None)
    first, second = told.asked
    assert said(first) == ADA
    assert "baggage" not in second.headers


@each_client
def test_a_redirect_tells_nobody_else(told, get):
    """An allowed host that sends the client elsewhere does not hand the user on."""
    get(f"http://localhost:{told.port}/away", None)
    first, second = told.asked
    assert said(first) == ADA
    assert second.path == "/there"
    assert "baggage" not in second.headers


@each_client
def test_a_redirect_to_an_allowed_host_tells_it(told, get):
    """The other way round only the second hop is told."""
    get(f"http://127.0.0.1:{told.port}/away", None)
    first, second = told.asked
    assert "baggage" not in first.headers
    assert said(second) == ADA


@each_client
def test_the_apps_own_baggage_stays(told, get):
    """What else is in the header arrives too, and the app's own dict is not touched."""
    headers = {"baggage": "color=red,user.id=eve"}
    get(f"http://localhost:{told.port}/x", headers)
    assert said(told.asked[0]) == {**ADA, "color": "red"}
    assert headers == {"baggage": "color=red,user.id=eve"}


def test_a_model_is_never_told(told):
    """A call to a model at an allowed host carries nothing, whatever client makes it."""
    where = f"http://localhost:{told.port}/v1"
    with openai.OpenAI(api_key="k", base_url=where) as api:
        api.chat.completions.create(model="m", messages=bodies.HELLO)
    ask = {"model": "m", "messages": bodies.HELLO}
    requests.post(f"{where}/chat/completions", json=ask, timeout=5)

    async def ask_aiohttp():
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{where}/chat/completions", json=ask) as got,
        ):
            await got.read()

    asyncio.run(ask_aiohttp())
    assert len(told.asked) == 3
    assert not any("baggage" in asked.headers for asked in told.asked)


def test_nothing_is_left_on_the_request(told):
    """After the call the app's request has the headers that the app gave it."""
    for module in (httpx, httpx2):
        with module.Client() as client:
            request = client.build_request("GET", f"http://localhost:{told.port}/x")
            assert "baggage" not in client.send(request).request.headers
    got = requests.get(f"http://localhost:{told.port}/x", timeout=5)
    assert "baggage" not in got.request.headers
    assert [said(asked) for asked in told.asked] == [ADA] * 3


def test_nobody_on_purpose_is_said_too(told):
    """user(None) takes away the user that came in by baggage, with its team, and leaves the session."""
    token = context.attach(baggage.set_baggage("user.id", "eve"))
    with tokenboard.user(None):
        by_httpx2(f"http://localhost:{told.port}/x", {"baggage": "user.id=eve,color=red"})
    context.detach(token)
    assert said(told.asked[0]) == {"session.id": "s-1", "color": "red"}


def test_baggage_that_came_in_goes_on(told):
    """A user known from baggage is passed on to the next service."""
    token = context.attach(baggage.set_baggage("user.id", "grace", context.Context()))
    by_httpx2(f"http://localhost:{told.port}/x", None)
    context.detach(token)
    assert said(told.asked[0]) == {"user.id": "grace"}


def test_with_opentelemetrys_own_propagation_both_agree(books, server):
    """Where HTTP clients are instrumented, the header that it writes has the same in it."""
    tokenboard.init(propagate_hosts="localhost", http_spans="other")
    http_spans.start()
    token = context.attach(baggage.set_baggage("color", "red"))
    with tokenboard.user("ada"):
        for module in (httpx, httpx2):
            module.get(f"http://localhost:{server.port}/x")
    context.detach(token)
    assert [said(asked) for asked in server.asked] == [{"user.id": "ada", "color": "red"}] * 2
    assert all("traceparent" in asked.headers for asked in server.asked)


@pytest.mark.parametrize("module", [httpx, httpx2])
def test_our_instrumentation_of_http_clients_hands_no_baggage_around(books, server, module):
    """Without us nobody would write the app's baggage on requests: so we do not either."""
    tokenboard.init(propagate_hosts="localhost", http_spans="other")
    token = context.attach(baggage.set_baggage("user.id", "ada"))
    try:
        for _ in range(2):  # the first request starts the instrumentation
            module.get(f"http://127.0.0.1:{server.port}/x")
    finally:
        context.detach(token)
    assert not any("baggage" in asked.headers for asked in server.asked)
    assert "traceparent" in server.asked[1].headers


def test_a_provider_gets_no_trace_headers_from_us(books, server, monkeypatch):
    """Listing models, uploading files: no calls to a model, yet the provider learns nothing."""
    tokenboard.init(http_spans="other")
    looked_up = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **more: looked_up("127.0.0.1", *rest, **more)
    )
    token = context.attach(baggage.set_baggage("user.id", "ada"))
    try:
        for host in ("elsewhere.example", "api.openai.com"):
            httpx2.get(f"http://{host}:{server.port}/v1/models")
    finally:
        context.detach(token)
    first, second = server.asked
    assert "traceparent" in first.headers
    assert not {"traceparent", "tracestate", "baggage"} & second.headers.keys()


async def test_from_service_to_service(told, books):
    """One service tells, the next believes: the model call there is the first one's user's."""
    token = context.attach(context.Context())

    async def service(scope, receive, send):
        with openai.OpenAI(api_key="k", base_url=f"{told.url}/v1") as api:
            api.chat.completions.create(model="m", messages=bodies.HELLO)

    with tokenboard.user("ada"), tokenboard.session("s-7"):
        httpx2.get(f"http://localhost:{told.port}/x")
    header = told.asked[0].headers["baggage"].encode()
    scope = {"type": "http", "headers": [(b"baggage", header)]}
    await ASGIMiddleware(service, baggage=True)(scope, None, None)
    context.detach(token)
    call = books.one()
    assert call.attributes["user.id"] == "ada"
    assert call.attributes["session.id"] == "s-7"
    assert call.attributes["tokenboard.user.source"] == "baggage"


def test_team_from_baggage(books, server):
    """The team that came in with the user stands, where the app names none itself."""
    carried = {"baggage": "user.id=ada,tokenboard.team=search"}
    token = context.attach(propagate.extract(carried))
    with openai.OpenAI(api_key="k", base_url=f"{server.url}/v1") as api:
        api.chat.completions.create(model="m", messages=bodies.HELLO)
    context.detach(token)
    assert books.one().attributes["tokenboard.team"] == "search"


@pytest.mark.parametrize(
    ("names", "host", "port", "may"),
    [
        ("orders.corp.example", "orders.corp.example", 443, True),
        ("orders.corp.example", "Orders.Corp.Example", 80, True),
        ("orders.corp.example", "evil-orders.corp.example", 443, False),
        ("orders.corp.example", "orders.corp.example.evil.com", 443, False),
        ("*.corp.example", "a.b.corp.example", 443, True),
        ("*.corp.example", "corp.example", 443, False),
        ("*.corp.example", "evilcorp.example", 443, False),
        ("orders:8080", "orders", 8080, True),
        ("orders:8080", "orders", 80, False),
        ("https://orders.corp.example/", "orders.corp.example", 443, True),
        (" a , orders ,", "orders", 80, True),
        ("*.com", "api.openai.com", 443, False),
        ("*.amazonaws.com", "bedrock-runtime.us-east-1.amazonaws.com", 443, False),
        ("*.elb.amazonaws.com", "orders.elb.amazonaws.com", 443, True),
    ],
)
def test_who_is_on_the_list(names, host, port, may):
    """Names are whole names or everything below one; a model provider is on no list."""
    propagation.allow(names, "test")
    assert (propagation.to(host, port, "https") is not None) is may
    propagation.allow(None, "test")


@pytest.mark.parametrize("name", ["*", "api.openai.com", "http://a/path", "a b", "a:port", "*.*"])
def test_a_name_that_cannot_be_used_is_said(name, caplog):
    """One clear line; the other names on the list still count."""
    with caplog.at_level(logging.WARNING, "tokenboard"):
        propagation.allow(f"orders,{name}", "TOKENBOARD_PROPAGATE_HOSTS")
    (line,) = [record.getMessage() for record in caplog.records]
    assert "TOKENBOARD_PROPAGATE_HOSTS" in line
    assert name in line or "port" in line.lower()
    assert propagation.to("orders", 80, "http") is not None
    propagation.allow(None, "test")


APP = """
import sys, httpx2, tokenboard.auto, tokenboard
with tokenboard.user("ada"):
    httpx2.get(sys.argv[1])
"""


def test_the_environment_names_the_hosts(server):
    """TOKENBOARD_PROPAGATE_HOSTS works with nothing but the import."""
    subprocess.run(
        [sys.executable, "-c", APP, f"http://localhost:{server.port}/x"],
        env={
            "TOKENBOARD_PROPAGATE_HOSTS": "localhost",
            "OTEL_TRACES_EXPORTER": "none",
            "OTEL_METRICS_EXPORTER": "none",
        },
        check=True,
    )
    assert said(server.asked[0]) == {"user.id": "ada"}


def test_a_server_that_answers_as_a_provider_is_treated_as_one(books, server):
    """After a call to a model at an address nobody knows, its other paths are told nothing either."""
    tokenboard.init(http_spans="other")
    with openai.OpenAI(api_key="k", base_url=f"{server.url}/v1") as api:
        api.chat.completions.create(model="m", messages=bodies.HELLO)
    for path in ("/v1/models", "/v1/messages/count_tokens", "/orders/v1"):
        httpx2.get(f"{server.url}{path}")
    traced = ["traceparent" in asked.headers for asked in server.asked]
    assert traced == [False, False, False, True]
