"""Anthropic's messages. Pure."""

from __future__ import annotations

from typing import Any, Final

from agent_gateway.models.shapes.common import CACHE, address, choice, hosted, named, never
from agent_gateway.models.shapes.fields import (
    Fields,
    Read,
    Rights,
    Shaped,
    anything,
    by_type,
    each,
    flag,
    number,
    object_of,
    rebuild,
    refuse,
    show,
    text,
    tokens,
    whole,
)

_CACHED: Final[Fields] = {"type": text, "cache_control": object_of(CACHE, "cache_control")}
_CONFIG: Final[Fields] = {"effort": text, "format": anything}
_PLAIN: Final[Fields] = {
    "model": text, "stream": flag, "max_tokens": tokens, "temperature": number, "top_p": number, "top_k": whole,
    "stop_sequences": each(text), "cache_control": object_of(CACHE, "cache_control"),
    "thinking": object_of(
        {"type": text, "budget_tokens": whole, "display": text, "block_binding": anything}, "thinking"
    ),
    "output_config": object_of(_CONFIG, "output_config"),
}  # fmt: skip


def shape(raw: dict[str, Any], rights: Rights) -> Shaped:
    """Rebuild a request; raises Refusal."""
    tool = _tool(rights)
    read_blocks = _blocks(rights, tool)
    message = object_of(
        {"role": text, "content": read_blocks, "output_config": object_of(_CONFIG, "output_config")}, "a message"
    )
    fields = _PLAIN | {
        "system": read_blocks, "messages": each(message), "tools": each(tool), "tool_choice": choice(rights),
    }  # fmt: skip
    body = rebuild(raw, fields, "The request")
    return Shaped(body, body.get("model") or "", bool(body.get("stream")), body.get("max_tokens"))


def bound(body: dict[str, Any], most: int) -> None:
    """Let an answer have at most so many tokens."""
    body["max_tokens"] = most
    thinking = body.get("thinking")
    if isinstance(thinking, dict) and isinstance(thinking.get("budget_tokens"), int):
        # it must be below the answer's own bound
        thinking["budget_tokens"] = min(thinking["budget_tokens"], max(most - 1024, most // 2))


def _tool(rights: Rights) -> Read:
    own = named(
        _CACHED
        | {
            "name": text,
            "description": text,
            "input_schema": anything,
            "strict": flag,
            "eager_input_streaming": flag,
            "defer_loading": flag,
        },
        "a tool",
        rights,
    )
    return by_type({"custom": own}, hosted(rights, "tool"), default="custom")


def _blocks(rights: Rights, tool: Read) -> Read:
    def blocks(value: Any) -> Any:
        return value if isinstance(value, str) else each(one)(value)

    source = by_type(
        {
            "base64": object_of({"type": text, "media_type": text, "data": text}, "a source"),
            "text": object_of({"type": text, "media_type": text, "data": text}, "a source"),
            "url": object_of({"type": text, "url": address(rights)}, "a source"),
            "content": object_of({"type": text, "content": blocks}, "a source"),
        },
        never("A source by its id"),
    )
    reference = object_of({"type": text, "name": text}, "a tool's name")
    definition = object_of({"type": text, "definition": tool}, "a tool")
    kinds = {
        "text": object_of(_CACHED | {"text": text}, "text"),
        "image": object_of(_CACHED | {"source": source}, "a picture"),
        "document": object_of(_CACHED | {"source": source, "title": text, "context": text}, "a document"),
        "thinking": object_of({"type": text, "thinking": text, "signature": text}, "thinking"),
        "redacted_thinking": object_of({"type": text, "data": text}, "thinking"),
        "tool_use": object_of(_CACHED | {"id": text, "name": text, "input": anything}, "a call"),
        "tool_result": object_of(_CACHED | {"tool_use_id": text, "is_error": flag, "content": blocks}, "a result"),
        "tool_addition": object_of(_CACHED | {"tool": definition}, "a tool"),
        "tool_removal": object_of(_CACHED | {"tool": reference}, "a tool"),
    }
    unknown = hosted(rights, "block of tools")
    one = by_type(kinds, lambda value: unknown(value) if _is_hosted(value) else _unknown(value))

    return blocks


def _is_hosted(value: dict[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and (kind == "server_tool_use" or kind.endswith(("_tool_result", "_tool_use")))


def _unknown(value: dict[str, Any]) -> Any:
    raise refuse(f"The gateway passes on no content of the type {show(value.get('type'))!r}.")
