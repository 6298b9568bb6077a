"""Middleware for web apps, with real servers, a real SDK and a local model provider."""

from __future__ import annotations

import asyncio
import contextlib
import io
import socket
import threading
import wsgiref.simple_server
from concurrent.futures import ThreadPoolExecutor

import httpx2
import openai
import pytest
import tokenboard
import uvicorn
from fakes.canned import Canned, document, events
from opentelemetry import baggage, context
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from tokenboard import work
from tokenboard.middleware import ASGIMiddleware, WSGIMiddleware

COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}
CHUNK = {
    "id": "chatcmpl-2",
    "object": "chat.completion.chunk",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}],
}
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture(scope="module")
def provider():
    def answer(asked):
        return events(CHUNK, CHUNK, done=True) if asked.json.get("stream") else document(COMPLETION)

    with Canned(answer) as server:
        yield f"{server.url}/v1"


@pytest.fixture
def found(books):
    """Function: (user, team, session) of each call, in the order they ended."""
    names = ("user.id", "tokenboard.team", "session.id")
    return lambda: [tuple(span.attributes.get(name) for name in names) for span in books.spans]


@contextlib.contextmanager
def serving(app):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # a request may come before uvicorn is up
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)


def asgi(provider, **options):
    """A Starlette app whose every route calls a model, each in another place."""
    api = openai.AsyncOpenAI(base_url=provider, api_key="k")
    plain = openai.OpenAI(base_url=provider, api_key="k")

    async def call():
        await api.chat.completions.create(model="m", messages=HI)

    async def handler(request):
        await call()
        return PlainTextResponse("done")

    def threaded(request):
        plain.chat.completions.create(model="m", messages=HI)
        return PlainTextResponse("done")

    async def streaming(request):
        async def body():
            async for chunk in await api.chat.completions.create(
                model="m", messages=HI, stream=True
            ):
                yield chunk.choices[0].delta.content

        return StreamingResponse(body())

    async def background(request):
        return PlainTextResponse("done", background=BackgroundTask(call))

    async def spawned(request):
        await asyncio.gather(*(asyncio.create_task(call()) for _ in range(2)))
        return PlainTextResponse("done")

    async def failing(request):
        await call()
        raise RuntimeError("as it happens")

    async def socket_(socket):
        await socket.accept()
        await call()
        await socket.close()

    routes = [
        Route(f"/{route.__name__}", route)
        for route in (handler, threaded, streaming, background, spawned, failing)
    ]
    app = Starlette(routes=[*routes, WebSocketRoute("/socket", socket_)])
    app.add_middleware(BaseHTTPMiddleware, dispatch=lambda request, call_next: call_next(request))
    app.add_middleware(ASGIMiddleware, **options)
    return app


@pytest.mark.parametrize("path", ["handler", "threaded", "streaming", "background", "spawned"])
def test_calls_belong_to_the_user_in_the_header(provider, path, found):
    """In the handler, a worker thread, a streamed body, a background task and tasks of its own."""
    with serving(asgi(provider, user="X-User-Id", session="x-session")) as url:
        for user in ("ada", "grace"):
            answer = httpx2.get(
                f"{url}/{path}", headers={"x-user-id": user, "x-session": f"s-{user}"}
            )
            assert answer.text in ("done", "aa")
    each = 2 if path == "spawned" else 1
    assert found() == [("ada", None, "s-ada")] * each + [("grace", None, "s-grace")] * each


def test_requests_at_the_same_time_do_not_mix(provider, found):
    """Sixty requests of three users at once: each call is its own user's."""
    with serving(asgi(provider, user="x-user-id")) as url, ThreadPoolExecutor(12) as pool:
        users = ["ada", "grace", "joan"] * 20
        list(
            pool.map(lambda user: httpx2.get(f"{url}/handler", headers={"x-user-id": user}), users)
        )
    assert sorted(user for user, _, _ in found()) == sorted(users)


def test_a_failing_handler_fails_as_before(provider, found):
    """The app's exception is the app's; the call before it has its user, the next request its own."""
    with serving(asgi(provider, user="x-user-id")) as url:
        assert httpx2.get(f"{url}/failing", headers={"x-user-id": "ada"}).status_code == 500
        assert httpx2.get(f"{url}/handler").status_code == 200
    assert found()[0][0] == "ada"
    assert found()[1][0] != "ada"


def test_functions_name_the_user_plain_or_async(provider, found):
    """A function gets the scope; it may be async, and one that fails only leaves nobody."""

    async def team(scope):
        await asyncio.sleep(0)
        return scope["path"].strip("/")

    def broken(scope):
        raise KeyError("session")

    options = {"user": lambda scope: 7, "team": team, "session": broken}
    with serving(asgi(provider, **options)) as url:
        assert httpx2.get(f"{url}/handler").text == "done"
    assert found() == [("7", "handler", None)]


def test_names_in_headers_may_be_utf8(provider, found):
    """A name with an umlaut arrives as it was written."""
    with serving(asgi(provider, user="x-user-id")) as url:
        httpx2.get(f"{url}/handler", headers={"x-user-id": "Jürgen".encode()})
    assert found()[0][0] == "Jürgen"


