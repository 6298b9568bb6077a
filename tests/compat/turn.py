"""One request to the provider of these tests, and what is written down for it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Billed:
    """One generation, in the conventions' sense: ``input`` includes ``cached``."""

    model: str
    input: int
    output: int | None
    cached: int | None = None
    streamed: bool = False
    id: str | None = None
    known: bool = True
    """Whether the answer told its usage at all."""


@dataclass
class Turn:
    """One request being answered."""

    path: str
    body: dict[str, Any]
    number: int
    salt: str
    ledger: list[Billed] = field(default_factory=list)

    def name(self, prefix: str) -> str:
        """An id as long and random as real ones are, and the same each time for one request."""
        digits = hashlib.sha256(f"{prefix}{self.number}{self.salt}".encode()).hexdigest()
        return f"{prefix}{digits[:24]}"

    @property
    def input(self) -> int:
        return 1000 + 7 * self.number

    @property
    def output(self) -> int:
        return 100 + 3 * self.number

    @property
    def cached(self) -> int:
        return 10 + self.number

    @property
    def words(self) -> list[str]:
        return ["All", " is", " well", f" ({self.number})."]

    def bill(self, model: str, **changes: Any) -> None:
        plain: dict[str, Any] = {"input": self.input, "output": self.output}
        self.ledger.append(Billed(model, **(plain | changes)))


def wants_tool(body: dict[str, Any]) -> str | None:
    """The tool to call: the first one offered, until its result is in the request."""
    if not body.get("tools") or "result-of-tool" in json.dumps(body):
        return None
    tool = body["tools"][0]
    return tool.get("name") or tool.get("function", {}).get("name")
