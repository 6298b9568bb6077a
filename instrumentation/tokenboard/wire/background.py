"""Background responses: their usage comes with a later poll, and is counted once, from there.

https://platform.openai.com/docs/guides/background

The request that starts one is answered at once, without usage (``ResponseFacts.deferred``). Every
GET of it afterwards matches an endpoint with ``poll`` set. Use one ``Background`` for the whole
process::

    request = background.settle(endpoint, request, response)
    if request is None:
        ...  # nothing for the books: no span
    else:
        ...  # emit, under the facts of the request that settle returned

A poll that brings the usage is booked under the request that started the response (its model,
conversation and hashes), if this process sent it; both spans bear the same response id, and what
the caller kept as the request's ``origin`` lets the second begin where the first did.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenboard.wire.endpoint import Endpoint
    from tokenboard.wire.model import RequestFacts, ResponseFacts


class Background:
    """Knows which background responses this process started, and which are counted.

    Keeps at most ``most`` responses, forgetting the oldest. Safe to use from several threads.
    """

    def __init__(self, most: int = 4096) -> None:
        self._most = most
        self._lock = Lock()
        self._seen: OrderedDict[str, tuple[RequestFacts, Any] | None] = OrderedDict()
        """By response id: the request that started it, or None once it is counted."""

    def origin(self, response_id: str | None) -> Any:
        """Return the ``origin`` that came with the request of a response not yet counted."""
        with self._lock:
            found = None if response_id is None else self._seen.get(response_id)
        return None if found is None else found[1]

    def settle(
        self,
        endpoint: Endpoint,
        request: RequestFacts,
        response: ResponseFacts,
        origin: Any = None,
    ) -> RequestFacts | None:
        """Return the request to book an answer under; None if there is nothing to book.

        Args:
            endpoint: where the request went.
            request: what it told.
            response: what its answer told.
            origin: kept with a request that starts a background response; see ``origin``.
        """
        response_id = response.response_id
        if response_id is None or not (endpoint.poll or response.background):
            return request if response.emit else None
        with self._lock:
            if response.deferred:
                if endpoint.poll:
                    return None
                self._note(response_id, (request, origin))
                return request
            if not response.emit:
                return None
            # A request that is answered at once is a call of its own, whatever its id.
            known = self._seen.get(response_id, (request, origin))
            started = known if endpoint.poll else (request, origin)
            if started is None:
                return None  # counted before
            self._note(response_id, None)
            return started[0]

    def _note(self, response_id: str, started: tuple[RequestFacts, Any] | None) -> None:
        self._seen[response_id] = started
        self._seen.move_to_end(response_id)
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
