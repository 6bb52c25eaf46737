"""OpenAI's responses. Pure. Nothing of them is kept by the provider, and nothing that it keeps is referred to."""

from __future__ import annotations

from typing import Any, Final

from agent_gateway.models.shapes.common import FORMAT, address, choice, hosted, named, never
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
)

_INCLUDED: Final = frozenset({"reasoning.encrypted_content"})
_BASE: Final[Fields] = {"type": text, "id": text, "status": text}
_PLAIN: Final[Fields] = {
    "model": text, "stream": flag, "max_output_tokens": tokens, "temperature": number, "top_p": number,
    "instructions": text, "parallel_tool_calls": flag, "truncation": text, "prompt_cache_key": text,
    "prompt_cache_retention": text, "prompt_cache_options": anything,
    "reasoning": object_of(
        {"effort": text, "summary": text, "generate_summary": text, "context": text}, "reasoning"
    ),
    "text": object_of({"verbosity": text, "format": anything}, "text"),
    "stream_options": object_of({"include_obfuscation": flag}, "stream_options"),
}  # fmt: skip


def shape(raw: dict[str, Any], rights: Rights) -> Shaped:
    """Rebuild a request; raises Refusal."""
    tools = each(_tool(rights))
    items = each(_item(rights, tools))
    fields = _PLAIN | {
        "input": lambda value: value if isinstance(value, str) else items(value),
        "tools": tools,
        "tool_choice": choice(rights),
        "include": lambda value: [name for name in each(text)(value) if name in _INCLUDED],
    }
    body = rebuild(raw, fields, "The request")
    body["store"] = False
    return Shaped(body, body.get("model") or "", bool(body.get("stream")), body.get("max_output_tokens"))


def bound(body: dict[str, Any], most: int) -> None:
    """Let an answer have at most so many tokens."""
    body["max_output_tokens"] = most


def _tool(rights: Rights) -> Read:
    more: Fields = {"type": text, "defer_loading": flag}
    function = more | {"name": text, "description": text, "parameters": anything, "strict": flag}
    custom = more | {"name": text, "description": text, "format": object_of(FORMAT, "a tool's format")}
    return by_type(
        {"function": named(function, "a tool", rights), "custom": named(custom, "a tool", rights)},
        hosted(rights, "tool"),
    )


def _item(rights: Rights, tools: Read) -> Read:
    parts = each(_part(rights))

    def content(value: Any) -> Any:
        return value if isinstance(value, str) else parts(value)

    call = _BASE | {"call_id": text, "name": text, "namespace": text}
    result = object_of(_BASE | {"call_id": text, "name": text, "output": content}, "a result")
    search = _BASE | {"call_id": text, "execution": _by_client(rights)}
    return by_type(
        {
            "message": object_of(_BASE | {"role": text, "content": content, "phase": text}, "a message"),
            "function_call": object_of(call | {"arguments": text}, "a call"),
            "custom_tool_call": object_of(call | {"input": text}, "a call"),
            "function_call_output": result,
            "custom_tool_call_output": result,
            "item_reference": never("What was said before, by its id,"),
            "reasoning": object_of(
                _BASE | {"summary": parts, "content": parts, "encrypted_content": text}, "reasoning"
            ),
            "compaction": object_of(_BASE | {"encrypted_content": text}, "a compaction"),
            "additional_tools": object_of(_BASE | {"role": text, "tools": tools}, "tools"),
            "tool_search_call": object_of(search | {"arguments": anything}, "a search"),
            "tool_search_output": object_of(search | {"tools": tools}, "a search's result"),
            "configuration_update": object_of(
                _BASE | {"reasoning": object_of({"effort": text}, "reasoning")}, "an update"
            ),
        },
        hosted(rights, "item of tools"),
        default="message",
    )


def _by_client(rights: Rights) -> Read:
    def reads(value: Any) -> Any:
        return value if value == "client" or rights.hosted_tools else hosted(rights, "search")({"type": value})

    return reads


def _part(rights: Rights) -> Read:
    read_url = address(rights)
    words = object_of({"type": text, "text": text, "annotations": _nothing, "logprobs": _nothing}, "text")
    file_id = never("file_id")
    return by_type(
        {
            **dict.fromkeys(("input_text", "output_text", "text", "summary_text", "reasoning_text"), words),
            "refusal": object_of({"type": text, "refusal": text}, "a refusal"),
            "input_image": object_of(
                {"type": text, "image_url": read_url, "detail": text, "file_id": file_id}, "a picture"
            ),
            "input_file": object_of(
                {"type": text, "filename": text, "file_data": text, "file_url": read_url, "file_id": file_id}, "a file"
            ),
        },
        _unknown,
    )


def _nothing(_: Any) -> list[Any]:
    return []


def _unknown(value: dict[str, Any]) -> Any:
    raise refuse(f"The gateway passes on no content of the type {show(value.get('type'))!r}.")