@pytest.mark.parametrize(("believed", "user"), [(True, "ada@example.com"), (False, None)])
def test_incoming_baggage_is_believed_only_if_wanted(provider, believed, user, found, books):
    """The baggage header names user and session, for services that ask for it."""
    header = {"baggage": "user.id=ada%40example.com,session.id=s-9,color=red"}
    with serving(asgi(provider, baggage=believed)) as url:
        httpx2.get(f"{url}/handler", headers=header)
    (call,) = books.spans
    assert (call.attributes["tokenboard.user.source"] == "baggage") is believed
    if user:
        assert found() == [(user, None, "s-9")]


async def test_nothing_is_left_behind_and_other_scopes_pass(provider):
    """Lifespan goes through untouched, and after a request the server's context is as it was."""
    asked = []

    async def app(scope, receive, send):
        asked.append((scope["type"], work.current().user))

    middleware = ASGIMiddleware(app, user=lambda scope: "ada")
    before = context.get_current()
    await middleware({"type": "lifespan"}, None, None)
    await middleware({"type": "http", "headers": []}, None, None)
    await middleware({"type": "websocket", "headers": []}, None, None)
    assert asked == [("lifespan", None), ("http", "ada"), ("websocket", "ada")]
    assert context.get_current() is before


async def test_baggage_read_by_another_instrumentation_stands():
    """Where OpenTelemetry has read baggage already, the header is not read again."""
    asked = []

    async def app(scope, receive, send):
        asked.append(baggage.get_all())

    token = context.attach(baggage.set_baggage("user.id", "grace"))
    scope = {"type": "http", "headers": [(b"baggage", b"user.id=eve")]}
    await ASGIMiddleware(app, baggage=True)(scope, None, None)
    context.detach(token)
    assert asked == [{"user.id": "grace"}]


@contextlib.contextmanager
def wsgi_serving(app):
    class Quiet(wsgiref.simple_server.WSGIRequestHandler):
        def log_message(self, *_):
            pass

        def get_stderr(self):
            return io.StringIO()

    server = wsgiref.simple_server.make_server("127.0.0.1", 0, app, handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def wsgi(provider, shape):
    api = openai.OpenAI(base_url=provider, api_key="k")

    def call():
        api.chat.completions.create(model="m", messages=HI)
        return b"done"

    class Late:
        """A body that calls a model when it is closed, as a framework's teardown may."""

        def __iter__(self):
            return iter([b"late"])

        def close(self):
            call()

    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        if shape == "list":
            return [call()]
        if shape == "lazy":
            return (call() for _ in range(2))
        return Late()

    def generator(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        with tokenboard.session("inside"):
            yield call()
            yield call()
        yield call()
        if shape == "failing":
            raise RuntimeError("as it happens")

    return generator if shape in ("generator", "failing") else app


@pytest.mark.parametrize(
    ("shape", "text", "sessions"),
    [
        ("list", "done", [None]),
        ("lazy", "donedone", [None, None]),
        ("generator", "donedonedone", ["inside", "inside", None]),
        ("late", "late", [None]),
    ],
)
def test_wsgi_calls_belong_to_the_user_whenever_they_are_made(
    provider, shape, text, sessions, found
):
    """In the app, while the body is made piece by piece, and when it is closed."""
    with wsgi_serving(WSGIMiddleware(wsgi(provider, shape), user="X-User-Id")) as url:
        for user in ("ada", "grace"):
            assert httpx2.get(url, headers={"x-user-id": user}).text == text
    assert found() == [(user, None, session) for user in ("ada", "grace") for session in sessions]


def test_wsgi_leaves_lists_and_files_as_they_are():
    """A list keeps its length and a file its type: servers treat both in their own way."""

    class Wrapper:
        pass

    listed, wrapped = [b"one"], Wrapper()
    environ = {"wsgi.file_wrapper": Wrapper}
    assert WSGIMiddleware(lambda *_: listed)(environ, None) is listed
    assert WSGIMiddleware(lambda *_: wrapped)(environ, None) is wrapped


def test_wsgi_leaves_nothing_behind(provider, found):
    """Between the steps of a body, and when it breaks, the server's own context is in force."""
    before = context.get_current()
    app = WSGIMiddleware(wsgi(provider, "failing"), user=lambda environ: "ada")
    body = iter(app({}, lambda *_: None))
    for _ in range(3):
        assert next(body) == b"done"
        assert context.get_current() is before
    with pytest.raises(RuntimeError, match="as it happens"):
        next(body)
    assert context.get_current() is before
    assert found() == [("ada", None, "inside")] * 2 + [("ada", None, None)]


def test_wsgi_baggage(provider, found):
    """The baggage header works there too."""
    with wsgi_serving(WSGIMiddleware(wsgi(provider, "list"), baggage=True)) as url:
        httpx2.get(url, headers={"baggage": "user.id=ada,session.id=s-1"})
    assert found() == [("ada", None, "s-1")]
