"""Wire formats: bytes in, facts out. No I/O, no OpenTelemetry.

``match`` says whether a request is a call to a model. Its ``Endpoint`` reads the request and
makes the reader of the answer::

    endpoint = match(method, url)
    if endpoint is not None:
        request = endpoint.read_request(body, headers, hasher)
        if request is not None:  # None: the body shows that it is no call after all
            reader = endpoint.reader(request, status, headers, hasher, encoded=...)
            for chunk in ...:
                reader.feed(chunk)
            response = reader.finish()

``Background`` then says what to put on the books where an answer comes with a later poll, and
``Threads`` which conversation goes on where a request names only the answer before.
"""

from __future__ import annotations

from tokenboard.wire.background import Background
from tokenboard.wire.endpoint import Asked, Endpoint
from tokenboard.wire.hashing import Hasher
from tokenboard.wire.match import match
from tokenboard.wire.model import RequestFacts, ResponseFacts, Trigger, Usage
from tokenboard.wire.reader import ResponseReader
from tokenboard.wire.threads import Threads

__all__ = [
    "Asked",
    "Background",
    "Endpoint",
    "Hasher",
    "RequestFacts",
    "ResponseFacts",
    "ResponseReader",
    "Threads",
    "Trigger",
    "Usage",
    "match",
]
