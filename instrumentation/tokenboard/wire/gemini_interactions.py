"""Gemini Interactions: models and agents with the talk kept by the server.

https://ai.google.dev/api/interactions-api
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tokenboard.wire.answer import Answer
from tokenboard.wire.model import ResponseFacts, Usage
from tokenboard.wire.request import Draft, plain
from tokenboard.wire.values import Json, added, first_count, first_object, items, obj, objects, text

_NUMBERS = {
    "max_output_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "seed",
}
_AUDIO = ("audio", "AUDIO")
_ENDS = ("completed", "incomplete", "failed", "cancelled", "requires_action")


def read(draft: Draft, body: Json) -> None:
    """Read a request; an agent such as Deep Research stands where a model would."""
    draft.model = text(body.get("model")) or text(body.get("agent")) or draft.model
    draft.stream = body.get("stream") is True or draft.stream
    draft.previous_response_id = text(body.get("previous_interaction_id"))
    config = first_object(body, "generation_config", "generationConfig") or {}
    draft.numbers(config, _NUMBERS)
    draft.stop(config.get("stop_sequences"))
    level = text(config.get("thinking_level"))
    if level is not None:
        draft.parameters["reasoning.level"] = level
    system = body.get("system_instruction")
    if system:
        draft.opening.append(f"system\n{plain(system)}")
    _input(draft, body.get("input"))


def _input(draft: Draft, said: Any) -> None:
    if isinstance(said, str):
        draft.messages = 1
        draft.opening.append(f"user\n{said}")
        draft.trigger = "user"
        return
    steps = items(said)
    draft.messages = len(steps)
    results = [step for step in objects(steps) if step.get("type") == "function_result"]
    if results:
        draft.trigger = "tool"
        for step in results:
            draft.result(step.get("result"))
        return
    last = obj(steps[-1]) if steps else None
    if last is not None:
        draft.role(last.get("role") or "user")
        first = obj(steps[0]) or {}
        draft.opening.append(f"user\n{plain(first.get('content') or [first])}")


class InteractionAnswer(Answer):
    """Reads a whole interaction, or the events that carry one."""

    __slots__ = ()

    markers = (b"interaction.", b"function_call", b"arguments", b"error", b'"usage"')

    def value(self, body: Json, event: str | None) -> None:
        """See ``Answer.value``."""
        interaction = obj(body.get("interaction"))
        if interaction is not None:
            self._interaction(interaction)
        elif body.get("object") == "interaction" or "steps" in body:
            self._interaction(body)
        elif body.get("event_type") in ("step.start", "content.start"):
            step = first_object(body, "step", "content") or {}
            self._step(step, body.get("index"))
        elif body.get("event_type") == "step.delta":
            delta = obj(body.get("delta")) or {}
            if "arguments" in delta:
                self.tool(body.get("index"), None, delta.get("arguments"))
        self._usage(obj(body.get("metadata")))
        error = obj(body.get("error"))
        if error is not None:
            self.fail(error.get("status"), error.get("code"))
        elif event == "error":
            self.fail()

    def _interaction(self, interaction: Json) -> None:
        self.name(interaction.get("id"), interaction.get("model") or interaction.get("agent"))
        self.tier = text(interaction.get("service_tier")) or self.tier
        self._usage(interaction)
        steps = objects(interaction.get("steps")) or objects(interaction.get("outputs"))
        for index, step in enumerate(steps):
            self._step(step, index)
        status = text(interaction.get("status"))
        if status in _ENDS:
            self.reason(status)
        if status == "failed":
            self.fail((obj(interaction.get("error")) or {}).get("code"))
        self.created = _seconds(interaction.get("created"))
        self.background = True  # each can be fetched again, and none says if it was made to be
        self.deferred = status in ("in_progress", "queued")

    def _step(self, step: Json, index: Any) -> None:
        if step.get("type") == "function_call":
            self.tool(index, step.get("name"), step.get("arguments") or None)

    def _usage(self, source: Json | None) -> None:
        usage = first_object(source, "usage")
        if usage is None:
            return
        thoughts = first_count(usage, "total_thought_tokens")
        tokens_in = added(
            first_count(usage, "total_input_tokens"), first_count(usage, "total_tool_use_tokens")
        )
        tokens_out = added(first_count(usage, "total_output_tokens"), thoughts)
        if tokens_in is None and tokens_out is None:
            return
        self.usage = Usage(
            input_tokens=tokens_in,
            output_tokens=tokens_out,
            cache_read_tokens=first_count(usage, "total_cached_tokens"),
            reasoning_tokens=thoughts,
            audio_input_tokens=_audio(usage, "input_tokens_by_modality"),
            audio_output_tokens=_audio(usage, "output_tokens_by_modality"),
        )


class PolledAnswer(InteractionAnswer):
    """Reads an interaction that is fetched again: one that has ended counts, once."""

    __slots__ = ()

    def facts(self) -> ResponseFacts:
        """See ``Answer.facts``."""
        self.emit = not self.deferred and self.usage is not None
        return super().facts()


def _audio(usage: Json, name: str) -> int | None:
    details = [each for each in objects(usage.get(name)) if each.get("modality") in _AUDIO]
    return added(*(first_count(each, "tokens") for each in details))


def _seconds(when: Any) -> int | None:
    """Read a time as ISO 8601 writes it."""
    try:
        return int(datetime.fromisoformat(when).timestamp()) if isinstance(when, str) else None
    except ValueError:
        return None
