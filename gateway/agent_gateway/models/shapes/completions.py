"""Chat completions, as OpenAI's and compatible APIs take them. Pure."""

from __future__ import annotations

from typing import Any, Final

from agent_gateway.models.shapes.common import CACHE, FORMAT, FUNCTION, address, choice, hosted, named, never
from agent_gateway.models.shapes.fields import (
    Fields,
    Read,
    Rights,
    Shaped,
    anything,
    by_type,
    check_count,
    each,
    flag,
    least,
    number,
    object_of,
    rebuild,
    refuse,
    show,
    text,
    texts,
    tokens,
    whole,
)

_CALL: Final[Fields] = {
    "id": text, "type": text, "index": whole,
    "function": object_of({"name": text, "arguments": text}, "a call's function"),
    "custom": object_of({"name": text, "input": text}, "a call's custom"),
}  # fmt: skip
_PLAIN: Final[Fields] = {
    "model": text, "stream": flag, "max_tokens": tokens, "max_completion_tokens": tokens, "temperature": number,
    "top_p": number, "top_k": number, "min_p": number, "frequency_penalty": number, "presence_penalty": number,
    "repetition_penalty": number, "seed": whole, "stop": texts, "parallel_tool_calls": flag, "tool_stream": flag,
    "response_format": anything, "reasoning_effort": text, "verbosity": text, "enable_thinking": flag,
    "thinking_token_budget": whole, "thinking_budget": whole, "prompt_cache_key": text, "prompt_cache_retention": text,
    "chat_template_kwargs": anything, "chat_template_args": anything,
    "reasoning": object_of(
        {"effort": text, "enabled": flag, "exclude": flag, "max_tokens": tokens, "summary": text}, "reasoning"
    ),
}  # fmt: skip


def shape(raw: dict[str, Any], rights: Rights) -> Shaped:
    """Rebuild a request; raises Refusal. The usage is always asked for where the answer is streamed."""
    check_count(raw, "n")
    check_count(raw, "best_of")
    tools = each(_tool(rights))
    fields = _PLAIN | {
        "messages": each(_message(rights, tools)), "tools": tools, "tool_choice": choice(rights), "thinking": _thinking,
    }  # fmt: skip
    body = rebuild(raw, fields, "The request")
    stream = bool(body.get("stream"))
    options = raw.get("stream_options")
    asked = isinstance(options, dict) and bool(options.get("include_usage"))
    if stream:
        body["stream_options"] = {"include_usage": True}
    bound = least([body.get("max_tokens"), body.get("max_completion_tokens")])
    return Shaped(body, body.get("model") or "", stream, bound, asked)


def bound(body: dict[str, Any], most: int) -> None:
    """Let an answer have at most so many tokens."""
    names = [name for name in ("max_tokens", "max_completion_tokens") if body.get(name) is not None]
    for name in names or ["max_tokens"]:
        body[name] = most


def _thinking(value: Any) -> Any:
    if isinstance(value, str):
        return value
    return rebuild(
        value, {"type": text, "clear_thinking": flag, "budget_tokens": whole, "keep": text, "effort": text}, "thinking"
    )


def _tool(rights: Rights) -> Read:
    custom = {"name": text, "description": text, "format": object_of(FORMAT, "a tool's format")}
    return by_type(
        {
            "function": object_of(
                {
                    "type": text,
                    "function": named(FUNCTION, "a tool's function", rights),
                    "cache_control": object_of(CACHE, "cache_control"),
                },
                "a tool",
            ),
            "custom": object_of({"type": text, "custom": named(custom, "a tool's custom", rights)}, "a tool"),
        },
        hosted(rights, "tool"),
    )


def _message(rights: Rights, tools: Read) -> Read:
    parts = each(_part(rights))

    def content(value: Any) -> Any:
        return value if isinstance(value, str) else parts(value)

    return object_of(
        {
            "role": text, "name": text, "content": content, "tool_call_id": text, "refusal": text, "partial": flag,
            "tool_calls": each(object_of(_CALL, "a call")), "reasoning": text, "reasoning_content": text,
            "reasoning_text": text, "reasoning_details": anything, "tools": tools,
        },
        "a message",
    )  # fmt: skip


def _part(rights: Rights) -> Read:
    read_url = address(rights)

    def url(value: Any) -> Any:
        if isinstance(value, str):
            return read_url(value)
        return rebuild(value, {"url": read_url, "detail": text}, "image_url")

    file = {"filename": text, "file_data": text, "file_id": never("file_id"), "file_url": read_url}
    return by_type(
        {
            "text": object_of({"type": text, "text": text, "cache_control": object_of(CACHE, "cache_control")}, "text"),
            "image_url": object_of({"type": text, "image_url": url}, "a picture"),
            "video_url": object_of({"type": text, "video_url": url}, "a video"),
            "input_audio": object_of(
                {"type": text, "input_audio": object_of({"data": text, "format": text}, "input_audio")}, "a sound"
            ),
            "file": object_of({"type": text, "file": object_of(file, "a file")}, "a file"),
            "refusal": object_of({"type": text, "refusal": text}, "a refusal"),
            "thinking": object_of({"type": text, "thinking": anything, "signature": text}, "thinking"),
        },
        _unknown,
    )


def _unknown(value: dict[str, Any]) -> Any:
    raise refuse(f"The gateway passes on no content of the type {show(value.get('type'))!r}.")
