"""``import tokenboard.auto``, and every LLM call of this process is captured."""

from __future__ import annotations

from tokenboard.setup import init

init()
