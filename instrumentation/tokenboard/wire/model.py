"""What one exchange with a model provider says about itself: plain facts, no I/O.

Counts follow the OpenTelemetry GenAI conventions whatever the provider's own arithmetic is:
``input_tokens`` includes cached tokens, ``output_tokens`` includes reasoning, and the cache,
reasoning and audio counts are subsets. ``None`` means *the provider did not say*; 0 means it
said 0. https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from decimal import Decimal

Trigger = Literal["user", "tool", "assistant", "system"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts of one call, as the provider billed it.

    ``reported_cost_usd`` is what the provider or gateway itself says the call cost, in US dollars.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_1h_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    reported_cost_usd: Decimal | None = None

    @property
    def known(self) -> bool:
        """Whether the provider reported any input or output count at all."""
        return self.input_tokens is not None or self.output_tokens is not None


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the request alone tells, before it is sent.

    Hashes are keyed (see ``wire.hashing``): nothing about a prompt can be read back from them.
    ``parameters`` holds the recommended ``gen_ai.request.*`` values under their bare names
    (``max_tokens``, ``temperature``, ``top_p``, ``top_k``, ``seed``, ``stop_sequences``, …).
    """

    provider: str
    operation: str
    model: str | None = None
    stream: bool = False
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    end_user_id: str | None = None
    conversation_id: str | None = None
    """A conversation the provider itself knows (OpenAI ``conversation``); never invented."""
    previous_response_id: str | None = None
    conversation_hash: str | None = None
    """Keyed hash of the first system and user messages."""
    trigger: Trigger | None = None
    prompt_hash: str | None = None
    """Keyed hash of the whole canonical request: equal for a repeated call."""
    messages: int | None = None
    bytes: int = 0
    format: str = ""
    """The name of the wire format, see ``wire.formats``."""
    tool_result_hashes: tuple[str, ...] = ()
    """One keyed hash for each tool's result in the newest turn."""
    tool_result_errors: tuple[bool, ...] = ()
    """Which of them are said to be errors, where the format has a word for that."""
    attempt: int | None = None
    """1 for the first try; from the SDK's own retry header where it sends one."""


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """What the answer told, whether it came whole, streamed, cut short or as an error.

    ``finished`` is whether the model's answer was complete on the wire: a whole JSON body, or a
    stream that showed its end. ``error_type`` is the provider's error code (or the HTTP status as
    text) on a failed answer, an error inside a 200 included.
    """

    response_id: str | None = None
    model: str | None = None
    finish_reasons: tuple[str, ...] = ()
    usage: Usage | None = None
    service_tier: str | None = None
    provider_request_id: str | None = None
    tool_names: tuple[str, ...] = ()
    """Tools the answer asks for, in order."""
    tool_hashes: tuple[str, ...] = ()
    """One keyed hash of name and canonical arguments per entry of ``tool_names``."""
    error_type: str | None = None
    finished: bool = False
    conversation_id: str | None = None
    """The conversation that the provider says the answer belongs to."""
    background: bool = False
    """The answer to a job that runs apart from its request."""
    created: int | None = None
    """When the provider says that a background job was asked for, in seconds since the epoch."""
    deferred: bool = False
    """An accepted background job that has not ended: usage comes with a later poll."""
    emit: bool = True
    """False when there is nothing to put on the books: a poll that brought no new usage."""
