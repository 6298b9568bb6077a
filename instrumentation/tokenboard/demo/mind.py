"""What the demo's pretend models say and what they bill: a pure function of seed and request.

No wire format here (see ``provider``): a request comes in as a :class:`Prompt`, an answer goes out
as a :class:`Reply`. The behaviour is that of real providers where it matters to the books: prompts
are cached by prefix, reasoning is part of the output, and a model whose tool keeps answering "no
matches" keeps asking the same thing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

CHARS_PER_TOKEN: Final = 4
CACHE_BLOCK: Final = 128
"""OpenAI's caches count in steps of 128 tokens, from 1,024 on:
https://platform.openai.com/docs/guides/prompt-caching"""
CACHE_MINIMUM: Final = 1024
NO_MATCHES: Final = "no matches"

_WORDS: Final = (
    *("ledger", "queue", "index", "shard", "retry", "window", "latency", "invoice", "refund"),
    *("cohort", "feature", "canary", "budget", "schema", "rollout", "cache", "token", "batch"),
    *("alert", "owner", "region", "quota", "replica", "backlog", "forecast"),
)
_TWO_AT_ONCE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of a prompt, in order. ``key`` is equal for equal pieces.

    ``cached_until_here``: the caller marked the end of what the provider shall cache (Anthropic's
    ``cache_control``), with its lifetime (``5m`` or ``1h``).
    """

    role: str
    key: str
    tokens: int
    cached_until_here: str | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool on offer: its name and the names of its arguments."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool the model asks for."""

    name: str
    arguments: dict[str, str]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request without its wire format.

    ``account`` separates the caches of callers, as API keys do. ``asked`` is what the last tool
    call before this request was and ``answered`` what came back; ``tool_rounds`` counts the rounds
    since a person spoke, ``question`` is what that person said.
    """

    account: str
    model: str
    items: tuple[Item, ...]
    question: str = ""
    tools: tuple[Tool, ...] = ()
    tool_rounds: int = 0
    asked: tuple[ToolCall, ...] = ()
    answered: str = ""
    max_output: int | None = None
    automatic_cache: bool = True


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer and its bill. ``input_tokens`` includes both cache counts."""

    text: str
    tool_calls: tuple[ToolCall, ...]
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cache_write_1h_tokens: int
    output_tokens: int
    reasoning_tokens: int
    cut_short: bool = False


def tokens_of(text: str) -> int:
    """Return how many tokens the pretend models see in a text; at least 1."""
    return max(1, len(text) // CHARS_PER_TOKEN)


def item(role: str, content: Any, tokens: int | None = None, cache: str | None = None) -> Item:
    """Make an :class:`Item` of any JSON content, measured by its text unless ``tokens`` says."""
    text = content if isinstance(content, str) else json.dumps(content, sort_keys=True)
    key = hashlib.sha256(f"{role}\0{text}".encode()).hexdigest()
    return Item(role, key, tokens_of(text) if tokens is None else tokens, cache)


@dataclass(slots=True)
class Mind:
    """The models' common memory: a seed, and the prompt prefixes that are in cache."""

    seed: int = 7
    _cache: set[tuple[str, str, str]] = field(default_factory=set[tuple[str, str, str]])

    def random(self, *parts: object) -> Random:
        """Return a generator that is the same for the same seed and parts, on every machine."""
        text = "\0".join(map(str, (self.seed, *parts)))
        # It shall be predictable: that is what a demo's figures can be checked by.
        return Random(hashlib.sha256(text.encode()).digest())  # noqa: S311

    def answer(self, prompt: Prompt) -> Reply:
        """Answer and bill a request; the prompt's prefix is in cache afterwards."""
        rng = self.random(prompt.model, *(i.key for i in prompt.items))
        read, write, write_1h = self._through_cache(prompt)
        calls = self._tool_calls(prompt)
        reasoning = 64 * rng.randint(0, 20) if prompt.model.startswith("gpt-") else 0
        visible = rng.randint(40, 160) * len(calls) if calls else rng.randint(150, 1500)
        output = visible + reasoning
        limit = prompt.max_output
        cut_short = limit is not None and output > limit
        if limit is not None and cut_short:
            output, reasoning = limit, min(reasoning, limit // 2)
        text = "" if calls else " ".join(rng.choices(_WORDS, k=rng.randint(12, 60)))
        return Reply(
            text=text,
            tool_calls=() if cut_short else calls,
            input_tokens=sum(i.tokens for i in prompt.items),
            cache_read_tokens=read,
            cache_write_tokens=write,
            cache_write_1h_tokens=write_1h,
            output_tokens=output,
            reasoning_tokens=reasoning,
            cut_short=cut_short,
        )

    def _tool_calls(self, prompt: Prompt) -> tuple[ToolCall, ...]:
        if not prompt.tools:
            return ()
        if prompt.asked and prompt.answered.startswith(NO_MATCHES):
            return prompt.asked
        plan = self.random("plan", prompt.question)
        if prompt.tool_rounds >= plan.randint(2, 5):
            return ()
        rng = self.random("step", prompt.question, prompt.tool_rounds)
        wanted = rng.choices(prompt.tools, k=2 if rng.random() < _TWO_AT_ONCE else 1)
        return tuple(
            ToolCall(
                tool.name,
                {a: f"{rng.choice(_WORDS)}-{rng.randint(100, 999)}" for a in tool.arguments},
            )
            for tool in wanted
        )

    def _through_cache(self, prompt: Prompt) -> tuple[int, int, int]:
        """Return tokens read from cache, written to it, and of these for an hour."""
        running = hashlib.sha256()
        prefixes: list[tuple[tuple[str, str, str], int, str | None]] = []
        total = 0
        for piece in prompt.items:
            running.update(piece.key.encode())
            total += piece.tokens
            name = (prompt.account, prompt.model, running.hexdigest())
            prefixes.append((name, total, piece.cached_until_here))
        known = max((tokens for name, tokens, _ in prefixes if name in self._cache), default=0)
        if prompt.automatic_cache:
            self._cache.update(name for name, tokens, _ in prefixes if tokens >= CACHE_MINIMUM)
            return known // CACHE_BLOCK * CACHE_BLOCK, 0, 0
        marked = [(name, tokens, life) for name, tokens, life in prefixes if life is not None]
        self._cache.update(name for name, tokens, _ in marked if tokens >= CACHE_MINIMUM)
        end = max((tokens for _, tokens, _ in marked if tokens >= CACHE_MINIMUM), default=0)
        written = max(0, end - known)
        for_an_hour = bool(marked) and all(life == "1h" for _, _, life in marked)
        return min(known, end), written, written if for_an_hour else 0
