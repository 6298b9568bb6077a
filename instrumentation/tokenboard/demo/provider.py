"""A model provider on this machine: OpenAI Chat, OpenAI Responses and Anthropic Messages over HTTP.

The demo's company calls it with the real SDKs, and so do tests. JSON and streams, tools, cached
prompts, rate limits that a retry gets past, overloads, unknown models. What it bills follows from
the seed and the requests alone, and stands in :attr:`Provider.ledger`, so that figures further down
the road can be held against what was really served.
"""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tokenboard.demo import anthropic_wire, openai_wire
from tokenboard.demo.mind import Mind, Prompt, Reply
from tokenboard.demo.transcript import Json, RefusedError, Transcript

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping
    from types import TracebackType
    from typing import Self

    from starlette.requests import Request

MODELS: Final[dict[str, str]] = {
    "gpt-5.5": "gpt-5.5-2026-04-23",
    "gpt-5.4-mini": "gpt-5.4-mini-2026-03-17",
    "gpt-6-sol": "gpt-6-sol",
    "claude-opus-5": "claude-opus-5",
    "claude-sonnet-5": "claude-sonnet-5",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
}
"""Model as asked for -> model as answered (providers answer with the dated name)."""


@dataclass(frozen=True, slots=True)
class Served:
    """One answered request. Input includes cached tokens; an error bills nothing.

    ``reported``: whether the answer carried its usage (a chat stream does only if asked to).
    """

    path: str
    model: str
    status: int
    attempt: int
    stream: bool
    reported: bool
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    account: str = ""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong: the share of requests whose first attempt is turned away, 0 to 1.

    A rate limit is a 429 that names its waiting time; an overload is a 529 from Anthropic's paths
    and a 500 from OpenAI's. Which requests are hit follows from the seed.
    """

    rate_limited: float = 0.02
    overloaded: float = 0.01


_RETRY_AFTER_MS: Final = 20
_KEEP_ALIVE: Final = 600
"""Seconds that an idle connection stays open."""


class Provider:
    """The provider as a server on a free loopback port, in a thread of its own.

    ``files`` are the documents that callers have uploaded: file id -> size in tokens.
    ``seconds_to_first_token`` is how long an answer takes to begin.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        files: Mapping[str, int] | None = None,
        faults: Faults | None = None,
        seconds_to_first_token: float = 0.005,
    ) -> None:
        self.ledger: list[Served] = []
        """Every answered request, errors included, in the order of answering."""
        self._mind = Mind(seed)
        self._files = dict(files or {})
        self._faults = faults or Faults()
        self._think = seconds_to_first_token
        self._transcripts: dict[str, Transcript] = {}
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            self._app(),
            log_level="critical",
            access_log=False,
            lifespan="off",
            ws="none",
            # A connection closed just as it is used again is a failed attempt, by chance.
            timeout_keep_alive=_KEEP_ALIVE,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name="demo-provider",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """Where it listens: the Anthropic SDK's base URL; OpenAI's is this and ``/v1``."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/responses", self._responses, methods=["POST"]),
                Route("/v1/messages", self._messages, methods=["POST"]),
                Route("/v1/messages/count_tokens", self._count, methods=["POST"]),
            ],
        )

    async def _chat(self, request: Request) -> Response:
        async def serve(call: _Call) -> Response:
            prompt = openai_wire.read_chat(call.body, call.account, self._files)
            reply, model = await self._reply(call, prompt)
            if not call.stream:
                self._bill(call, reply, reported=True)
                return call.json(openai_wire.chat_whole(reply, call.identity, model))
            options: Json = call.body.get("stream_options") or {}
            with_usage = bool(options.get("include_usage"))
            self._bill(call, reply, reported=with_usage)
            return call.events(
                openai_wire.chat_stream(reply, call.identity, model, with_usage=with_usage)
            )

        return await self._handle(request, serve)

    async def _responses(self, request: Request) -> Response:
        async def serve(call: _Call) -> Response:
            previous: str | None = call.body.get("previous_response_id")
            if previous is not None and previous not in self._transcripts:
                message = f"Previous response with id {previous!r} not found."
                raise RefusedError(
                    400, "invalid_request_error", message, "previous_response_not_found"
                )
            before = None if previous is None else self._transcripts[previous]
            prompt, transcript = openai_wire.read_response(
                call.body, call.account, self._files, before
            )
            reply, model = await self._reply(call, prompt)
            self._bill(call, reply, reported=True)
            self._transcripts[f"resp_{call.identity}"] = openai_wire.remember(transcript, reply)
            speak = openai_wire.response_stream if call.stream else openai_wire.response_whole
            said = speak(reply, call.identity, model, previous)
            return call.json(said) if isinstance(said, dict) else call.events(said)

        return await self._handle(request, serve)

    async def _messages(self, request: Request) -> Response:
        async def serve(call: _Call) -> Response:
            prompt = anthropic_wire.read(call.body, call.account, self._files)
            reply, model = await self._reply(call, prompt)
            self._bill(call, reply, reported=True)
            if call.stream:
                return call.events(anthropic_wire.stream(reply, call.identity, model))
            return call.json(anthropic_wire.whole(reply, call.identity, model))

        return await self._handle(request, serve)

    async def _count(self, request: Request) -> Response:
        async def serve(call: _Call) -> Response:
            body = {"max_tokens": 1, **call.body}
            prompt = anthropic_wire.read(body, call.account, self._files)
            return call.json(anthropic_wire.count(prompt))

        return await self._handle(request, serve)

    async def _reply(self, call: _Call, prompt: Prompt) -> tuple[Reply, str]:
        if prompt.model not in MODELS:
            message = f"The model `{prompt.model}` does not exist or you do not have access to it."
            raise RefusedError(404, "not_found_error", message, "model_not_found")
        self._go_wrong(call, prompt)
        await asyncio.sleep(self._think)
        return self._mind.answer(prompt), MODELS[prompt.model]

    async def _handle(self, request: Request, serve: _Serve) -> Response:
        try:
            call = await _Call.read(request)
        except ValueError:
            refused = RefusedError(400, "invalid_request_error", "The body is not a JSON object.")
            return _refusal(request.url.path, refused, uuid.uuid4().hex)
        try:
            return await serve(call)
        except (KeyError, TypeError) as error:
            refused = RefusedError(400, "invalid_request_error", f"Malformed request: {error!r}")
        except RefusedError as error:
            refused = error
        self.ledger.append(call.served(refused.status))
        return _refusal(call.path, refused, call.identity)

    def _go_wrong(self, call: _Call, prompt: Prompt) -> None:
        """Turn a first attempt away, if the seed says so.

        Raises:
            RefusedError: with a status that SDKs retry.
        """
        if call.attempt > 1:
            return
        luck = self._mind.random("fault", prompt.model, *(i.key for i in prompt.items)).random()
        if luck < self._faults.rate_limited:
            raise RefusedError(
                429, "rate_limit_error", "Rate limit reached.", "rate_limit_exceeded"
            )
        if luck < self._faults.rate_limited + self._faults.overloaded:
            if call.path == "/v1/messages":
                raise RefusedError(529, "overloaded_error", "Overloaded")
            raise RefusedError(500, "server_error", "The server had an error.", "server_error")

    def _bill(self, call: _Call, reply: Reply, *, reported: bool) -> None:
        self.ledger.append(call.served(200, reply, reported=reported))


@dataclass(frozen=True, slots=True)
class _Call:
    """One request as it came in."""

    path: str
    body: Json
    account: str
    attempt: int
    identity: str

    @classmethod
    async def read(cls, request: Request) -> _Call:
        """Read a request.

        Raises:
            ValueError: the body is no JSON object.
        """
        body: Any = json.loads(await request.body())
        if not isinstance(body, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004  (one error for all bad bodies)
        headers = request.headers
        return cls(
            path=request.url.path,
            body=cast("Json", body),
            account=headers.get("x-api-key") or headers.get("authorization", ""),
            attempt=int(headers.get("x-stainless-retry-count", "0")) + 1,
            # Never the same twice, in later runs neither: a response id names one call.
            identity=uuid.uuid4().hex[:24],
        )

    @property
    def stream(self) -> bool:
        return bool(self.body.get("stream"))

    def served(self, status: int, reply: Reply | None = None, *, reported: bool = False) -> Served:
        return Served(
            path=self.path,
            model=str(self.body.get("model")),
            status=status,
            attempt=self.attempt,
            stream=self.stream,
            reported=reported,
            input_tokens=reply.input_tokens if reply else 0,
            output_tokens=reply.output_tokens if reply else 0,
            cache_read_tokens=reply.cache_read_tokens if reply else 0,
            cache_write_tokens=reply.cache_write_tokens if reply else 0,
            account=self.account,
        )

    def json(self, document: Json) -> Response:
        return JSONResponse(document, headers=_request_id(self.path, self.identity))

    def events(self, events: Iterator[bytes]) -> Response:
        headers = _request_id(self.path, self.identity)
        return StreamingResponse(_calmly(events), media_type="text/event-stream", headers=headers)


class _Serve(Protocol):
    async def __call__(self, call: _Call, /) -> Response: ...


async def _calmly(events: Iterator[bytes]) -> AsyncIterator[bytes]:
    for event in events:
        yield event


def _request_id(path: str, identity: str) -> dict[str, str]:
    name = "request-id" if path.startswith("/v1/messages") else "x-request-id"
    return {name: f"req_{identity}"}


def _refusal(path: str, refused: RefusedError, identity: str) -> Response:
    if path.startswith("/v1/messages"):
        body = anthropic_wire.error(refused, f"req_{identity}")
    else:
        body = openai_wire.error(refused)
    headers = _request_id(path, identity)
    if refused.status == HTTPStatus.TOO_MANY_REQUESTS:
        # Both SDKs prefer the finer header: nobody waits a whole second in a demo.
        headers |= {"retry-after": "1", "retry-after-ms": str(_RETRY_AFTER_MS)}
    elif refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        headers |= {"retry-after-ms": str(_RETRY_AFTER_MS)}
    return JSONResponse(body, status_code=refused.status, headers=headers)
