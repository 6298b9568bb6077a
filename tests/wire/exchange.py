"""Play an exchange through the wire code, and write bodies the way servers frame them."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from dataclasses import dataclass, field, fields
from typing import Any

from tokenboard.wire import Hasher, RequestFacts, ResponseFacts, Usage, match

HASHER = Hasher(b"a key of the tests")


@dataclass(frozen=True)
class Case:
    """One answer written by hand from a provider's documentation, and what it must be read as.

    ``usage`` holds the counts that must be present; every other count must be absent.
    """

    name: str
    source: str
    """Where the provider documents it."""
    url: str
    answer: bytes
    usage: dict[str, Any]
    request: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    facts: dict[str, Any] = field(default_factory=dict)
    """Further facts of the answer."""
    asked: dict[str, Any] = field(default_factory=dict)
    """Facts of the request."""
    method: str = "POST"


def dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def sse(*values: Any, done: bool = False, named: bool = False) -> bytes:
    """Server-sent events; ``named`` writes each one's type above it, ``done`` ends with [DONE]."""
    out = b""
    for value in values:
        if named:
            out += b"event: " + value["type"].encode() + b"\n"
        out += b"data: " + dump(value) + b"\n\n"
    return out + (b"data: [DONE]\n\n" if done else b"")


def ndjson(*values: Any) -> bytes:
    return b"".join(dump(value) + b"\n" for value in values)


def frame(event: str, value: Any, kind: str = "event") -> bytes:
    """One message of an AWS event stream."""
    head = b""
    for name, said in ((f":{kind}-type", event), (":message-type", kind)):
        head += bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(said))
        head += said.encode()
    payload = dump(value)
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack(">I", binascii.crc32(prelude)) + head + payload
    return message + struct.pack(">I", binascii.crc32(message))


def chunk(value: Any) -> bytes:
    """One message of InvokeModelWithResponseStream: the model's JSON in base64."""
    return frame("chunk", {"bytes": base64.b64encode(dump(value)).decode(), "p": "abc"})


def play(
    url: str,
    request: Any,
    answer: bytes,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    request_headers: dict[str, str] | None = None,
    method: str = "POST",
    pieces: list[int] | None = None,
    encoded: bool = False,
) -> tuple[RequestFacts, ResponseFacts]:
    """Read one exchange; ``pieces`` are the places at which the answer is cut."""
    endpoint = match(method, url)
    assert endpoint is not None, f"{method} {url} is not taken for a call"
    body = request if isinstance(request, bytes) else dump(request)
    asked = endpoint.read_request(body, request_headers or {}, HASHER)
    assert asked is not None, f"{url} with {body[:80]!r} is not taken for a call"
    reader = endpoint.reader(asked, status, headers or {}, HASHER, encoded=encoded)
    at = 0
    for cut in [*sorted(pieces or []), len(answer)]:
        reader.feed(answer[at:cut])
        at = cut
    return asked, reader.finish()


def play_recorded(
    exchange: dict[str, Any], pieces: list[int] | None = None
) -> tuple[RequestFacts, ResponseFacts] | None:
    """Read a recorded exchange; None if it is not taken for a call."""
    request, response = exchange["request"], exchange["response"]
    endpoint = match(request["method"], request["url"])
    if endpoint is None:
        return None
    if endpoint.read_request(bytes_of(request["body"]), request["headers"], HASHER) is None:
        return None
    return play(
        request["url"],
        bytes_of(request["body"]),
        bytes_of(response["body"]),
        status=response["status"],
        headers=response["headers"],
        request_headers=request["headers"],
        method=request["method"],
        pieces=pieces,
    )


def bytes_of(body: dict[str, str]) -> bytes:
    return body["text"].encode() if "text" in body else base64.b64decode(body["base64"])


def told(usage: Usage | None) -> dict[str, Any]:
    """The counts that are present."""
    if usage is None:
        return {}
    found = {each.name: getattr(usage, each.name) for each in fields(usage)}
    return {name: value for name, value in found.items() if value is not None}
