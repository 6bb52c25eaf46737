"""Where each kind of API tells tokens, and what its events say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

_MOST: Final = 10**9
"""No call has more tokens; what tells more is not believed."""
_ENDS: Final = frozenset({"message_stop", "response.completed", "response.incomplete", "response.failed"})


@dataclass(frozen=True, slots=True)
class Counts:
    """What a provider told so far.

    Attributes:
        input: Tokens of the prompt, those from the cache included; None while it did not tell.
        output: Tokens of the answer; None while it did not tell.
        cached: Read from the cache.
        written: Written to the cache.
        final: These are the last ones of the answer.
    """

    input: int | None = None
    output: int | None = None
    cached: int = 0
    written: int = 0
    final: bool = False


def read_counts(raw: Mapping[str, Any], before: Counts) -> Counts:
    """Return what is told once an event or an answer is read.

    Providers put it into the object, its first choice, or the message or response that it speaks of. OpenAI and Google
    count what came from a cache as input, Anthropic beside it.
    """
    google = raw.get("usageMetadata")
    if isinstance(google, dict):
        output = _sum(google, "candidatesTokenCount", "thoughtsTokenCount")
        given = _sum(google, "promptTokenCount", "toolUsePromptTokenCount")
        final = any(isinstance(one, dict) and one.get("finishReason") for one in _list(raw.get("candidates")))
        # each event of a stream tells it anew
        cached = _number(google, "cachedContentTokenCount") or 0
        return Counts(given, output or before.output or 0, cached, final=final or before.final)
    found = next((part["usage"] for part in _parts(raw) if isinstance(part.get("usage"), dict)), None)
    if found is None:
        return before
    if "input_tokens" in found and ("cache_read_input_tokens" in found or "cache_creation_input_tokens" in found):
        return _read_messages(found, before, final=raw.get("type") != "message_start")
    if raw.get("type") == "message_delta" and before.input is not None:
        return replace(before, output=_number(found, "output_tokens") or before.output, final=True)
    final = raw.get("type") not in {"message_start", "response.created", "response.in_progress"}
    return _read_openai(found, before, final=final)


def _read_messages(usage: Mapping[str, Any], before: Counts, *, final: bool) -> Counts:
    read = _number(usage, "cache_read_input_tokens") or 0
    written = _number(usage, "cache_creation_input_tokens") or 0
    given = (_number(usage, "input_tokens") or 0) + read + written
    output = _number(usage, "output_tokens")
    return Counts(given or before.input, before.output if output is None else output, read, written, final)


def _read_openai(usage: Mapping[str, Any], before: Counts, *, final: bool) -> Counts:
    given = _first(usage, "prompt_tokens", "input_tokens")
    output = _first(usage, "completion_tokens", "output_tokens")
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    told: Mapping[str, Any] = details if isinstance(details, dict) else {}
    cached = _number(told, "cached_tokens")
    if cached is None:
        cached = _first(usage, "prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")
    return Counts(
        before.input if given is None else given,
        before.output if output is None else output,
        before.cached if cached is None else cached,
        _number(told, "cache_write_tokens") or before.written,
        final and (given is not None or before.input is not None) and output is not None,
    )


def find_model(raw: Mapping[str, Any]) -> str:
    """Return the model as an answer names it; empty where it does not."""
    named = [part.get("model") for part in _parts(raw)]
    return next((name for name in (*named, raw.get("modelVersion")) if isinstance(name, str)), "")


def is_end(raw: Mapping[str, Any]) -> bool:
    """Say whether an event of a stream is its last."""
    return raw.get("type") in _ENDS


def count_text(raw: Mapping[str, Any]) -> int:
    """Count the bytes of what the model wrote in an event, or in an answer that is not streamed."""
    kind = raw.get("type")
    if kind in _ENDS or kind in {"response.output_item.done", "response.content_part.done"}:
        return 0  # all of it came before
    delta = raw.get("delta")
    if isinstance(delta, str):
        return len(delta.encode(errors="replace"))
    found = 0
    for part in (delta, *_list(raw.get("choices")), *_list(raw.get("candidates")), *_list(raw.get("content"))):
        found += _length(part)
    return found + sum(_length(item) for item in _list(raw.get("output")))


def _length(value: Any, depth: int = 8) -> int:
    """Count the bytes of all texts in a value, to a depth that no event has."""
    if isinstance(value, str):
        return len(value.encode(errors="replace"))
    if depth == 0:
        return 0
    if isinstance(value, dict):
        return sum(_length(one, depth - 1) for key, one in value.items() if key not in {"role", "type", "id", "index"})
    return sum(_length(one, depth - 1) for one in value) if isinstance(value, list) else 0


def _parts(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    choices = raw.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return [part for part in (raw, first, raw.get("message"), raw.get("response")) if isinstance(part, dict)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(raw: Mapping[str, Any], name: str) -> int | None:
    value = raw.get(name)
    return value if type(value) is int and 0 <= value <= _MOST else None


def _first(raw: Mapping[str, Any], *names: str) -> int | None:
    return next((value for value in (_number(raw, name) for name in names) if value is not None), None)


def _sum(raw: Mapping[str, Any], *names: str) -> int:
    return sum(_number(raw, name) or 0 for name in names)
