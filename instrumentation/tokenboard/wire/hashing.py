"""Keyed hashes: equal things get equal names, and nothing can be read back from the name."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_DIRECT = 1024
"""Up to this size BLAKE2b alone is quickest; beyond it SHA-256 in hardware goes first."""


class Hasher:
    """Names texts and JSON values by a keyed hash of 64 bits, written as 16 hex characters.

    Two hashers give equal names only if their keys are equal. ``key`` may have any length.
    """

    __slots__ = ("_seed",)

    def __init__(self, key: bytes) -> None:
        short = key if len(key) <= hashlib.blake2b.MAX_KEY_SIZE else hashlib.sha256(key).digest()
        self._seed = hashlib.blake2b(digest_size=8, key=short)

    def bytes(self, data: bytes) -> str:
        """Name raw bytes."""
        state = self._seed.copy()
        if len(data) > _DIRECT:
            # The prefix keeps a long text and its own digest, hashed as a short text, apart.
            data = b"\0sha256\0" + hashlib.sha256(data).digest()
        state.update(data)
        return state.hexdigest()

    def text(self, text: str) -> str:
        """Name a text; lone surrogates (JSON can spell them) are no error."""
        return self.bytes(text.encode("utf-8", "surrogatepass"))

    def json(self, value: Any) -> str:
        """Name a JSON value; the order of object keys does not matter."""
        return self.text(canonical(value))


def canonical(value: Any) -> str:
    """Write a JSON value in one way only: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
