"""Wire formats: bytes in, facts out. No I/O, no OpenTelemetry.

``match`` says whether a request is a call to a model. Its ``Endpoint`` reads the request and
makes the reader of the answer. ``Endpoint.read_request`` returns None where only the body shows
that the request is no call: the caller passes it straight through.
"""

from __future__ import annotations

from tokenboard.wire.hashing import Hasher
from tokenboard.wire.match import Endpoint, match
from tokenboard.wire.model import RequestFacts, ResponseFacts, Trigger, Usage
from tokenboard.wire.reader import ResponseReader

__all__ = [
    "Endpoint",
    "Hasher",
    "RequestFacts",
    "ResponseFacts",
    "ResponseReader",
    "Trigger",
    "Usage",
    "match",
]
