"""Which conversation goes on where a request names only the answer before.

A request with ``previous_response_id`` brings nothing of the talk's beginning, so it shows no
conversation hash of its own. This remembers the hash under which the earlier answer came.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tokenboard.wire.model import RequestFacts, ResponseFacts


class Threads:
    """Hands conversation hashes on from answer to request. Safe to use from several threads.

    Keeps at most ``most`` answers, forgetting those not heard of for the longest time.
    """

    def __init__(self, most: int = 16384) -> None:
        self._most = most
        self._lock = Lock()
        self._hashes: OrderedDict[str, str] = OrderedDict()

    def follow(self, request: RequestFacts) -> RequestFacts:
        """Return the request with the hash of the conversation that it goes on with, if known."""
        previous = request.previous_response_id
        if previous is None or request.conversation_hash is not None:
            return request
        with self._lock:
            found = self._hashes.get(previous)
        return request if found is None else replace(request, conversation_hash=found)

    def note(self, request: RequestFacts, response: ResponseFacts) -> None:
        """Remember under which conversation an answer came."""
        if response.response_id is None or request.conversation_hash is None:
            return
        with self._lock:
            self._hashes[response.response_id] = request.conversation_hash
            self._hashes.move_to_end(response.response_id)
            if len(self._hashes) > self._most:
                self._hashes.popitem(last=False)
